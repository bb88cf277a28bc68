import { randomUUID } from "node:crypto";
import { type CapturedTable, readCapturedTable } from "../lib/capture/captured-table.ts";
import { isOneOf } from "../lib/identity.ts";
import { ByteWriter, uint128 } from "../lib/row-binary.ts";
import type { Store } from "../lib/store.ts";
import { StoreError } from "../lib/store-error.ts";
import type { Hold } from "../lib/write-once/lanes.ts";
import type { Table } from "../lib/write-once/table.ts";
import { beginWrite } from "../lib/write-once/write-once.ts";
import type { Write } from "./writes.ts";

/** The copies, as one execution environment knows them; one is described anew when a row does not fit its description. */
export function openTables() {
  const known = new Map<string, Promise<CapturedTable>>();
  return {
    of(store: Store, topic: string): Promise<CapturedTable> {
      const table = known.get(topic) ?? readCapturedTable(store, topic);
      known.set(topic, table);
      table.catch(() => known.delete(topic));
      return table;
    },
    forget: (topic: string) => known.delete(topic),
  };
}

/** The states of these keys from these versions on. The same rows may be written again: the table keeps the newest of a key. */
export async function writeStates(store: Store, table: CapturedTable, writes: Write[]): Promise<void> {
  if (writes.length === 0) return;
  const out = new ByteWriter(64 + writes.length * 256);
  for (const write of writes) {
    writeValues(out, table, write.values);
    uint128(out, write.version);
    out.uint8(write.deleted ? 1 : 0);
  }
  const columns = [...namesOf(table), "_version", "_deleted"];
  const insert = {
    table: table.name,
    columns,
    rows: out.finish(),
    token: randomUUID(),
    comment: "apply-changes",
  };
  const { refusal } = await store.insert(insert);
  if (refusal !== undefined)
    throw new StoreError(
      `${table.name} refuses a row: ${refusal} (a constraint of its own, or of a view)`,
      false,
    );
}

/** Every state, each once: however often Debezium or Kafka brings it. */
export async function writeHistory(
  store: Store,
  { history, ...table }: CapturedTable,
  writes: Write[],
  hold: Hold,
): Promise<number> {
  if (history === undefined || writes.length === 0) return 0;
  const rows = writes.map((write) => {
    const at = Math.floor(write.at / 1000);
    return { row: write, place: write, key: identityOf(write), at };
  });
  const { duplicates, refused } = await beginWrite(store, historyTable(history, table), hold)(rows);
  const [first] = refused;
  if (first) throw new StoreError(`${history} refuses a row: ${first.detail}`, false);
  return duplicates;
}

const historyTable = (name: string, table: Omit<CapturedTable, "history">): Table<Write, Write> => ({
  name,
  columns: {
    names: [...namesOf(table), "_version", "_deleted", "changed_at"],
    write(out, { values, version, deleted, at }) {
      writeValues(out, table, values);
      uint128(out, version);
      out.uint8(deleted ? 1 : 0);
      out.int64(at);
    },
  },
  identity: {
    inputs: { names: ["in_key"], write: (out, { key }) => out.string(key) },
    key: identityOf,
    keyOfRow: "concat(toString(_version), ' ', toString(_deleted), ' ', _key)",
    find: byVersions,
    again: byVersions,
  },
});

const identityOf = ({ version, deleted, key }: Write) => `${version} ${deleted ? 1 : 0} ${key}`;

const byVersions = (writes: Write[]) =>
  isOneOf("_version", "UInt128", [...new Set(writes.map(({ version }) => version))]);

const namesOf = ({ columns }: Pick<CapturedTable, "columns">) => columns.map(({ name }) => name);

function writeValues(out: ByteWriter, { columns }: Pick<CapturedTable, "columns">, values: unknown[]): void {
  for (const [i, { type, nullable }] of columns.entries()) {
    const value = values[i];
    if (nullable) out.uint8(value === null ? 1 : 0);
    if (value !== null) type.write(out, value);
  }
}

/** Rows older than this are gone, whenever they arrive: the finished view asks for the newest of these marks. */
export async function markTruncation(store: Store, topic: string, version: bigint): Promise<void> {
  const out = new ByteWriter(64);
  out.string(topic);
  uint128(out, version);
  const insert = {
    columns: ["topic", "version"],
    rows: out.finish(),
    token: randomUUID(),
    comment: "apply-changes",
  };
  await store.insert({ table: truncations, ...insert });
}

export const truncations = "sluice.truncations";
