import { randomUUID } from "node:crypto";
import type { Image } from "../../events/change.ts";
import { encodeKafkaEvent, type KafkaRecord } from "../../events/envelope/kafka.ts";
import { openScratch, type Scratch } from "../lib/testing.ts";
import { createHandler } from "./handler.ts";

/** A change as Debezium's envelope has it. `commit` and `lsn` are what `source.sequence` holds. */
export interface Told {
  op: string;
  before?: Image;
  after?: Image;
  commit?: number;
  lsn: number;
  partition?: number;
  headers?: Record<string, string>;
  /** Epoch milliseconds; now unless given. */
  sentAt?: number;
}

export interface Copy extends Scratch {
  topic: string;
  /** Delivers these changes as one batch. */
  apply(...changes: (Told | Buffer | null)[]): Promise<unknown>;
  /** The finished rows. */
  rows(): Promise<unknown[]>;
  /** Reason and detail of what this topic brought into the quarantine. */
  quarantined(): Promise<{ reason: string; detail: string }[]>;
}

/** A copy `_t` of a table in Postgres, with its finished view `t`, in a database of the test's own. */
export async function openCopy(columns: string, { history = false } = {}): Promise<Copy> {
  const scratch = await openScratch();
  const { client, store, select } = scratch;
  const topic = `postgres.public.t_${randomUUID().replaceAll("-", "")}`;
  await client.command({
    query: `CREATE TABLE _t (${columns}, _version UInt128, _deleted UInt8) ENGINE = ReplacingMergeTree(_version, _deleted) ORDER BY id COMMENT '${topic}'`,
  });
  if (history)
    await client.command({
      query: `CREATE TABLE t_history (${columns}, _version UInt128, _deleted UInt8, changed_at DateTime64(6, 'UTC'), in_key String EPHEMERAL,
          in_batch UInt128 EPHEMERAL, in_batch_rows UInt32 EPHEMERAL, _key String MATERIALIZED in_key, _batch UInt128 MATERIALIZED in_batch,
          _batch_rows UInt32 MATERIALIZED in_batch_rows, _inserted_at DateTime64(3, 'UTC') MATERIALIZED now64(3))
        ENGINE = MergeTree ORDER BY (id, _version) SETTINGS non_replicated_deduplication_window = 10000 COMMENT 'every state of ${topic}'`,
    });
  const names = columns.split(/,(?![^(]*\))/).map((column) => column.trim().split(" ")[0]);
  await client.command({
    query: `CREATE VIEW t AS SELECT ${names.join(", ")} FROM _t FINAL
      WHERE _version >= (SELECT max(version) FROM sluice.truncations WHERE topic = '${topic}')`,
  });
  const handler = createHandler(store);
  let offset = 0;
  const record = (told: Told | Buffer | null): KafkaRecord => ({
    topic,
    partition: (told && "op" in told && told.partition) || 0,
    offset: offset++,
    timestamp: (told && "op" in told && told.sentAt) || Date.now(),
    timestampType: "CREATE_TIME",
    key: null,
    value: told && "op" in told ? Buffer.from(envelope(told)) : told,
    headers: Object.entries((told && "op" in told && told.headers) || {}).map(([name, value]) => [
      name,
      Buffer.from(value),
    ]),
  });
  return {
    ...scratch,
    topic,
    apply: (...changes) => handler(encodeKafkaEvent({ bootstrapServers: "b:9092" }, changes.map(record))),
    rows: () => select("SELECT * FROM t ORDER BY id"),
    quarantined: () =>
      select(`SELECT reason, detail FROM sluice.quarantine WHERE source = 'kafka:${topic}' ORDER BY at`),
  };
}

const envelope = ({ op, before = undefined, after = undefined, commit, lsn }: Told): string => {
  const sequence = JSON.stringify([commit === undefined ? null : String(commit), String(lsn)]);
  const source = {
    version: "3.4.0.Final",
    connector: "postgresql",
    ts_us: 1_795_350_000_000_000,
    sequence,
    lsn,
  };
  return JSON.stringify({ before: before ?? null, after: after ?? null, source, op });
};
