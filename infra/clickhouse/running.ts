import { type Engine, tagSetting } from "./engine.ts";
import { ServerError } from "./errors.ts";
import type { Progress } from "./progress.ts";
import { literal } from "./sql.ts";
import { readStatement, type Statement } from "./statement.ts";

/** One statement under way. */
export interface Run {
  tag: string;
  queryId: string;
  user: string;
  startedAt: number;
  /** How far it had come when last looked at; the engine does not say at the end. */
  progress: Progress | undefined;
  ended: Promise<void>;
  end(): void;
  /** Stops it, now or as soon as it is under way in the engine. */
  kill(): void;
}

const limit = 100;
/** Statements that have run so long (ms) are looked at so often. */
const watched = 250;

const progressSql = `SELECT Settings['${tagSetting}'] AS tag, toString(read_rows) AS read_rows, toString(read_bytes) AS read_bytes,
  toString(total_rows_approx) AS total_rows_to_read, toString(toUInt64(elapsed * 1e9)) AS elapsed_ns,
  toString(memory_usage) AS memory_usage FROM system.processes FORMAT JSONEachRow`;

/** The statements under way: the engine numbers its queries itself, here they have the ids their clients gave them. */
export class Running {
  readonly #runs = new Map<string, Run>();
  readonly #engine: Engine;
  readonly #watch: NodeJS.Timeout;
  #last = 0;

  constructor(engine: Engine) {
    this.#engine = engine;
    this.#watch = setInterval(() => this.look(watched), watched).unref();
  }

  start(queryId: string, user: string): Run {
    if (this.#runs.size >= limit)
      throw new ServerError(
        202,
        "TOO_MANY_SIMULTANEOUS_QUERIES",
        `Too many simultaneous queries. Maximum: ${limit}`,
      );
    for (const run of this.#runs.values())
      if (run.queryId === queryId)
        throw new ServerError(
          216,
          "QUERY_WITH_SAME_ID_IS_ALREADY_RUNNING",
          `Query with id = ${queryId} is already running.`,
        );
    const tag = `run-${++this.#last}`;
    const { promise, resolve } = Promise.withResolvers<void>();
    let killing: NodeJS.Timeout | undefined;
    const end = () => {
      clearInterval(killing);
      this.#runs.delete(tag);
      resolve();
    };
    const kill = () => {
      if (killing || !this.#runs.has(tag)) return;
      killing = setInterval(() => this.#engine.kill(tag), 100);
      this.#engine.kill(tag);
    };
    const run = { tag, queryId, user, startedAt: Date.now(), progress: undefined, ended: promise, end, kill };
    this.#runs.set(tag, run);
    return run;
  }

  all(): Run[] {
    return [...this.#runs.values()];
  }

  /** Notes the progress of all statements that have run for `age` ms. */
  look(age: number): void {
    const now = Date.now();
    const old = this.all().filter((run) => now - run.startedAt >= age);
    if (old.length === 0) return;
    for (const line of this.#progress()) {
      const { tag, ...progress } = JSON.parse(line);
      const run = this.#runs.get(tag);
      if (run) run.progress = progress;
    }
  }

  #progress(): string[] {
    try {
      return this.#engine.ask(progressSql).split("\n").filter(Boolean);
    } catch {
      // Out of memory, for one: the statements that made it so will tell.
      return [];
    }
  }

  close(): void {
    clearInterval(this.#watch);
  }

  /** Resolves when nothing runs any more, or after `ms`. */
  async idle(ms: number): Promise<void> {
    const all = Promise.all([...this.#runs.values()].map((run) => run.ended));
    let timer: NodeJS.Timeout | undefined;
    await Promise.race([all, new Promise((done) => (timer = setTimeout(done, ms)))]);
    clearTimeout(timer);
  }

  /**
   * `system.processes` as a subquery, with the clients' ids and users instead of the engine's and our tag out of sight. What has no
   * tag is the server's own, such as the writing of its query log, which ClickHouse does not show either.
   */
  processes(): string {
    const runs = [...this.#runs.values()];
    const list = (values: string[]) => `[${values.map(literal).join(", ")}]`;
    const map = (column: string, values: string[]) =>
      `transform(tag, ${list(runs.map((run) => run.tag))}, ${list(values)}, ${column}) AS ${column}`;
    const [ids, names] = [runs.map((run) => run.queryId), runs.map((run) => run.user)];
    return `(SELECT * EXCEPT (tag) REPLACE (${[
      map("query_id", ids),
      map("initial_query_id", ids),
      map("user", names),
      map("initial_user", names),
      `mapFilter((k, v) -> k != '${tagSetting}', Settings) AS Settings`,
    ].join(", ")}) FROM (SELECT *, Settings['${tagSetting}'] AS tag FROM system.processes WHERE tag != ''))`;
  }
}

/** Words that may follow a table's name without being its alias. */
const clauses = new Set(
  `WHERE PREWHERE GROUP ORDER LIMIT OFFSET HAVING WINDOW QUALIFY SETTINGS FORMAT UNION EXCEPT INTERSECT FINAL SAMPLE JOIN LEFT RIGHT
   INNER FULL CROSS ASOF GLOBAL ANY ALL SEMI ANTI ARRAY PASTE ON USING INTO`.split(/\s+/),
);

/** The statement with `FROM system.processes` showing the clients' ids; unchanged when it does not read that table. */
export function withOurProcesses(statement: Statement, running: Running): Statement {
  const { sql, tokens, dataAt } = statement;
  const named = (at: number, ...words: string[]) => words.every((word, i) => tokens[at + i]?.text === word);
  const found = tokens.flatMap((token, i) =>
    (token.text === "FROM" || token.text === "JOIN") && named(i + 1, "SYSTEM", ".", "PROCESSES") ? [i] : [],
  );
  if (found.length === 0 || dataAt !== undefined) return statement;
  const table = running.processes();
  let changed = sql;
  for (const i of found.reverse()) {
    const next = tokens[i + 4];
    const aliased =
      next?.text === "AS" || next?.kind === "quoted" || (next?.kind === "word" && !clauses.has(next.text));
    const after = changed.slice(tokens[i + 3]?.end);
    changed = `${changed.slice(0, tokens[i + 1]?.start)}${table}${aliased ? "" : " AS processes"}${after}`;
  }
  return { ...(readStatement(changed) ?? statement), logged: statement.logged };
}
