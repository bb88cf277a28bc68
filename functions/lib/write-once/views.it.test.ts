import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { messageId } from "../identity.ts";
import type { RabbitMQPlace } from "../message.ts";
import { dateTime64, encodeColumns, string } from "../row-binary.ts";
import type { Store } from "../store.ts";
import { StoreError } from "../store-error.ts";
import { openScratch, type Scratch } from "../testing.ts";
import { commentOf, openLanes } from "./lanes.ts";
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

const said = (message: string): Placed<Message, RabbitMQPlace> => {
  const key = randomUUID();
  return {
    row: { username: "ann", message, received_at: 1_700_000_000_123 },
    place: { queue: "q", messageId: key, redelivered: true },
    key,
    at: 1_700_000_000_123,
  };
};

const begin = (store: Store) => beginWrite(store, table, openLanes("test")(store, ["q"]));

const some = (count: number, message = "hi") => Array.from({ length: count }, () => said(message));

/** A table with two views into tables of their own; while `broken` has a row, the second one throws. */
async function openWithViews(): Promise<Scratch> {
  const scratch = await openScratch("user_messages");
  const run = (query: string) => scratch.client.command({ query });
  const counts = (name: string) =>
    run(`CREATE TABLE ${name} (username String, n UInt64) ENGINE = SummingMergeTree ORDER BY username
      SETTINGS non_replicated_deduplication_window = 10000`);
  await Promise.all([
    counts("first"),
    counts("second"),
    run("CREATE TABLE broken (x UInt8) ENGINE = Memory"),
  ]);
  await run(
    "CREATE MATERIALIZED VIEW to_first TO first AS SELECT username, count() AS n FROM user_messages GROUP BY username",
  );
  await run(`CREATE MATERIALIZED VIEW to_second TO second AS
    SELECT username, count() AS n FROM user_messages WHERE throwIf((SELECT count() FROM broken) > 0) = 0 GROUP BY username`);
  return scratch;
}

const totals = async ({ select }: Scratch) =>
  (
    await select<{ rows: number; first: number; second: number }>(
      "SELECT (SELECT count() FROM user_messages) AS rows, (SELECT sum(n) FROM first) AS first, (SELECT sum(n) FROM second) AS second",
    )
  )[0];

test("a view that missed a batch has it after the redelivery, and each other view has it once", async () => {
  const scratch = await openWithViews();
  const batch = some(50);
  await scratch.client.insert({ table: "broken", values: [{ x: 1 }], format: "JSONEachRow" });
  await expect(begin(scratch.store)(batch)).rejects.toThrow(StoreError);
  await scratch.client.command({ query: "TRUNCATE TABLE broken" });
  const written = await begin(scratch.store)(batch);
  expect(written).toEqual({ inserted: 0, duplicates: 50, refused: [] });
  expect(await totals(scratch)).toEqual({ rows: 50, first: 50, second: 50 });
});

test.each([
  [
    "shorter, then the rest",
    (batch: Placed<Message, RabbitMQPlace>[]) => [batch.slice(0, 20), batch.slice(20)],
  ],
  ["longer", (batch: Placed<Message, RabbitMQPlace>[]) => [[...batch, ...some(10)]]],
  [
    "regrouped with others",
    (batch: Placed<Message, RabbitMQPlace>[]) => [[...some(5), ...batch.slice(30)], batch.slice(0, 30)],
  ],
])("so it is when the redelivery is %s", async (_how, redeliver) => {
  const scratch = await openWithViews();
  const batch = some(50);
  await scratch.client.insert({ table: "broken", values: [{ x: 1 }], format: "JSONEachRow" });
  await expect(begin(scratch.store)(batch)).rejects.toThrow(StoreError);
  await scratch.client.command({ query: "TRUNCATE TABLE broken" });
  const deliveries = redeliver(batch);
  for (const delivery of deliveries) await begin(scratch.store)(delivery);
  const distinct = new Set([...batch, ...deliveries.flat()]).size;
  expect(await totals(scratch)).toEqual({ rows: distinct, first: distinct, second: distinct });
});

test("an INSERT of an earlier invocation that still runs is waited for", async () => {
  const scratch = await openScratch("user_messages");
  const batch = some(3);
  const ids = batch.map(({ place }) => `'${place.messageId}'`).join(", ");
  const zombie = scratch.client.command({
    query: `INSERT INTO user_messages (username, message, received_at, in_queue, in_message_id, in_batch, in_batch_rows)
      SELECT if(sleepEachRow(0.5) = 0, 'ann', ''), 'hi', now64(3), 'q', id, 1, 3 FROM (SELECT arrayJoin([${ids}]) AS id) SETTINGS max_block_size = 1`,
    clickhouse_settings: { log_comment: commentOf("test", "1", ["q"]) },
  });
  await new Promise((resolve) => setTimeout(resolve, 300));
  const written = await begin(scratch.store)(batch);
  await zombie;
  expect(written).toMatchObject({ inserted: 0, duplicates: 3 });
  expect(await scratch.select("SELECT count() AS n FROM user_messages")).toEqual([{ n: 3 }]);
});

test("rows that the table refuses are told apart, and the others are written", async () => {
  const scratch = await openWithViews();
  await scratch.client.command({
    query: "ALTER TABLE user_messages ADD CONSTRAINT polite CHECK message != 'rude'",
  });
  const rude = [said("rude"), said("rude")];
  const batch = [...some(20), rude[0], ...some(11), rude[1]] as Placed<Message, RabbitMQPlace>[];
  const written = await begin(scratch.store)(batch);
  expect(written.refused.map(({ row }) => row)).toEqual(rude);
  expect(written).toMatchObject({ inserted: 31, duplicates: 0 });
  expect(written.refused[0]?.detail).toContain("polite");
  expect(await totals(scratch)).toEqual({ rows: 31, first: 31, second: 31 });
});
