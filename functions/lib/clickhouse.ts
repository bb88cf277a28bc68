import { type ClickHouseClient, ClickHouseLogLevel, createClient } from "@clickhouse/client";
import * as z from "zod";

export const clickhouseVariables = {
  CLICKHOUSE_URL: z.url(),
  CLICKHOUSE_USER: z.string().default("rmq"),
  CLICKHOUSE_PASSWORD: z.string(),
};

/** A client for this execution environment. A frozen sandbox runs no timers, so sockets are checked when taken. */
export const openClickHouse = (env: z.output<z.ZodObject<typeof clickhouseVariables>>): ClickHouseClient =>
  createClient({
    url: env.CLICKHOUSE_URL,
    username: env.CLICKHOUSE_USER,
    password: env.CLICKHOUSE_PASSWORD,
    application: "sluice",
    log: { level: ClickHouseLogLevel.OFF },
    request_timeout: 60_000,
    use_multipart_params_auto: true,
    keep_alive: { enabled: true, idle_socket_ttl: 2500, eagerly_destroy_stale_sockets: true },
  });

/** A syntax error lists every word of the language that could have followed. */
export const shorten = (message: string): string =>
  message.trim().replace(/(Expected one of: .{100}[^,]*).{100,}/s, "$1 …");
