import { once } from "node:events";
import { startedAt } from "./alive.ts";
import { readLog } from "./log.ts";
import { killGroup, marks, spawnDetached } from "./process.ts";
import type { Launch, Preparation } from "./service.ts";

type Options = {
  /** The name of its log. */
  name: string;
  /** Called twice a second with all it has printed so far. */
  watch?: (printed: string) => void;
  /** It must not be left half done: it goes on when the start is given up, and even when we are killed. */
  toTheEnd?: boolean;
};

/** Runs a program to its end; a failure quotes the end of its log. */
export async function run(launch: Launch, preparation: Preparation, options: Options): Promise<void> {
  const { settings, signal, owner } = preparation;
  const { name, watch, toTheEnd = false } = options;
  signal.throwIfAborted();
  const log = readLog(settings, name);
  const child = spawnDetached(
    launch,
    settings,
    name,
    toTheEnd ? {} : marks(settings, { service: name, owner }),
  );
  const { pid } = child;
  const id = pid === undefined ? undefined : { pid, startedAt: startedAt(pid) ?? "" };
  const giveUp = () => {
    if (toTheEnd)
      preparation.note("what has begun is finished first: half of it would leave the machine in disorder");
    else if (id) killGroup(id);
  };
  signal.addEventListener("abort", giveUp);
  const watching = watch && setInterval(() => signal.aborted || watch(log.text()), 500);
  try {
    const [code, killedBy] = await once(child, "exit");
    signal.throwIfAborted();
    if (code === 0) return;
    throw new Error(`${launch.command} ended with ${code ?? killedBy}; ${log.tail()}`);
  } finally {
    clearInterval(watching);
    signal.removeEventListener("abort", giveUp);
  }
}
