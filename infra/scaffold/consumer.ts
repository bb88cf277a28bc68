import * as z from "zod";
import { identifier } from "../../events/contract.ts";
import { encodeKafkaEvent, type KafkaRecord } from "../../events/envelope/kafka.ts";
import { timestamp } from "../../events/timestamp.ts";
import { renderSchema, schemaFile, schemaOf } from "../contracts/schemas.ts";
import type { Change } from "./apply.ts";
import { type Names, namesOf } from "./names.ts";

/** What a new consumer of a Kafka topic is made of. @param number of its migration. */
export function consumerChanges(
  { kebab, snake, camel, pascal, plural, words }: Names,
  number: number,
): Change[] {
  const { kebab: kebabs, pascal: pascals } = namesOf(plural);
  const store = `store-${kebabs}`;
  const key = `store${pascals}`;
  return [
    { create: `events/${kebab}.ts`, text: contract() },
    {
      create: schemaFile(snake),
      text: renderSchema(schemaOf(z.object({ id: identifier, happened_at: timestamp }))),
    },
    { create: `events/samples/kafka.${kebabs}.json`, text: sample() },
    { create: `sql/${String(number).padStart(4, "0")}_create_${plural}.sql`, text: migration() },
    { create: `functions/${store}/handler.ts`, text: handler() },
    { create: `functions/${store}/handler.it.test.ts`, text: handlerTest() },
    { edit: "infra/stack/topology.ts", before: "],\n  partitions:", insert: `, "${plural}"` },
    { edit: "serverless.yml", before: "  # Analytics over HTTP\n", insert: trigger() },
  ];

  function contract() {
    return `import * as z from "zod";
import { defineJsonContract, identifier } from "./contract.ts";
import { timestamp } from "./timestamp.ts";

/** A ${words}, as it travels on the topic \`${plural}\`. Its keys are the columns. \`happened_at\` is decoded to microseconds. */
export const ${camel} = defineJsonContract("${snake}", z.object({ id: identifier, happened_at: timestamp }));

export type ${pascal} = z.output<typeof ${camel}.schema>;
`;
  }

  function sample() {
    const value = { id: "1", happened_at: "2026-01-01T12:00:00.123Z" };
    const record: KafkaRecord = {
      topic: plural,
      partition: 0,
      offset: 0,
      timestamp: Date.parse(value.happened_at),
      timestampType: "CREATE_TIME",
      key: Buffer.from(value.id),
      value: Buffer.from(JSON.stringify(value)),
      headers: [],
    };
    const event = encodeKafkaEvent({ bootstrapServers: "127.0.0.1:9092" }, [record]);
    return `${JSON.stringify(event, null, 2)}\n`;
  }

  function migration() {
    return `-- A row's identity is where its record was read: topic, partition and offset.
CREATE TABLE ${plural}
(
    id          String,
    happened_at DateTime64(6, 'UTC'),

    in_topic      String EPHEMERAL,
    in_partition  UInt32 EPHEMERAL,
    in_offset     UInt64 EPHEMERAL,
    in_batch      UInt128 EPHEMERAL,
    in_batch_rows UInt32 EPHEMERAL,
    _topic        LowCardinality(String) MATERIALIZED in_topic,
    _partition    UInt32 MATERIALIZED in_partition,
    _offset       UInt64 MATERIALIZED in_offset,
    _batch        UInt128 MATERIALIZED in_batch,
    _batch_rows   UInt32 MATERIALIZED in_batch_rows,
    _inserted_at  DateTime64(3, 'UTC') MATERIALIZED now64(3),

    INDEX by_batch _batch TYPE minmax GRANULARITY 1,
    INDEX by_insertion _inserted_at TYPE minmax GRANULARITY 1,
    PROJECTION by_identity (SELECT _topic, _partition, _offset, _batch, _batch_rows ORDER BY _topic, _partition, _offset)
)
ENGINE = MergeTree
ORDER BY (happened_at, id)
SETTINGS non_replicated_deduplication_window = 10000;
`;
  }

  function handler() {
    return `import type { KafkaEvent } from "../../events/envelope/kafka.ts";
import { ${camel}, type ${pascal} } from "../../events/${kebab}.ts";
import type { Lean } from "../../events/envelope/span.ts";
import { clickhouseVariables, openClickHouse } from "../lib/clickhouse.ts";
import { consumeIntoTable, type TableConsumer } from "../lib/consume.ts";
import { readEnv } from "../lib/env.ts";
import { readPosition } from "../lib/identity.ts";
import { type KafkaPlace, readKafka } from "../lib/message.ts";
import { dateTime64, encodeColumns, string } from "../lib/row-binary.ts";
import { openStore, type Store } from "../lib/store.ts";

export const consumer: TableConsumer<KafkaEvent, Lean<${pascal}>, KafkaPlace, Lean<${pascal}>> = {
  name: "${store}",
  read: readKafka,
  contract: ${camel}.lean,
  table: {
    name: "${plural}",
    columns: encodeColumns<Lean<${pascal}>>({ id: string, happened_at: dateTime64 }),
    identity: readPosition,
  },
  row: ({ event }) => event,
};

/** Each ${words} from the topic \`${plural}\` → the table \`${plural}\`. */
export const createHandler = (store: Store) => consumeIntoTable(consumer, store);

export const handler = createHandler(openStore(openClickHouse(readEnv(clickhouseVariables))));
`;
  }

  function handlerTest() {
    return `import { expect, test } from "vitest";
import { decodeKafkaEvent, type KafkaEvent } from "../../events/envelope/kafka.ts";
import { ${camel} } from "../../events/${kebab}.ts";
import sample from "../../events/samples/kafka.${kebabs}.json" with { type: "json" };
import { openScratch } from "../lib/testing.ts";
import { createHandler } from "./handler.ts";

const event = sample as unknown as KafkaEvent;

test("the sample keeps the contract", () => {
  for (const { value } of decodeKafkaEvent(event)) expect(${camel}.decode(value)).toMatchObject({ ok: true });
});

test("a batch that is delivered twice is in the table once", async () => {
  const { store, select } = await openScratch("${plural}");
  const handler = createHandler(store);
  await handler(event);
  await handler(event);
  expect(await select("SELECT * FROM ${plural}")).toEqual([{ id: "1", happened_at: "2026-01-01 12:00:00.123000" }]);
});
`;
  }

  function trigger() {
    return `  ${key}:
    handler: functions/${store}/handler.handler
    description: Records of the topic ${plural} into ClickHouse.
    events:
      - kafka:
          bootstrapServers: \${self:custom.sources.kafka}
          accessConfigurations: \${self:custom.sources.kafkaAccess}
          topic: ${plural}
          batchSize: 10000

`;
  }
}
