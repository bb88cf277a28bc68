import { createRandom, type Random } from "../generate/random.ts";
import type { Condition, Effect, Fault, RequestKind, Shape } from "./fault.ts";

export const pipelineNames = ["chat", "shadow", "positions", "events"] as const;
export type PipelineName = (typeof pipelineNames)[number];

/** One message in a lane (a partition or the queue). */
export interface SourceRecord {
  /** What it says; a publisher that sends twice says the same twice, and it counts once. */
  fact: number;
  lane: number;
  kind: "good" | "garbage" | "anonymous";
  /** Decides the table's partition. */
  month: number;
  value: number;
}

export type Step =
  | { do: "deliver"; records: number[]; fresh: boolean; shape?: Shape; fault?: Fault }
  | { do: "set"; condition: Condition }
  | { do: "clear"; condition: Condition };

/** Everything that will happen in a run: the same seed gives the same plan. */
export interface Plan {
  seed: number;
  pipeline: PipelineName;
  records: SourceRecord[];
  steps: Step[];
}

/** The run after another: a run's own seed gives it alone. */
export const nextSeed = (seed: number): number =>
  (Math.imul(seed ^ (seed >>> 16), 0x45d9f3b) + 0x9e3779b9) >>> 0;

/** @param conditions what this machine allows to be done to its server. */
export function planRun(seed: number, conditions: readonly Condition[]): Plan {
  const random = createRandom(seed);
  const pipeline = pick(random, pipelineNames);
  const records = planRecords(random, pipeline);
  const steps: Step[] = [];
  let set: Condition | undefined;
  const clear = () => {
    if (set !== undefined) steps.push({ do: "clear", condition: set });
    set = undefined;
  };
  const deliver = (batch: number[], shape?: Shape) => {
    if (batch.length === 0) return;
    if (set === undefined && chance(random, 12) && conditions.length > 0) {
      set = pickCondition(random, conditions);
      steps.push({ do: "set", condition: set });
    }
    const fault = chance(random, 60) ? planFault(random) : undefined;
    const fresh = chance(random, 30);
    steps.push({ do: "deliver", records: batch, fresh, ...(shape && { shape }), ...(fault && { fault }) });
    if (chance(random, 60)) clear();
  };
  const late: number[][] = [];
  const batches = planBatches(random, records);
  for (const [index, batch] of batches.entries()) {
    deliver(batch);
    for (let again = 1 + random(2); again > 0; again--) redeliver(random, batches, index, deliver, late);
  }
  clear();
  for (const batch of late) deliver(batch, "redelivered_late");
  clear();
  return { seed, pipeline, records, steps };
}

function planRecords(random: Random, pipeline: PipelineName): SourceRecord[] {
  const count = chance(random, 3) ? 150 + random(300) : 1 + random(chance(random, 20) ? 40 : 8);
  const lanes = pipeline === "chat" ? 1 : 1 + random(3);
  const months = chance(random, 30) ? 1 + random(4) : 1;
  const records: SourceRecord[] = [];
  for (let fact = 0; records.length < count; fact++) {
    const kind = chance(random, 8)
      ? "garbage"
      : pipeline === "chat" && chance(random, 5)
        ? "anonymous"
        : "good";
    const record: SourceRecord = {
      fact,
      lane: random(lanes),
      kind,
      month: random(months),
      value: random(1000),
    };
    records.push(record);
  }
  if (pipeline === "positions") return records;
  const copied = records.filter(({ kind }) => kind === "good" && chance(random, 10));
  // A copy comes later than its original, in the same lane: it has the same key.
  return [...records, ...copied.map((record) => ({ ...record }))];
}

/** Slices of the lanes, each batch from one or several of them, in the order of each lane. */
function planBatches(random: Random, records: SourceRecord[]): number[][] {
  const lanes = Map.groupBy(records.keys(), (index) => records[index]?.lane);
  const rest = [...lanes.values()];
  const batches: number[][] = [];
  while (rest.some((lane) => lane.length > 0)) {
    const most = chance(random, 20) ? 1000 : 2 + random(12);
    const batch = rest.flatMap((lane) => (chance(random, 70) ? lane.splice(0, 1 + random(most)) : []));
    if (batch.length > 0) batches.push(batch);
  }
  return batches;
}

type Deliver = (batch: number[], shape?: Shape) => void;

function redeliver(
  random: Random,
  batches: number[][],
  index: number,
  deliver: Deliver,
  late: number[][],
): void {
  const batch = batches[index] ?? [];
  const next = batches[index + 1] ?? [];
  const cut = 1 + random(Math.max(1, batch.length - 1));
  const halves = [batch.slice(0, cut), batch.slice(cut)];
  const before = batches.slice(0, index + 1).flat();
  const shapes: (() => void)[] = [
    () => deliver(batch, "redelivered_identical"),
    () => deliver([...batch, ...next.slice(0, 1 + random(8))], "redelivered_longer"),
    () => deliver(batch.slice(0, cut), "redelivered_shorter"),
    () => {
      for (const half of chance(random, 25) ? halves.reverse() : halves) deliver(half, "redelivered_split");
    },
    () => deliver([...batch, ...next], "redelivered_merged"),
    () => deliver(sample(random, before, 1 + random(batch.length + 4)), "redelivered_regrouped"),
    () => void late.push(batch),
  ];
  pick(random, shapes)();
}

const requests: RequestKind[] = [
  "insert",
  "insert",
  "insert",
  "insert",
  "probe",
  "quarantine",
  "claim",
  "wait",
  "replay",
];
const effects: Effect[] = ["insert", "insert", "select", "execute", "replay"];

function planFault(random: Random): Fault {
  const at = { request: pick(random, requests), nth: chance(random, 80) ? 1 : 2, dies: chance(random, 60) };
  const roll = random(100);
  if (roll < 20) {
    const when = chance(random, 50) ? "before" : "after";
    return { kind: "kill_function", effect: pick(random, effects), nth: at.nth, when };
  }
  if (roll < 32) return { kind: "cut_body", ...at, share: random(101) / 100 };
  if (roll < 44) return { kind: "cut_after_body", ...at };
  if (roll < 60) return { kind: "cut_response", ...at, partial: chance(random, 30) };
  if (roll < 63) return { kind: "timeout", ...at };
  if (roll < 66) return { kind: "kill_clickhouse", ...at, request: "insert", afterMs: random(40) };
  const late = { kind: "late_request", ...at } as const;
  // The redelivery comes while the late INSERT is at work.
  if (chance(random, 20))
    return { ...late, request: "insert", dies: true, release: 1, order: 40 + random(60), slowly: true };
  const order = pick(random, ["before", "after", random(40)] as const);
  const release = chance(random, 70) ? 1 + random(8) : 1 + random(40);
  return { ...late, request: chance(random, 80) ? "insert" : at.request, release, order, slowly: false };
}

function pickCondition(random: Random, conditions: readonly Condition[]): Condition {
  // A full disk takes as long as ten other runs.
  const rare = conditions.filter((condition) => condition !== "disk_full" || chance(random, 10));
  return pick(random, rare.length > 0 ? rare : conditions);
}

const chance = (random: Random, percent: number): boolean => random(100) < percent;

function pick<T>(random: Random, from: readonly T[]): T {
  return from[random(from.length)] as T;
}

function sample(random: Random, from: number[], count: number): number[] {
  const rest = [...from];
  return Array.from(
    { length: Math.min(count, rest.length) },
    () => rest.splice(random(rest.length), 1)[0] as number,
  );
}
