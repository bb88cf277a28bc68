import type { Run, Running } from "./running.ts";
import { literal, utf8 } from "./sql.ts";
import type { Statement } from "./statement.ts";
import type { Work } from "./work.ts";

/**
 * `KILL QUERY WHERE … [SYNC|ASYNC|TEST]`. The condition is asked of the processes as their clients know them, then the engine is
 * told its own names. A restricted user stops only what it started. SYNC waits here: in the engine it never returns.
 */
export async function killQueries(work: Work, own: Run, running: Running) {
  const { condition, mode, format } = readKill(work.statement);
  const { user } = work.ask;
  const others = `SELECT * FROM ${running.processes()} WHERE query_id != ${literal(own.queryId)}`;
  const found = await work.run(`SELECT query_id FROM (${others}) WHERE ${condition}`, { format: "TSVRaw" });
  const ids = new Set(Buffer.from(found.bytes).toString().split("\n"));
  const mayKill = (run: Run) => run !== own && (user.trusted || run.user === user.name);
  const chosen = running.all().filter((run) => ids.has(run.queryId) && mayKill(run));
  const list = ["", ...chosen.map((run) => run.queryId)].map(literal).join(", ");
  const status = mode === "TEST" ? "unknown" : "waiting";
  const shown = await work.run(
    `SELECT '${status}' AS kill_status, query_id, user, query FROM (${others}) WHERE query_id IN (${list}) ${format}`,
  );
  if (mode !== "TEST") for (const run of chosen) run.kill();
  if (mode === "SYNC") await Promise.all(chosen.map((run) => run.ended));
  await work.answer(shown.bytes);
}

function readKill({ sql, tokens, clauseAt }: Statement) {
  const where = tokens.find((token) => token.text === "WHERE");
  const last = tokens.findLast((token) => token.end <= clauseAt);
  const named = last && ["SYNC", "ASYNC", "TEST"].includes(last.text) ? last : undefined;
  return {
    condition: utf8(sql.slice(where?.end ?? sql.length, named?.start ?? clauseAt)) || "0",
    mode: named?.text ?? "ASYNC",
    format: utf8(sql.slice(clauseAt)),
  };
}
