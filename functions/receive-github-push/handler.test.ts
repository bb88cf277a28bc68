import type { Context } from "aws-lambda";
import { expect, test } from "vitest";
import { commit } from "../../events/commit.ts";
import { incompletePush } from "../../events/github-push.ts";
import { commitNumber } from "../lib/github/fixture-github.ts";
import type { HttpEvent } from "../lib/http.ts";
import type { Outgoing } from "../lib/kafka.ts";
import { createHandler } from "./handler.ts";
import { sign } from "./signature.ts";

const secret = "It's a Secret to Everybody";

const commits = (count: number) =>
  Array.from({ length: count }, (_, n) => ({
    id: commitNumber(n).sha,
    message: `Größe ${n} 👋`,
    timestamp: "2026-01-02T23:30:00-03:00",
    author: { name: "Ann Tea", email: "ann@example.org", ...(n % 2 === 0 && { username: "ann" }) },
    distinct: true,
  }));

const push = (count: number, more: object = {}) => ({
  ref: "refs/heads/feature/tea",
  before: "a".repeat(40),
  after: "b".repeat(40),
  repository: { full_name: "ann/tea", default_branch: "main" },
  commits: commits(count),
  ...more,
});

interface Sent extends Outgoing {
  topic: string;
}

async function deliver(
  body: string,
  {
    headers = {},
    event = {},
    fails = false,
    lines = false,
  }: { headers?: object; event?: Partial<HttpEvent>; fails?: boolean; lines?: boolean } = {},
) {
  const sent: Sent[] = [];
  const handler = createHandler(
    async (topic, messages) => {
      if (fails) throw new Error("no leader");
      sent.push(...messages.map((message) => ({ topic, ...message })));
    },
    secret,
    lines,
  );
  const given = {
    "content-type": "application/json",
    "x-github-event": "push",
    "x-github-delivery": "72d3162e-cc78-11e3-81ab-4c9367dc0958",
    "x-hub-signature-256": sign(secret, Buffer.from(body)),
    ...headers,
  };
  const present = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  const answer = await handler(
    { headers: present, body, isBase64Encoded: false, ...event } as HttpEvent,
    {} as Context,
  );
  return { ...answer, body: JSON.parse(answer.body ?? "null"), sent };
}

test("the signature is the one GitHub documents", () => {
  expect(sign(secret, Buffer.from("Hello, World!"))).toBe(
    "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17",
  );
});

test("the commits of a push go to Kafka with the id of the delivery, and keep the contract", async () => {
  const { statusCode, body, sent } = await deliver(JSON.stringify(push(2)));
  expect({ statusCode, body }).toMatchObject({
    statusCode: 202,
    body: { repo: "ann/tea", branch: "feature/tea", commits: 2, complete: true },
  });
  expect(sent.map(({ topic, key, headers }) => [topic, key, headers])).toEqual(
    commits(2).map(({ id }) => [
      "commits_topic",
      id,
      { "github-delivery": "72d3162e-cc78-11e3-81ab-4c9367dc0958" },
    ]),
  );
  expect(sent.map(({ value }) => commit.decode(value))).toMatchObject([
    { ok: true, event: { author: "ann", commit_message: "Größe 0 👋", branch: "feature/tea" } },
    { ok: true, event: { author: "Ann Tea", commit_date: Date.UTC(2026, 0, 3) * 1000 } },
  ]);
});

test("a delivery that comes again brings the same messages", async () => {
  const body = JSON.stringify(push(30));
  expect((await deliver(body)).sent).toEqual((await deliver(body)).sent);
});

test.each([
  ["none", undefined],
  ["an empty one", ""],
  ["another secret's", sign("guess", Buffer.from(JSON.stringify(push(1))))],
  ["another body's", sign(secret, Buffer.from(JSON.stringify(push(2))))],
  ["SHA-1", "sha1=7d38cdd689735b008b3c702edd92eea23791c5f6"],
])(
  "with the signature %s the answer is 401 as problem+json, and nothing is sent",
  async (_what, signature) => {
    const answer = await deliver(JSON.stringify(push(1)), { headers: { "x-hub-signature-256": signature } });
    expect(answer).toMatchObject({
      statusCode: 401,
      headers: { "content-type": expect.stringContaining("application/problem+json") },
      sent: [],
    });
    expect(JSON.stringify(answer.body)).not.toContain(secret);
  },
);

test("the bytes that were signed count: in base64, with headers in any case, and spaces as they came", async () => {
  const body = JSON.stringify(push(1), null, 3);
  const event = { body: Buffer.from(body).toString("base64"), isBase64Encoded: true };
  const signature = sign(secret, Buffer.from(body));
  const headers = { "x-hub-signature-256": undefined, "X-Hub-Signature-256": signature };
  expect((await deliver(body, { event, headers })).statusCode).toBe(202);
});

test("a webhook that sends a form is understood", async () => {
  const body = new URLSearchParams({ payload: JSON.stringify(push(1)) }).toString();
  const headers = { "content-type": "application/x-www-form-urlencoded" };
  expect((await deliver(body, { headers })).sent).toHaveLength(1);
});

test("what is no push of commits to a branch is answered politely", async () => {
  const ping = await deliver("{}", { headers: { "x-github-event": "ping" } });
  expect(ping).toMatchObject({ statusCode: 200, body: { pong: true }, sent: [] });
  const issues = await deliver("{}", { headers: { "x-github-event": "issues" } });
  expect(issues).toMatchObject({
    statusCode: 200,
    body: { ignored: expect.stringContaining("issues") },
    sent: [],
  });
  for (const more of [{ ref: "refs/tags/v1" }, { deleted: true, after: "0".repeat(40), commits: [] }])
    expect(await deliver(JSON.stringify(push(1, more)))).toMatchObject({ statusCode: 200, sent: [] });
});

test("a push that may list only part of its commits is kept to be completed", async () => {
  expect((await deliver(JSON.stringify(push(19)))).sent).toHaveLength(19);
  const { body, sent } = await deliver(JSON.stringify(push(20)));
  expect(body).toMatchObject({ commits: 20, complete: false });
  expect(sent).toHaveLength(21);
  expect(sent.at(-1)).toMatchObject({ topic: "incomplete_pushes", key: "ann/tea" });
  expect(incompletePush.decode(sent.at(-1)?.value as Buffer)).toEqual({
    ok: true,
    event: { repo: "ann/tea", branch: "feature/tea", before: "a".repeat(40), after: "b".repeat(40) },
  });
});

test("with lines, a push of any size is kept to be completed, and none of its commits is sent without them", async () => {
  const { statusCode, body, sent } = await deliver(JSON.stringify(push(2)), { lines: true });
  expect({ statusCode, body }).toMatchObject({ statusCode: 202, body: { commits: 0, complete: false } });
  expect(sent.map(({ topic, key }) => [topic, key])).toEqual([["incomplete_pushes", "ann/tea"]]);
  expect(incompletePush.decode(sent[0]?.value as Buffer)).toMatchObject({
    event: { repo: "ann/tea", branch: "feature/tea", before: "a".repeat(40), after: "b".repeat(40) },
  });
  const empty = await deliver(JSON.stringify(push(0)), { lines: true });
  expect(empty).toMatchObject({ statusCode: 202, body: { commits: 0, complete: true }, sent: [] });
});

test.each(["", "{", "null", "[]", '{"ref":7}', '{"ref":"refs/heads/main"}', "payload=%7B%7D"])(
  "a signed body of %j is 400",
  async (body) => {
    expect(await deliver(body)).toMatchObject({ statusCode: 400, sent: [] });
  },
);

test("without GitHub's headers it is 400; without Kafka it is 503, so that the delivery is marked as failed", async () => {
  const body = JSON.stringify(push(1));
  expect((await deliver(body, { headers: { "x-github-delivery": undefined } })).statusCode).toBe(400);
  expect(await deliver(body, { fails: true })).toMatchObject({
    statusCode: 503,
    body: { title: expect.stringContaining("Kafka") },
  });
});
