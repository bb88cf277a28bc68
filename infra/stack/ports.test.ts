import { once } from "node:events";
import { createServer } from "node:net";
import { expect, it } from "vitest";
import { loadSettings } from "../settings.ts";
import { checkPorts, freePort, isTaken, PortsTaken } from "./ports.ts";

async function listenOn(host: string) {
  const server = createServer().listen(0, host);
  await once(server, "listening");
  return { server, port: (server.address() as { port: number }).port };
}

it.each(["127.0.0.1", "0.0.0.0"])("sees that a port is taken by a listener on %s", async (host) => {
  const { server, port } = await listenOn(host);
  expect(await isTaken(port)).toBe(true);
  server.close();
  await once(server, "close");
  expect(await isTaken(port)).toBe(false);
});

it("names every taken port with the variable that changes it, and who holds it", async () => {
  const one = await listenOn("127.0.0.1");
  const two = await listenOn("127.0.0.1");
  const settings = loadSettings({ KAFKA_PORT: `${one.port}`, HTTP_PORT: `${two.port}` });
  const check = checkPorts(settings, ["KAFKA_PORT", "HTTP_PORT"]);
  await expect(check).rejects.toThrow(PortsTaken);
  await expect(check).rejects.toThrow(
    new RegExp(`port ${one.port} is taken.*KAFKA_PORT.*\n.*port ${two.port} is taken.*HTTP_PORT`),
  );
  if (process.platform === "linux") await expect(check).rejects.toThrow(`(pid ${process.pid})`);
  one.server.close();
  two.server.close();
});

it("refuses the same port for two", async () => {
  const port = `${await freePort()}`;
  const check = checkPorts(loadSettings({ KAFKA_PORT: port, HTTP_PORT: port }), ["KAFKA_PORT", "HTTP_PORT"]);
  await expect(check).rejects.toThrow(`port ${port} is given twice: set HTTP_PORT or KAFKA_PORT to another`);
});

it("has nothing against free ports", async () => {
  await checkPorts(loadSettings({ KAFKA_PORT: `${await freePort()}` }), ["KAFKA_PORT"]);
});
