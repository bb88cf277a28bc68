import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

/** The process that has the engine's directory open, if it is another one, by the file the engine writes when it opens it. */
export function holderOf(store: string): number | undefined {
  const status = join(store, "status");
  const pid = existsSync(status) && Number(/PID: (\d+)/.exec(readFileSync(status, "utf8"))?.[1]);
  if (!pid || pid === process.pid || !isRunning(pid)) return undefined;
  return startOf(pid) > statSync(status).mtimeMs + slack ? undefined : pid;
}

/** The file of a killed engine stays, and after a restart of the machine or container another process soon has its number. */
const slack = 60_000;

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** When a process began, in epoch milliseconds, as Linux tells it (proc(5)); elsewhere 0. */
function startOf(pid: number): number {
  try {
    const [, behindName = ""] = /.*\) (.*)/s.exec(readFileSync(`/proc/${pid}/stat`, "utf8")) ?? [];
    const boot = Number(/^btime (\d+)/m.exec(readFileSync("/proc/stat", "utf8"))?.[1]);
    return boot * 1000 + Number(behindName.split(" ")[19]) * 10 || 0;
  } catch {
    return 0;
  }
}
