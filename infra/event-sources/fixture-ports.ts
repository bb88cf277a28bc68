import { randomInt } from "node:crypto";
import { once } from "node:events";
import { createServer, type Server } from "node:net";

/** Below those that systems give to outgoing connections: none of them takes one in between, or while its broker is down. */
const range = [15_000, 32_000] as const;

/** Ports nobody listens on: held together, so that they differ, and free again when this returns. */
export async function freePorts(count: number): Promise<number[]> {
  const held = new Map<number, Server>();
  while (held.size < count) {
    const port = randomInt(...range);
    const server = createServer().listen(port, "127.0.0.1");
    await once(server, "listening").then(
      () => held.set(port, server),
      () => {},
    );
  }
  await Promise.all([...held.values()].map((server) => once(server.close(), "close")));
  return [...held.keys()];
}
