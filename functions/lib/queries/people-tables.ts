import { type Answer, ask } from "../ask.ts";
import type { Query } from "../query.ts";
import { openScratch, type Scratch } from "../testing.ts";

/** A test's own database `github`: commits, and the people whom change data capture would copy. */
export interface PeopleTables extends Scratch {
  insert(table: "commits" | "users" | "user_aliases" | "users_history", rows: object[]): Promise<unknown>;
  /** The answer from these tables; its rows are as the query declares them. */
  ask(query: Query, given?: Record<string, string>): Promise<Answer["data"]>;
}

const person = "user_name String, position String, team String, age Nullable(Int32)";

export async function openPeopleTables(): Promise<PeopleTables> {
  const scratch = await openScratch();
  const { client } = scratch;
  for (const query of [
    "CREATE TABLE commits AS github.commits",
    `CREATE TABLE users (${person}) ENGINE = MergeTree ORDER BY user_name`,
    "CREATE TABLE user_aliases (alias String, user_name String) ENGINE = MergeTree ORDER BY alias",
    `CREATE TABLE users_history (${person}, _version UInt128, _deleted UInt8, changed_at DateTime64(3, 'UTC'))
      ENGINE = MergeTree ORDER BY (user_name, changed_at)`,
  ])
    await client.command({ query });
  return {
    ...scratch,
    insert: (table, values) => client.insert({ table, values, format: "JSONEachRow" }),
    async ask(query, given = {}) {
      const { data } = await ask(client, inScratch(query), given);
      for (const row of data) query.row.strict().parse(row);
      return data;
    },
  };
}

/** The question asked of the client's own database instead of `github`. */
function inScratch(query: Query): Query {
  const { sql = "" } = query;
  const here = (text: string) => text.replaceAll("github.", "");
  return { ...query, sql: (params) => here(typeof sql === "string" ? sql : sql(params)) };
}
