import { execFileSync } from "node:child_process";

/** Who runs what refuses to run as root: `postgres` where its package was installed, else `nobody`. */
export function plainUser(): { name: string; uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  for (const name of ["postgres", "nobody"]) {
    const [uid, gid] = [idOf("-u", name), idOf("-g", name)];
    if (uid !== undefined && gid !== undefined) return { name, uid, gid };
  }
  return undefined;
}

function idOf(flag: string, name: string): number | undefined {
  try {
    return Number(
      execFileSync("id", [flag, name], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }),
    );
  } catch {
    return undefined;
  }
}
