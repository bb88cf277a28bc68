import { once } from "node:events";
import { connect, createServer } from "node:net";
import type { Settings } from "../settings.ts";
import { listener } from "./listener.ts";
import type { Port } from "./service.ts";

/** Ports that others hold; the message names each with its holder and the variable that changes it. */
export class PortsTaken extends Error {
  override name = "PortsTaken";
}

/** Throws when one of these ports is not to be had, or two of them are the same. */
export async function checkPorts(settings: Settings, variables: readonly Port[]): Promise<void> {
  const complaints = await Promise.all(
    variables.map(async (variable, index) => {
      const port = settings[variable];
      const twin = variables.slice(0, index).find((other) => settings[other] === port);
      if (twin) return `port ${port} is given twice: set ${variable} or ${twin} to another`;
      if (!(await isTaken(port))) return [];
      const holder = listener(port);
      return `port ${port} is taken${holder ? ` by ${holder}` : ""}: set ${variable} to another, or stop what holds it`;
    }),
  );
  const lines = complaints.flat();
  if (lines.length > 0) throw new PortsTaken(lines.join("\n"));
}

/** True when something on this machine listens on the port, or we may not. */
export async function isTaken(port: number): Promise<boolean> {
  return (await answers(port)) || !(await canListen(port));
}

// macOS lets us bind 127.0.0.1 beside a listener on all addresses: only a connection tells.
function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: "127.0.0.1", timeout: 500 });
    const settle = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once("connect", () => settle(true));
    socket.once("error", () => settle(false));
    socket.once("timeout", () => settle(true));
  });
}

function canListen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}

/** A port of 127.0.0.1 that nothing listens on now, for what only the service itself connects to. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("no port was given");
  return address.port;
}
