import type { Analysis } from "./addon.ts";
import { asServerError, ServerError } from "./errors.ts";
import { isRead, permit, reachesAround } from "./guard.ts";
import { insert } from "./insert.ts";
import { killQueries } from "./kill.ts";
import { prelude, undo } from "./prelude.ts";
import type { Reply } from "./reply.ts";
import type { Ask } from "./request.ts";
import { type Run, withOurProcesses } from "./running.ts";
import { select, selectWhole } from "./select.ts";
import type { Spool } from "./spool.ts";
import { literal, utf8 } from "./sql.ts";
import { inputCall, isReading, type Statement } from "./statement.ts";
import { openWork, type Server, type Work } from "./work.ts";

/** Runs one statement and answers it; throws what has to be told as an error. */
export async function execute(
  server: Server,
  ask: Ask,
  reply: Reply,
  given: Statement,
  data: Spool | undefined,
) {
  const { engine, files, sessions, running, log } = server;
  const analysis = await engine.analyze(utf8(given.full));
  if (analysis.statementCount === 0) await syntaxError(server, given);
  permit(ask, given, analysis);
  if (given.tokens.some((token) => /^(QUERY_LOG|LOGS)$/.test(token.text))) await log.flush();
  const entry = running.start(ask.queryId, ask.user.name);
  let release = () => {};
  try {
    const taken = sessions.take(ask);
    release = taken.release;
    const restore = ask.session ? await undo(engine, taken.connection, ask) : undefined;
    const statement = withOurProcesses(given, running);
    const before = prelude(ask, entry.tag, {
      input: inputCall(given) !== undefined,
      valuesExpressions:
        given.format === "Values" &&
        data?.small !== undefined &&
        !reachesAround(data.small.toString("latin1")),
    });
    const work = openWork(engine, files, {
      entry,
      ask,
      statement,
      reply,
      connection: taken.connection,
      prelude: before,
      secret: analysis.hasSecrets,
    });
    if (isRead(analysis)) void reply.closed.then(() => reply.gone && entry.kill());
    const logged = log.begin(work);
    const telling = tellProgress(server, ask, reply, entry);
    try {
      if (given.verb === "KILL" && given.tokens[1]?.text === "QUERY") await killQueries(work, entry, running);
      else await dispatch(work, analysis, data);
      logged();
    } catch (thrown) {
      const error = told(ask, thrown);
      logged(error);
      throw error;
    } finally {
      clearInterval(telling);
      if (restore) await engine.run(taken.connection, restore, "Null");
    }
  } finally {
    release();
    entry.end();
  }
  reply.end();
}

/** `send_progress_in_http_headers=1`: a header line at each interval until the answer begins. */
function tellProgress(
  { running }: Server,
  { settings }: Ask,
  reply: Reply,
  run: Run,
): NodeJS.Timeout | undefined {
  if (settings.get("send_progress_in_http_headers") !== "1") return undefined;
  const interval = Math.max(Number(settings.get("http_headers_progress_interval_ms")) || 100, 10);
  return setInterval(() => {
    if (!reply.begun) running.look(0);
    if (run.progress) reply.progress(run.progress);
  }, interval);
}

/** The engine speaks of its one user and of the spool; the client is told of itself and of what it sent. */
function told(ask: Ask, thrown: unknown): ServerError {
  const { code, type, message } = asServerError(thrown);
  const clean = message
    .replace(/^default:/, `${ask.user.name}:`)
    .replace(/: \(in file\/uri [^)]*\)/, "")
    .replace(/: While executing File: data for INSERT was parsed from file\.?\s*$/, "");
  const hint =
    code === 164 && ask.byGet
      ? " For queries over HTTP, method GET implies readonly. You should use method POST for modifying queries."
      : "";
  return new ServerError(code, type, clean + hint);
}

async function dispatch(work: Work, analysis: Analysis, data: Spool | undefined): Promise<void> {
  const { verb, sql } = work.statement;
  if (data) return insert(work, data);
  const rows = isRead(analysis) && isReading(verb);
  if (rows) return work.ask.whole ? selectWhole(work) : select(work);
  return work.answer((await work.run(utf8(sql))).bytes);
}

/** The engine's parser only counts; this asks it what is wrong, without a chance of running any of it. */
async function syntaxError({ engine }: Server, statement: Statement): Promise<void> {
  const connection = engine.connect();
  try {
    await engine.run(connection, `SELECT formatQuery(${literal(utf8(statement.full))})`, "Null");
  } catch (thrown) {
    const error = asServerError(thrown);
    throw new ServerError(
      error.code,
      error.type,
      error.message.replace(/: In scope SELECT formatQuery\([\s\S]*$/, ""),
    );
  } finally {
    engine.disconnect(connection);
  }
}
