import type { Settings } from "../settings.ts";
import { requireHome } from "./home.ts";
import { takeLock } from "./lock.ts";
import { openNarration } from "./narrate.ts";
import { marks, stopMarked } from "./process.ts";
import type { ServiceName } from "./service.ts";
import { stopServices } from "./stop.ts";

/** Seconds that an `up` in the middle of its start may take to stop what it has started. */
const patience = 60;

/** Stops everything of this home, whoever started it. @returns the names of what ran. */
export async function down(settings: Settings): Promise<ServiceName[]> {
  requireHome(settings);
  const narration = openNarration("stopping");
  const signal = AbortSignal.timeout(patience * 1000);
  const release = await takeLock(
    settings,
    ({ pid }) => {
      narration.line(`asking the sluice command with pid ${pid} to end first`);
      process.kill(pid, "SIGTERM");
    },
    signal,
  );
  try {
    const stopped = await stopServices(settings, undefined, { report: narration.report });
    await stopMarked(marks(settings), 0);
    return stopped;
  } finally {
    release();
    narration.end();
  }
}
