import { randomUUID } from "node:crypto";
import { type ClickHouseClient, ClickHouseLogLevel, createClient } from "@clickhouse/client";
import { inject, onTestFinished } from "vitest";
import { openStore, type Store } from "./store.ts";

/** A database of one test's own on the real engine, with the product's tables in it. */
export interface Scratch {
  client: ClickHouseClient;
  store: Store;
  /** The rows of a SELECT. */
  select<Row>(query: string): Promise<Row[]>;
}

/** Made as a copy of the migrated tables; dropped when the test ends. */
export async function openScratch(...tables: string[]): Promise<Scratch> {
  const { clickhouseUrl, passwords } = inject("services");
  const database = `scratch_${randomUUID().replaceAll("-", "")}`;
  const log = { level: ClickHouseLogLevel.OFF };
  const connection = { url: clickhouseUrl, username: "default", password: passwords.default, log };
  const client = createClient({ ...connection, database, use_multipart_params_auto: true });
  const admin = createClient(connection);
  await admin.command({ query: `CREATE DATABASE ${database}` });
  onTestFinished(async () => {
    await client.close();
    await admin.command({ query: `DROP DATABASE ${database}` });
    await admin.close();
  });
  for (const table of tables) {
    await admin.command({ query: `CREATE TABLE ${database}.${table} AS default.${table}` });
  }
  return {
    client,
    store: openStore(client),
    select: async <Row>(query: string) => (await client.query({ query, format: "JSONEachRow" })).json<Row>(),
  };
}

/** The same draws in every run: each a whole number below the one given. */
export function createDraw(): (below: number) => number {
  let state = 1;
  return (below) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % below;
  };
}
