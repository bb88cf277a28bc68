import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { type CommitInput, commit } from "../../events/commit.ts";
import { encodeKafkaEvent, type KafkaRecord } from "../../events/envelope/kafka.ts";
import { openScratch } from "../lib/testing.ts";
import { createHandler } from "./handler.ts";

/** `github.commits` is one table for all tests: each has a repository of its own. */
async function openRepo() {
  const { client, store, select } = await openScratch();
  const repo = `test/${randomUUID()}`;
  const rows = (columns: string) =>
    select(`SELECT ${columns} FROM github.commits WHERE repo = '${repo}' ORDER BY ALL`);
  return { client, store, select, repo, rows };
}

const sent = (repo: string | undefined, commit_id: string, more: Partial<CommitInput> = {}): CommitInput => ({
  ...(repo !== undefined && { repo }),
  commit_id,
  author: "ann",
  commit_message: "Fix it",
  commit_date: "2026-03-01",
  ...more,
});

const record = (partition: number, offset: number, value: CommitInput): KafkaRecord => ({
  topic: "commits_topic",
  partition,
  offset,
  timestamp: 1_700_000_000_000 + partition, // Batches of the same commits are not the same batch.
  timestampType: "CREATE_TIME",
  key: null,
  value: commit.encode(value),
  headers: [],
});

const event = (...records: KafkaRecord[]) => encodeKafkaEvent({ bootstrapServers: "b:9092" }, records);

test("the published query shows the published columns first, then the others, and nothing of ours", async () => {
  const { store, repo, select } = await openRepo();
  const full = sent(repo, "1a2b3c", {
    branch: "main",
    commit_message: "Größer 👋\n\nBody",
    commit_date: "2026-03-01T23:30:00.123-05:00",
    authored_at: "2026-02-28T12:00:00.5Z",
    committed_at: "2026-03-02T04:30:00.123Z",
    additions: 12,
    deletions: 0,
  });
  await createHandler(store)(event(record(0, 0, full)));
  const rows = await select<{ repo: string }>("SELECT * FROM github.commits");
  const row = rows.find((one) => one.repo === repo);
  expect(Object.entries(row ?? {})).toEqual(
    Object.entries({
      commit_id: "1a2b3c",
      author: "ann",
      commit_message: "Größer 👋\n\nBody",
      commit_date: "2026-03-02",
      repo,
      branch: "main",
      committed_at: "2026-03-02 04:30:00.123",
      authored_at: "2026-02-28 12:00:00.500",
      additions: 12,
      deletions: 0,
    }),
  );
});

test("the four fields of older producers are enough; dates come in three forms", async () => {
  const { store, select } = await openRepo();
  const ids = Array.from({ length: 3 }, () => randomUUID()).sort();
  const dates = ["2026-03-01", "2026-03-01 10:00:00", "2026-03-01T10:00:00.25Z"];
  const records = dates.map((commit_date, i) =>
    record(0, i, sent(undefined, ids[i] as string, { commit_date })),
  );
  await createHandler(store)(event(...records));
  const rows = await select(
    `SELECT commit_date, committed_at, authored_at, repo, branch, additions, deletions FROM github.commits
     WHERE commit_id IN (${ids.map((id) => `'${id}'`)}) ORDER BY commit_id`,
  );
  const rest = { repo: "", branch: "", additions: null, deletions: null };
  expect(rows).toEqual(
    ["2026-03-01 00:00:00.000", "2026-03-01 10:00:00.000", "2026-03-01 10:00:00.250"].map((at) => ({
      commit_date: "2026-03-01",
      committed_at: at,
      authored_at: at,
      ...rest,
    })),
  );
});

test("S5: a commit is one row: redelivered, sent twice, or sent by another producer in other words", async () => {
  const { store, repo, rows } = await openRepo();
  const handler = createHandler(store);
  await handler(event(record(0, 0, sent(repo, "a")), record(0, 1, sent(repo, "b"))));
  await handler(event(record(0, 0, sent(repo, "a")), record(0, 1, sent(repo, "b"))));
  const again = event(
    record(0, 2, sent(repo, "a")),
    record(5, 7, sent(repo, "b", { branch: "main", commit_date: "2026-03-01T10:00:00Z" })),
    record(5, 8, sent(repo, "c")),
    record(6, 1, sent(repo, "c")),
  );
  expect(await handler(again)).toEqual({ delivered: 1, duplicates: 3, rejected: 0 });
  expect(await rows("commit_id, branch, _partition, _offset")).toEqual([
    { commit_id: "a", branch: "", _partition: 0, _offset: 0 },
    { commit_id: "b", branch: "", _partition: 0, _offset: 1 },
    { commit_id: "c", branch: "", _partition: 5, _offset: 8 },
  ]);
});

test("the same commits by many partitions at once, in environments of their own: one row each", async () => {
  const { store, repo, rows } = await openRepo();
  const ids = Array.from({ length: 200 }, (_, i) => `commit ${i}`);
  await Promise.all(
    Array.from({ length: 6 }, (_, partition) =>
      createHandler(store)(event(...ids.map((id, offset) => record(partition, offset, sent(repo, id))))),
    ),
  );
  expect(await rows("count() AS n, uniqExact(commit_id) AS ids")).toEqual([{ n: 200, ids: 200 }]);
}, 60_000);

test("an id is a commit of its repository alone", async () => {
  const { store, repo, select } = await openRepo();
  const fork = `${repo}-fork`;
  const handler = createHandler(store);
  await handler(event(record(0, 0, sent(repo, "a")), record(0, 1, sent(fork, "a"))));
  // Joined without care these two would be the same text.
  await handler(event(record(0, 2, sent(repo, `b ${repo}`)), record(0, 3, sent(`${repo} ${repo}`, "b"))));
  expect(await select(`SELECT count() AS n FROM github.commits WHERE startsWith(repo, '${repo}')`)).toEqual([
    { n: 4 },
  ]);
});

test("a row inserted by hand needs the published columns alone", async () => {
  const { client, repo, rows } = await openRepo();
  await client.command({
    query: `INSERT INTO github.commits (commit_id, author, commit_message, commit_date, repo) VALUES ('a', 'ann', 'hi', '2026-03-01', '${repo}')`,
  });
  expect(await rows("committed_at, authored_at")).toEqual([
    { committed_at: "2026-03-01 00:00:00.000", authored_at: "2026-03-01 00:00:00.000" },
  ]);
});
