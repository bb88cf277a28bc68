import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/** The program that listens on a port, as `java (pid 4711)`, where the kernel lets us see it (Linux). */
export function listener(port: number): string | undefined {
  try {
    const inodes = new Set(
      ["/proc/net/tcp", "/proc/net/tcp6"].flatMap((file) => listeningOn(port, readFileSync(file, "utf8"))),
    );
    const pid = readdirSync("/proc").find((name) => /^\d+$/.test(name) && holds(name, inodes));
    return pid && `${readFileSync(`/proc/${pid}/comm`, "utf8").trim()} (pid ${pid})`;
  } catch {
    return undefined;
  }
}

// proc(5), /proc/net/tcp: field 1 is the local address as `hex:hex port`, field 3 the state (0A: listening), field 9 the inode.
function listeningOn(port: number, table: string): string[] {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  return table.split("\n").flatMap((line) => {
    const fields = line.trim().split(/\s+/);
    return fields[1]?.endsWith(suffix) && fields[3] === "0A" ? [`socket:[${fields[9]}]`] : [];
  });
}

function holds(pid: string, inodes: Set<string>): boolean {
  try {
    const folder = `/proc/${pid}/fd`;
    return readdirSync(folder).some((fd) => inodes.has(readlinkSync(`${folder}/${fd}`)));
  } catch {
    return false;
  }
}
