import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { change } from "./change.ts";
import { chatMessage } from "./chat-message.ts";
import { commit } from "./commit.ts";
import { decodeKafkaEvent } from "./envelope/kafka.ts";
import { decodeRabbitMQEvent } from "./envelope/rabbitmq.ts";
import { event } from "./event.ts";
import { githubPush, incompletePush } from "./github-push.ts";
import { rating } from "./rating.ts";
import { shadow } from "./shadow.ts";

const read = (name: string) =>
  JSON.parse(readFileSync(new URL(`samples/${name}.json`, import.meta.url), "utf8"));

test.each([
  ["rabbitmq.chat", decodeRabbitMQEvent(read("rabbitmq.chat")).map(({ body }) => body), chatMessage],
  ["kafka.ratings", decodeKafkaEvent(read("kafka.ratings")).map(({ value }) => value), rating],
  ["kafka.shadow", decodeKafkaEvent(read("kafka.shadow")).map(({ value }) => value), shadow],
  [
    "kafka.incomplete-pushes",
    decodeKafkaEvent(read("kafka.incomplete-pushes")).map(({ value }) => value),
    incompletePush,
  ],
  ["kafka.commits", decodeKafkaEvent(read("kafka.commits")).map(({ value }) => value), commit],
  ["kafka.changes", decodeKafkaEvent(read("kafka.changes")).map(({ value }) => value), change],
  ["kafka.events", decodeKafkaEvent(read("kafka.events")).map(({ value }) => value), event],
])("the captured %s holds messages that keep their contract", (_name, bodies, contract) => {
  expect(bodies.length).toBeGreaterThan(0);
  for (const body of bodies) expect(contract.decode(body)).toMatchObject({ ok: true });
});

test("the captured HTTP events name a route", () => {
  expect(read("http.endpoints").routeKey).toBe("GET /v1/endpoints/{name}");
  expect(read("http.events").routeKey).toBe("POST /v1/events/{source}");
  expect(read("http.health").routeKey).toBe("GET /health/ready");
  expect(read("http.pages").routeKey).toBe("GET /");
  expect(read("http.github-push").routeKey).toBe("POST /v1/github/push");
});

test("the push in its HTTP event is as GitHub documents it", () => {
  const { body } = read("http.github-push");
  expect(githubPush.parse(JSON.parse(body)).commits).toHaveLength(1);
});

test("the event of a schedule is one of EventBridge", () => {
  expect(read("schedule")).toMatchObject({ source: "aws.events", "detail-type": "Scheduled Event" });
});
