import { randomInt } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Store } from "../store.ts";
import { overtakenCode, StoreError } from "../store-error.ts";
import { allSafeguards, type Safeguards } from "./safeguards.ts";

/** A lane that was claimed. */
export interface Claim {
  /** The number of this claim. */
  nonce: number;
  /** By table, the offset above which no row of the lane can be there: what writes one first claims the lane anew. */
  horizons: Map<string, number>;
}

/** Lanes an invocation claimed. */
export type Claims = ReadonlyMap<string, Claim>;

/**
 * The lanes (partitions, queues) an invocation was handed. Whoever claimed a lane last may write what it brings: an INSERT
 * carries its claims, and the server refuses it when a lane was claimed again. So an invocation that was given up (killed, timed
 * out, cut off) can finish late without harm: before the next claim, and then `claims` waits for it, or not at all.
 */
export interface Hold {
  consumer: string;
  lanes: string[];
  /** Resolves when the lanes are claimed and no INSERT of an earlier claim runs. What is found in the table from then on is all. */
  claims(): Promise<Claims>;
  /** Claims them again: somebody else did so after `refused`. */
  renew(refused: Claims): void;
  /** An INSERT may still be on its way although the invocation goes on: its claims end with it. */
  doubt(): void;
  /** To be called when the invocation succeeded: none of its requests is under way, so the next one may go on with its claims. */
  settle(): void;
}

/** How long an environment that lost a lane to another one claims it anew each time, in milliseconds. */
const wary = 60_000;

/** A function's lanes, as one execution environment knows them; forgetting them costs two questions and no correctness. */
export function openLanes(consumer: string, { wait }: Safeguards = allSafeguards) {
  const idle = new Map<string, Claim>();
  const lost = new Map<string, number>();

  const claim = async (store: Store, lanes: string[]): Promise<Claims> => {
    const nonce = randomInt(1, 2 ** 48 - 1);
    await store.execute(claimQuery, { consumer, lanes, nonce });
    if (wait) await untilQuiet(store, consumer, lanes);
    return new Map(lanes.map((lane) => [lane, { nonce, horizons: new Map() }]));
  };

  return (store: Store, lanes: string[]): Hold => {
    let held: Claims | undefined = take(idle, lanes);
    let claiming: Promise<Claims> | undefined;
    let doubted = false;
    return {
      consumer,
      lanes,
      claims() {
        if (held) return Promise.resolve(held);
        claiming ??= claim(store, lanes).then((claims) => {
          held = claims;
          return claims;
        });
        return claiming;
      },
      renew(refused) {
        for (const lane of lanes) lost.set(lane, Date.now());
        if (held !== refused) return;
        held = claiming = undefined;
      },
      doubt() {
        doubted = true;
      },
      settle() {
        if (doubted) return;
        for (const [lane, claim] of held ?? [])
          if ((lost.get(lane) ?? 0) < Date.now() - wary) idle.set(lane, claim);
      },
    };
  };
}

export type Lanes = ReturnType<typeof openLanes>;

/** Takes the claims of these lanes out of `idle`: two invocations never share one. `undefined` unless all are there. */
function take(idle: Map<string, Claim>, lanes: string[]): Claims | undefined {
  const found = lanes.flatMap((lane) => {
    const claim = idle.get(lane);
    return idle.delete(lane) && claim !== undefined ? [[lane, claim] as const] : [];
  });
  return found.length === lanes.length ? new Map(found) : undefined;
}

/** Later than every claim before it, whatever the clock does. */
const claimQuery = `
  INSERT INTO sluice.lane_claims (database, consumer, lane, claim)
  SELECT currentDatabase(), {consumer: String}, arrayJoin({lanes: Array(String)}),
    bitShiftLeft(toUInt128(greatest(toUnixTimestamp64Milli(now64(3)), 1 + (
      SELECT toInt64(bitShiftRight(max(claim), 64)) FROM sluice.lane_claims WHERE database = currentDatabase() AND consumer = {consumer: String}
    ))), 64) + {nonce: UInt64}`;

/** Throws (`SERIALIZATION_ERROR`) when a lane was claimed after these claims. */
export const fenceCondition = (consumer: string, claims: Claims) => ({
  where: `(
    SELECT throwIf(count() != length({fence_lanes: Array(String)}), 'overtaken', toInt16(${overtakenCode}))
    FROM (
      SELECT lane, bitAnd(max(claim), 18446744073709551615) AS nonce FROM sluice.lane_claims
      WHERE database = currentDatabase() AND consumer = {fence_consumer: String} AND lane IN {fence_lanes: Array(String)} GROUP BY lane
    )
    WHERE nonce = {fence_nonces: Array(UInt64)}[indexOf({fence_lanes: Array(String)}, lane)]
  ) = 0`,
  params: {
    fence_consumer: consumer,
    fence_lanes: [...claims.keys()],
    fence_nonces: Array.from(claims.values(), ({ nonce }) => nonce),
  },
});

/** @throws StoreError when an INSERT of these lanes still runs near the deadline. */
async function untilQuiet(store: Store, consumer: string, lanes: string[]): Promise<void> {
  const query = `
    SELECT Settings['log_comment'] AS comment FROM system.processes
    WHERE current_database = currentDatabase() AND startsWith(comment, {mark: String})`;
  for (let pause = 20; ; pause = Math.min(pause * 2, 500)) {
    const running = await store.select<{ comment: string }>(query, { mark: markOf(consumer) });
    if (!running.some(({ comment }) => sharesLane(comment, lanes))) return;
    if (store.remainingMs() < pause + 1000) {
      throw new StoreError(
        `ClickHouse, ${consumer}: an INSERT of an earlier invocation is still running`,
        true,
      );
    }
    await sleep(pause);
  }
}

const markOf = (consumer: string) => `write-once ${consumer} `;

/** What a running INSERT says of itself in `log_comment`: the function, its token, and the lanes it writes from. */
export const commentOf = (consumer: string, token: string, lanes: string[]): string =>
  `${markOf(consumer)}${token} ${lanes.length > 64 ? "*" : lanes.map(encodeURIComponent).join(" ")}`;

function sharesLane(comment: string, lanes: string[]): boolean {
  const held = comment.split(" ").slice(3);
  return (
    held.includes("*") || lanes.length > 64 || lanes.some((lane) => held.includes(encodeURIComponent(lane)))
  );
}
