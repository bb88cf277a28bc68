import { describe, expect, test } from "vitest";
import { type Mapping, readMappings } from "./definition.ts";
import { endpointOf, readSettings } from "./settings.ts";

const mapping = (event: Record<string, unknown>): Mapping =>
  readMappings({ service: "s", stage: "dev", functions: { store: { events: [event] } } })[0] as Mapping;
const kafka = mapping({ kafka: { topic: "t", bootstrapServers: ["b-1:9092", "b-2:9092"] } });
const msk = mapping({ msk: { topic: "t", arn: "arn:msk" } });
const rabbitmq = mapping({ rabbitmq: { queue: "q", arn: "arn:mq", basicAuthArn: "arn:secret" } });

describe("where a broker is reached", () => {
  const settings = readSettings({
    endpoints: {
      "arn:msk": "msk:1",
      "arn:mq": "amqp://mq:2",
      "b-1:9092,b-2:9092": "list:3",
      "b-2:9092": "one:4",
    },
  });
  const env = { KAFKA_BROKERS: "env:5", RABBITMQ_URL: "amqp://env:6" };

  test("endpoints by ARN or bootstrap servers win over the environment", () => {
    expect(endpointOf(msk, settings, env)).toBe("msk:1");
    expect(endpointOf(rabbitmq, settings, env)).toBe("amqp://mq:2");
    expect(endpointOf(kafka, settings, env)).toBe("list:3");
    expect(endpointOf(kafka, readSettings({ endpoints: { "b-2:9092": "one:4" } }), env)).toBe("one:4");
  });

  test("the environment wins over what is written in serverless.yml", () => {
    const none = readSettings(undefined);
    expect(endpointOf(kafka, none, env)).toBe("env:5");
    expect(endpointOf(msk, none, env)).toBe("env:5");
    expect(endpointOf(rabbitmq, none, env)).toBe("amqp://env:6");
    expect(endpointOf(kafka, none, {})).toBe("b-1:9092,b-2:9092");
  });

  test("an ARN that nothing maps is refused with what to set", () => {
    expect(() => endpointOf(rabbitmq, readSettings({}), {})).toThrow(
      /store: .*arn:mq.*RABBITMQ_URL.*endpoints/,
    );
    expect(() => endpointOf(msk, readSettings({}), {})).toThrow(/store: .*arn:msk.*KAFKA_BROKERS/);
  });
});

test("a misspelt setting is refused", () => {
  expect(() => readSettings({ endpoint: {} })).toThrow("custom.eventSources.endpoint is unknown");
  expect(() => readSettings({ endpoints: "here" })).toThrow(
    'custom.eventSources.endpoints must be a map, not "here".',
  );
});

test("what AWS leaves open can be chosen, and a choice that cannot be is refused", () => {
  expect(readSettings({})).toMatchObject({
    retryDelay: { first: 200, most: 30_000 },
    formatMismatch: "pass",
    itemFailures: "named",
    prefetch: 1,
  });
  expect(readSettings({ retryDelay: { most: 1000 }, prefetch: 2 })).toMatchObject({
    retryDelay: { first: 200, most: 1000 },
    prefetch: 2,
  });
  expect(() => readSettings({ retryDelay: { first: 500, most: 100 } })).toThrow(
    "custom.eventSources.retryDelay must be",
  );
  expect(() => readSettings({ formatMismatch: "maybe" })).toThrow(
    'formatMismatch must be pass or drop, not "maybe"',
  );
  expect(() => readSettings({ itemFailures: "all" })).toThrow(
    'itemFailures must be named or onwards, not "all"',
  );
  expect(() => readSettings({ prefetch: 0.5 })).toThrow("prefetch must be a number of batches");
});
