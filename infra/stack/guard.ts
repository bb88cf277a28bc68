import { spawn } from "node:child_process";
import { closeSync } from "node:fs";
import { join } from "node:path";
import { projectRoot, type Settings } from "../settings.ts";
import { openLog } from "./log.ts";

const afterwards = join(import.meta.dirname, "after-up.ts");

/**
 * Watches over an `up`: when its process is gone, whatever ended it, what it started is stopped. The watch is a shell that
 * waits for the end of a pipe only we hold: nothing polls, and a process id that is used again cannot deceive it.
 * @returns what ends the watch, once nothing is left to stop.
 */
export function openGuard(settings: Settings, owner: string): () => void {
  const script = ["-c", 'read -r word; [ "$word" = done ] || exec "$@"', "sluice-guard"];
  const log = openLog(settings, "guard");
  try {
    const guard = spawn("/bin/sh", [...script, process.execPath, afterwards, owner], {
      cwd: projectRoot,
      detached: true,
      stdio: ["pipe", log, log],
      env: { ...process.env, SLUICE_HOME: settings.home },
    });
    guard.unref();
    guard.stdin?.on("error", () => {}); // A guard that was killed has nobody to tell.
    return () => guard.stdin?.end("done\n");
  } finally {
    closeSync(log);
  }
}
