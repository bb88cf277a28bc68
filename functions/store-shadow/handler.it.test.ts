import { expect, test } from "vitest";
import { encodeKafkaEvent, type KafkaRecord } from "../../events/envelope/kafka.ts";
import { openScratch } from "../lib/testing.ts";
import { createHandler } from "./handler.ts";

const record = (offset: number, value: string, origin?: string): KafkaRecord => ({
  topic: "shadow",
  partition: 0,
  offset,
  timestamp: 1_700_000_000_000,
  timestampType: "CREATE_TIME",
  key: Buffer.from("ann"),
  value: Buffer.from(value),
  headers: origin === undefined ? [] : [["sluice-origin", Buffer.from(origin)]],
});

const event = (...records: KafkaRecord[]) => encodeKafkaEvent({ bootstrapServers: "b:9092" }, records);

test("integers become names, names stay, microseconds are kept", async () => {
  const { store, select } = await openScratch("shadow");
  await createHandler(store)(
    event(
      record(0, '{"type":15,"unique_id":"ann","emit_timestamp":"2026-01-01T00:00:00.123Z"}'),
      record(1, '{"type":"Dow","unique_id":"bob","emit_timestamp":"2022-03-01T10:11:12.123456"}'),
    ),
  );
  expect(await select("SELECT * FROM shadow ORDER BY unique_id")).toEqual([
    { type: "ShaDow", unique_id: "ann", emit_timestamp: "2026-01-01 00:00:00.123000" },
    { type: "Dow", unique_id: "bob", emit_timestamp: "2022-03-01 10:11:12.123456" },
  ]);
});

test("a batch over many months is stored whole", async () => {
  const { store, select } = await openScratch("shadow");
  const months = Array.from({ length: 60 }, (_, month) => new Date(Date.UTC(2020, month, 1)).toISOString());
  await createHandler(store)(
    event(...months.map((at, i) => record(i, `{"type":0,"unique_id":"h${i}","emit_timestamp":"${at}"}`))),
  );
  expect(
    await select("SELECT count() AS n, uniqExact(toYYYYMM(emit_timestamp)) AS months FROM shadow"),
  ).toEqual([{ n: 60, months: 60 }]);
});

test("the same human of the same origin counts once, of two origins twice", async () => {
  const { store, select } = await openScratch("shadow");
  const body = '{"type":3,"unique_id":"ann","emit_timestamp":"2026-01-01T00:00:00Z"}';
  const handler = createHandler(store);
  await handler(event(record(0, body, "dominate:0:1")));
  await handler(event(record(1, body, "dominate:0:1"), record(2, body, "dominate:0:2")));
  expect(await select("SELECT count() AS n FROM shadow")).toEqual([{ n: 2 }]);
});
