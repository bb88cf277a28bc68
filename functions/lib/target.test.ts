import { expect, test } from "vitest";
import { describeTarget } from "./target.ts";

test.each([
  ["String", "String"],
  ["LowCardinality(String)", "String"],
  ["LowCardinality(Nullable(FixedString(2)))", "Nullable(FixedString(2))"],
  ["Map(LowCardinality(String), LowCardinality(String))", "Map(String, String)"],
  [
    "Array(Tuple(LowCardinality(String), DateTime64(3, 'UTC')))",
    "Array(Tuple(String, DateTime64(3, 'UTC')))",
  ],
])("a column of %s is sent as %s", async (type, sent) => {
  const rows = [{ kind: "column", name: "c", type }];
  const target = await describeTarget(async <Row>() => rows as Row[], "t");
  expect(target.structure(["c"])).toBe(`'\`c\` ${sent.replaceAll("'", "\\'")}'`);
});
