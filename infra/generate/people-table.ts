import { Client } from "pg";
import type { Change, Person } from "./people.ts";

/** Postgres' table `github_users`, on one connection. */
export interface PeopleTable {
  people(): Promise<Person[]>;
  /** Each change is a transaction of its own. @returns false when the table is no longer as the change supposes. */
  write(change: Change): Promise<boolean>;
  close(): Promise<void>;
}

/** @throws Error, one sentence: where, what is wrong, what to do. */
export async function openPeopleTable(url: string): Promise<PeopleTable> {
  const client = new Client({
    connectionString: url,
    connectionTimeoutMillis: 3000,
    application_name: "sluice users",
  });
  client.on("error", () => {}); // The query under way, or the next, throws the same.
  try {
    await client.connect();
    const { rows } = await client.query<{ table_name: string; column_name: string }>(
      `SELECT table_name, column_name FROM information_schema.columns
      WHERE table_schema = ANY (current_schemas(false)) AND table_name IN ('github_users', 'github_user_aliases')`,
    );
    const columns = rows
      .filter(({ table_name }) => table_name === "github_users")
      .map((row) => row.column_name);
    if (!columns.includes("user_name"))
      throw new Error("there is no table github_users; `npx sluice cdc setup` makes it");
    const hasAliases = rows.some(({ table_name }) => table_name === "github_user_aliases");
    return table(client, columns.includes("age"), hasAliases);
  } catch (error) {
    await client.end().catch(() => {});
    throw explain(error, url);
  }
}

function table(client: Client, hasAge: boolean, hasAliases: boolean): PeopleTable {
  const columns = ["user_name", "position", "team", ...(hasAge ? ["age"] : [])];
  const values = ({ user_name, position, team, age }: Person) => [
    user_name,
    position,
    team,
    ...(hasAge ? [age] : []),
  ];
  const places = columns.map((_, i) => `$${i + 1}`);
  const list = columns.join(", ");
  const insert = `INSERT INTO github_users (${list}) VALUES (${places}) ON CONFLICT DO NOTHING`;
  const update = `UPDATE github_users SET (${list}) = ROW(${places}) WHERE user_name = $1`;
  const remove = "DELETE FROM github_users WHERE user_name = $1";
  const changes = async (sql: string, given: unknown[]) =>
    ((await client.query(sql, given)).rowCount ?? 0) > 0;

  const rename = async (from: string, to: string) => {
    if (!(await changes("UPDATE github_users SET user_name = $2 WHERE user_name = $1", [from, to])))
      return false;
    if (!hasAliases) return true;
    // Commits made under the old name are still theirs.
    await client.query("UPDATE github_user_aliases SET user_name = $2 WHERE user_name = $1", [from, to]);
    await client.query("DELETE FROM github_user_aliases WHERE alias IN ($1, $2)", [from, to]);
    await client.query("INSERT INTO github_user_aliases (alias, user_name) VALUES ($1, $2)", [from, to]);
    return true;
  };
  /** All or nothing; a key that somebody else has taken meanwhile undoes it. */
  const transaction = async (work: () => Promise<boolean>) => {
    await client.query("BEGIN");
    try {
      const done = await work();
      await client.query(done ? "COMMIT" : "ROLLBACK");
      return done;
    } catch (error) {
      await client.query("ROLLBACK");
      if ((error as { code?: string }).code === uniqueViolation) return false;
      throw error;
    }
  };
  return {
    people: async () => {
      const { rows } = await client.query<Person>(`SELECT ${list} FROM github_users ORDER BY user_name`);
      return rows.map((row) => ({ ...row, age: row.age ?? null }));
    },
    write(change) {
      switch (change.kind) {
        case "join":
        case "return":
          return changes(insert, values(change.person));
        case "leave":
          return changes(remove, [change.user_name]);
        case "rename":
          return transaction(() => rename(change.user_name, change.to));
        case "swap": {
          const { person } = change;
          return transaction(
            async () => (await changes(remove, [person.user_name])) && changes(insert, values(person)),
          );
        }
        default:
          return changes(update, values(change.person));
      }
    },
    close: () => client.end(),
  };
}

const uniqueViolation = "23505";

/** Of a server that is away, or about to be: a code of Node's, SQLSTATE class 08 and 57P, or pg's own words. */
export function isAway(error: unknown): boolean {
  const { code = "", message, cause } = error as Error & { code?: string };
  const isGone = /^(ECONN|ETIMEDOUT|EPIPE|ENOTFOUND|EAI_|EHOST|08|57P)/.test(code);
  return (
    isGone ||
    /^(Connection terminated|Client has|timeout expired)/.test(message) ||
    (cause !== undefined && isAway(cause))
  );
}

/** The address without its password. */
function explain(error: unknown, url: string): Error {
  const { code, message } = error as { code?: string; message: string };
  const { host, pathname } = URL.canParse(url) ? new URL(url) : { host: "POSTGRES_URL", pathname: "" };
  const where = `Postgres at ${host}${pathname}`;
  const text = isAway(error)
    ? `${where} does not answer (${code ?? message}): start it with \`npx sluice up\`, or say where it is (POSTGRES_URL).`
    : `${where}: ${message}`;
  return new Error(text, { cause: error });
}
