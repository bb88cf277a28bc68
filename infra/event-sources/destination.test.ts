import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { openDestination } from "./destination.ts";

test("mappings that give up large records at once write a whole line each", async () => {
  const folder = mkdtempSync(join(tmpdir(), "destination-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "deep/on-failure.jsonl");
  const names = ["a", "b", "c", "d"];
  const give = async (functionArn: string) => {
    const { send } = openDestination("arn:aws:sqs:us-east-1:000000000000:dead", {
      origin: { functionArn, bootstrapServers: "b-1:9092" },
      uuid: "mapping",
      client: { bootstrapBrokers: [] },
      endpoint: undefined,
      file,
    });
    const place = {
      topic: "t",
      partition: 0,
      offset: 0,
      timestamp: 0,
      timestampType: "CREATE_TIME" as const,
    };
    const record = { ...place, key: null, value: Buffer.alloc(3_000_000, functionArn), headers: [] };
    await send({ condition: "RecordAgeExceeded", invocations: 0, requestId: "r", records: [record] });
  };
  await Promise.all(names.map(give));
  const lines = readFileSync(file, "utf8").trimEnd().split("\n");
  expect(lines.map((line) => JSON.parse(line).requestContext.functionArn).sort()).toEqual(names);
});
