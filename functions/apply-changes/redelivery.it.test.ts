import fc from "fast-check";
import { expect, test } from "vitest";
import { openCopy, type Told } from "./testing.ts";

const columns = "id Int64 COMMENT 'bigint', title String COMMENT 'text', body String COMMENT 'text'";
const absent = { body: "__debezium_unavailable_value" };
const blank = { title: null, body: null };

interface Row {
  title: string;
  body: string;
}

/** A key, another one, and what befalls the first. */
const statement = fc.tuple(
  fc.nat(3),
  fc.nat(3),
  fc.constantFrom("delete", "move", "move", "title", "title", "body"),
);
type Statement = typeof statement extends fc.Arbitrary<infer T> ? T : never;

/** What Debezium tells of these statements, and the rows they leave. A key that is not there is inserted. */
function run(statements: Statement[]): { rows: Map<number, Row>; told: Told[] } {
  const rows = new Map<number, Row>();
  const told: Told[] = [];
  for (const [n, [id, other, kind]] of statements.entries()) {
    const version = { commit: 100 + n, lsn: 1 };
    const row = rows.get(id);
    if (row === undefined) {
      const inserted = { title: `title ${n}`, body: `body ${n}` };
      rows.set(id, inserted);
      told.push({ op: "c", after: { id, ...inserted }, ...version });
    } else if (kind === "delete") {
      rows.delete(id);
      told.push({ op: "d", before: { id, ...blank }, ...version });
    } else if (kind === "move" && !rows.has(other)) {
      rows.delete(id);
      rows.set(other, row);
      const from = { "__debezium.oldkey": JSON.stringify({ id }) };
      const to = { "__debezium.newkey": JSON.stringify({ id: other }) };
      told.push({ op: "d", before: { id, ...blank }, headers: to, ...version });
      told.push({ op: "c", after: { id: other, ...row, ...absent }, headers: from, ...version });
    } else {
      const changed = kind === "body" ? { ...row, body: `body ${n}` } : { ...row, title: `title ${n}` };
      rows.set(id, changed);
      told.push({ op: "u", after: { id, ...changed, ...(kind !== "body" && absent) }, ...version });
    }
  }
  return { rows, told };
}

/** How far the connector comes before it dies, and how far back the offset lies from which it goes on. */
const death = fc.tuple(fc.integer({ min: 1, max: 12 }), fc.nat(15));

/** What such a connector leaves in the topic: stretches of it again, in order. */
function withReplays(told: Told[], deaths: [number, number][]): Told[] {
  const log: Told[] = [];
  let next = 0;
  for (const [length, back] of deaths) {
    log.push(...told.slice(next, next + length));
    next = Math.max(0, Math.min(told.length, next + length) - back);
  }
  return [...log, ...told.slice(next)];
}

/** How long a batch is, and whether its function dies between the write and the commit. */
const delivery = fc.tuple(fc.integer({ min: 1, max: 12 }), fc.boolean());

test("however often changes come again, and however they are cut into batches, the copy is as its source", async () => {
  const some = { minLength: 8, maxLength: 8 };
  const property = fc.asyncProperty(
    fc.array(statement, { minLength: 40, maxLength: 40 }),
    fc.array(death, some),
    fc.array(delivery, some),
    async (statements, deaths, deliveries) => {
      const { rows, told } = run(statements);
      const log = withReplays(told, deaths);
      const { apply, select, quarantined } = await openCopy(columns);
      let committed = 0;
      for (let n = 0; committed < log.length; n++) {
        const [length, dies] = deliveries[n] ?? [12, false];
        await apply(...log.slice(committed, committed + length));
        if (!dies) committed += length;
      }
      const expected = [...rows].sort(([a], [b]) => a - b).map(([id, row]) => ({ id, ...row }));
      expect(await select("SELECT * FROM t ORDER BY id")).toEqual(expected);
      expect(await quarantined()).toEqual([]);
    },
  );
  await fc.assert(property, { numRuns: 12, endOnFailure: true });
}, 60_000);
