import type { Safeguards } from "../../functions/lib/write-once/safeguards.ts";
import type { Network } from "./door.ts";
import type { Fault, FaultName } from "./fault.ts";
import { readHoldings, truthOf } from "./holdings.ts";
import type { Placed } from "./pipelines.ts";
import type { Plan, Step } from "./plan.ts";
import { openSandbox } from "./sandbox.ts";
import { judge, type Verdict } from "./verdict.ts";
import type { World } from "./world.ts";

/** What became of one run. */
export interface RunResult extends Verdict {
  /** What happened, how often: a fault that never met its request is not among them. */
  faults: Map<FaultName, number>;
}

/** How often what is left is delivered in the end, with nothing in its way. */
const lastTries = 10;

/**
 * Carries a plan out, then keeps the mapping's promise: whatever was not settled is delivered until it is. Then compares what
 * was sent with what the server holds.
 */
export async function run(world: World, plan: Plan, safeguards: Safeguards): Promise<RunResult> {
  const pipeline = world.pipelines[plan.pipeline];
  const number = world.nextRun();
  const name = `r${number}`;
  const records = place(plan, name, number);
  const faults = new Map<FaultName, number>();
  const happened = (fault: FaultName) => void faults.set(fault, (faults.get(fault) ?? 0) + 1);
  const network: Network = {
    port: world.port,
    killServer: world.kill,
    async slowDown() {
      await world.slow(pipeline.table, 0.25 / records.length).catch(() => {});
      // The server may have been killed meanwhile, and be slow still once it is up again.
      return () => world.up().then(() => world.slow(pipeline.table, 0));
    },
    happened,
    underWay: new Set(),
    held: [],
  };
  const open = () => openSandbox(pipeline, world.password, network, safeguards);
  let sandbox = await open();
  const left = new Set(records.keys());
  let reason = "";

  const deliver = async (batch: number[], fresh: boolean, fault?: Fault): Promise<void> => {
    await world.up();
    if (fresh || sandbox.dead()) {
      sandbox.kill();
      sandbox = await open();
    }
    const messages = batch.map((index) => records[index] as Placed);
    const event = pipeline.event(messages);
    for (const message of messages) message.delivered = true;
    const outcome = await sandbox.invoke(event, fault);
    if (!outcome.settled) reason = outcome.reason;
    else for (const index of batch) left.delete(index);
  };
  const carryOut = async (step: Step): Promise<void> => {
    if (step.do === "deliver") {
      if (step.shape) happened(step.shape);
      return deliver(step.records, step.fresh, step.fault);
    }
    await world.up();
    if (step.do === "set") happened(step.condition);
    await world[step.do](step.condition, pipeline);
  };

  for (const step of plan.steps) await carryOut(step);
  for (let tries = 0; left.size > 0 && tries < lastTries; tries++) await deliver([...left], false);
  for (const held of network.held.splice(0)) await (await held.go()).done;
  await world.up();
  sandbox.kill();
  await Promise.allSettled(network.underWay);
  const verdict = judge(
    truthOf(records, pipeline),
    await readHoldings(world.select, pipeline, name, records.map(pipeline.position)),
  );
  if (left.size > 0) verdict.findings.unshift(`the last delivery fails: ${reason}`);
  return { ...verdict, faults };
}

/** Gives the records their place at the broker. */
function place({ records }: Plan, run: string, number: number): Placed[] {
  const base = number * 10_000;
  const next = new Map<number, number>();
  return records.map((record) => {
    const offset = next.get(record.lane) ?? base;
    next.set(record.lane, offset + 1);
    return { ...record, run, offset, origin: base + record.fact, delivered: false };
  });
}
