import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openProducer } from "../../../functions/lib/kafka.ts";
import { openStore } from "../../../functions/lib/store.ts";
import { createHandler as createRollUp } from "../../../functions/roll-up-metrics/roll-up.ts";
import { openAdmin } from "../../admin.ts";
import { createRandom } from "../../generate/random.ts";
import { readMappings } from "../../stack/mappings.ts";
import { openStack, type Stack, until } from "../stack.ts";
import { questionsOf, tell } from "./figures.ts";
import { expectFigures } from "./oracle.ts";
import { send } from "./send.ts";
import { makeFacts } from "./traffic.ts";

/** More by hand: SLUICE_LONG=1 SLUICE_ORACLE_EVENTS=200000 SLUICE_ORACLE_KILLS=15 npx vitest run --config infra/vitest.config.ts infra/test/product/kills */
const events = Number(process.env.SLUICE_ORACLE_EVENTS ?? 4_000);
const kills = Number(process.env.SLUICE_ORACLE_KILLS ?? 3);
const seed = Number(process.env.SLUICE_ORACLE_SEED ?? 7);

let stack: Stack;
const services = ["clickhouse", "kafka", "functions"];

beforeAll(async () => {
  stack = await openStack({ SLUICE_MAPPINGS: "storeEvents" });
  await stack.sluice("up", ...services, "--detach");
}, 240_000);

afterAll(() => stack.close(), 60_000);

/** Kills one after the other, whenever another share of the events has been sent, and starts it again; meanwhile the next share is. */
function openKiller() {
  const random = createRandom(seed + 1);
  let [share, allowed] = [0, 1 / kills];
  const run = async () => {
    let victims: string[] = [];
    for (let n = 0; n < kills; n++) {
      while (share < n / kills) await sleep(20);
      if (victims.length === 0) victims = [...services];
      const [service] = victims.splice(random(victims.length), 1) as [string];
      process.kill(await stack.pid(service), "SIGKILL");
      await sleep(random(1500));
      await stack.sluice("up", ...services, "--detach");
      allowed += 1 / kills;
    }
  };
  const onSent = async (now: number) => {
    for (share = now; share > allowed; ) await sleep(20);
  };
  return { run, onSent };
}

test("every figure is the oracle's although ClickHouse, Kafka and the functions are killed meanwhile", async () => {
  const name = `killed ${randomUUID()}`;
  const random = createRandom(seed);
  const killer = openKiller();
  const produce = openProducer({ KAFKA_BROKERS: stack.settings.brokers });
  const facts = makeFacts(random, events, name);
  const [sent] = await Promise.all([send(random, facts, produce, killer.onSent), killer.run()]);
  const isSettled = () =>
    readMappings(stack.settings)?.mappings.some(({ state, lag }) => state === "polling" && lag === 0);
  expect(await until("true", async () => String(isSettled()), 600)).toBe("true");

  const client = openAdmin(stack.settings, { application: "sluice-oracle", request_timeout: 120_000 });
  try {
    const expected = expectFigures(sent);
    const { events: rows = "" } = questionsOf(name);
    expect(await until(String(expected.events), async () => String(await tell(client, rows)), 60)).toBe(
      String(expected.events),
    );
    await createRollUp(openStore(client))({});
    for (const [figure, question] of Object.entries(questionsOf(name)))
      expect(await tell(client, question), figure).toEqual(expected[figure]);
  } finally {
    await client.close();
  }
}, 3_600_000);
