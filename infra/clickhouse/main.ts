import { mkdirSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { DirectoryInUse, openEngine } from "./engine.ts";
import { createHttp } from "./http.ts";
import { users } from "./users.ts";

// Read when the first thread is needed: every running statement holds one of libuv's, of which there are four by default.
process.env.UV_THREADPOOL_SIZE = "128";
process.env.TZ = "UTC";

function fail(message: string, code: number): never {
  console.error(message);
  process.exit(code);
}

function readOptions() {
  const options = { data: { type: "string" }, port: { type: "string" }, host: { type: "string" } } as const;
  const { values } = parseArgs({ options });
  const port = Number(values.port ?? process.env.CLICKHOUSE_PORT ?? 8123);
  if (!values.data) throw new Error("--data is missing");
  if (!Number.isInteger(port) || port < 0 || port > 65535)
    throw new Error(`--port ${values.port} is no port`);
  const data = resolve(values.data);
  if (/[*?{}]/.test(data)) throw new Error(`--data ${data}: the path may not contain * ? { or }`);
  return { data, port, host: values.host ?? "127.0.0.1" };
}

const usage = "Usage: node infra/clickhouse/main.ts --data DIR [--port 8123] [--host 127.0.0.1]";

function openOrFail(data: string) {
  try {
    return openEngine(data);
  } catch (error) {
    const { message } = error as Error;
    return fail(error instanceof DirectoryInUse ? message : `ClickHouse did not open ${data}: ${message}`, 1);
  }
}

function main() {
  let options: ReturnType<typeof readOptions>;
  try {
    options = readOptions();
  } catch (error) {
    return fail(`${(error as Error).message}\n${usage}`, 2);
  }
  const { data, port, host } = options;
  const open = users
    .filter((user) => !process.env[user.passwordVariable])
    .map((user) => user.passwordVariable);
  if (open.length > 0 && !["127.0.0.1", "::1", "localhost"].includes(host))
    return fail(`--host ${host} is reachable from other machines: set ${open.join(", ")} first.`, 2);
  mkdirSync(data, { recursive: true });
  const engine = openOrFail(data);
  const passwords = new Map(users.map((user) => [user.name, process.env[user.passwordVariable] ?? ""]));
  const http = createHttp(engine, data, passwords);
  let stopping = false;
  const stop = async () => {
    if (stopping) return;
    stopping = true;
    await http.close(3_000);
    engine.close();
    process.exit(0);
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, stop);
  if (process.send) process.once("disconnect", stop);
  http.server.once("error", async (error: NodeJS.ErrnoException) => {
    await http.close(0);
    engine.close();
    const taken = `Port ${port} on ${host} is taken. Stop what listens there, or choose another port with CLICKHOUSE_PORT or --port.`;
    fail(
      error.code === "EADDRINUSE" ? taken : `ClickHouse cannot listen on ${host}:${port}: ${error.message}`,
      1,
    );
  });
  http.server.listen(port, host, () => {
    const address = http.server.address() as AddressInfo;
    console.log(`ClickHouse ${engine.version} listens on http://${host}:${address.port}, data in ${data}`);
  });
}

main();
