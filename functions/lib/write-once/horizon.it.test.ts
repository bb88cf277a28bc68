import { expect, test } from "vitest";
import { readPosition } from "../identity.ts";
import type { KafkaPlace } from "../message.ts";
import { encodeColumns, string } from "../row-binary.ts";
import type { Store } from "../store.ts";
import { openScratch } from "../testing.ts";
import { openLanes } from "./lanes.ts";
import type { Placed, Table } from "./table.ts";
import { beginWrite } from "./write-once.ts";

interface Note {
  text: string;
}

const notes: Table<Note, KafkaPlace> = {
  name: "notes",
  columns: encodeColumns<Note>({ text: string }),
  identity: readPosition,
};

const openNotes = async () => {
  const scratch = await openScratch();
  await scratch.client.command({
    query: `CREATE TABLE notes (text String,
      in_topic String EPHEMERAL, in_partition UInt32 EPHEMERAL, in_offset UInt64 EPHEMERAL,
      in_batch UInt128 EPHEMERAL, in_batch_rows UInt32 EPHEMERAL,
      _topic LowCardinality(String) MATERIALIZED in_topic, _partition UInt32 MATERIALIZED in_partition,
      _offset UInt64 MATERIALIZED in_offset, _batch UInt128 MATERIALIZED in_batch,
      _batch_rows UInt32 MATERIALIZED in_batch_rows, _inserted_at DateTime64(3, 'UTC') MATERIALIZED now64(3)
    ) ENGINE = MergeTree ORDER BY text SETTINGS non_replicated_deduplication_window = 1000`,
  });
  return scratch;
};

/** Records `from` to `to` of these partitions. */
const records = (from: number, to: number, partitions = [0, 1]) =>
  partitions.flatMap((partition) =>
    Array.from({ length: to - from + 1 }, (_, n): Placed<Note, KafkaPlace> => {
      const position = { topic: "t", partition, offset: from + n };
      return {
        row: { text: `${partition}:${from + n}` },
        place: { ...position, origin: position },
        key: readPosition.key({ ...position, origin: position }),
        at: 1_700_000_000_000,
      };
    }),
  );

/** An execution environment: one after the other, its invocations write, and it tells what they asked of the table. */
const openEnvironment = (store: Store) => {
  const lanes = openLanes("test");
  return async (rows: Placed<Note, KafkaPlace>[], through: Store = store) => {
    const asked: string[] = [];
    const watched: Store = {
      ...through,
      select(query, params) {
        if (query.includes("FROM notes")) asked.push(query);
        return store.select(query, params);
      },
    };
    const hold = lanes(watched, [...new Set(rows.map(({ place }) => `t:${place.partition}`))]);
    const { inserted, duplicates } = await beginWrite(watched, notes, hold)(rows);
    hold.settle();
    return { inserted, duplicates, asked: asked.length };
  };
};

test("an environment that goes on asks no more for what lies above all it has seen", async () => {
  const { store } = await openNotes();
  const write = openEnvironment(store);
  expect(await write(records(0, 9))).toEqual({ inserted: 20, duplicates: 0, asked: 2 });
  expect(await write(records(10, 19))).toEqual({ inserted: 20, duplicates: 0, asked: 0 });
  expect(await write(records(25, 29, [1]))).toEqual({ inserted: 5, duplicates: 0, asked: 0 });
});

test("a batch that reaches below is asked for, and its rows are found", async () => {
  const { store, select } = await openNotes();
  const write = openEnvironment(store);
  await write(records(0, 9));
  await write(records(10, 19));
  expect(await write(records(15, 24))).toMatchObject({ inserted: 10, duplicates: 10 });
  expect(await write(records(25, 34))).toEqual({ inserted: 20, duplicates: 0, asked: 0 });
  expect(await select("SELECT count() AS n, uniqExact(_partition, _offset) AS ids FROM notes")).toEqual([
    { n: 70, ids: 70 },
  ]);
});

test("while something lies above, each batch is asked for", async () => {
  const { store } = await openNotes();
  await openEnvironment(store)(records(100, 109));
  const write = openEnvironment(store);
  expect(await write(records(0, 9))).toEqual({ inserted: 20, duplicates: 0, asked: 2 });
  expect(await write(records(10, 19))).toEqual({ inserted: 20, duplicates: 0, asked: 2 });
  expect(await write(records(100, 109))).toMatchObject({ inserted: 0, duplicates: 20 });
});

test("what another environment wrote meanwhile is found: the server refuses the one that did not know", async () => {
  const { store, select } = await openNotes();
  const [first, second] = [openEnvironment(store), openEnvironment(store)];
  await first(records(0, 9));
  await second(records(10, 19));
  expect(await first(records(10, 24))).toMatchObject({ inserted: 10, duplicates: 20 });
  expect(await second(records(20, 29))).toMatchObject({ inserted: 10, duplicates: 10 });
  expect(await select("SELECT count() AS n, uniqExact(_partition, _offset) AS ids FROM notes")).toEqual([
    { n: 60, ids: 60 },
  ]);
});

test("an invocation whose answer was lost leaves its environment knowing nothing of its lanes", async () => {
  const { store } = await openNotes();
  const write = openEnvironment(store);
  await write(records(0, 9));
  const insert: Store["insert"] = (batch) =>
    store.insert(batch).then(() => Promise.reject(new Error("cut off")));
  await expect(write(records(10, 19), { ...store, insert })).rejects.toThrow("cut off");
  expect(await write(records(10, 24))).toEqual({ inserted: 10, duplicates: 20, asked: 3 });
});
