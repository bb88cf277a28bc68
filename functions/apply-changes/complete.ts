import type { Image } from "../../events/change.ts";
import type { CapturedColumn, CapturedTable } from "../lib/capture/captured-table.ts";
import { parseKey } from "../lib/capture/key-text.ts";
import { type Condition, isOneOf } from "../lib/identity.ts";
import type { Rejected } from "../lib/quarantine.ts";
import type { Store } from "../lib/store.ts";
import { StoreError } from "../lib/store-error.ts";
import { quoteName } from "../lib/target.ts";
import { blank, keyColumns, keyOf, unavailable, type Write } from "./writes.ts";

/** What is known of a key: its newest row, here or in the table. `undefined` of a value: it was lost. */
interface Known {
  version: bigint;
  deleted: boolean;
  values: unknown[];
}

/** How long a change waits for what happened before it in another partition, in milliseconds. */
const patience = 300_000;

/**
 * Fills in the values that were not in the log, from the row before: of this batch, or of the table. A row that the table has in this or
 * a newer version is left out: it was applied, and its successor may have replaced the values it needs.
 * `waiting`: the row before is still on its way by another partition. What is complete is to be written, and this thrown: others may
 * wait for it in turn.
 */
export async function complete(
  store: Store,
  table: CapturedTable,
  writes: Write[],
  now: number,
): Promise<{ complete: Write[]; rejected: Rejected[]; superseded: number; waiting: StoreError | undefined }> {
  const ordered = writes.toSorted(byVersion);
  const open = ordered.filter(({ values }) => values.includes(unavailable));
  if (open.length === 0) return { complete: ordered, rejected: [], superseded: 0, waiting: undefined };

  const keys = new Set(open.flatMap(({ key, formerKey }) => [key, formerKey ?? key]));
  const stored = await readStored(store, table, keys);
  const latest = new Map<string, Known>();
  const done: Write[] = [];
  const rejected: Rejected[] = [];
  let superseded = 0;
  let waiting: StoreError | undefined;
  /** Keys with a change that waits: what comes after it in this batch would take a wrong row for the one before. */
  const behind = new Set<string>();
  for (const write of ordered) {
    if (behind.has(write.key)) continue;
    const before = latest.get(write.formerKey ?? write.key);
    const filled = write.values.includes(unavailable) ? fill(write, before, stored, now) : write;
    if (filled instanceof StoreError) {
      waiting = filled;
      behind.add(write.key);
    } else if (filled === "superseded") superseded++;
    else if (filled === undefined && write.deleted) {
      const mark = unmarked(table, write);
      done.push(mark);
      latest.set(write.key, mark);
    } else if (filled === undefined) rejected.push(lost(table, write));
    else {
      done.push(filled);
      latest.set(write.key, filled);
    }
  }
  return { complete: done, rejected, superseded, waiting };
}

/** A key that moves leaves a mark of its end at the version at which the new one begins: the mark comes first. */
const byVersion = (a: Write, b: Write): number =>
  a.version < b.version ? -1 : a.version > b.version ? 1 : Number(b.deleted) - Number(a.deleted);

function fill(
  write: Write,
  inBatch: Known | undefined,
  stored: Map<string, Known>,
  now: number,
): Write | "superseded" | StoreError | undefined {
  const own = stored.get(write.key);
  if (own && own.version >= write.version && !write.formerKey) return "superseded";
  let before = newest(write.version, inBatch, stored.get(write.formerKey ?? write.key));
  if (write.formerKey !== undefined && before?.version !== write.version) {
    if (own && own.version >= write.version) return "superseded";
    if (before?.deleted && before.version === write.version - 1n) return undefined; // Its mark says that nobody knows.
    before = undefined;
    // The mark of the former key is not there yet: it comes by another partition.
    if (now - (write.message.sentAt ?? 0) < patience)
      return new StoreError(
        `${write.message.position} waits for the end of its former key in another partition`,
        true,
      );
  }
  if (!before) return undefined;
  // Not its own mark, delivered twice, but an older end: what came after that, and had the values, was lost itself.
  if (before.deleted && before.version !== write.version) return undefined;
  const known = before.values;
  return { ...write, values: write.values.map((value, i) => (value === unavailable ? known[i] : value)) };
}

/** Of what is known of a key the newest up to a version. What was applied before is passed over in the batch, and found in the table. */
const newest = (version: bigint, ...known: (Known | undefined)[]): Known | undefined =>
  known.reduce((a, b) => (b && b.version <= version && !(a && a.version >= b.version) ? b : a), undefined);

/**
 * The end of a former key whose large values nobody knows. One below its version: the new key, which looks for them at that very
 * version, must not take the blanks for them.
 */
const unmarked = ({ columns }: CapturedTable, write: Write): Write => ({
  ...write,
  version: write.version - 1n,
  values: columns.map((column, i) => (write.values[i] === unavailable ? blank(column) : write.values[i])),
});

const lost = ({ columns }: CapturedTable, { values, message }: Write): Rejected => {
  const names = columns.filter((_, i) => values[i] === unavailable).map(({ name }) => name);
  return {
    message,
    reason: "unsupported_value",
    detail: `${names.join(", ")} was not changed and is too large for the log to repeat, and no earlier row of this key is known. With REPLICA IDENTITY FULL the log repeats it`,
  };
};

/** The newest row of each key that the table has, deleted ones too. */
async function readStored(
  store: Store,
  table: CapturedTable,
  wanted: Set<string>,
): Promise<Map<string, Known>> {
  // Others are never unavailable, so nobody asks for them.
  const isRead = ({ key, type }: CapturedColumn) => key !== undefined || (type.large && !type.blind);
  const read = table.columns.filter(isRead);
  const columns = read.map(({ name, type }, i) => `${type.stored(quoteName(name))} AS c${i}`);
  const near = nearKeys(table, wanted);
  const key = keyColumns(table.columns)
    .map(({ name }) => quoteName(name))
    .join(", ");
  const rows = await store.select<Record<string, never>>(
    `SELECT toString(_version) AS version, _deleted AS deleted, ${columns.join(", ")} FROM ${table.name}
     WHERE ${near.where} ORDER BY ${key}, _version DESC LIMIT 1 BY ${key}`,
    near.params,
  );
  const found = new Map<string, Known>();
  for (const row of rows) {
    const image: Image = Object.fromEntries(read.map(({ name }, i) => [name, row[`c${i}`] ?? null]));
    const text = keyOf(table, image);
    if (!wanted.has(text)) continue;
    const values = table.columns.map((column) => {
      const wire = image[column.name] ?? null;
      return wire === null ? null : column.type.read(wire);
    });
    found.set(text, { version: BigInt(row.version ?? 0), deleted: Number(row.deleted) === 1, values });
  }
  return found;
}

/** By the first column of the key, which the table is sorted by. */
function nearKeys({ columns }: CapturedTable, keys: Set<string>): Condition {
  const [{ name, type }] = keyColumns(columns) as [CapturedColumn];
  const first = [...new Set([...keys].map((key) => parseKey(key)[0] ?? ""))];
  if (type.clickhouse.startsWith("Int")) return isOneOf(quoteName(name), "Int64", first.map(BigInt), "key");
  if (type.clickhouse === "UUID") return isOneOf(quoteName(name), "UUID", first, "key");
  if (/^(Decimal|Float)/.test(type.clickhouse)) return { where: "true", params: {} };
  return isOneOf(type.stored(quoteName(name)), "String", first, "key");
}
