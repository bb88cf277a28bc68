import { ClickHouseLogLevel, createClient } from "@clickhouse/client";
import { openStore, type Store } from "../../functions/lib/store.ts";
import type { Safeguards } from "../../functions/lib/write-once/safeguards.ts";
import { type Network, openDoor } from "./door.ts";
import type { Effect, Fault } from "./fault.ts";
import type { Pipeline } from "./pipelines.ts";

export type Outcome = { settled: true } | { settled: false; reason: string };

/** A function's process: a handler and a client of its own, behind a door. */
export interface Sandbox {
  dead(): boolean;
  /** One invocation, which ends when the handler does or its process dies. */
  invoke(event: unknown, fault: Fault | undefined): Promise<Outcome>;
  kill(): void;
}

/** An invocation's time, and that of one that is to run out of it: the store keeps 500 ms for itself. */
const usualMs = 30_000;
const shortMs = 700;

export async function openSandbox(
  pipeline: Pipeline,
  password: string,
  network: Network,
  safeguards: Safeguards,
): Promise<Sandbox> {
  const door = await openDoor(network);
  const client = createClient({
    url: door.url,
    username: "rmq",
    password,
    use_multipart_params_auto: true,
    log: { level: ClickHouseLogLevel.OFF },
  });
  let fault: Fault | undefined;
  let dead = false;
  const kill = () => {
    dead = true;
    door.kill();
  };
  const calls = new Map<Effect, number>();
  const strike = (effect: Effect, when: "before" | "after") => {
    if (fault?.kind !== "kill_function" || fault.effect !== effect || fault.when !== when) return;
    if (fault.nth !== calls.get(effect)) return;
    network.happened("kill_function");
    kill();
    throw new Error("the process was killed");
  };
  const mortal = (store: Store): Store => {
    const guard =
      <A extends unknown[], R>(effect: Effect, call: (...args: A) => Promise<R>) =>
      async (...args: A): Promise<R> => {
        calls.set(effect, (calls.get(effect) ?? 0) + 1);
        strike(effect, "before");
        const result = await call(...args);
        strike(effect, "after");
        return result;
      };
    return {
      ...store,
      within: (remainingMs) => mortal(store.within(remainingMs)),
      select: guard("select", store.select) as Store["select"],
      execute: guard("execute", store.execute),
      insert: guard("insert", store.insert),
      replay: guard("replay", store.replay),
    };
  };
  const handler = pipeline.createHandler(mortal(openStore(client, { pauses: [0, 5, 20] })), safeguards);
  return {
    dead: () => dead,
    kill() {
      kill();
      void client.close();
    },
    async invoke(event, next) {
      fault = next;
      calls.clear();
      const death = door.arm(next).then(() => {
        dead = true;
        return { settled: false as const, reason: "the process was killed" };
      });
      const end = Date.now() + (next?.kind === "timeout" ? shortMs : usualMs);
      const handled = handler(event as never, { getRemainingTimeInMillis: () => end - Date.now() }).then(
        (): Outcome => ({ settled: true }),
        (error): Outcome => ({ settled: false, reason: String(error) }),
      );
      network.underWay.add(handled);
      handled.finally(() => network.underWay.delete(handled));
      return Promise.race([handled, death]);
    },
  };
}
