import { createHash, randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, rename, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { findProgram } from "./programs.ts";
import { run } from "./run.ts";
import { type Preparation, Unavailable } from "./service.ts";

/** One Maven at a time: two would write into the same local repository. */
let turn: Promise<unknown> = Promise.resolve();

/**
 * The folder with the jars that a pom (of this folder, unless its path says otherwise) names, fetched once per machine: every
 * SLUICE_HOME shares it. A download lands in a folder of its own and is renamed when complete, so an interrupted one is never
 * taken for the whole.
 */
export async function jars(pomFile: string, what: string, preparation: Preparation): Promise<string> {
  const pom = resolve(import.meta.dirname, pomFile);
  const cache = process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache");
  const version = createHash("sha256")
    .update(await readFile(pom))
    .digest("hex")
    .slice(0, 12);
  const folder = join(cache, "sluice", `jars-${version}`);
  if (existsSync(folder)) return folder;

  const fetched = turn.then(() => fetchJars(pom, what, folder, preparation));
  turn = fetched.catch(() => {});
  await fetched;
  return folder;
}

async function fetchJars(pom: string, what: string, folder: string, preparation: Preparation) {
  const maven = findProgram("mvn");
  if (!maven)
    throw new Unavailable(
      "mvn is not installed: install Maven (`brew install maven`, `apt-get install maven`)",
    );
  const watch = (printed: string) => {
    const files = printed.match(/^(\[INFO\] )?Downloaded /gm)?.length ?? 0;
    preparation.note(`downloading ${what} once with Maven, ${files} files so far`);
  };
  watch("");
  const partial = `${folder}.${randomUUID()}`;
  try {
    await mkdir(partial, { recursive: true });
    const goal = ["dependency:copy-dependencies", "-DincludeScope=runtime", `-DoutputDirectory=${partial}`];
    const launch = {
      command: maven,
      args: ["--batch-mode", "-Dstyle.color=never", "-f", pom, ...goal],
      env: { MAVEN_OPTS: `${process.env.MAVEN_OPTS ?? ""} -XX:TieredStopAtLevel=1` }, // It lives for seconds.
    };
    await run(launch, preparation, { name: "maven", watch });
    await rename(partial, folder).catch((error) => {
      if (!existsSync(folder)) throw error;
    });
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
}
