/** Tables of every type that is captured, and random values for them: what the tests of the whole capture write. */

/** A whole number from 0 to below the limit. */
export type Pick = (limit: number) => number;

interface Column {
  type: string;
  /** As Postgres reads it. */
  value(pick: Pick): string;
}

const from =
  (...values: string[]) =>
  (pick: Pick) =>
    values[pick(values.length)] as string;
const digits = (pick: Pick, count: number) => Array.from({ length: count }, () => pick(10)).join("");
const text = (pick: Pick, length: number) =>
  Array.from({ length }, () => "abcdefghijklmnop é€👋'\"\\{},;\n\t"[pick(28)] ?? "x").join("");
const wellFormed = (value: string) => value.toWellFormed().replaceAll("\ufffd", "");
/** Small mostly, and at times too large to stay in its row. */
const size = (pick: Pick, small: number, large: number) => (pick(3) === 0 ? large : 1 + pick(small));
const list = (element: (pick: Pick) => string, large: number) => (pick: Pick) =>
  `{${Array.from({ length: pick(4) === 0 ? large : pick(4) }, () => (pick(5) === 0 ? "NULL" : quoted(element(pick)))).join(",")}}`;
const quoted = (value: string) => `"${value.replace(/["\\]/g, "\\$&")}"`;
const hex = (pick: Pick, bytes: number) =>
  Array.from({ length: bytes * 2 }, () => "0123456789abcdef"[pick(16)]).join("");
const uuid = (pick: Pick) => hex(pick, 16).replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
const int = (limit: bigint) => (pick: Pick) =>
  [`${limit - 1n}`, `-${limit}`, "0", `${pick(1_000_000)}`.slice(0, limit === 32768n ? 4 : 7)][
    pick(4)
  ] as string;
const day = (pick: Pick) => `${1900 + pick(399)}-0${1 + pick(9)}-${10 + pick(18)}`;
const clock = (pick: Pick) => `${10 + pick(13)}:${10 + pick(49)}:${10 + pick(49)}.${digits(pick, 6)}`;
const float = from("0", "-0", "1.5", "NaN", "Infinity", "-Infinity", "0.1", "1e-30", "3.4e38", "123456.789");
const json = (pick: Pick) =>
  JSON.stringify({ n: pick(1000), t: wellFormed(text(pick, size(pick, 10, 4000))), big: 0 }).replace(
    '"big":0',
    `"big":${digits(pick, 25).replace(/^0+/, "1")}`,
  );
const word = (pick: Pick) => wellFormed(text(pick, 1 + pick(6)));
const mood = from("sad", "ok", "it's");
const zone = from("Z", "+02", "-11:30");

const scalars: Record<string, Column> = {
  si: { type: "smallint", value: int(32768n) },
  i: { type: "integer", value: int(2147483648n) },
  bi: { type: "bigint", value: int(9223372036854775808n) },
  n: {
    type: "numeric",
    value: (pick) =>
      from(
        "NaN",
        "0",
        "-1.50",
        "1e-20",
        `${digits(pick, 9)}.000`,
        `1${digits(pick, size(pick, 40, 9000))}.5`,
      )(pick),
  },
  n10: {
    type: "numeric(10,2)",
    value: (pick) => `${pick(2) ? "-" : ""}${digits(pick, 7)}.${digits(pick, 2)}`,
  },
  n38: { type: "numeric(38,10)", value: (pick) => `-${digits(pick, 20)}.${digits(pick, 10)}` },
  n76: { type: "numeric(76,20)", value: (pick) => `${digits(pick, 50)}.${digits(pick, 20)}` },
  r: { type: "real", value: float },
  d: { type: "double precision", value: float },
  b: { type: "boolean", value: from("true", "false") },
  da: { type: "date", value: day },
  ti: { type: "time", value: (pick) => from("24:00", "00:00", clock(pick))(pick) },
  ts: { type: "timestamp", value: (pick) => `${day(pick)} ${clock(pick)}` },
  ts3: { type: "timestamp(3)", value: (pick) => `${day(pick)} ${clock(pick)}` },
  tz: {
    type: "timestamptz",
    value: (pick) => `19${10 + pick(90)}-0${1 + pick(9)}-${10 + pick(18)} ${clock(pick)}${zone(pick)}`,
  },
  iv: {
    type: "interval",
    value: (pick) =>
      from(
        "1 year 2 mons 3 days 04:05:06.7",
        "-1 day",
        "00:00:00",
        `${pick(5000)} seconds`,
        "-3 mons 2 days",
      )(pick),
  },
  u: { type: "uuid", value: uuid },
  j: { type: "json", value: json },
  jb: { type: "jsonb", value: json },
  m: { type: "mood", value: mood },
  t: { type: "text", value: (pick) => wellFormed(text(pick, size(pick, 30, 4000))) },
  vc: { type: "varchar(20)", value: word },
  ch: { type: "char(5)", value: from("a", "abcde", "") },
  by: { type: "bytea", value: (pick) => `\\x${hex(pick, size(pick, 20, 3000))}` },
  ip: { type: "inet", value: from("10.0.0.1/8", "::1", "192.168.1.9") },
  net: { type: "cidr", value: from("10.0.0.0/8", "2001:db8::/32") },
  mac: { type: "macaddr", value: from("08:00:2b:01:02:03") },
  rg: { type: "int4range", value: from("[1,5)", "empty", "(,)") },
  tr: { type: "tstzrange", value: from("[2026-01-01 00:00+02,)", "empty") },
  x: { type: "xml", value: (pick) => `<a>${pick(100)}</a>` },
  ci: { type: "citext", value: word },
  tv: { type: "tsvector", value: from("'a' 'fat':2A 'cat'", "") },
  po: { type: "positive", value: (pick) => `${1 + pick(100)}` },
  ta: { type: "text[]", value: list(word, 600) },
  va: { type: "varchar(9)[]", value: list(word, 600) },
  ia: { type: "integer[]", value: list(int(2147483648n), 900) },
  ba: { type: "bigint[]", value: list(int(9223372036854775808n), 500) },
  ua: { type: "uuid[]", value: list(uuid, 200) },
  dy: { type: "date[]", value: list(day, 900) },
  ja: { type: "jsonb[]", value: list((pick) => `{"a": ${pick(9)}}`, 300) },
  ya: { type: "bytea[]", value: list((pick) => `\\x${hex(pick, 4)}`, 300) },
};

/** Their unavailable values come as null, so that only REPLICA IDENTITY FULL will do. */
const blindArrays: Record<string, Column> = {
  sa: { type: "smallint[]", value: list(int(32768n), 900) },
  oa: { type: "boolean[]", value: list(from("true", "false"), 2500) },
  ra: { type: "real[]", value: list(float, 600) },
  fa: { type: "double precision[]", value: list(float, 600) },
  sta: { type: "timestamp[]", value: list((pick) => `${day(pick)} ${clock(pick)}`, 300) },
  tza: { type: "timestamptz[]", value: list((pick) => `${day(pick)} ${clock(pick)}+01`, 300) },
};

export interface FixtureTable {
  name: string;
  key: string[];
  columns: Record<string, Column>;
}

const key: Column = { type: "bigint", value: (pick) => String(BigInt(pick(40)) + 9007199254740990n) };

export const fixtureTables: FixtureTable[] = [
  { name: "by_default", key: ["id"], columns: { id: key, ...scalars } },
  { name: "by_full", key: ["id"], columns: { id: key, ...scalars, ...blindArrays } },
  {
    name: "composite",
    key: ["Name", "no"],
    columns: {
      no: { type: "integer", value: (pick) => `${pick(5)}` },
      Name: { type: "text", value: from("a", "b'", "é", "1:2", "") },
      "weird `col\\": { type: "text", value: word },
      big: { type: "text", value: (pick) => text(pick, size(pick, 5, 5000)).toWellFormed() },
    },
  },
];

const name = (column: string) => `"${column}"`;

/** Tables that are captured later. Of `chosen` not every column is, nor its primary key. */
export const laterTables: FixtureTable[] = [
  { name: "later", key: ["id"], columns: { id: key, ...scalars } },
  {
    name: "chosen",
    key: ["code", "region"],
    columns: {
      region: { type: "text", value: from("north", "south, east", "west") },
      code: { type: "integer", value: (pick) => `${pick(20)}` },
      note: { type: "text", value: (pick) => wellFormed(text(pick, size(pick, 5, 5000))) },
      secret: { type: "text", value: word },
      "weird, (col)": { type: "text", value: word },
    },
  },
];

/** `chosen` is unique in what is to be its key, and has another primary key. */
export const laterSchema = (): string => `${createTables(laterTables)}
  ALTER TABLE chosen DROP CONSTRAINT chosen_pkey, ADD UNIQUE (region, code), ADD COLUMN id bigserial PRIMARY KEY;
  ALTER TABLE chosen REPLICA IDENTITY FULL;`;

/** Makes the tables, and the types they use. */
export const fixtureSchema = (): string =>
  `CREATE EXTENSION IF NOT EXISTS citext; CREATE TYPE mood AS ENUM ('sad', 'ok', 'it''s');
    CREATE DOMAIN positive AS integer CHECK (value > 0); ${createTables(fixtureTables)} ALTER TABLE by_full REPLICA IDENTITY FULL;`;

/** Large values are stored outside the row and uncompressed, so that they are unavailable early. */
function createTables(wanted: FixtureTable[]): string {
  const tables = wanted.map((table) => {
    const columns = Object.entries(table.columns).map(
      ([column, { type }]) => `${name(column)} ${type}${table.key.includes(column) ? " NOT NULL" : ""}`,
    );
    const large = Object.entries(table.columns).filter(([, { type }]) =>
      /^(text|json|jsonb|bytea|numeric|citext)$|\[\]$/.test(type),
    );
    const storage = large.map(([column]) => `ALTER ${name(column)} SET STORAGE EXTERNAL`);
    return `CREATE TABLE ${table.name} (${columns.join(", ")}, PRIMARY KEY (${table.key.map(name).join(", ")}));
      ALTER TABLE ${table.name} ${storage.join(", ")};`;
  });
  return tables.join("\n");
}
