/**
 * What Lambda refuses of an event, named by function and event. The framework's schema lets some of it pass, and there is
 * no schema where a file is read without the framework.
 */
export type Event = Record<string, unknown>;

/** @param name of the event, as it begins a sentence. @throws when AWS would refuse the event, or it is not emulated. */
export function checkEvent(name: string, kind: "kafka" | "msk" | "rabbitmq", event: Event): void {
  const refuse = (reason: string): never => {
    throw new Error(`${name} ${reason}.`);
  };
  for (const key of Object.keys(event)) {
    if (keys[kind].includes(key)) continue;
    const kafkaOnly = keys.kafka.includes(key) || keys.msk.includes(key);
    refuse(
      `has ${key}, which ${kafkaOnly && kind === "rabbitmq" ? "AWS offers for Kafka only" : "is unknown"}`,
    );
  }
  for (const key of required[kind]) if (!event[key]) refuse(`needs ${key}`);
  readLimit(name, event, "batchSize", 1, 10_000);
  readLimit(name, event, "maximumBatchingWindow", 0, 300);
  const { consumerGroupId: group = "", startingPosition = "LATEST", startingPositionTimestamp: time } = event;
  if (!/^[\w\-/*:+=.@]{0,200}$/.test(String(group)))
    refuse(`has consumerGroupId ${group}: it must be at most 200 of a-z, A-Z, 0-9 and -_/*:+=.@`);
  if (!startingPositions.includes(String(startingPosition)))
    refuse(`has startingPosition ${startingPosition}: there are ${startingPositions.join(", ")}`);
  if (startingPosition === "AT_TIMESTAMP" && time === undefined)
    refuse("starts AT_TIMESTAMP and needs startingPositionTimestamp (Unix seconds)");
  if (Number(time) * 1000 > Date.now())
    refuse(`has startingPositionTimestamp ${time}, which is still to come (Unix seconds)`);
  const { minimumPollers = 1, maximumPollers = 200 } = (event.provisionedPollerConfig ?? {}) as Event;
  if (Number(minimumPollers) > Number(maximumPollers))
    refuse(`has more minimumPollers (${minimumPollers}) than maximumPollers (${maximumPollers})`);
}

/** -1 and unset mean no limit. */
export const readOptionalLimit = (name: string, event: Event, key: string, least: number, most: number) =>
  event[key] === -1 ? Number.POSITIVE_INFINITY : readLimit(name, event, key, least, most, "-1 or ");

function readLimit(name: string, event: Event, key: string, least: number, most: number, or = ""): number {
  const value = event[key];
  if (value === undefined) return Number.POSITIVE_INFINITY;
  if (Number.isInteger(value) && Number(value) >= least && Number(value) <= most) return Number(value);
  throw new Error(`${name} has ${key} ${value}: it must be ${or}a whole number from ${least} to ${most}.`);
}

const startingPositions = ["LATEST", "TRIM_HORIZON", "AT_TIMESTAMP"];

const common = ["batchSize", "maximumBatchingWindow", "enabled", "filterPatterns"];
const streams = [
  ...["topic", "startingPosition", "startingPositionTimestamp", "consumerGroupId", "provisionedPollerConfig"],
  ...["maximumRetryAttempts", "maximumRecordAgeInSeconds", "bisectBatchOnFunctionError"],
  ...["functionResponseType", "onFailureDestination"],
];
const keys = {
  kafka: [...common, ...streams, "bootstrapServers", "accessConfigurations"],
  msk: [...common, ...streams, "arn", "saslScram512"],
  rabbitmq: [...common, "queue", "arn", "basicAuthArn", "virtualHost"],
};
const required = {
  kafka: ["topic", "bootstrapServers"],
  msk: ["topic", "arn"],
  rabbitmq: ["queue", "arn", "basicAuthArn"],
};
