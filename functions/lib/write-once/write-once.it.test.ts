import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { type Identity, messageId, originPosition } from "../identity.ts";
import type { KafkaPlace, RabbitMQPlace } from "../message.ts";
import { arrayOfPairs, type Column, dateTime64, encodeColumns, nullable, string } from "../row-binary.ts";
import type { Store } from "../store.ts";
import { StoreError } from "../store-error.ts";
import { openScratch } from "../testing.ts";
import { openLanes } from "./lanes.ts";
import { allSafeguards } from "./safeguards.ts";
import type { Placed, Table, Written } from "./table.ts";
import { beginWrite } from "./write-once.ts";

const writeOnce = <Row, Place>(
  store: Store,
  table: Table<Row, Place>,
  rows: Placed<Row, Place>[],
): Promise<Written<Placed<Row, Place>>> => beginWrite(store, table, openLanes("test")(store, ["lane"]))(rows);

interface Message {
  username: string;
  message: string;
  received_at: number;
}

const messages: Table<Message, RabbitMQPlace> = {
  name: "user_messages",
  columns: encodeColumns<Message>({ username: string, message: string, received_at: dateTime64 }),
  identity: messageId,
};

const said = (id: string, message = "hi"): Placed<Message, RabbitMQPlace> => ({
  row: { username: "ann", message, received_at: 1_700_000_000_123 },
  place: { queue: "chat.clickhouse", messageId: id, redelivered: false },
  key: id || undefined,
  at: 1_700_000_000_123,
});

const some = (count: number) => Array.from({ length: count }, () => said(randomUUID()));

test("a row is stored as it was given, and `SELECT *` shows the published columns alone", async () => {
  const { store, select } = await openScratch("user_messages");
  await writeOnce(store, messages, [said("1", "Hello 👋\n\n; '\\ \0")]);
  expect(await select("SELECT * FROM user_messages")).toEqual([
    { username: "ann", message: "Hello 👋\n\n; '\\ \0", received_at: "2023-11-14 22:13:20.123" },
  ]);
});

test("the same batch again adds nothing", async () => {
  const { store, select } = await openScratch("user_messages");
  const batch = some(1000);
  expect(await writeOnce(store, messages, batch)).toEqual({ inserted: 1000, duplicates: 0, refused: [] });
  expect(await writeOnce(store, messages, batch)).toEqual({ inserted: 0, duplicates: 1000, refused: [] });
  expect(await select("SELECT count() AS n FROM user_messages")).toEqual([{ n: 1000 }]);
});

test.each([
  ["shorter", (batch: Placed<Message, RabbitMQPlace>[]) => batch.slice(0, 70)],
  ["longer", (batch: Placed<Message, RabbitMQPlace>[]) => [...batch, ...some(70)]],
  [
    "regrouped and reversed",
    (batch: Placed<Message, RabbitMQPlace>[]) => [...some(70), ...batch.slice(30)].reverse(),
  ],
])("a redelivery that is %s adds only what is missing", async (_how, regroup) => {
  const { store, select } = await openScratch("user_messages");
  const batch = some(100);
  const redelivery = regroup(batch);
  await writeOnce(store, messages, batch);
  await writeOnce(store, messages, redelivery);
  const expected = new Set([...batch, ...redelivery].map(({ place }) => place.messageId)).size;
  expect(await select("SELECT count() AS n, uniqExact(_message_id) AS ids FROM user_messages")).toEqual([
    { n: expected, ids: expected },
  ]);
});

test("copies of one message within a batch are one row", async () => {
  const { store } = await openScratch("user_messages");
  const one = said("twice");
  expect(await writeOnce(store, messages, [one, one])).toEqual({ inserted: 1, duplicates: 1, refused: [] });
});

test("equal messages without an id are never mistaken for copies", async () => {
  const { store, select } = await openScratch("user_messages");
  await writeOnce(store, messages, [said(""), said("")]);
  await writeOnce(store, messages, [said(""), said("")]);
  expect(await select("SELECT count() AS n FROM user_messages")).toEqual([{ n: 4 }]);
});

test("two invocations that write the same batch at once leave it once", async () => {
  const { store, select } = await openScratch("user_messages");
  const batch = some(500);
  await Promise.all(Array.from({ length: 6 }, () => writeOnce(store, messages, batch)));
  expect(await select("SELECT count() AS n FROM user_messages")).toEqual([{ n: 500 }]);
});

test("what was looked up ahead is looked up again when another invocation came between", async () => {
  const { store, select } = await openScratch("user_messages");
  const batch = some(3);
  const hold = openLanes("test")(store, ["lane"]);
  const late = beginWrite(
    store,
    messages,
    hold,
    allSafeguards,
    batch.map(({ place }) => place),
  );
  await hold.claims();
  await writeOnce(store, messages, batch);
  expect(await late(batch)).toEqual({ inserted: 0, duplicates: 3, refused: [] });
  expect(await select("SELECT count() AS n FROM user_messages")).toEqual([{ n: 3 }]);
});

test("places looked up ahead may be more than the rows that come of them", async () => {
  const { store } = await openScratch("user_messages");
  const batch = some(4);
  await writeOnce(store, messages, batch.slice(0, 2));
  const places = batch.map(({ place }) => place);
  const write = beginWrite(store, messages, openLanes("test")(store, ["lane"]), allSafeguards, places);
  expect(await write(batch.slice(1, 3))).toEqual({ inserted: 1, duplicates: 1, refused: [] });
});

interface Shadow {
  type: string;
  unique_id: string;
  emit_timestamp: number;
}

const shadows = (identity: Identity<KafkaPlace>): Table<Shadow, KafkaPlace> => ({
  name: "shadow",
  columns: encodeColumns<Shadow>({ type: string, unique_id: string, emit_timestamp: dateTime64 }),
  identity,
});

const classified = (offset: number, origin: number, partition = 0): Placed<Shadow, KafkaPlace> => {
  const place = {
    topic: "shadow",
    partition,
    offset,
    origin: { topic: "dominate", partition: 1, offset: origin },
  };
  return {
    row: { type: "Sha", unique_id: `human ${origin}`, emit_timestamp: 1_700_000_000_123_456 + offset * 1e12 },
    place,
    key: originPosition.key(place),
    at: 1_700_000_000_123,
  };
};

test("a rating that was classified twice is one row: its origin tells", async () => {
  const { store, select } = await openScratch("shadow");
  await writeOnce(store, shadows(originPosition), [classified(1, 7), classified(2, 8)]);
  await writeOnce(store, shadows(originPosition), [classified(3, 7), classified(4, 9)]);
  expect(
    await select(
      "SELECT _offset, _origin_topic, _origin_partition, _origin_offset FROM shadow ORDER BY _offset",
    ),
  ).toEqual([
    { _offset: 1, _origin_topic: "dominate", _origin_partition: 1, _origin_offset: 7 },
    { _offset: 2, _origin_topic: "dominate", _origin_partition: 1, _origin_offset: 8 },
    { _offset: 4, _origin_topic: "dominate", _origin_partition: 1, _origin_offset: 9 },
  ]);
});

test("origins far apart are found as well as neighbours", async () => {
  const { store } = await openScratch("shadow");
  const scattered = [5, 9_000, 4_000_000_000, Number.MAX_SAFE_INTEGER].map((origin) => classified(0, origin));
  await writeOnce(store, shadows(originPosition), scattered);
  expect(await writeOnce(store, shadows(originPosition), [...scattered, classified(0, 6)])).toEqual({
    inserted: 1,
    duplicates: 4,
    refused: [],
  });
});

test("microseconds are kept", async () => {
  const { store, select } = await openScratch("shadow");
  await writeOnce(store, shadows(originPosition), [classified(0, 1)]);
  expect(await select("SELECT emit_timestamp FROM shadow")).toEqual([
    { emit_timestamp: "2023-11-14 22:13:20.123456" },
  ]);
});

test("a missing table is an exception that says it needs a person", async () => {
  const { store } = await openScratch();
  const writing = writeOnce(store, messages, some(1));
  await expect(writing).rejects.toThrow(StoreError);
  await expect(writing).rejects.toMatchObject({
    retryable: false,
    message: expect.stringContaining("migrations"),
  });
});

test("columns of LowCardinality hold what was given, nested ones too", async () => {
  const { client, store, select } = await openScratch();
  await client.command({
    query: `CREATE TABLE few (
      plain LowCardinality(String), absent LowCardinality(Nullable(FixedString(2))), tags Map(LowCardinality(String), String),
      in_queue String EPHEMERAL, in_message_id String EPHEMERAL, in_batch UInt128 EPHEMERAL, in_batch_rows UInt32 EPHEMERAL,
      _queue LowCardinality(String) MATERIALIZED in_queue, _message_id String MATERIALIZED in_message_id,
      _batch UInt128 MATERIALIZED in_batch, _batch_rows UInt32 MATERIALIZED in_batch_rows
    ) ORDER BY plain SETTINGS non_replicated_deduplication_window = 100`,
  });
  interface Few {
    plain: string;
    absent: string | undefined;
    tags: [string, string][];
  }
  const two: Column<string> = (out, value) => out.bytes(Buffer.from(value));
  const few: Table<Few, RabbitMQPlace> = {
    name: "few",
    columns: encodeColumns<Few>({ plain: string, absent: nullable(two), tags: arrayOfPairs }),
    identity: messageId,
  };
  const rows: Few[] = [
    { plain: "a", absent: undefined, tags: [] },
    { plain: "ä", absent: "xy", tags: [["k", "v"]] },
  ];
  await writeOnce(
    store,
    few,
    rows.map((row, n) => ({ ...said(`${n}`), row })),
  );
  expect(await select("SELECT *, _queue FROM few ORDER BY plain")).toEqual([
    { plain: "a", absent: null, tags: {}, _queue: "chat.clickhouse" },
    { plain: "ä", absent: "xy", tags: { k: "v" }, _queue: "chat.clickhouse" },
  ]);
});
