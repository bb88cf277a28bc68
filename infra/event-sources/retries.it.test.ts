import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, inject, test } from "vitest";
import { decodeKafkaEvent, type KafkaEvent } from "../../events/envelope/kafka.ts";
import { FixtureTopic, kafkaProbe, offsetsOf, range, recordsOf } from "./fixture-brokers.ts";
import { FixtureService } from "./fixture-service.ts";

const { brokers } = inject("services");
const provisionedPollerConfig = { minimumPollers: 1 };
const queueArn = "arn:aws:sqs:us-east-1:000000000000:dead";

/** Answers like SQS, SNS and S3 and keeps what it was sent. */
const requests: { method: string; url: string; headers: Record<string, unknown>; body: string }[] = [];
const aws = createServer(async (request, response) => {
  let body = "";
  for await (const chunk of request) body += chunk;
  requests.push({ method: request.method ?? "", url: request.url ?? "", headers: request.headers, body });
  response.writeHead(requests.length === 1 ? 503 : 200).end("{}");
}).listen(0, "127.0.0.1");
await once(aws, "listening");
const endpoint = `http://127.0.0.1:${(aws.address() as AddressInfo).port}`;

const poisoned = (count: number, at: number) =>
  range(0, count).map((n) => ({
    key: Buffer.from(`k${n}`),
    value: Buffer.from(n === at ? "poison" : "good"),
    timestamp: 1_700_000_000_000 + n,
  }));

describe.concurrent("a batch that fails", () => {
  const arns = [
    "arn:aws:sqs:us-east-1:000000000000:queue",
    "arn:aws:sns:us-east-1:000000000000:topic",
    "arn:aws:s3:::bucket",
  ];
  const service = new FixtureService({
    env: { KAFKA_BROKERS: brokers.join(",") },
    custom: { eventSources: { endpoints: Object.fromEntries(arns.map((arn) => [arn, endpoint])) } },
  });
  const create = (event: Record<string, unknown>, behaviour: string) =>
    kafkaProbe(service, brokers, { behaviour, event: { provisionedPollerConfig, ...event } });
  const limited = create(
    { batchSize: 2, maximumRetryAttempts: 2, onFailureDestination: queueArn },
    "poison*",
  );
  const discarding = create({ maximumRetryAttempts: 0 }, "throw-error");
  const halving = create(
    {
      batchSize: 8,
      bisectBatchOnFunctionError: true,
      maximumRetryAttempts: 1,
      onFailureDestination: queueArn,
    },
    "poison*",
  );
  const partial = create(
    { batchSize: 10, functionResponseType: "ReportBatchItemFailures" },
    "report:3,5,8 report:5,8 report:77 throw-error report:8 ok",
  );
  const old = create({ maximumRecordAgeInSeconds: 60, onFailureDestination: queueArn }, "");
  const aged = create({ maximumRecordAgeInSeconds: 60, functionResponseType: "ReportBatchItemFailures" }, "");
  const dead = new FixtureTopic(brokers);
  const toTopic = create(
    { maximumRetryAttempts: 0, onFailureDestination: `kafka://${dead.name}` },
    "throw-error",
  );
  const toAws = arns.map((arn) =>
    create({ maximumRetryAttempts: 0, onFailureDestination: arn }, "throw-error"),
  );
  const gone = kafkaProbe(service, brokers, {
    behaviour: "throw-error throw-error throw-error throw-error throw-error",
  });
  const large = kafkaProbe(service, brokers, {
    configs: { "max.message.bytes": "8000000" },
    event: { onFailureDestination: queueArn },
  });

  beforeAll(async () => {
    await dead.create();
    await service.start();
  });

  afterAll(async () => {
    await service[Symbol.asyncDispose]();
    aws.close();
    const probes = [limited, discarding, halving, partial, old, aged, toTopic, ...toAws, gone, large];
    await Promise.all(
      [...probes.map(({ topic }) => topic), dead].map((topic) => topic[Symbol.asyncDispose]()),
    );
  });

  test("is given up after its retries, told to the destination as AWS does, and the partition goes on", async ({
    expect,
  }) => {
    const { topic, probe } = limited;
    await topic.produce(poisoned(4, 1));
    await probe.until("the records after it", () => probe.done().length === 1);
    expect(offsetsOf(probe.notes())).toEqual([
      [0, 1],
      [0, 1],
      [0, 1],
      [2, 3],
    ]);
    await expect.poll(() => topic.committed()).toBe(4);
    const [failure, ...more] = probe.failures();
    expect(more).toEqual([]);
    expect(failure).toEqual({
      destination: queueArn,
      requestContext: {
        requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
        functionArn: `arn:aws:lambda:us-east-1:000000000000:function:${service.name}-dev-${probe.name}`,
        condition: "RetryAttemptsExhausted",
        approximateInvokeCount: 3,
      },
      responseContext: { statusCode: 200, executedVersion: "$LATEST", functionError: "Unhandled" },
      version: "1.0",
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      KafkaBatchInfo: {
        batchSize: 2,
        bootstrapServers: "b-1.example.com:9096,b-2.example.com:9096",
        payloadSize: Buffer.byteLength(JSON.stringify(probe.notes()[0]?.event)),
        recordsInfo: {
          [`${topic.name}-0`]: {
            firstRecordOffset: "0",
            lastRecordOffset: "1",
            firstRecordTimestamp: "2023-11-14T22:13:20.000Z",
            lastRecordTimestamp: "2023-11-14T22:13:20.001Z",
          },
        },
      },
      payload: JSON.stringify(probe.notes()[0]?.event),
    });
    expect(probe.lines()).toContainEqual(
      expect.stringMatching(
        /gave up 2 records from .* offset 0 on: RetryAttemptsExhausted after 3 invocations/,
      ),
    );
  });

  test("is given up at once without retries, and nothing blocks", async ({ expect }) => {
    const { topic, probe } = discarding;
    await topic.produceNumbers(1);
    await expect.poll(() => topic.committed(), { timeout: 45_000 }).toBe(1);
    await topic.produceNumbers(1);
    await probe.until("the next", () => probe.done().length === 1);
    expect(offsetsOf(probe.notes())).toEqual([[0], [1]]);
  });

  test("is halved until the poison is alone, which counts no attempt; the rest succeeds in order", async ({
    expect,
  }) => {
    const { topic, probe } = halving;
    await topic.produce(poisoned(8, 5));
    await expect.poll(() => topic.committed(), { timeout: 45_000 }).toBe(8);
    expect(offsetsOf(probe.notes())).toEqual([
      range(0, 8),
      range(0, 4),
      range(4, 8),
      [4, 5],
      [4],
      [5],
      [5],
      [6, 7],
    ]);
    expect(probe.failures()).toMatchObject([
      { KafkaBatchInfo: { batchSize: 1 }, requestContext: { approximateInvokeCount: 2 } },
    ]);
  });

  test("in parts comes again in these parts, and is committed up to the first of them", async ({
    expect,
  }) => {
    const { topic, probe } = partial;
    await topic.produceNumbers(10);
    await probe.until("the first report", () => probe.notes().length >= 2);
    await expect.poll(() => topic.committed()).toBeOneOf([3, 5, 8]);
    await probe.until("the end", () => probe.done().includes("ok"));
    // Naming a record that was not in the batch fails all of it, and so does throwing.
    expect(offsetsOf(probe.notes())).toEqual([range(0, 10), [3, 5, 8], [5, 8], [5, 8], [5, 8], [8]]);
    await expect.poll(() => topic.committed()).toBe(10);
  });

  test("leaves records behind that are too old, told to the destination without an invocation", async ({
    expect,
  }) => {
    const { topic, probe } = old;
    await topic.produce([
      { timestamp: Date.now() - 61_000 },
      { timestamp: Date.now() - 61_000 },
      { timestamp: Date.now() },
    ]);
    await probe.until("the young one", () => probe.done().length === 1);
    expect(offsetsOf(probe.notes())).toEqual([[2]]);
    expect(probe.failures()).toMatchObject([
      {
        requestContext: { condition: "RecordAgeExceeded", approximateInvokeCount: 0 },
        responseContext: null,
        KafkaBatchInfo: { batchSize: 2 },
      },
    ]);
    await expect.poll(() => topic.committed()).toBe(3);
  });

  test("is repeated without those records that retention has taken meanwhile", async ({ expect }) => {
    const { topic, probe } = gone;
    await topic.produceNumbers(4);
    await probe.until("a failure", () => probe.notes().length > 0);
    await topic.deleteBefore(2);
    await probe.until("a success", () => probe.done().length === 1);
    const offsets = offsetsOf(probe.notes());
    expect([offsets[0], offsets.at(-1)]).toEqual([range(0, 4), [2, 3]]);
    await expect.poll(() => topic.committed()).toBe(4);
  });

  test("without a destination leaves old records behind all the same", async ({ expect }) => {
    const { topic } = aged;
    await topic.produce([{ timestamp: Date.now() - 61_000 }]);
    await expect.poll(() => topic.committed(), { timeout: 45_000 }).toBe(1);
    expect(aged.probe.notes()).toEqual([]);
  });

  test("goes to a Kafka topic one message a record, with its key and its event", async ({ expect }) => {
    const { topic, probe } = toTopic;
    await topic.produce(poisoned(2, 0));
    await expect.poll(() => topic.committed(), { timeout: 45_000 }).toBe(2);
    const messages = await dead.consume(2);
    expect(messages.map(({ key }) => String(key))).toEqual(["k0", "k1"]);
    const failures = messages.map(({ value }) => JSON.parse(String(value)) as { payload: KafkaEvent });
    expect(failures[0]).toMatchObject({
      requestContext: {
        functionArn: expect.stringMatching(new RegExp(`-${probe.name}:\\$LATEST$`)),
        condition: "RetriesExhausted",
        approximateInvokeCount: 1,
      },
      KafkaBatchInfo: { batchSize: 1, recordInfo: { offset: "0", timestamp: "2023-11-14T22:13:20.000Z" } },
    });
    expect(failures.flatMap(({ payload }) => decodeKafkaEvent(payload))).toEqual(recordsOf(probe.notes())[0]);
  });

  test("goes to SQS, SNS and S3 at their endpoints, again until they take it", async ({ expect }) => {
    for (const { topic } of toAws) await topic.produceNumbers(1);
    for (const { topic } of toAws) await expect.poll(() => topic.committed(), { timeout: 45_000 }).toBe(1);
    const failureOf = (name: string) => ({
      requestContext: { functionArn: expect.stringMatching(new RegExp(`-${name}$`)) },
    });
    const [sqs, sns, s3] = toAws.map(({ probe }) => probe.name) as [string, string, string];
    const sent = requests.slice(1);
    const toQueue = sent.find(({ headers }) => headers["x-amz-target"] === "AmazonSQS.SendMessage");
    const message = JSON.parse(toQueue?.body ?? "{}") as { QueueUrl: string; MessageBody: string };
    expect(message.QueueUrl).toBe(`${endpoint}/000000000000/queue`);
    expect(JSON.parse(message.MessageBody)).toMatchObject(failureOf(sqs));
    const toSubscribers = sent.find(({ body }) => body.startsWith("Action=Publish"));
    const form = new URLSearchParams(toSubscribers?.body);
    expect(form.get("TopicArn")).toBe(arns[1]);
    expect(JSON.parse(form.get("Message") ?? "{}")).toMatchObject(failureOf(sns));
    const put = sent.find(({ method }) => method === "PUT");
    expect(put?.url).toMatch(
      new RegExp(
        `^/bucket/aws/lambda/[0-9a-f-]{36}/${toAws[2]?.topic.name}-0/\\d{4}/\\d\\d/\\d\\d/\\d{4}-\\d\\d-\\d\\dT\\d\\d\\.\\d\\d\\.\\d\\d-[0-9a-f-]{36}$`,
      ),
    );
    const object = JSON.parse(put?.body ?? "{}") as { payload: string };
    expect(object).toMatchObject(failureOf(s3));
    expect(decodeKafkaEvent(JSON.parse(object.payload)).map(({ offset }) => offset)).toEqual([0]);
  });

  test("whose record is alone too large for any event is told to the destination", async ({ expect }) => {
    const { topic, probe } = large;
    await topic.produce([{ value: Buffer.alloc(5_000_000, "x") }]);
    await expect.poll(() => topic.committed(), { timeout: 45_000 }).toBe(1);
    expect(probe.failures()).toMatchObject([
      {
        requestContext: { condition: "MaximumPayloadSizeExceeded" },
        responseContext: null,
        KafkaBatchInfo: { batchSize: 1 },
      },
    ]);
  });
});
