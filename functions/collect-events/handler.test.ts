import { gzipSync } from "node:zlib";
import { createClient } from "@clickhouse/client";
import { expect, test } from "vitest";
import { event as contract } from "../../events/event.ts";
import { parseRefusal, refusalHeader } from "../../events/refusal.ts";
import type { HttpEvent } from "../lib/http-event.ts";
import type { Outgoing } from "../lib/kafka.ts";
import { openKeys } from "../lib/keys.ts";
import { mostBytes } from "./body.ts";
import { createHandler, type Effects } from "./handler.ts";

const keys = openKeys({
  client: createClient({ url: "http://127.0.0.1:1" }),
  local: { write: "w", read: "r" },
});

/** The function with a Kafka that keeps what it is handed. */
function open(effects: Partial<Effects> = {}) {
  const produced: Outgoing[] = [];
  const handler = createHandler({
    produce: async (_topic, messages) => void produced.push(...messages),
    keys,
    untilQueryable: async () => true,
    origins: ["https://shop.example"],
    ...effects,
  });
  const post = async (body: string | Buffer, more: Posted = {}) => {
    const answer = await handler(request(body, more), {} as never);
    return { status: answer.statusCode, headers: answer.headers, body: JSON.parse(answer.body || "null") };
  };
  return { produced, post };
}

interface Posted {
  headers?: Record<string, string>;
  query?: Record<string, string>;
  source?: string;
  method?: string;
}

const request = (body: string | Buffer, { headers = {}, query, source = "web", method = "POST" }: Posted) =>
  ({
    headers: { authorization: "Bearer w", "content-type": "application/json", ...headers },
    queryStringParameters: query,
    pathParameters: { source },
    requestContext: { http: { method }, requestId: "req" },
    body: Buffer.isBuffer(body) ? body.toString("base64") : body,
    isBase64Encoded: Buffer.isBuffer(body),
  }) as unknown as HttpEvent;

const events = (produced: Outgoing[]) =>
  produced.flatMap(({ value, headers }) => {
    if (headers?.[refusalHeader]) return [];
    const decoded = contract.decode(value);
    return decoded.ok ? decoded.event : [];
  });

const click = { id: "1", event_type: "click" };
const text = JSON.stringify;

test.each([
  ["one event", text(click), 1],
  ["an array", text([click, { ...click, id: "2" }]), 2],
  ["one a line", `${text(click)}\n${text({ ...click, id: "2" })}\n`, 2],
])(
  "%s is accepted and on its way under its id, with the source and the moment",
  async (_what, body, count) => {
    const { produced, post } = open();
    expect(await post(body)).toMatchObject({
      status: 202,
      body: { request_id: "req", accepted: count, quarantined: 0, errors: [] },
    });
    expect(produced.map(({ key }) => key)).toEqual(["1", "2"].slice(0, count));
    const [event] = events(produced);
    expect(event).toMatchObject({ id: "1", source: "web", event_type: "click" });
    expect(Math.abs(Date.now() - Number(event?.received_at) / 1000)).toBeLessThan(5000);
  },
);

test("what is wrong with single events is said of each, they go to the quarantine as they came, and the others are taken", async () => {
  const { produced, post } = open();
  const bad = [
    '{"event_type":',
    '{"id":"b","event_type":"x","properties":{"n":9007199254740993}}',
    "7",
    '{"id":3}',
  ];
  const { status, body } = await post([...bad, text(click)].join("\n"), {
    headers: { "content-type": "application/x-ndjson" },
  });
  expect(status).toBe(202);
  expect(body).toMatchObject({ accepted: 1, quarantined: 4 });
  expect(body.errors).toEqual([
    expect.objectContaining({ index: 0, id: null, field: null, code: "malformed_json", retryable: false }),
    expect.objectContaining({ index: 1, id: "b", field: "properties.n", code: "unsupported_value" }),
    expect.objectContaining({ index: 2, id: null, field: null, code: "invalid_event" }),
    expect.objectContaining({
      index: 3,
      id: null,
      field: "id",
      code: "invalid_event",
      message: expect.any(String),
    }),
  ]);
  const refused = produced.filter(({ headers }) => headers?.[refusalHeader]);
  expect(refused.map(({ value }) => `${value}`)).toEqual(bad);
  expect(parseRefusal(refused[1]?.headers?.[refusalHeader] ?? "")).toMatchObject({
    source: "http:web",
    reason: "unsupported_value",
  });
  expect(events(produced)).toHaveLength(1);
});

test("when every event is wrong the answer is 422, with each reason", async () => {
  const { produced, post } = open();
  expect(await post(text([{}, {}]))).toMatchObject({
    status: 422,
    headers: { "content-type": expect.stringContaining("application/problem+json") },
    body: { accepted: 0, quarantined: 2, errors: [{ field: "event_type" }, { index: 1 }] },
  });
  expect(produced).toHaveLength(2);
});

test("an event of more than 256 KiB is refused and not kept, the others are taken", async () => {
  const { produced, post } = open();
  const large = { ...click, properties: { text: "x".repeat(300_000) } };
  expect(await post(text([large, click]))).toMatchObject({
    status: 202,
    body: { accepted: 1, quarantined: 0, errors: [{ index: 0, code: "oversized" }] },
  });
  expect(produced).toHaveLength(1);
});

test("with an Idempotency-Key events without an id get the same ones again, and others with another key or source", async () => {
  const { produced, post } = open();
  const body = text([{ event_type: "a" }, { event_type: "b" }]);
  const again = { headers: { "idempotency-key": "k1" } };
  for (const one of [again, again, { headers: { "idempotency-key": "k2" } }, { ...again, source: "app" }, {}])
    await post(body, one);
  const ids = produced.map(({ key }) => key);
  expect(ids.slice(0, 2)).toEqual(ids.slice(2, 4));
  expect(new Set(ids).size).toBe(8);
});

test("the key may come in the address, for sendBeacon, which sends text and no headers", async () => {
  const { produced, post } = open();
  const headers = { authorization: "", "content-type": "text/plain;charset=UTF-8" };
  expect(await post(text(click), { headers, query: { key: "w" } })).toMatchObject({ status: 202 });
  expect(produced).toHaveLength(1);
  expect(await post(text(click), { headers, query: { key: "x" } })).toMatchObject({ status: 401 });
});

test.each([
  ["no key", { headers: { authorization: "" } }, 401],
  ["a read key", { headers: { authorization: "Bearer r" } }, 403],
  ["a source with blanks", { source: "a b" }, 404],
  ["XML", { headers: { "content-type": "application/xml" } }, 415],
  ["brotli", { headers: { "content-encoding": "br" } }, 415],
  ["no gzip", { headers: { "content-encoding": "gzip" } }, 400],
])("%s is refused, and nothing is kept", async (_what, posted, status) => {
  const { produced, post } = open();
  expect(await post(text(click), posted)).toMatchObject({
    status,
    body: { status, title: expect.any(String) },
  });
  expect(produced).toEqual([]);
});

test("gzip is read up to a size: what is small and unpacks to more is refused without unpacking it", async () => {
  const { produced, post } = open();
  const headers = { "content-encoding": "gzip", "content-type": "application/octet-stream" };
  expect(await post(gzipSync(text(click)), { headers })).toMatchObject({ status: 202 });
  expect(await post(gzipSync(Buffer.alloc(3 * mostBytes)), { headers })).toMatchObject({ status: 413 });
  expect(await post("x".repeat(mostBytes + 1))).toMatchObject({ status: 413 });
  expect(produced).toHaveLength(1);
});

test("a gzip that serverless-offline has read as text is refused with what to do about it", async () => {
  const { post } = open();
  const damaged = gzipSync(text(click)).toString("utf8");
  expect(await post(damaged, { headers: { "content-encoding": "gzip" } })).toMatchObject({
    status: 400,
    body: { detail: expect.stringContaining("application/octet-stream") },
  });
});

test("bytes that are no UTF-8 are refused, also when the gateway has replaced them", async () => {
  const { post } = open();
  const bytes = Buffer.from('{"event_type":"\xff"}', "latin1");
  expect(await post(bytes)).toMatchObject({ status: 400 });
  const headers = { "content-length": `${bytes.length}` };
  expect(await post(bytes.toString("utf8"), { headers })).toMatchObject({ status: 400 });
  const really = text({ event_type: "\ufffd" });
  expect(await post(really, { headers: { "content-length": `${Buffer.byteLength(really)}` } })).toMatchObject(
    {
      status: 202,
    },
  );
});

test.each([false, 0])(
  "the JSON %j, which serverless-offline hands over as a value, is no event",
  async (value) => {
    const { post } = open();
    expect(await post(value as unknown as string)).toMatchObject({ status: 422, body: { quarantined: 1 } });
  },
);

test("names that JavaScript gives a meaning and fields nobody knows change nothing", async () => {
  const { produced, post } = open();
  const body =
    '{"__proto__":{"source":"evil"},"constructor":1,"source":"evil","event_type":"x","properties":{"__proto__":"y"}}';
  expect(await post(body)).toMatchObject({ status: 202 });
  expect(events(produced)).toMatchObject([{ source: "web", properties: [["__proto__", "y"]] }]);
  expect(({} as { source?: string }).source).toBeUndefined();
});

test("a client's wrong clock is allowed for, said for the request or for an event", async () => {
  const { produced, post } = open();
  const ahead = (ms: number) => new Date(Date.now() + 3_600_000 + ms).toISOString();
  const body = [
    { ...click, timestamp: ahead(-5000) },
    { ...click, timestamp: ahead(-5000), sent_at: ahead(0) },
  ];
  expect(await post(text(body))).toMatchObject({
    status: 202,
    body: { accepted: 1, errors: [{ index: 0 }] },
  });
  expect(await post(text(body), { query: { sent_at: ahead(0) } })).toMatchObject({ body: { accepted: 2 } });
  const behind = events(produced).map(({ timestamp }) => Date.now() - timestamp / 1000);
  for (const ms of behind) expect(Math.abs(ms - 5000)).toBeLessThan(4000);
});

test("Kafka away is 503 with when to come again, never a yes", async () => {
  const { post } = open({ produce: () => Promise.reject(new Error("away")) });
  expect(await post(text(click))).toMatchObject({
    status: 503,
    headers: { "retry-after": "2" },
    body: { retryable: true },
  });
});

test("a Kafka that neither answers nor fails is 503 in time", async () => {
  const { post } = open({ produce: () => new Promise(() => {}), patience: 50 });
  expect(await post(text(click))).toMatchObject({ status: 503, body: { retryable: true } });
});

test("wait=true is 200 when the events can be asked for, and 202 when it took too long", async () => {
  const asked: string[][] = [];
  const answers = [true, false];
  const { post } = open({
    untilQueryable: async (ids) => {
      asked.push(ids);
      return answers.shift() ?? false;
    },
  });
  const query = { wait: "true" };
  expect(await post(text([click, {}]), { query })).toMatchObject({ status: 200, body: { queryable: true } });
  expect(await post(text(click), { query })).toMatchObject({ status: 202, body: { queryable: false } });
  expect(asked).toEqual([["1"], ["1"]]);
});

test("a page of an allowed origin may read the answer, also when it is a no", async () => {
  const { post } = open();
  const headers = { origin: "https://shop.example" };
  const allowed = { headers: { "access-control-allow-origin": "https://shop.example" } };
  expect(await post(text(click), { headers })).toMatchObject({ status: 202, ...allowed });
  expect(await post("", { headers })).toMatchObject({ status: 400, ...allowed });
});

test("a page asks beforehand, without a key, whether it may send what the SDK sends; one of elsewhere may not", async () => {
  const { produced, post } = open();
  const ask = (origin: string) => post("", { method: "OPTIONS", headers: { authorization: "", origin } });
  const { status, headers } = await ask("https://shop.example");
  expect(status).toBe(204);
  expect(headers).toMatchObject({
    "access-control-allow-origin": "https://shop.example",
    "access-control-allow-methods": expect.stringContaining("POST"),
    "access-control-allow-headers": expect.stringMatching(
      /(?=.*Authorization)(?=.*Content-Type)(?=.*Content-Encoding)/,
    ),
    "access-control-max-age": "600",
  });
  expect((await ask("https://elsewhere.example")).headers).not.toHaveProperty("access-control-allow-origin");
  expect(produced).toEqual([]);
});
