import type { Engine } from "./engine.ts";
import { asServerError, type ServerError } from "./errors.ts";
import { Spool } from "./spool.ts";
import { literal, utf8 } from "./sql.ts";
import type { Work } from "./work.ts";

/** A row of `system.query_log`; absent columns take their defaults. */
type Row = Record<string, string | number>;

const table = `CREATE TABLE IF NOT EXISTS server_log.query_log (
  type Enum8('QueryStart' = 1, 'QueryFinish' = 2, 'ExceptionBeforeStart' = 3, 'ExceptionWhileProcessing' = 4),
  event_date Date DEFAULT toDate(event_time), event_time DateTime, event_time_microseconds DateTime64(6),
  query_start_time DateTime, query_start_time_microseconds DateTime64(6), query_duration_ms UInt64,
  read_rows UInt64, read_bytes UInt64, written_rows UInt64, written_bytes UInt64, result_rows UInt64, result_bytes UInt64,
  memory_usage UInt64, current_database String, query String, normalized_query_hash UInt64 DEFAULT normalizedQueryHash(query),
  query_kind LowCardinality(String), databases Array(LowCardinality(String)), tables Array(LowCardinality(String)),
  exception_code Int32, exception String, is_initial_query UInt8 DEFAULT 1, user LowCardinality(String), query_id String,
  initial_user LowCardinality(String) DEFAULT user, initial_query_id String DEFAULT query_id,
  interface UInt8 DEFAULT 2, http_user_agent LowCardinality(String), log_comment String,
  ProfileEvents Map(LowCardinality(String), UInt64), Settings Map(LowCardinality(String), LowCardinality(String))
) ENGINE = MergeTree PARTITION BY toYYYYMM(event_date) ORDER BY (event_date, event_time) TTL event_date + INTERVAL 30 DAY`;

const view = "CREATE OR REPLACE VIEW system.query_log AS SELECT * FROM server_log.query_log";

const flushEvery = 5_000;
const mostHeld = 50_000;

/** `system.query_log`: the embedded engine writes none, so the server does; a view in `system` shows its table. */
export class QueryLog {
  readonly #engine: Engine;
  readonly #newSpool: () => string;
  readonly #timer: NodeJS.Timeout;
  #held: Row[] = [];
  #flushing: Promise<void> = Promise.resolve();

  /** Makes the table when there is none, and the view anew: `system` is not kept. */
  constructor(engine: Engine, newSpool: () => string) {
    this.#engine = engine;
    this.#newSpool = newSpool;
    engine.ask(`CREATE DATABASE IF NOT EXISTS server_log; ${table}; ${view}`);
    this.#timer = setInterval(() => void this.flush(), flushEvery).unref();
  }

  /** Notes that a statement starts; the answer notes how it ended. `log_queries=0` keeps it out. */
  begin(work: Work): (error?: ServerError) => void {
    if (work.ask.settings.get("log_queries") === "0") return () => {};
    const startedAt = Date.now();
    const common = describe(work, startedAt);
    this.#add({ ...common, type: "QueryStart", ...times("event_time", startedAt) });
    return (error) => {
      const now = Date.now();
      const figures = work.figures();
      this.#add({
        ...common,
        type: error ? "ExceptionWhileProcessing" : "QueryFinish",
        ...times("event_time", now),
        query_duration_ms: Math.round(figures.elapsedMs),
        read_rows: figures.readRows,
        read_bytes: figures.readBytes,
        written_rows: figures.writtenRows,
        result_rows: figures.resultRows,
        result_bytes: figures.resultBytes,
        memory_usage: figures.memory,
        exception_code: error?.code ?? 0,
        exception: error?.message ?? "",
      });
    };
  }

  #add(row: Row): void {
    if (this.#held.length < mostHeld) this.#held.push(row);
  }

  /** Everything added so far can be read afterwards. A log that cannot be written is reported, not thrown. */
  flush(): Promise<void> {
    this.#flushing = this.#flushing.then(() => this.#write());
    return this.#flushing;
  }

  async #write(): Promise<void> {
    if (this.#held.length === 0) return;
    const rows = this.#held;
    this.#held = [];
    const spool = new Spool(this.#newSpool());
    const connection = this.#engine.connect();
    try {
      await spool.write(Buffer.from(rows.map((row) => JSON.stringify(row)).join("\n")));
      await spool.finish();
      const into = `INSERT INTO server_log.query_log FROM INFILE ${literal(spool.path)} COMPRESSION 'none' FORMAT JSONEachRow`;
      await this.#engine.run(connection, into, "Null");
    } catch (error) {
      console.error(`${rows.length} rows of query_log are lost: ${asServerError(error).message}`);
    } finally {
      this.#engine.disconnect(connection);
      await spool.drop();
    }
  }

  close(): Promise<void> {
    clearInterval(this.#timer);
    return this.flush();
  }
}

/** A moment as two columns: to the second and to the microsecond, UTC. */
function times(name: string, at: number): Row {
  const text = new Date(at).toISOString().replace("T", " ");
  return { [name]: text.slice(0, 19), [`${name}_microseconds`]: text.slice(0, 23) };
}

const cutAt = 100_000;

function describe({ ask, statement, secret }: Work, startedAt: number): Row {
  const verb = statement.verb;
  const text = statement.logged.length > cutAt ? statement.logged.slice(0, cutAt) : statement.logged;
  return {
    ...times("query_start_time", startedAt),
    query: secret ? `${verb} [HIDDEN: the statement carries a credential]` : utf8(text),
    query_kind: verb.charAt(0) + verb.slice(1).toLowerCase(),
    current_database: ask.database ?? "default",
    user: ask.user.name,
    query_id: ask.queryId,
    http_user_agent: ask.agent,
    log_comment: ask.settings.get("log_comment") ?? "",
  };
}
