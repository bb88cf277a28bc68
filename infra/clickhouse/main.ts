import { mkdirSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { openEngine } from "./engine.ts";
import { createHttp } from "./http.ts";
import { users } from "./users.ts";

// Every running statement holds a thread of libuv's pool: more than the default four have to run at once.
process.env.UV_THREADPOOL_SIZE ??= "64";

const { values } = parseArgs({
  options: {
    data: { type: "string" },
    port: { type: "string", default: "8123" },
    host: { type: "string", default: "127.0.0.1" },
  },
});
if (!values.data) {
  console.error("Usage: node infra/clickhouse/main.ts --data DIR [--port 8123] [--host 127.0.0.1]");
  process.exit(2);
}
const data = resolve(values.data);
mkdirSync(data, { recursive: true });
const passwords = new Map(users.map((user) => [user.name, process.env[user.passwordVariable] ?? ""]));
const engine = openEngine(data);
const http = createHttp(engine, data, passwords);
http.listen(Number(values.port), values.host, () => {
  const { address, port } = http.address() as AddressInfo;
  console.log(`ClickHouse ${engine.version} listens on http://${address}:${port}, data in ${data}`);
});

async function stop() {
  http.close();
  http.closeAllConnections();
  await engine.close();
  process.exit(0);
}
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, stop);
if (process.send) process.once("disconnect", stop);
