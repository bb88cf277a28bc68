import { afterAll, beforeAll, describe, inject, test } from "vitest";
import type { KafkaRecord } from "../../events/envelope/kafka.ts";
import { FixtureTopic, kafkaProbe, offsetsOf, range, recordsOf } from "./fixture-brokers.ts";
import { type FixtureFunction, FixtureService } from "./fixture-service.ts";

const { brokers } = inject("services");
const env = { KAFKA_BROKERS: brokers.join(",") };

const count = (probe: FixtureFunction) => recordsOf(probe.notes()).flat().length;
const valuesOf = (probe: FixtureFunction) =>
  recordsOf(probe.notes())
    .flat()
    .map(({ value }) => String(value));

describe.concurrent("a kafka event", () => {
  const service = new FixtureService({ env });
  const create = (options: Parameters<typeof kafkaProbe>[2]) => kafkaProbe(service, brokers, options);
  const plain = create({ partitions: 2 });
  const appended = create({ configs: { "message.timestamp.type": "LogAppendTime" } });
  const compressed = create({});
  const failing = create({ event: { batchSize: 10 }, behaviour: "ok throw-error reject-string ok ok" });
  const blocking = create({
    partitions: 2,
    event: { batchSize: 1 },
    behaviour: "poison*",
  });
  const large = create({
    configs: { "max.message.bytes": "8000000" },
    event: { batchSize: 1000, maximumBatchingWindow: 1 },
  });
  const disabled = create({ event: { enabled: false } });
  const late = new FixtureTopic(brokers);
  const lateProbe = kafkaProbe(service, brokers, { event: { topic: late.name } });

  beforeAll(async () => {
    await service.start();
  });

  afterAll(async () => {
    await service[Symbol.asyncDispose]();
    const topics = [plain, appended, compressed, failing, blocking, large, disabled, lateProbe].map(
      ({ topic }) => topic,
    );
    await Promise.all([...topics, late].map((topic) => topic[Symbol.asyncDispose]()));
  });

  test("invokes the function with the records as the broker holds them, and commits what succeeded", async ({
    expect,
  }) => {
    const { topic, probe } = plain;
    const bytes = Buffer.from(range(0, 256));
    const headers: [string, Buffer][] = [
      ["b", Buffer.from([0, 128, 255])],
      ["a", Buffer.alloc(0)],
      ["1", bytes],
    ];
    await topic.produce([
      { key: bytes, value: bytes, headers, timestamp: 1545084650987 },
      { key: null, value: null },
      { key: Buffer.alloc(0), value: Buffer.alloc(0), partition: 1 },
    ]);
    await probe.until("3 records", () => count(probe) === 3);
    const [note] = probe.notes();
    expect(note?.event).toMatchObject({
      eventSource: "SelfManagedKafka",
      bootstrapServers: "b-1.example.com:9096,b-2.example.com:9096",
    });
    const [first, tombstone] = recordsOf(probe.notes())
      .flat()
      .filter(({ partition }) => partition === 0);
    expect(first).toEqual({
      topic: topic.name,
      partition: 0,
      offset: 0,
      timestamp: 1545084650987,
      timestampType: "CREATE_TIME",
      key: bytes,
      value: bytes,
      headers,
    });
    expect(tombstone).toMatchObject({ offset: 1, key: null, value: null, headers: [] });
    const [empty] = recordsOf(probe.notes())
      .flat()
      .filter(({ partition }) => partition === 1);
    expect(empty).toMatchObject({ key: Buffer.alloc(0), value: Buffer.alloc(0) });
    await expect.poll(() => topic.committed(0)).toBe(2);
    await expect.poll(() => topic.committed(1)).toBe(1);
    const { name, group } = topic;
    await probe.until("no lag", () => probe.status()?.lag === 0 && probe.status()?.state === "polling");
    expect(probe.status()).toEqual({
      function: probe.name,
      source: "kafka",
      topic: name,
      group,
      state: "polling",
      lag: 0,
    });
    expect(probe.lines()).toEqual([`event-sources: ${probe.name} ← kafka ${name} polling (group ${group})`]);
  });

  test("tells the broker's append time from the producer's time", async ({ expect }) => {
    const { topic, probe } = appended;
    const before = Date.now();
    await topic.produce([{ value: Buffer.from("1"), timestamp: 7 }]);
    await probe.until("1 record", () => count(probe) === 1);
    const [record] = recordsOf(probe.notes()).flat() as [KafkaRecord];
    expect(record.timestampType).toBe("LOG_APPEND_TIME");
    expect(record.timestamp).toBeGreaterThanOrEqual(before);
  });

  test("reads every compression", async ({ expect }) => {
    const { topic, probe } = compressed;
    const algorithms = ["gzip", "snappy", "lz4", "zstd"] as const;
    for (const compression of algorithms)
      await topic.produce([{ value: Buffer.from(compression) }], compression);
    await probe.until("4 records", () => count(probe) === 4);
    expect(valuesOf(probe)).toEqual(algorithms);
  });

  test("repeats a failed batch as a whole, in order, before anything after it, and commits nothing of it", async ({
    expect,
  }) => {
    const { topic, probe } = failing;
    await topic.produceNumbers(25);
    await probe.until("3 successes", () => probe.done().length === 3);
    const second = range(10, 20);
    expect(offsetsOf(probe.notes())).toEqual([range(0, 10), second, second, second, range(20, 25)]);
    await expect.poll(() => topic.committed()).toBe(25);
    const failures = probe.lines().filter((line) => line.includes(" failed "));
    expect(failures).toEqual([
      expect.stringMatching(/failed \(attempt 1, 10 records, again in 200 ms\): TypeError: told to throw$/),
      expect.stringMatching(/failed \(attempt 2, 10 records, again in 400 ms\): Error: told to reject$/),
    ]);
    await probe.until("recovery", () => probe.status()?.state === "polling");
    expect(probe.lines().at(-1)).toMatch(/polling again$/);
  });

  test("blocks only the partitions of a failing batch", async ({ expect }) => {
    const { topic, probe } = blocking;
    await topic.produce([{ value: Buffer.from("poison") }]);
    await probe.until("a failure", () => probe.notes().length === 1);
    await topic.produce([{ value: Buffer.from("good"), partition: 1 }]);
    await probe.until("the good one", () => probe.done().length === 1);
    await expect.poll(() => topic.committed(1)).toBe(1);
    expect(await topic.committed(0)).toBe(-1);
    const failures = probe.notes().length;
    await probe.until("another failure", () => probe.notes().length > failures);
  });

  test("keeps every event within 6 MB and drops a record that alone is larger", async ({ expect }) => {
    const { topic, probe } = large;
    const value = Buffer.alloc(200_000, "x");
    await topic.produce(range(0, 30).map(() => ({ value })));
    await topic.produce([{ value: Buffer.alloc(5_000_000, "y") }]);
    await topic.produce([{ value }]);
    await probe.until("31 records", () => count(probe) === 31);
    const sizes = probe.notes().map(({ event }) => Buffer.byteLength(JSON.stringify(event)));
    expect(Math.max(...sizes)).toBeLessThanOrEqual(6_291_456);
    expect(Math.max(...sizes)).toBeGreaterThan(6_291_456 - 270_000);
    expect(offsetsOf(probe.notes()).flat()).toEqual([...range(0, 30), 31]);
    await expect.poll(() => topic.committed()).toBe(32);
    expect(probe.lines().at(-1)).toContain(
      `gave up 1 records from ${topic.name}-0 offset 30 on: MaximumPayloadSizeExceeded, no on-failure destination`,
    );
  });

  test("waits for a topic that does not exist yet, saying so once", async ({ expect }) => {
    const { probe } = lateProbe;
    await probe.until("the warning", () => probe.status()?.error !== undefined);
    expect(probe.status()?.error).toBe(`no topic ${late.name}: create it, a mapping never does`);
    await late.create();
    await late.produceNumbers(1);
    await probe.until("1 record", () => count(probe) === 1);
    expect(probe.lines().map((line) => line.split(late.name)[1]?.slice(0, 10))).toEqual([
      " retrying:",
      " polling (",
    ]);
  });

  test("is left alone when it is disabled", async ({ expect }) => {
    const { topic, probe } = disabled;
    await topic.produceNumbers(1);
    await plain.probe.until("another's record", () => count(plain.probe) > 0);
    expect(probe.status()?.state).toBe("stopped");
    expect(probe.notes()).toEqual([]);
  });
});

describe.concurrent("the process that polls", () => {
  test("loses nothing when it is killed in the middle of a batch, and its successor resumes at once", async ({
    expect,
  }) => {
    await using service = new FixtureService({ env });
    const { topic, probe } = kafkaProbe(service, brokers, {
      event: { batchSize: 10 },
      behaviour: "ok time-out",
    });
    await service.start();
    await topic.produceNumbers(20);
    await probe.until("the second batch", () => probe.notes().length === 2);
    await expect.poll(() => topic.committed()).toBe(10);
    await service.stop("SIGKILL");
    expect(await topic.members()).toBe(1);
    await service.start();
    await probe.until("the second batch again", () => probe.notes().length === 3);
    expect(offsetsOf(probe.notes())[2]).toEqual(range(10, 20));
    await expect.poll(() => topic.committed()).toBe(20);
    await topic[Symbol.asyncDispose]();
  });

  test("under bare `sls offline` finishes the batch in flight before it ends, commits it and leaves the group", async ({
    expect,
  }) => {
    await using service = new FixtureService({ env, command: ["offline"] });
    const { topic, probe } = kafkaProbe(service, brokers, { behaviour: "slow" });
    await service.start();
    await topic.produceNumbers(3);
    await probe.until("the invocation", () => probe.notes().length === 1);
    expect(await service.stop()).toBe(0);
    expect(probe.done()).toEqual(["slow"]);
    expect(probe.status()?.state).toBe("stopped");
    expect(await topic.committed()).toBe(3);
    expect(await topic.members()).toBe(0);
    await topic[Symbol.asyncDispose]();
  });

  test("shares the partitions of its group: each record goes to one of two, also when one of them leaves", async ({
    expect,
  }) => {
    await using first = new FixtureService({ env });
    const { topic, probe } = kafkaProbe(first, brokers, { partitions: 4, event: { batchSize: 5 } });
    await using second = new FixtureService({ env });
    const { probe: other } = kafkaProbe(second, brokers, {
      event: { batchSize: 5, topic: topic.name, consumerGroupId: topic.group },
    });
    const produce = (from: number) =>
      topic.produce(range(from, from + 40).map((n) => ({ partition: n % 4, value: Buffer.from(`${n}`) })));
    await first.start();
    await produce(0);
    await probe.until("40 records", () => count(probe) === 40);
    await second.start();
    await other.until("its share", () => other.status()?.state === "polling");
    await produce(40);
    await probe.until("80 records", () => count(probe) + count(other) >= 80);
    expect(count(other)).toBeGreaterThan(0);
    await first.stop();
    await produce(80);
    await other.until("120 records", () => count(probe) + count(other) >= 120);
    const numbers = [...valuesOf(probe), ...valuesOf(other)].map(Number);
    expect(numbers.sort((a, b) => a - b)).toEqual(range(0, 120));
    for (const partition of range(0, 4)) await expect.poll(() => topic.committed(partition)).toBe(30);
    await topic[Symbol.asyncDispose]();
  });
});
