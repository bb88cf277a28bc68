import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, expect, test } from "vitest";
import { endPipe, Pipes, readPipe, readRest } from "./pipes.ts";

const folder = mkdtempSync(join(tmpdir(), "pipes-"));
const pipes = new Pipes(folder);
afterAll(() => rmSync(folder, { recursive: true }));

test("what a broken answer left in a pipe is not in the next answer", () => {
  const first = pipes.take();
  writeFileSync(first.path, "broken");
  pipes.give(first);
  const again = pipes.take();
  expect(again).toBe(first);
  writeFileSync(again.path, "whole");
  expect(String(readRest(again))).toBe("whole");
});

test("a stream begun after the writer has gone still has all it wrote, and an end", async () => {
  const pipe = pipes.take();
  writeFileSync(pipe.path, "late");
  const source = readPipe(pipe);
  endPipe(pipe);
  expect(await text(source)).toBe("late");
});
