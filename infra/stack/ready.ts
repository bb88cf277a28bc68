import { setTimeout as sleep } from "node:timers/promises";
import type { Settings } from "../settings.ts";
import type { Service } from "./service.ts";

type Options = {
  seconds: number;
  signal: AbortSignal;
  /** Throws when there is nothing left to wait for. */
  check?: () => void;
};

/** Waits until the service answers its probe; after the time is up the last reason it gave is thrown. */
export async function untilReady(service: Service, settings: Settings, options: Options): Promise<void> {
  const deadline = performance.now() + options.seconds * 1000;
  for (;;) {
    options.signal.throwIfAborted();
    options.check?.();
    try {
      return await service.probe(settings);
    } catch (error) {
      if (performance.now() > deadline) throw error;
    }
    await sleep(100, undefined, { signal: options.signal });
  }
}
