import { expect, test } from "vitest";
import { openCopy } from "./testing.ts";

const user = "id String COMMENT 'text', team String COMMENT 'text', age Nullable(Int32) COMMENT 'integer'";
const ann = { id: "ann", team: "core", age: 30 };

test("S2: a delete without the row's other columns takes the row away, and what came with it in the batch is applied", async () => {
  const { apply, rows } = await openCopy(user);
  await apply({ op: "c", after: ann, commit: 10, lsn: 11 });
  await apply({ op: "d", before: { id: "ann", team: null, age: null }, commit: 20, lsn: 21 }, null, {
    op: "c",
    after: { id: "bob", team: "web", age: null },
    commit: 20,
    lsn: 22,
  });
  expect(await rows()).toEqual([{ id: "bob", team: "web", age: null }]);
});

test("S2b: no row of nothing but nulls remains of a deleted one", async () => {
  const { apply, rows, select } = await openCopy(user);
  await apply({ op: "c", after: ann, commit: 10, lsn: 11 });
  await apply({ op: "d", before: { id: "ann", team: null, age: null }, commit: 20, lsn: 21 });
  expect(await rows()).toEqual([]);
  expect(await select("SELECT DISTINCT id FROM _t")).toEqual([{ id: "ann" }]);
});

test("S3: an older change that is delivered again does not replace a newer one", async () => {
  const { apply, rows } = await openCopy(user);
  await apply({ op: "u", after: { ...ann, team: "new" }, commit: 20, lsn: 21 });
  await apply({ op: "c", after: ann, commit: 10, lsn: 11 });
  expect(await rows()).toEqual([{ ...ann, team: "new" }]);
});

test("S4: an event of a connector that flattens is quarantined, and says what to do", async () => {
  const { apply, rows, quarantined } = await openCopy(user);
  const flat = { "after.id": "ann", "after.team": "core", op: "c", "source.lsn": 11 };
  await apply(Buffer.from(JSON.stringify(flat)), {
    op: "c",
    after: { ...ann, id: "bob" },
    commit: 10,
    lsn: 12,
  });
  expect(await rows()).toEqual([{ ...ann, id: "bob" }]);
  expect(await quarantined()).toEqual([
    { reason: "invalid_event", detail: expect.stringContaining("npx sluice cdc setup") },
  ]);
});

test("the same batch delivered twice leaves the same rows, in the history too", async () => {
  const { apply, rows, select } = await openCopy(user, { history: true });
  const changes = [
    { op: "c", after: ann, commit: 10, lsn: 11 },
    { op: "u", after: { ...ann, team: "web" }, commit: 20, lsn: 21 },
  ];
  await apply(...changes);
  await apply(...changes);
  expect(await rows()).toEqual([{ ...ann, team: "web" }]);
  expect(await select("SELECT team FROM t_history ORDER BY _version")).toEqual([
    { team: "core" },
    { team: "web" },
  ]);
});

test("the order of commits decides where the order of LSNs says otherwise", async () => {
  const { apply, rows } = await openCopy(user);
  // Transaction A: insert, delete at 200, commit at 300. B wrote its insert at 150, waited for A, and committed after it.
  await apply(
    { op: "d", before: { id: "ann", team: null, age: null }, commit: 50, lsn: 200 },
    { op: "c", after: ann, commit: 300, lsn: 150 },
  );
  expect(await rows()).toEqual([ann]);
});

test("a transaction that was open while the snapshot was taken is newer than the snapshot, whatever its LSN", async () => {
  const { apply, rows } = await openCopy(user);
  const headers = { "sluice-snapshot-lsn": "90" };
  await apply(
    { op: "u", after: { ...ann, team: "open" }, lsn: 95, headers },
    { op: "r", after: ann, lsn: 100, headers },
  );
  expect(await rows()).toEqual([{ ...ann, team: "open" }]);
});

test("a table read anew replaces what an earlier capture left", async () => {
  const { apply, rows } = await openCopy(user);
  await apply({ op: "c", after: ann, commit: 10, lsn: 11, headers: { "sluice-snapshot-lsn": "5" } });
  await apply({
    op: "r",
    after: { ...ann, team: "later" },
    lsn: 60,
    headers: { "sluice-snapshot-lsn": "50" },
  });
  expect(await rows()).toEqual([{ ...ann, team: "later" }]);
});

test("a truncate takes older rows away, also those that arrive after it by another partition", async () => {
  const { apply, rows } = await openCopy(user);
  await apply({ op: "c", after: ann, commit: 10, lsn: 11 });
  await apply(
    { op: "t", commit: 20, lsn: 21 },
    { op: "c", after: { ...ann, id: "new" }, commit: 20, lsn: 22 },
  );
  await apply({ op: "c", after: { ...ann, id: "late" }, commit: 10, lsn: 12, partition: 3 });
  expect(await rows()).toEqual([{ ...ann, id: "new" }]);
});

test("an unknown operation is quarantined; a heartbeat and a message in the log are passed over", async () => {
  const { apply, quarantined } = await openCopy(user);
  await apply(
    { op: "x", after: ann, commit: 10, lsn: 11 },
    { op: "m", commit: 10, lsn: 12 },
    Buffer.from('{"ts_ms":1795350000000}'),
  );
  expect(await quarantined()).toEqual([{ reason: "unknown_operation", detail: 'op is "x"' }]);
});

test("a column the copy does not have leaves the others to be applied; one that Postgres dropped is null", async () => {
  const { apply, rows, quarantined } = await openCopy(user);
  await apply({ op: "c", after: { id: "ann", team: "core", email: "a@b" }, commit: 10, lsn: 11 });
  expect(await rows()).toEqual([{ id: "ann", team: "core", age: null }]);
  expect(await quarantined()).toEqual([]);
});

test("a column that the copy was given meanwhile is filled from the next change on", async () => {
  const { client, apply, select } = await openCopy(user);
  await apply({ op: "c", after: ann, commit: 10, lsn: 11 });
  await client.command({
    query: "ALTER TABLE _t ADD COLUMN email Nullable(String) COMMENT 'text' AFTER age",
  });
  await apply({ op: "r", after: { ...ann, email: "a@b" }, commit: 20, lsn: 21 });
  expect(await select("SELECT email FROM _t FINAL")).toEqual([{ email: "a@b" }]);
});

test("null where the copy takes none is quarantined, and the batch goes on", async () => {
  const { apply, rows, quarantined } = await openCopy(user);
  await apply(
    { op: "c", after: { id: "ann", team: null, age: 1 }, commit: 10, lsn: 11 },
    { op: "c", after: { ...ann, id: "bob" }, commit: 10, lsn: 12 },
  );
  expect(await rows()).toEqual([{ ...ann, id: "bob" }]);
  expect(await quarantined()).toEqual([
    { reason: "unsupported_value", detail: expect.stringContaining("team is null") },
  ]);
});

const documents =
  "id Int64 COMMENT 'bigint', title String COMMENT 'text', body Nullable(String) COMMENT 'text', tags Array(Nullable(String)) COMMENT 'text[]', raw Nullable(String) COMMENT 'bytea'";
const gone = "__debezium_unavailable_value";
const absent = { body: gone, tags: [gone], raw: Buffer.from(gone).toString("base64") };
const whole = {
  body: "x".repeat(9000),
  tags: ["a", null, "b'\\"],
  raw: Buffer.from([0, 255, 10]).toString("base64"),
};
/** Document 1 becomes document 9: how its old key ends, and what the new one says of it. */
const ends = {
  op: "d",
  before: { id: 1, title: null, body: null, tags: null, raw: null },
  commit: 20,
  lsn: 21,
  headers: { "__debezium.newkey": '{"id":9}' },
};
const fromOne = { "__debezium.oldkey": '{"id":1}' };
const stored = { body: whole.body, tags: whole.tags, raw: "AP8K" };
const select = "SELECT id, title, body, tags, base64Encode(raw) AS raw FROM t ORDER BY id";

test("large values that the log does not repeat are kept from the row before: of the same batch, and of the table", async () => {
  const copy = await openCopy(documents);
  await copy.apply({ op: "c", after: { id: 1, title: "a", ...whole }, commit: 10, lsn: 11 });
  await copy.apply(
    { op: "u", after: { id: 1, title: "b", ...absent }, commit: 20, lsn: 21 },
    { op: "u", after: { id: 1, title: "c", ...absent }, commit: 20, lsn: 22 },
  );
  expect(await copy.select(select)).toEqual([{ id: 1, title: "c", ...stored }]);
});

test("a changed key takes its large values along, whichever partition comes first", async () => {
  const copy = await openCopy(documents);
  await copy.apply({ op: "c", after: { id: 1, title: "a", ...whole }, commit: 10, lsn: 11 });
  const begins = {
    op: "c",
    after: { id: 9, title: "a", ...absent },
    commit: 20,
    lsn: 21,
    partition: 1,
    headers: fromOne,
  };
  await expect(copy.apply(begins)).rejects.toThrow(/waits for the end of its former key/);
  await copy.apply(ends);
  await copy.apply(begins);
  expect(await copy.select(select)).toEqual([{ id: 9, title: "a", ...stored }]);
});

test("a changed key takes its large values along although Debezium sent it twice, in one batch with the row before", async () => {
  const copy = await openCopy(documents);
  const first = { op: "c", after: { id: 1, title: "a", ...whole }, commit: 10, lsn: 11 };
  const begins = { op: "c", after: { id: 9, title: "a", ...absent }, commit: 20, lsn: 21, headers: fromOne };
  await copy.apply(first, ends, begins, ends, begins);
  expect(await copy.select(select)).toEqual([{ id: 9, title: "a", ...stored }]);
  await copy.apply(first, ends);
  await copy.apply(first, ends, begins);
  expect(await copy.select(select)).toEqual([{ id: 9, title: "a", ...stored }]);
  expect(await copy.quarantined()).toEqual([]);
});

test("a batch delivered again and longer fills in from the newest row, be it in the batch or in the table", async () => {
  const copy = await openCopy(documents);
  const first = { op: "c", after: { id: 1, title: "a", ...whole }, commit: 10, lsn: 11 };
  const body = "changed";
  const second = { op: "u", after: { id: 1, title: "b", ...absent, body }, commit: 20, lsn: 21 };
  await copy.apply(first, second);
  const third = { op: "u", after: { id: 1, title: "c", ...absent }, commit: 30, lsn: 31 };
  await copy.apply(first, second, third);
  expect(await copy.select(select)).toEqual([{ id: 1, title: "c", ...stored, body }]);
});

test("the end of a key, delivered again, does not hide the row that another key brought it since", async () => {
  const copy = await openCopy(documents);
  const nothing = { title: null, body: null, tags: null, raw: null };
  const insert = (id: number, lsn: number) => ({
    op: "c",
    after: { id, title: "a", ...whole },
    commit: lsn - 1,
    lsn,
  });
  const endOfNine = { op: "d", before: { id: 9, ...nothing }, commit: 14, lsn: 15 };
  const begins = { op: "c", after: { id: 9, title: "a", ...absent }, commit: 20, lsn: 21, headers: fromOne };
  await copy.apply(insert(1, 11), insert(9, 13), endOfNine, ends, begins);
  await copy.apply(insert(1, 23)); // Key 1 is taken again: the mark of its end is not its newest row any more.
  const changes = { op: "u", after: { id: 9, title: "b", ...absent }, commit: 30, lsn: 31 };
  await copy.apply(endOfNine, begins, changes);
  expect(await copy.select(select)).toEqual([
    { id: 1, title: "a", ...stored },
    { id: 9, title: "b", ...stored },
  ]);
  expect(await copy.quarantined()).toEqual([]);
});

test("a large value that nobody knows is quarantined, never written", async () => {
  const copy = await openCopy(documents);
  await copy.apply({ op: "u", after: { id: 1, title: "b", ...absent }, commit: 20, lsn: 21 });
  expect(await copy.rows()).toEqual([]);
  expect(await copy.quarantined()).toEqual([
    { reason: "unsupported_value", detail: expect.stringMatching(/^body, tags, raw was not changed/) },
  ]);
});

test("a changed key whose large values nobody knows holds nobody up, and is not filled with blanks", async () => {
  const copy = await openCopy(documents);
  const begins = { op: "c", after: { id: 9, title: "a", ...absent }, commit: 20, lsn: 21, headers: fromOne };
  const changes = { op: "u", after: { id: 9, title: "b", ...absent }, commit: 30, lsn: 31 };
  const other = { op: "c", after: { id: 2, title: "c", ...whole }, commit: 40, lsn: 41 };
  await copy.apply(ends, begins, changes, other);
  await copy.apply(ends);
  await copy.apply(begins);
  const after = { id: 1, title: "d", ...absent };
  await copy.apply({ op: "u", after, commit: 50, lsn: 51 });
  expect(await copy.select(select)).toEqual([{ id: 2, title: "c", ...stored }]);
  const reasons = (await copy.quarantined()).map(({ reason }) => reason);
  expect(reasons).toEqual(reasons.map(() => "unsupported_value"));
  expect(reasons.length).toBeGreaterThanOrEqual(3);
});

test("forty batches of one key in random order end with the newest", async () => {
  const { apply, rows } = await openCopy(user);
  const order = Array.from({ length: 40 }, (_, i) => (i * 17) % 40);
  for (const n of order) await apply({ op: "u", after: { ...ann, age: n }, commit: 100 + n, lsn: 1000 - n });
  expect(await rows()).toEqual([{ ...ann, age: 39 }]);
});

test("a topic without a copy is an error for a person, not lost data", async () => {
  const { client, apply } = await openCopy(user);
  await client.command({ query: "DROP TABLE _t" });
  await expect(apply({ op: "c", after: ann, commit: 10, lsn: 11 })).rejects.toMatchObject({
    retryable: false,
    message: expect.stringContaining("npx sluice cdc setup"),
  });
});
