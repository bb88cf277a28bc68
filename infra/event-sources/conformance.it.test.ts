import { afterAll, beforeAll, describe, inject, test } from "vitest";
import { decodeRabbitMQEvent } from "../../events/envelope/rabbitmq.ts";
import { kafkaProbe, offsetsOf, rabbitMQProbe, range, recordsOf } from "./fixture-brokers.ts";
import { type FixtureFunction, FixtureService } from "./fixture-service.ts";

const { brokers, rabbitmqUrl } = inject("services");
const cluster = "arn:aws:kafka:us-east-1:000000000000:cluster/shop/00000000-0000-0000-0000-000000000000-1";

const valuesOf = (probe: FixtureFunction) =>
  recordsOf(probe.notes())
    .flat()
    .map(({ value }) => String(value));
const json = (value: unknown) => ({ value: Buffer.from(JSON.stringify(value)) });

describe.concurrent("an event source mapping", () => {
  // No KAFKA_BROKERS: the brokers are found by the ARN, or by one of the bootstrap servers.
  const address = brokers.join(",");
  const endpoints = { [cluster]: address, "b-2.example.com:9096": address };
  const service = new FixtureService({
    env: { RABBITMQ_URL: rabbitmqUrl },
    custom: { eventSources: { endpoints, concurrency: 2 } },
  });
  const create = (options: Parameters<typeof kafkaProbe>[2]) => kafkaProbe(service, brokers, options);
  const filterPatterns = [{ value: { kind: ["sale"], price: [{ numeric: [">", 10] }] } }];
  const msk = create({ cluster });
  const filtered = create({ event: { filterPatterns } });
  const nothing = create({ event: { filterPatterns } });
  const window = create({ event: { maximumBatchingWindow: 2 } });
  const latest = create({ event: { startingPosition: "LATEST" } });
  const since = create({
    event: { startingPosition: "AT_TIMESTAMP", startingPositionTimestamp: 1_700_000_000 },
  });
  const committed = create({ event: { startingPosition: "LATEST" } });
  const parallel = create({
    partitions: 2,
    event: { batchSize: 1, provisionedPollerConfig: { minimumPollers: 1 } },
    behaviour: "slow*",
  });
  const backlog = create({ partitions: 2, event: { batchSize: 2 }, behaviour: "slow*" });
  const trickle = create({ partitions: 2, behaviour: "slow*" });
  const filteredQueue = rabbitMQProbe(service, rabbitmqUrl, {
    event: { filterPatterns: [{ data: { kind: ["sale"] } }] },
  });
  const unknown = "arn:aws:kafka:us-east-1:000000000000:cluster/unknown/1";
  const lost = create({ cluster: unknown, timeout: 900 });
  const elsewhere = rabbitMQProbe(service, rabbitmqUrl, { event: { virtualHost: "nowhere" } });
  const topics = [
    msk,
    filtered,
    nothing,
    window,
    latest,
    since,
    committed,
    parallel,
    backlog,
    trickle,
    lost,
  ].map(({ topic }) => topic);

  beforeAll(async () => {
    await committed.topic.create();
    await committed.topic.produceNumbers(5);
    await committed.topic.commit(2);
    await Promise.all([latest.topic.create(), since.topic.create()]);
    await latest.topic.produceNumbers(3);
    await since.topic.produce(
      range(0, 4).map((n) => ({ ...json(n), timestamp: 1_699_999_998_000 + n * 1000 })),
    );
    await service.start();
  });

  afterAll(async () => {
    await service[Symbol.asyncDispose]();
    await Promise.all(
      [...topics, filteredQueue.queue, elsewhere.queue].map((one) => one[Symbol.asyncDispose]()),
    );
  });

  test("on an MSK cluster gets events with its ARN", async ({ expect }) => {
    const { topic, probe } = msk;
    await topic.produceNumbers(1);
    await probe.until("1 record", () => probe.notes().length === 1);
    expect(probe.notes()[0]?.event).toMatchObject({ eventSource: "aws:kafka", eventSourceArn: cluster });
    await probe.until("polling", () => probe.status()?.state === "polling");
    expect(probe.status()).toMatchObject({ source: "msk", topic: topic.name });
  });

  test("with a filter invokes for what matches and commits the rest with it", async ({ expect }) => {
    const { topic, probe } = filtered;
    const sale = (price: number) => json({ kind: "sale", price });
    await topic.produce([sale(1), sale(11), json({ kind: "view", price: 99 }), sale(12), sale(2)]);
    await probe.until("2 records", () => valuesOf(probe).length === 2);
    expect(offsetsOf(probe.notes()).flat()).toEqual([1, 3]);
    await expect.poll(() => topic.committed()).toBe(5);
  });

  test("commits progress when the filter holds everything back", async ({ expect }) => {
    const { topic, probe } = nothing;
    await topic.produce([json({ kind: "view" }), json({ kind: "view" })]);
    await expect.poll(() => topic.committed(), { timeout: 30_000 }).toBe(2);
    expect(probe.notes()).toEqual([]);
    await probe.until("no lag", () => probe.status()?.lag === 0);
  });

  test("acknowledges at once what a filter of a queue holds back", async ({ expect }) => {
    const { queue, probe } = filteredQueue;
    const body = (kind: string) => Buffer.from(JSON.stringify({ kind }));
    await queue.publish([body("view"), body("sale"), body("view")]);
    await probe.until("1 message", () => probe.notes().length === 1);
    expect(decodeRabbitMQEvent(probe.notes()[0]?.event as never).map(({ body }) => String(body))).toEqual([
      '{"kind":"sale"}',
    ]);
    await probe.until("no lag", () => probe.status()?.lag === 0);
    expect(await queue.ready()).toBe(0);
  });

  test("waits for its window before it invokes with a batch that is not full", async ({ expect }) => {
    const { topic, probe } = window;
    await probe.until("polling", () => probe.status()?.state === "polling");
    const before = Date.now();
    await topic.produceNumbers(2);
    await topic.produceNumbers(1, 2);
    await probe.until("an invocation", () => probe.notes().length === 1);
    expect(probe.notes()[0]?.at).toBeGreaterThanOrEqual(before + 2000);
    expect(valuesOf(probe)).toEqual(['{"n":0}', '{"n":1}', '{"n":2}']);
  });

  test("from LATEST on leaves out what was there before, but nothing after", async ({ expect }) => {
    const { topic, probe } = latest;
    await probe.until("polling", () => probe.status()?.state === "polling");
    // The beginning is committed, so that a restart does not skip what arrives meanwhile.
    await expect.poll(() => topic.committed()).toBe(3);
    await topic.produceNumbers(1, 3);
    await probe.until("1 record", () => probe.notes().length === 1);
    expect(offsetsOf(probe.notes())).toEqual([[3]]);
  });

  test("AT_TIMESTAMP starts with the first record that is as young", async ({ expect }) => {
    await since.probe.until("2 records", () => valuesOf(since.probe).length === 2);
    expect(offsetsOf(since.probe.notes())).toEqual([[2, 3]]);
  });

  test("goes on where its group has committed, whatever its starting position", async ({ expect }) => {
    await committed.probe.until("3 records", () => valuesOf(committed.probe).length === 3);
    expect(offsetsOf(committed.probe.notes())).toEqual([[2, 3, 4]]);
  });

  const both = range(0, 2).map((partition) => ({ ...json(partition), partition }));
  /** Milliseconds from each invocation's begin to the next one's; one takes 700. */
  const gaps = async (probe: FixtureFunction, invocations: number) => {
    await probe.until(`${invocations} invocations`, () => probe.done().length === invocations);
    const begun = probe.notes().map(({ at }) => at);
    return begun.slice(1).map((at, index) => at - (begun[index] as number));
  };

  test("invokes for partitions in parallel with provisioned pollers, and where asked to in a backlog without", async ({
    expect,
  }) => {
    await Promise.all([parallel, backlog, lost].map(({ topic }) => topic.produce([...both, ...both])));
    expect(Math.min(...(await gaps(parallel.probe, 4)))).toBeLessThan(690);
    expect(Math.min(...(await gaps(backlog.probe, 2)))).toBeLessThan(690);
    for (const { probe } of [parallel, backlog]) {
      const order = recordsOf(probe.notes()).flat();
      for (const partition of [0, 1]) {
        expect(order.filter((record) => record.partition === partition).map(({ offset }) => offset)).toEqual([
          0, 1,
        ]);
      }
    }
  });

  test("invokes once at a time where no whole batch waits, without provisioned pollers", async ({
    expect,
  }) => {
    const { topic, probe } = trickle;
    await topic.produce(both.slice(0, 1));
    await probe.until("an invocation", () => probe.notes().length === 1);
    await topic.produce(both.slice(1));
    expect(Math.min(...(await gaps(probe, 2)))).toBeGreaterThanOrEqual(690);
  });

  test("looks for its queue in its virtual host", async ({ expect }) => {
    const { probe } = elsewhere;
    await probe.until("the refusal", () => probe.status()?.error !== undefined);
    expect(probe.status()?.error).toMatch(/nowhere/);
  });

  test("whose broker nothing tells says so and leaves the others running", async ({ expect }) => {
    const { probe } = lost;
    await probe.until("the status", () => probe.status()?.error !== undefined);
    expect(probe.status()).toMatchObject({
      state: "stopped",
      error: expect.stringContaining("Set KAFKA_BROKERS"),
    });
    expect(service.output).toContain(
      `event-sources: ${probe.name}: nothing says where ${unknown} is reached from here.`,
    );
    expect(service.output).toContain(`event-sources: ${probe.name}: a timeout of 900 s: AWS allows 840 s`);
  });
});
