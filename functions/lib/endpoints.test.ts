import { describe, expect, test } from "vitest";
import * as z from "zod";
import { endpoints, queries } from "./endpoints.ts";
import type { Query } from "./query.ts";

/** Every SQL that a query can become: one for each choice of its enumerated parameters, and one where a text is given. */
function variants({ params, sql = "" }: Query): { chosen: Record<string, unknown>; sql: string }[] {
  if (typeof sql === "string") return [{ chosen: {}, sql }];
  const { properties = {} } = z.toJSONSchema(params, { io: "input" });
  const choices = Object.entries(properties).flatMap(([name, schema]) =>
    ((schema as { enum?: string[] }).enum ?? ["some"])
      .map((value) => ({ [name]: value }))
      .filter((chosen) => params.safeParse(chosen).success),
  );
  return [{}, ...choices].map((chosen) => ({ chosen, sql: sql(params.parse(chosen)) }));
}

const bound = (sql: string) =>
  [...sql.matchAll(/\{(\w+): [A-Z]\w*(?:\(\w+\))?\}/g)].map(([, name]) => name as string);

describe.each([...endpoints.values()])("$name", (query) => {
  const all = variants(query);

  test("binds the parameters it takes, all of them and no other", () => {
    const usual = all[0]?.sql;
    const deciding = all.filter(({ sql }) => sql !== usual).flatMap(({ chosen }) => Object.keys(chosen));
    const used = new Set([...all.flatMap(({ sql }) => bound(sql)), ...deciding]);
    expect([...used].sort()).toEqual(Object.keys(query.params.shape).sort());
  });

  test("has nothing in braces but parameters with their types", () => {
    for (const { sql } of all) expect(sql.match(/\{/g) ?? []).toHaveLength(bound(sql).length);
  });

  test("says what it and its parameters mean, and pages by columns it has", () => {
    expect(query.description).toMatch(/^[A-Z].*\.$/);
    const { properties = {} } = z.toJSONSchema(query.params, { io: "input" });
    for (const [name, schema] of Object.entries(properties)) {
      expect.soft(name).toMatch(/^[a-z][a-z_]*$/);
      expect.soft(schema, name).toMatchObject({ description: expect.any(String) });
    }
    for (const column of query.pageBy ?? []) expect(Object.keys(query.row.shape)).toContain(column);
    if (query.pageBy)
      expect(Object.keys(query.params.shape)).toEqual(expect.arrayContaining(["limit", "cursor"]));
  });
});

test("no two endpoints have one name, and none is named like a path or a parameter of the API", () => {
  expect(endpoints.size).toBe(queries.length);
  expect(endpoints.has("query")).toBe(false);
  for (const { params } of endpoints.values()) expect(params.shape).not.toHaveProperty("format");
});
