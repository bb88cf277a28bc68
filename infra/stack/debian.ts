import { readdirSync } from "node:fs";
import { findProgram } from "./programs.ts";
import { run } from "./run.ts";
import type { Launch, Preparation } from "./service.ts";

/** Packages are installed on Debian and its kin, and only when we are root already: nothing here asks for a password. */
export const mayInstall = () => process.getuid?.() === 0 && findProgram("apt-get") !== undefined;

/**
 * Installs a Debian package; its system units neither start now nor at boot, for ours run from SLUICE_HOME.
 * The download can be given up at any moment. The installation always runs to its end: half of one would leave dpkg broken.
 */
export async function installPackage(name: string, units: string[], preparation: Preparation): Promise<void> {
  const { note } = preparation;
  const install = ["install", "--yes", "--no-install-recommends", name];
  const follow = (doing: string) => {
    note(`${doing} Debian's package ${name}`);
    const watch = (printed: string) => note(`${doing} Debian's package ${name}${percent(printed)}`);
    return { name: "apt", watch };
  };
  const update = () => run(aptGet("update"), preparation, follow("updating the lists for"));
  const download = () => run(aptGet("--download-only", ...install), preparation, follow("downloading"));

  if (!hasLists()) await update();
  await download().catch(async () => {
    // The lists may be older than the archive: the versions they name are gone.
    await update();
    await download();
  });
  const { args, env } = aptGet(...install);
  const script = ["-c", withoutUnits, units.join(" "), ...args];
  await run({ command: "/bin/sh", args: script, env }, preparation, {
    ...follow("installing"),
    toTheEnd: true,
  });
}

const aptGet = (...args: string[]): Launch => ({
  command: "apt-get",
  args: ["-o", "DPkg::Lock::Timeout=300", "-o", "APT::Status-Fd=1", ...args],
  env: { DEBIAN_FRONTEND: "noninteractive", LC_ALL: "C" },
});

// policy-rc.d is how Debian's packages ask whether they may start a service; 101 is "no".
const withoutUnits = `
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  trap 'rm -f "$policy"' EXIT
  printf '#!/bin/sh\\nexit 101\\n' >"$policy" && chmod 755 "$policy"
fi
apt-get "$@" || exit
if command -v systemctl >/dev/null; then systemctl disable $0; fi || :
`;

const hasLists = () => readdirSync("/var/lib/apt/lists").some((name) => name.includes("_Packages"));

/** How far apt is, from its last status line, such as `pmstatus:erlang-base:40.0000:Unpacking …`. */
export function percent(printed: string): string {
  const last = printed.match(/^(?:dl|pm)status:[^\n]*?:(\d+)\.\d+:/gm)?.at(-1);
  return last ? `, ${last.match(/:(\d+)\.\d+:$/)?.[1]} %` : "";
}
