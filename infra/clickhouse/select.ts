import { createReadStream, rmSync, statSync } from "node:fs";
import type { Socket } from "node:net";
import { endPipe, type Pipe, readPipe, readRest } from "./pipes.ts";
import { literal, utf8 } from "./sql.ts";
import type { Work } from "./work.ts";

/** So much of a result is held back before the status is sent: an error in it still gets a status of its own. */
const heldOf = ({ statement }: Work) => (statement.format === "JSONEachRowWithProgress" ? 0 : 1024 * 1024);

const into = ({ statement, ask }: Work, path: string, mode: string) => {
  const { sql, clauseAt, format } = statement;
  const clause = ` INTO OUTFILE ${literal(path)} ${mode} ${format ? "" : `FORMAT ${ask.defaultFormat}`} `;
  return `${utf8(sql.slice(0, clauseAt))}\n${clause}${utf8(sql.slice(clauseAt))}`;
};

/** So long (ms) a result may take and be read at once when it is there; few do not, and a stream for each costs more than the rest. */
const patience = 5;

/** Sends the result of a SELECT to the client: whole when it is soon there, else as the engine makes it. */
export async function select(work: Work): Promise<void> {
  const pipe = work.files.pipes.take();
  const failure = work.run(into(work, pipe.path, "APPEND")).then(
    () => undefined,
    (error: Error) => error,
  );
  try {
    if (!(await isSoon(failure, patience))) return await stream(work, pipe, failure);
    const error = await failure;
    if (error) throw error;
    await work.answer(readRest(pipe));
  } finally {
    work.files.pipes.give(pipe);
  }
}

async function isSoon(promise: Promise<unknown>, ms: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((done) => (timer = setTimeout(done, ms, false)));
  const isThere = await Promise.race([promise.then(() => true), late]);
  clearTimeout(timer);
  return isThere;
}

async function stream(work: Work, pipe: Pipe, failure: Promise<Error | undefined>): Promise<void> {
  const source = readPipe(pipe);
  const ended = failure.then((error) => (error ? source.destroy(error) : endPipe(pipe)));
  try {
    await forward(work, source, failure);
  } finally {
    // The engine blocks until what it writes is read, and for ever if nobody reads: a broken answer is read to its end.
    source.resume();
    await ended;
    source.destroy();
  }
}

async function forward(work: Work, source: Socket, failure: Promise<Error | undefined>): Promise<void> {
  const { reply } = work;
  const held = heldOf(work);
  const head: Buffer[] = [];
  let size = 0;
  for await (const chunk of source.iterator({ destroyOnReturn: false })) {
    if (reply.gone) continue;
    if (reply.begun) await reply.write(chunk);
    else {
      head.push(chunk);
      size += chunk.length;
      if (size < held) continue;
      work.begin();
      await reply.write(Buffer.concat(head));
    }
  }
  // The pipe ends before the engine says why: only its word tells a whole result from a broken one.
  const error = await failure;
  if (error) throw error;
  if (!reply.begun) {
    work.begin(size);
    await reply.write(Buffer.concat(head));
  }
}

/** `wait_end_of_query`: the result is kept in a file until the statement has ended, so that its status and figures are certain. */
export async function selectWhole(work: Work): Promise<void> {
  const path = work.files.newSpool();
  try {
    await work.run(into(work, path, "TRUNCATE"));
    work.begin(statSync(path).size);
    for await (const chunk of createReadStream(path)) await work.reply.write(chunk);
  } finally {
    rmSync(path, { force: true });
  }
}
