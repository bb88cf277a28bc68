import { join } from "node:path";
import { projectRoot } from "../settings.ts";
import type { Service } from "./service.ts";

/** The ClickHouse engine behind its HTTP interface, in a process of ours (`infra/clickhouse`). */
export const clickhouse: Service = {
  name: "clickhouse",
  variable: "CLICKHOUSE_URL",
  ports: ["CLICKHOUSE_PORT"],
  secrets: ["CLICKHOUSE_PASSWORD", "CLICKHOUSE_DEFAULT_PASSWORD", "CLICKHOUSE_READER_PASSWORD"],
  address: (settings) => ({ url: settings.clickhouseUrl }),
  missing: () => undefined,
  async prepare({ settings }) {
    const main = join(projectRoot, "infra/clickhouse/main.ts");
    const data = join(settings.home, "clickhouse");
    return {
      command: process.execPath,
      args: [main, "--data", data, "--port", String(settings.CLICKHOUSE_PORT)],
      env: {
        CLICKHOUSE_PASSWORD: settings.CLICKHOUSE_PASSWORD,
        CLICKHOUSE_DEFAULT_PASSWORD: settings.CLICKHOUSE_DEFAULT_PASSWORD,
        CLICKHOUSE_READER_PASSWORD: settings.CLICKHOUSE_READER_PASSWORD,
      },
    };
  },
  async probe(settings) {
    const url = new URL(settings.clickhouseUrl);
    const user = decodeURIComponent(url.username) || "rmq";
    const password = decodeURIComponent(url.password) || settings.CLICKHOUSE_PASSWORD;
    url.username = "";
    url.password = "";
    const response = await fetch(url, {
      method: "POST",
      body: "SELECT 1",
      headers: { "X-ClickHouse-User": user, "X-ClickHouse-Key": password },
      signal: AbortSignal.timeout(2000),
    });
    const text = (await response.text()).trim();
    if (text !== "1") throw new Error(`user ${user}: HTTP ${response.status}: ${text.slice(0, 300)}`);
  },
  stopSeconds: 10,
};
