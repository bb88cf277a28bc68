import * as z from "zod";
import { defineJsonContract, text } from "../../events/contract.ts";
import { encodeKafkaEvent, type KafkaEvent, type KafkaRecord } from "../../events/envelope/kafka.ts";
import { encodeRabbitMQEvent } from "../../events/envelope/rabbitmq.ts";
import type { Lean } from "../../events/envelope/span.ts";
import { originHeader } from "../../events/origin.ts";
import { categories } from "../../events/rating.ts";
import { consumeIntoTable, type Invocation, type TableConsumer } from "../../functions/lib/consume.ts";
import { readPosition } from "../../functions/lib/identity.ts";
import { type KafkaPlace, readKafka } from "../../functions/lib/message.ts";
import { encodeColumns, string } from "../../functions/lib/row-binary.ts";
import type { Store } from "../../functions/lib/store.ts";
import type { Safeguards } from "../../functions/lib/write-once/safeguards.ts";
import { garbage } from "../test/garbage.ts";
import type { PipelineName, SourceRecord } from "./plan.ts";

/** A way into a table, as a function goes it. */
export interface Pipeline {
  table: string;
  /** The column that holds a record's key, and the one it is grouped by. */
  key: string;
  group: string;
  createHandler(
    store: Store,
    safeguards: Safeguards,
  ): (event: never, invocation: Invocation) => Promise<unknown>;
  event(records: Placed[]): unknown;
  /** What the quarantine calls the position of a record. */
  position(record: Placed): string;
}

/** A record of a run, where the broker has it. */
export interface Placed extends SourceRecord {
  /** Unique over all runs. */
  run: string;
  offset: number;
  /** Unique over all runs, the same for copies. */
  origin: number;
  /** Whether a function was handed it before. */
  delivered: boolean;
}

/** `<run>/<fact>/<value>`: what a row carries through table and views. */
export const keyOf = ({ run, fact, value }: Placed): string => `${run}/${fact}/${value}`;

/** `<run>/<group>`, from a key. */
export function groupOf(key: string): string {
  const [run, fact] = key.split("/");
  return `${run}/${groupName(Number(fact))}`;
}

const groupName = (fact: number): string => groupNames[fact % groupNames.length] as string;
const groupNames = categories.map(({ name }) => name);

const momentOf = ({ month, fact }: Placed): string =>
  new Date(Date.UTC(2024, month, 1 + (fact % 28), 0, 0, fact % 60)).toISOString();

const sentAt = Date.UTC(2024, 5, 1);

interface Posted {
  key: string;
  grp: string;
}

/** Records whose identity is where they are read: the harness's own, on a table of its own. */
const positions: TableConsumer<KafkaEvent, Lean<Posted>, KafkaPlace, Lean<Posted>> = {
  name: "faults-positions",
  read: readKafka,
  contract: defineJsonContract("posted", z.object({ key: text, grp: text })).lean,
  table: {
    name: "faults_positions",
    columns: encodeColumns<Lean<Posted>>({ key: string, grp: string }),
    identity: readPosition,
  },
  row: ({ event }) => event,
};

const kafkaRecord = (topic: string, placed: Placed, body: object): KafkaRecord => ({
  topic,
  partition: placed.lane,
  offset: placed.offset,
  timestamp: sentAt + placed.fact,
  timestampType: "CREATE_TIME",
  key: Buffer.from(`${placed.fact}`),
  value: placed.kind === "garbage" ? garbage(placed.fact) : Buffer.from(JSON.stringify(body)),
  headers: [],
});

const kafkaEvent = (records: KafkaRecord[]) => encodeKafkaEvent({ bootstrapServers: "broker:9092" }, records);

/** Handlers read their environment when they are imported; what they reach here is given as an argument. */
export async function loadPipelines(): Promise<Record<PipelineName, Pipeline>> {
  process.env.CLICKHOUSE_URL ??= "http://127.0.0.1:1";
  process.env.CLICKHOUSE_PASSWORD ??= "unused";
  const chat = await import("../../functions/index-chat/handler.ts");
  const shadow = await import("../../functions/store-shadow/handler.ts");
  const events = await import("../../functions/store-events/handler.ts");
  return {
    chat: {
      table: "user_messages",
      key: "message",
      group: "username",
      createHandler: (store, safeguards) => consumeIntoTable(chat.consumer, store, safeguards),
      event: (records) =>
        encodeRabbitMQEvent(
          "arn:aws:mq:eu-central-1:000000000000:broker:faults",
          records.map((placed) => ({
            queue: "chat.clickhouse",
            vhost: "/",
            redelivered: placed.delivered,
            properties: placed.kind === "anonymous" ? {} : { messageId: messageIdOf(placed) },
            body:
              placed.kind === "garbage"
                ? (garbage(placed.fact) ?? Buffer.alloc(0))
                : Buffer.from(
                    JSON.stringify({
                      username: groupName(placed.fact),
                      message: keyOf(placed),
                      sent_at: momentOf(placed),
                    }),
                  ),
          })),
        ),
      position: messageIdOf,
    },
    shadow: {
      table: "shadow",
      key: "unique_id",
      group: "type",
      createHandler: (store, safeguards) => consumeIntoTable(shadow.consumer, store, safeguards),
      event: (records) =>
        kafkaEvent(
          records.map((placed) => ({
            ...kafkaRecord("shadow", placed, {
              type: groupName(placed.fact),
              unique_id: keyOf(placed),
              emit_timestamp: momentOf(placed),
            }),
            headers: [[originHeader, Buffer.from(`dominate:${placed.lane}:${placed.origin}`)]],
          })),
        ),
      position: ({ lane, offset }) => `shadow:${lane}:${offset}`,
    },
    events: {
      table: "bilten_analytics.events",
      key: "event_name",
      group: "event_type",
      createHandler: (store, safeguards) => events.createHandler(store, safeguards),
      event: (records) =>
        kafkaEvent(
          records.map((placed) =>
            kafkaRecord("events", placed, {
              id: messageIdOf(placed),
              event_type: groupName(placed.fact),
              event_name: keyOf(placed),
              timestamp: momentOf(placed),
            }),
          ),
        ),
      position: ({ lane, offset }) => `events:${lane}:${offset}`,
    },
    positions: {
      table: "faults_positions",
      key: "key",
      group: "grp",
      createHandler: (store, safeguards) => consumeIntoTable(positions, store, safeguards),
      event: (records) =>
        kafkaEvent(
          records.map((placed) => {
            const body: Posted = { key: keyOf(placed), grp: groupName(placed.fact) };
            return kafkaRecord("faults", placed, body);
          }),
        ),
      position: ({ lane, offset }) => `faults:${lane}:${offset}`,
    },
  };
}

const messageIdOf = ({ run, fact }: Placed): string => `${run}-${fact}`;
