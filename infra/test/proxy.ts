import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

export interface Proxy {
  port: number;
  /** Breaks every connection there is, as a network would; new ones are accepted. */
  cut(): void;
  /** Holds back what the server says; the connections stay. */
  mute(): void;
  close(): Promise<void>;
}

/** A TCP proxy in front of a real service, whose connections a test can break. */
export async function openProxy(target: { host: string; port: number }): Promise<Proxy> {
  const sockets = new Set<Socket>();
  let muted = false;
  const server = createServer((client) => {
    const upstream = connect(target);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on("close", () => sockets.delete(socket)).on("error", () => undefined);
    }
    client.pipe(upstream);
    upstream.on("data", (chunk) => muted || client.write(chunk)).on("end", () => client.end());
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const cut = () => {
    for (const socket of sockets) socket.resetAndDestroy();
  };
  return {
    port: (server.address() as AddressInfo).port,
    cut,
    mute() {
      muted = true;
    },
    async close() {
      cut();
      server.close();
      await once(server, "close");
    },
  };
}
