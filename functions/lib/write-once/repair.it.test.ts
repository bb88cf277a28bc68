import { randomUUID } from "node:crypto";
import { expect, test, vi } from "vitest";
import { messageId } from "../identity.ts";
import type { RabbitMQPlace } from "../message.ts";
import { dateTime64, encodeColumns, string } from "../row-binary.ts";
import { openScratch, type Scratch } from "../testing.ts";
import { openLanes } from "./lanes.ts";
import type { Placed, Table } from "./table.ts";
import { beginWrite } from "./write-once.ts";

interface Message {
  username: string;
  message: string;
  received_at: number;
}

const table: Table<Message, RabbitMQPlace> = {
  name: "user_messages",
  columns: encodeColumns<Message>({ username: string, message: string, received_at: dateTime64 }),
  identity: messageId,
};

type Said = Placed<Message, RabbitMQPlace>;

const said = (id: string): Said => ({
  row: { username: "ann", message: "hi", received_at: 1_700_000_000_123 },
  place: { queue: "q", messageId: id, redelivered: false },
  key: id,
  at: 1_700_000_000_123,
});

const some = (count: number): Said[] => Array.from({ length: count }, () => said(randomUUID()));

const again = (batch: Said[]): Said[] =>
  batch.map((one) => ({ ...one, place: { ...one.place, redelivered: true } }));

const write = ({ store }: Scratch, rows: Said[]) =>
  beginWrite(store, table, openLanes("test")(store, ["q"]))(rows);

/** A table with one view into a table of its own. */
async function openWithView(window: number): Promise<Scratch> {
  const scratch = await openScratch("user_messages");
  const run = (query: string) => scratch.client.command({ query });
  await run(`CREATE TABLE counts (username String, n UInt64) ENGINE = SummingMergeTree ORDER BY username
    SETTINGS non_replicated_deduplication_window = ${window}`);
  await run(
    "CREATE MATERIALIZED VIEW to_counts TO counts AS SELECT username, count() AS n FROM user_messages GROUP BY username",
  );
  return scratch;
}

const totals = async ({ select }: Scratch) =>
  (
    await select("SELECT (SELECT count() FROM user_messages) AS rows, (SELECT sum(n) FROM counts) AS counted")
  )[0];

/** As a crash between table and view leaves it. */
async function writeWithoutView(scratch: Scratch, rows: Said[]) {
  await scratch.client.command({ query: "DETACH TABLE to_counts" });
  await write(scratch, rows);
  await scratch.client.command({ query: "ATTACH TABLE to_counts" });
}

test("a batch of more rows than one block of the engine is completed once, and no more", async () => {
  const scratch = await openWithView(1000);
  const batch = some(70_000);
  await writeWithoutView(scratch, batch);
  for (let delivery = 0; delivery < 3; delivery++) await write(scratch, again(batch.slice(0, 5)));
  expect(await totals(scratch)).toEqual({ rows: 70_000, counted: 70_000 });
});

test("a message that was sent twice does not have the batch of its copy written again", async () => {
  const scratch = await openWithView(1000);
  const batch = some(10);
  await writeWithoutView(scratch, batch);
  expect(await write(scratch, batch.slice(3, 4))).toMatchObject({ inserted: 0, duplicates: 1 });
  expect(await totals(scratch)).toEqual({ rows: 10, counted: 0 });
});

test("it is completed by a message that comes again, even behind another copy of it", async () => {
  const scratch = await openWithView(1000);
  const batch = some(10);
  await writeWithoutView(scratch, batch);
  const [copy] = batch.slice(3, 4);
  await write(scratch, [copy as Said, ...again([copy as Said])]);
  expect(await totals(scratch)).toEqual({ rows: 10, counted: 10 });
});

test("a batch that a view's table may have forgotten is left alone, and the log says so", async () => {
  const scratch = await openWithView(6);
  const batch = some(10);
  await write(scratch, batch);
  for (let later = 0; later < 6; later++) await write(scratch, some(1));
  const log = vi.spyOn(console, "log");
  await write(scratch, again(batch));
  expect(log.mock.calls.flat().join()).toContain("views in doubt");
  expect(await totals(scratch)).toEqual({ rows: 16, counted: 16 });
});

test("a view whose table remembers nothing never has a batch written again", async () => {
  const scratch = await openWithView(0);
  const batch = some(10);
  await write(scratch, batch);
  await write(scratch, again(batch));
  expect(await totals(scratch)).toEqual({ rows: 10, counted: 10 });
});
