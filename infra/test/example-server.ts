import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ClickHouseClient, ClickHouseLogLevel, createClient } from "@clickhouse/client";
import { startClickHouse } from "../clickhouse/server.ts";
import { applyMigrations } from "../migrate/apply.ts";
import { loadSettings } from "../settings.ts";
import { insertExampleRows } from "./example-rows.ts";

/** An engine of its own that holds the rows of the examples and nothing else. */
export interface ExampleServer {
  /** Signs in as one of the users. */
  client(username: "default" | "rmq" | "reader"): ClickHouseClient;
  close(): Promise<void>;
}

/** @param options `empty`: nothing but migrations. */
export async function openExampleServer(options: { empty?: boolean } = {}): Promise<ExampleServer> {
  const data = mkdtempSync(join(tmpdir(), "sluice-examples-"));
  const passwords = { default: "d", rmq: "w", reader: "r" };
  const server = await startClickHouse({ data, passwords });
  const clients: ClickHouseClient[] = [];
  const client: ExampleServer["client"] = (username) => {
    const log = { level: ClickHouseLogLevel.OFF };
    const one = createClient({ url: server.url, username, password: passwords[username], log });
    clients.push(one);
    return one;
  };
  await applyMigrations(
    loadSettings({ CLICKHOUSE_URL: server.url, CLICKHOUSE_DEFAULT_PASSWORD: passwords.default }),
  );
  if (!options.empty) await insertExampleRows(client("default"));
  return {
    client,
    async close() {
      await Promise.all(clients.map((one) => one.close()));
      await server.close();
      rmSync(data, { recursive: true, force: true });
    },
  };
}
