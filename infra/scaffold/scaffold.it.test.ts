import { execFile } from "node:child_process";
import { cp, mkdtemp, readFile, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { openScratch } from "../../functions/lib/testing.ts";
import { projectRoot } from "../settings.ts";

const run = promisify(execFile);

/** The project as it is, without what it installs and writes. */
async function copyProject(): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), "scaffold-"));
  onTestFinished(() => rm(root, { recursive: true }));
  const left = /^(node_modules|\.git|\.sluice|\.serverless|\.esbuild|coverage|\.env)(\/|$)/;
  await cp(projectRoot, root, { recursive: true, filter: (path) => !left.test(relative(projectRoot, path)) });
  await symlink(join(projectRoot, "node_modules"), join(root, "node_modules"));
  return root;
}

test("a new consumer and a new query pass the checks as they are, and the consumer stores each record once", async () => {
  const root = await copyProject();
  const sluice = (...args: string[]) =>
    run(process.execPath, ["infra/cli.ts", "new", ...args], { cwd: root });
  const { stdout } = await sluice("consumer", "page-visit");
  expect(stdout).toContain("wrote functions/store-page-visits/handler.ts\n");
  await sluice("query", "page-visits-per-day", "--table", "page_visits");
  await expect(sluice("consumer", "page-visit")).rejects.toThrow("nothing was changed");

  const bin = (name: string) => join(root, "node_modules/.bin", name);
  await run(bin("biome"), ["check", "--error-on-warnings", "--config-path=infra/lint.json", "."], {
    cwd: root,
  });
  await run(bin("tsc"), ["-p", "."], { cwd: root });

  const migration = /^wrote (sql\/\S+)$/m.exec(stdout)?.[1] ?? "";
  const { client, store, select } = await openScratch();
  await client.command({ query: await readFile(join(root, migration), "utf8") });
  const { createHandler } = await import(
    pathToFileURL(join(root, "functions/store-page-visits/handler.ts")).href
  );
  const event = JSON.parse(await readFile(join(root, "events/samples/kafka.page-visits.json"), "utf8"));
  for (let time = 0; time < 2; time++) await createHandler(store)(event);
  expect(await select("SELECT id FROM page_visits")).toEqual([{ id: "1" }]);
}, 120_000);
