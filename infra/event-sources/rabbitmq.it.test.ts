import { afterAll, beforeAll, describe, inject, test } from "vitest";
import { decodeRabbitMQEvent } from "../../events/envelope/rabbitmq.ts";
import { brokerArn, Road, rabbitMQProbe, range, secretArn } from "./fixture-brokers.ts";
import { FixtureService, type Note } from "./fixture-service.ts";

const { rabbitmqUrl } = inject("services");

const messagesOf = (notes: Note[]) => notes.map(({ event }) => decodeRabbitMQEvent(event));
const numbersOf = (notes: Note[]) =>
  messagesOf(notes).map((messages) => messages.map(({ body }) => Number(body)));

describe.concurrent("a rabbitmq event", () => {
  const service = new FixtureService({ env: { RABBITMQ_URL: rabbitmqUrl } });
  const create = (options: Parameters<typeof rabbitMQProbe>[2]) =>
    rabbitMQProbe(service, rabbitmqUrl, options);
  const plain = create({});
  const failing = create({ event: { batchSize: 10 }, behaviour: "ok throw-error reject-string ok ok" });
  const large = create({});
  const late = create({ declared: false });
  const limited = create({ deliveryLimit: 2, behaviour: "throw-error*" });

  beforeAll(async () => {
    await service.start();
  });

  afterAll(async () => {
    await service[Symbol.asyncDispose]();
    await Promise.all(
      [plain, failing, large, late, limited].map(({ queue }) => queue[Symbol.asyncDispose]()),
    );
  });

  test("invokes the function with the messages as the queue holds them, and acknowledges what succeeded", async ({
    expect,
  }) => {
    const { queue, probe } = plain;
    const body = Buffer.from(range(0, 256));
    const properties = {
      contentType: "application/json",
      contentEncoding: "utf-8",
      headers: {
        text: "völ",
        number: 7,
        when: { "!": "timestamp", value: 2021 },
        table: { inner: [true, null, "x"] },
      },
      deliveryMode: 2,
      priority: 3,
      correlationId: "c",
      replyTo: "r",
      expiration: "60000",
      messageId: "m-1",
      timestamp: 1700000000,
      type: "t",
      appId: "a",
    };
    await queue.publish([body], properties);
    await queue.publish([Buffer.alloc(0)]);
    await probe.until("2 messages", () => messagesOf(probe.notes()).flat().length === 2);
    const [note] = probe.notes();
    expect(note?.event).toMatchObject({ eventSource: "aws:rmq", eventSourceArn: brokerArn });
    const [full, bare] = messagesOf(probe.notes()).flat();
    expect(full).toEqual({ queue: queue.name, vhost: "/", redelivered: false, properties, body });
    expect(bare).toMatchObject({ properties: { headers: {} }, body: Buffer.alloc(0) });
    await expect.poll(() => queue.ready()).toBe(0);
    await probe.until("no lag", () => probe.status()?.lag === 0 && probe.status()?.state === "polling");
    expect(probe.status()).toEqual({
      function: probe.name,
      source: "rabbitmq",
      queue: queue.name,
      state: "polling",
      lag: 0,
    });
    expect(probe.lines()).toEqual([`event-sources: ${probe.name} ← rabbitmq ${queue.name} polling`]);
  });

  test("repeats a failed batch as a whole, redelivered, one invocation at a time", async ({ expect }) => {
    const { queue, probe } = failing;
    await queue.publishNumbers(25);
    await probe.until("3 successes", () => probe.done().length === 3);
    expect(
      numbersOf(probe.notes())
        .flat()
        .toSorted((a, b) => a - b),
    ).toEqual([...range(0, 25), ...numbersOf(probe.notes()).slice(1, 3).flat()].toSorted((a, b) => a - b));
    const flags = messagesOf(probe.notes()).map((messages) => messages.map(({ redelivered }) => redelivered));
    expect(flags[2]?.every(Boolean) && flags[3]?.every(Boolean)).toBe(true);
    expect(flags[1]?.some(Boolean)).toBe(false);
    await expect.poll(() => queue.ready()).toBe(0);
  });

  test("leaves the end of repeating to the queue's own delivery limit", async ({ expect }) => {
    const { queue, probe } = limited;
    await queue.publishNumbers(1);
    await probe.until("the third attempt", () => probe.notes().length === 3);
    await probe.until("no lag", () => probe.status()?.lag === 0);
    expect(messagesOf(probe.notes()).map(([message]) => message?.redelivered)).toEqual([false, true, true]);
    expect(await queue.ready()).toBe(0);
  });

  test("drops a message that alone is larger than an event may be, and goes on", async ({ expect }) => {
    const { queue, probe } = large;
    await queue.publish([Buffer.from("1"), Buffer.alloc(5_000_000, "x"), Buffer.from("2")]);
    await probe.until("2 messages", () => numbersOf(probe.notes()).flat().length === 2);
    expect(numbersOf(probe.notes()).flat()).toEqual([1, 2]);
    expect(probe.lines().at(-1)).toMatch(/gave up message 2: alone larger than an event may be/);
    await probe.until("no lag", () => probe.status()?.lag === 0);
  });

  test("waits for a queue that does not exist, saying so once, and never declares it", async ({ expect }) => {
    const { queue, probe } = late;
    await probe.until("the warning", () => probe.status()?.error !== undefined);
    expect(probe.status()?.error).toBe(
      `no queue ${queue.name} in virtual host /: declare it, a mapping never does`,
    );
    await expect(queue.ready()).rejects.toThrow(/NOT.FOUND/);
    await queue.declare();
    await queue.publishNumbers(1);
    await probe.until("1 message", () => probe.notes().length === 1);
    expect(probe.lines().map((line) => line.split(queue.name)[1]?.slice(0, 9))).toEqual([
      " retrying",
      " polling",
    ]);
  });
});

describe.concurrent("the process that polls", () => {
  test("resumes by itself when the broker is away at the start and again later, with one line each time", async ({
    expect,
  }) => {
    await using road = new Road(rabbitmqUrl);
    await road.open();
    await road.cut();
    await using service = new FixtureService({ env: { RABBITMQ_URL: road.url } });
    const { queue, probe } = rabbitMQProbe(service, rabbitmqUrl, {
      event: { batchSize: 10 },
      behaviour: "ok slow",
    });
    await service.start();
    await probe.until("the warning", () => probe.status()?.error !== undefined);
    await queue.publishNumbers(20);
    await road.open();
    await probe.until("the second batch", () => probe.notes().length === 2);
    await road.cut();
    await probe.until("the warning", () => probe.status()?.error !== undefined);
    await road.open();
    await probe.until("all again", () => probe.done().length === 3);
    // The connection went before the second batch was acknowledged: it is delivered again.
    expect(numbersOf(probe.notes())).toEqual([range(0, 10), range(10, 20), range(10, 20)]);
    await expect.poll(() => queue.ready()).toBe(0);
    expect(probe.lines().map((line) => line.split(queue.name)[1]?.slice(0, 9))).toEqual([
      " retrying",
      " polling",
      " retrying",
      " polling",
    ]);
    await queue[Symbol.asyncDispose]();
  });

  test("under bare `sls offline` finishes the batch in flight before it ends, and returns the rest", async ({
    expect,
  }) => {
    const refused = { [secretArn]: { username: "nobody", password: "wrong" } };
    await using service = new FixtureService({
      env: { RABBITMQ_URL: rabbitmqUrl },
      command: ["offline"],
      custom: { eventSources: { secrets: refused } },
    });
    const { queue, probe } = rabbitMQProbe(service, rabbitmqUrl, {
      event: { batchSize: 10, basicAuthArn: `${secretArn}-other` },
      behaviour: "slow",
    });
    const { queue: unread, probe: locked } = rabbitMQProbe(service, rabbitmqUrl, {});
    await service.start();
    await queue.publishNumbers(15);
    await probe.until("the invocation", () => probe.notes().length === 1);
    await locked.until("the refusal", () => locked.status()?.error !== undefined);
    // Credentials come from the secret's ARN, and wrong ones are said so without an end to trying.
    expect(locked.status()).toMatchObject({
      state: "retrying",
      error: expect.stringMatching(/ACCESS.REFUSED/),
    });
    const taken = numbersOf(probe.notes()).flat().length;
    expect(await service.stop("SIGTERM")).toBe(0);
    expect(probe.done()).toEqual(["slow"]);
    await expect.poll(() => queue.ready()).toBe(15 - taken);
    await Promise.all([queue, unread].map((one) => one[Symbol.asyncDispose]()));
  });
});
