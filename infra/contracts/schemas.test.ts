import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { projectRoot } from "../settings.ts";
import { judge } from "./judge.ts";
import { readContracts, renderSchema, schemaFile } from "./schemas.ts";

const contracts = await readContracts(projectRoot);

test("every contract has its schema committed as it is: else `npm run contracts`", async () => {
  expect([...contracts.keys()]).toEqual(
    expect.arrayContaining(["chat_message", "commit", "event", "shadow"]),
  );
  for (const [name, schema] of contracts)
    expect(await readFile(join(projectRoot, schemaFile(name)), "utf8"), name).toBe(renderSchema(schema));
});

test("a contract that refuses what it took is named with its field and what to do, unless that is meant", () => {
  const published = new Map([
    [schemaFile("commit"), { type: "object", properties: { author: { type: "string" } } }],
  ]);
  const now = new Map([["commit", { ...published.get(schemaFile("commit")), required: ["author"] }]]);
  expect(judge(published, now)).toEqual([
    expect.stringMatching(/^commit: author is required, and was not. Make it optional, or .*commit/),
  ]);
  expect(judge(published, now, ["commit"])).toEqual([]);
  expect(judge(published, new Map())).toEqual([
    expect.stringContaining("events/schemas/commit.json: its contract is gone"),
  ]);
  expect(judge(new Map(), now)).toEqual([]);
});
