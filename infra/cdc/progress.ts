import { setTimeout as sleep } from "node:timers/promises";
import { type Admin, Kafka, logLevel } from "kafkajs";
import type { Settings } from "../settings.ts";
import { type CapturedEntry, type CdcConfig, consumerGroup, topicOf } from "./config.ts";
import type { Connect, Offset } from "./connect-api.ts";
import type { Postgres } from "./postgres.ts";
import { heartbeatTable } from "./source.ts";

/** How far the change log was read. LSNs as numbers of bytes. */
export interface SlotProgress {
  confirmed: bigint;
  current: bigint;
  active: boolean;
  /** `reserved`, `extended`, `unreserved` or `lost`. */
  walStatus: string;
}

export async function readSlot(postgres: Postgres, { slot }: CdcConfig): Promise<SlotProgress | undefined> {
  const [row] = await postgres.query<{ confirmed: string; current: string; active: boolean; status: string }>(
    `SELECT (coalesce(confirmed_flush_lsn, '0/0') - '0/0')::text AS confirmed, (pg_current_wal_insert_lsn() - '0/0')::text AS current,
      active, wal_status AS status
    FROM pg_replication_slots WHERE slot_name = $1`,
    [slot],
  );
  return (
    row && {
      confirmed: BigInt(row.confirmed),
      current: BigInt(row.current),
      active: row.active,
      walStatus: row.status,
    }
  );
}

/** As Postgres writes it: `0/1A2B3C4D`. */
export const showLsn = (lsn: bigint): string =>
  `${(lsn >> 32n).toString(16)}/${(lsn & 0xffffffffn).toString(16)}`.toUpperCase();

export async function withKafka<T>(settings: Settings, use: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = new Kafka({ brokers: settings.brokers, logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  try {
    return await use(admin);
  } finally {
    await admin.disconnect();
  }
}

/** Where each partition of a topic ends now. */
export async function readEnds(admin: Admin, topic: string): Promise<Map<number, bigint>> {
  const offsets = await admin.fetchTopicOffsets(topic);
  return new Map(offsets.map(({ partition, high }) => [partition, BigInt(high)]));
}

/** Messages before these ends that apply-changes has not applied. */
export async function countBehind(admin: Admin, topic: string, ends: Map<number, bigint>): Promise<bigint> {
  const [committed] = await admin.fetchOffsets({ groupId: consumerGroup(topic), topics: [topic] });
  let behind = 0n;
  for (const [partition, end] of ends) {
    const offset = committed?.partitions.find((one) => one.partition === partition)?.offset ?? "-1";
    const done = BigInt(offset) < 0n ? 0n : BigInt(offset);
    if (end > done) behind += end - done;
  }
  return behind;
}

/**
 * The tables whose rows Debezium reads at the moment, by its offset: all while it takes its first snapshot, else those of an
 * incremental one, which begins beside the changes.
 */
export function tablesBeingRead({ tables }: CdcConfig, offset: Offset | undefined): string[] {
  if (offset === undefined) return [];
  if (offset.snapshot && offset.snapshot_completed !== true) return tables.map(({ table }) => table);
  const text = offset.incremental_snapshot_collections;
  if (typeof text !== "string") return [];
  const collections = JSON.parse(text) as { incremental_snapshot_collections_id?: string }[];
  return collections.flatMap(({ incremental_snapshot_collections_id: id }) => id ?? []);
}

/** Seconds without any progress before it is given up. */
const patience = 120;

interface Sides {
  postgres: Postgres;
  admin: Admin;
  connect: Connect;
}

/**
 * Waits until everything committed before an LSN is in ClickHouse: Debezium tells Postgres that it read that far only once Kafka
 * has it, and apply-changes commits an offset only once ClickHouse has what is before it. Rows that are being read count too.
 * @throws Error naming what does not move on.
 */
export async function untilApplied(
  { postgres, admin, connect }: Sides,
  config: CdcConfig,
  entry: CapturedEntry,
  lsn: bigint,
): Promise<void> {
  const topic = topicOf(config, entry);
  for (const isStuck = openWatch(); ; await sleep(250)) {
    const slot = await readSlot(postgres, config);
    if (!slot) throw new Error(`Postgres has no slot ${config.slot}: npx sluice cdc setup`);
    const ends = await readEnds(admin, topic);
    const offset = slot.confirmed >= lsn ? await connect.offset(config.connector) : undefined;
    const isRead = !tablesBeingRead(config, offset).includes(entry.table);
    if (slot.confirmed >= lsn && isRead) break;
    if (isStuck(`${slot.confirmed < lsn && slot.confirmed} ${[...ends.values()]} ${offset?.[lastKey]}`))
      throw new Error(
        isRead
          ? `Debezium has read the log up to ${showLsn(slot.confirmed)}, not to ${showLsn(lsn)}, and no further in ${patience} s: npx sluice cdc status`
          : `Debezium is reading the rows of ${entry.table}, and has read none in ${patience} s: npx sluice logs connect`,
      );
    // What was read is confirmed with the change that comes after it.
    await postgres.query(`UPDATE ${heartbeatTable} SET beat = beat + 1, at = now()`);
  }
  const ends = await readEnds(admin, topic);
  for (const isStuck = openWatch(); ; await sleep(200)) {
    const behind = await countBehind(admin, topic, ends);
    if (behind === 0n) break;
    if (isStuck(String(behind)))
      throw new Error(
        `apply-changes is ${behind} changes behind in ${topic}, and has applied none in ${patience} s: npx sluice status, npx sluice logs functions`,
      );
  }
}

/** How far an incremental snapshot is. */
const lastKey = "incremental_snapshot_primary_key";

/** Says whether a figure, asked for again and again, has been the same for too long. */
function openWatch(): (figure: string) => boolean {
  let [seen, moved] = ["", performance.now()];
  return (figure) => {
    if (figure !== seen) [seen, moved] = [figure, performance.now()];
    return performance.now() - moved > patience * 1000;
  };
}
