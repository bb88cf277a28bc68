import { type ClickHouseClient, ClickHouseError } from "@clickhouse/client";
import { openClickHouse } from "../../functions/lib/clickhouse.ts";
import type { Settings } from "../settings.ts";
import type { Problem, SourceTable } from "./catalogue.ts";

/** What the users of ClickHouse may not do with the copies: apply-changes is `rmq`, who asks is `reader`. Each tries it, on no row. */
export async function checkRights(settings: Settings, tables: SourceTable[]): Promise<Problem[]> {
  const users = [
    {
      username: "rmq",
      password: settings.CLICKHOUSE_PASSWORD,
      privileges: "SELECT, INSERT",
      attempt: ({ copy }: SourceTable) => `INSERT INTO ${copy} SELECT * FROM ${copy} WHERE false`,
    },
    {
      username: "reader",
      password: settings.CLICKHOUSE_READER_PASSWORD,
      privileges: "SELECT",
      attempt: ({ view }: SourceTable) => `SELECT 1 FROM ${view} WHERE false`,
    },
  ];
  const problems: Problem[] = [];
  for (const { username, password, privileges, attempt } of users) {
    const client = openClickHouse({
      CLICKHOUSE_URL: settings.clickhouseUrl,
      CLICKHOUSE_USER: username,
      CLICKHOUSE_PASSWORD: password,
    });
    const denied: string[] = [];
    for (const table of tables)
      if (!(await isAllowed(client, attempt(table)))) denied.push(table.view.split(".")[0] as string);
    await client.close();
    problems.push(...[...new Set(denied)].map((database) => refused(username, privileges, database)));
  }
  return problems;
}

/** https://github.com/ClickHouse/ClickHouse/blob/master/src/Common/ErrorCodes.cpp */
const accessDenied = "497";

async function isAllowed(client: ClickHouseClient, query: string): Promise<boolean> {
  try {
    await client.command({ query });
    return true;
  } catch (error) {
    if (error instanceof ClickHouseError && error.code === accessDenied) return false;
    throw error;
  }
}

const refused = (user: string, privileges: string, database: string): Problem => ({
  what: `ClickHouse's user ${user} has no ${privileges} on the database ${database}`,
  mend: `choose \`github\` in \`as\` (sql/cdc.yml); on a server of your own: GRANT ${privileges} ON ${database}.* TO ${user}`,
});
