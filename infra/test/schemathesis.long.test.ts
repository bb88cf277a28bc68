import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openStack, type Stack } from "./stack.ts";

const run = promisify(execFile);

/** https://schemathesis.readthedocs.io, from PyPI: needs python3 with venv and pip. */
const tool = "schemathesis==4.32.5";
const checks = [
  "not_a_server_error",
  "status_code_conformance",
  "content_type_conformance",
  "response_headers_conformance",
  "response_schema_conformance",
].join(",");

let stack: Stack;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sluice-schemathesis-"));
  await run("python3", ["-m", "venv", folder]);
  await run(join(folder, "bin/python"), ["-m", "pip", "install", "--quiet", tool]);
  stack = await openStack();
  await stack.sluice("up", "--detach");
  const { HTTP_PORT, SLUICE_READ_KEY } = stack.settings;
  const document = await fetch(`http://127.0.0.1:${HTTP_PORT}/v1/openapi.json`, {
    headers: { authorization: `Bearer ${SLUICE_READ_KEY}` },
  });
  await writeFile(join(folder, "openapi.json"), await document.text());
}, 300_000);

afterAll(async () => {
  await stack.close();
  await rm(folder, { recursive: true, force: true });
}, 60_000);

test.each([
  ["the query API", "SLUICE_READ_KEY", ["--exclude-path-regex", "/v1/events"], 15],
  ["the collector", "SLUICE_WRITE_KEY", ["--include-path-regex", "/v1/events"], 150],
] as const)(
  "%s answers whatever it is asked as its OpenAPI says, and never with 5xx",
  async (_, key, paths, examples) => {
    const args = ["run", "openapi.json", "--url", `http://127.0.0.1:${stack.settings.HTTP_PORT}`, ...paths];
    const bounds = ["--max-examples", `${examples}`, "--seed", "1", "--phases", "examples,coverage,fuzzing"];
    const header = ["--header", `Authorization: Bearer ${stack.settings[key]}`];
    // A gateway's own bound.
    const quiet = ["--request-timeout", "30", "--warnings", "off", "--no-color"];
    const outcome = await run(
      join(folder, "bin/schemathesis"),
      [...args, ...header, "--checks", checks, ...bounds, ...quiet],
      { cwd: folder, maxBuffer: 1 << 26 },
    ).catch(({ stdout }: { stdout: string }) => ({ stdout }));
    expect(outcome.stdout).toContain("No issues found");
  },
  600_000,
);
