import type { Wire } from "../../../events/change.ts";
import { type ColumnType, define, show, Unfit } from "./column-type.ts";

const whole = (wire: Wire): bigint => {
  if (typeof wire === "bigint") return wire;
  if (typeof wire === "number" && Number.isSafeInteger(wire)) return BigInt(wire);
  if (typeof wire === "string" && /^-?\d{1,20}$/.test(wire)) return BigInt(wire);
  throw new Unfit(`${show(wire)} is not as Debezium writes it with time.precision.mode=microseconds`);
};

/** ClickHouse's Date32 and DateTime64 end here; beyond they would be cut, silently. Infinity comes as a number far outside. */
const firstDay = BigInt(Date.UTC(1900, 0, 1) / 86_400_000);
const lastDay = BigInt(Date.UTC(2299, 11, 31) / 86_400_000);
const microsOfDay = 86_400_000_000n;

function within(days: bigint, wire: Wire): void {
  if (days < firstDay || days > lastDay)
    throw new Unfit(`${show(wire)} is before 1900 or after 2299, or infinite`);
}

/** date: days since the epoch. */
export const date: ColumnType<number> = define({
  clickhouse: "Date32",
  read(wire) {
    const days = whole(wire);
    within(days, wire);
    return Number(days);
  },
  write: (out, days) => out.uint32(days >>> 0),
  blank: 0,
  stored: (column) => `toString(toInt32(${column}))`,
  postgres: (column) =>
    `CASE WHEN isfinite(${column}) THEN (${column} - date '1970-01-01')::text WHEN ${column} IS NOT NULL THEN 'infinite' END`,
});

const dayOf = (micros: bigint): bigint =>
  micros < 0n ? (micros - (microsOfDay - 1n)) / microsOfDay : micros / microsOfDay;

/** timestamp: microseconds since the epoch as a number. timestamptz: ISO 8601 in UTC. */
export const timestamp: ColumnType<bigint> = define({
  clickhouse: "DateTime64(6, 'UTC')",
  read(wire) {
    const micros = typeof wire === "string" && wire.includes(":") ? parseIso(wire) : asNumber(wire);
    within(dayOf(micros), wire);
    return micros;
  },
  write: (out, micros) => out.uint64(BigInt.asUintN(64, micros)),
  blank: 0n,
  stored: (column) => `toString(toUnixTimestamp64Micro(${column}))`,
  postgres: (column) => `CASE WHEN isfinite(${column}) THEN
      (extract(epoch FROM date_trunc('second', ${column}))::bigint * 1000000 + extract(microseconds FROM ${column})::bigint % 1000000)::text
    WHEN ${column} IS NOT NULL THEN 'infinite' END`,
});

function asNumber(wire: Wire): bigint {
  if (wire === "infinity" || wire === "-infinity") throw new Unfit(`${wire} is no moment`);
  return whole(wire);
}

function parseIso(text: string): bigint {
  const match = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))?Z$/.exec(text);
  if (!match) throw new Unfit(`${show(text)} is before 1900 or after 2299, or no moment in UTC`);
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  if (year < 1900) throw new Unfit(`${show(text)} is before 1900`);
  const seconds = Date.UTC(year, month - 1, day, hour, minute, second) / 1000;
  return BigInt(seconds) * 1_000_000n + BigInt((match[7] ?? "").padEnd(6, "0"));
}

/** time: microseconds since midnight; kept as Postgres writes it, 24:00:00 too. */
export const time: ColumnType<string> = define({
  clickhouse: "String",
  read(wire) {
    if (typeof wire === "string" && wire.includes(":")) return wire;
    const micros = whole(wire);
    const [seconds, fraction] = [micros / 1_000_000n, micros % 1_000_000n];
    const two = (value: bigint) => String(value).padStart(2, "0");
    const clock = `${two(seconds / 3600n)}:${two((seconds / 60n) % 60n)}:${two(seconds % 60n)}`;
    return fraction === 0n ? clock : `${clock}.${String(fraction).padStart(6, "0").replace(/0+$/, "")}`;
  },
  write: (out, value) => out.string(value),
  blank: "",
  stored: (column) => column,
  postgres: (column) => `${column}::text`,
});
