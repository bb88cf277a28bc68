import { createClient } from "@clickhouse/client";
import { expect, inject, onTestFinished, test } from "vitest";
import type { HttpEvent } from "./http-event.ts";
import { makeKey } from "./keys/key.ts";
import { openKeys } from "./keys.ts";
import { openScratch } from "./testing.ts";

/** Signs in as the functions do, whose user may not make keys. */
function open(now: () => number = Date.now, url = inject("services").clickhouseUrl) {
  const client = createClient({ url, username: "rmq", password: inject("services").passwords.rmq });
  onTestFinished(() => client.close());
  return openKeys({ client, local: { read: "local read key", write: "local write key" }, now });
}

const event = (key: string, headers: Record<string, string> = {}) =>
  ({ headers: { authorization: `Bearer ${key}`, ...headers } }) as unknown as HttpEvent;

interface Row {
  endpoints?: string[];
  sources?: string[];
  origins?: string[];
  fixed?: Record<string, string>;
  per_minute?: number;
  expires_at?: string;
  revoked_at?: string;
}

async function store(kind: "read" | "write", row: Row = {}) {
  const { client, select } = await openScratch();
  const { id, key, hash } = makeKey(kind);
  const write = (version: number, more: Row = {}) =>
    client.insert({
      table: "sluice.api_keys",
      format: "JSONEachRow",
      values: [{ id, version, name: "test", kind, hash, ...row, ...more }],
    });
  await write(1);
  return { id, key, write, select };
}

test("the two keys of the environment need no ClickHouse, and each is for its own kind", async () => {
  const plain = openKeys({
    client: createClient({ url: "http://127.0.0.1:1" }),
    local: { read: "r", write: "w" },
  });
  expect((await plain.authorize(event("r"), { kind: "read" })).key.id).toBe("local-read");
  await expect(plain.authorize(event("w"), { kind: "read" })).rejects.toMatchObject({ status: 403 });
  await expect(plain.authorize(event("x"), { kind: "read" })).rejects.toMatchObject({ status: 401 });
  const none = openKeys({ client: createClient({ url: "http://127.0.0.1:1" }), local: { read: "" } });
  await expect(none.authorize(event(""), { kind: "read" })).rejects.toMatchObject({ status: 401 });
});

test("a stored key is found by its hash alone; one letter more, or another secret, is nobody's", async () => {
  const { id, key } = await store("read");
  const keys = open();
  expect(await keys.authorize(event(key), { kind: "read", target: "anything" })).toMatchObject({
    key: { id, kind: "read", fixed: {}, endpoints: [] },
    headers: {},
  });
  const other = makeKey("read").key.slice(-43);
  for (const wrong of [`${key}x`, key.slice(0, -43) + other, key.replace("read", "write")])
    await expect(keys.authorize(event(wrong), { kind: "read" })).rejects.toMatchObject({ status: 401 });
});

test("a key is for its kind, its endpoints or sources, its origins", async () => {
  const keys = open();
  const read = await store("read", { endpoints: ["shadow_types"], fixed: { username: "ann" } });
  expect((await keys.authorize(event(read.key), { kind: "read", target: "shadow_types" })).key.fixed).toEqual(
    {
      username: "ann",
    },
  );
  await keys.authorize(event(read.key), { kind: "read" });
  await expect(
    keys.authorize(event(read.key), { kind: "read", target: "chat_messages" }),
  ).rejects.toMatchObject({
    status: 403,
    message: expect.stringContaining("shadow_types"),
  });
  await expect(keys.authorize(event(read.key), { kind: "write" })).rejects.toMatchObject({ status: 403 });
  const write = await store("write", { sources: ["web"], origins: ["https://a.example"] });
  const origin = { origin: "https://a.example" };
  const later = open();
  await later.authorize(event(write.key, origin), { kind: "write", target: "web" });
  for (const [headers, target] of [
    [origin, "app"],
    [{}, "web"],
    [{ origin: "https://b.example" }, "web"],
  ] as const)
    await expect(later.authorize(event(write.key, headers), { kind: "write", target })).rejects.toMatchObject(
      {
        status: 403,
      },
    );
});

test("a revoked key is refused ten seconds later, an expired one at once, and a new one is found within a second", async () => {
  let now = Date.now();
  const keys = open(() => now);
  const first = await store("read");
  await keys.authorize(event(first.key), { kind: "read" });
  await first.write(2, { revoked_at: "2026-01-01 00:00:00" });
  const second = await store("read", { expires_at: new Date(now + 5_000).toISOString().slice(0, -1) });
  now += 1_000;
  await keys.authorize(event(second.key), { kind: "read" });
  await expect(keys.authorize(event(first.key), { kind: "read" })).rejects.toMatchObject({ status: 401 });
  now += 4_001;
  await expect(keys.authorize(event(second.key), { kind: "read" })).rejects.toMatchObject({ status: 401 });
});

test("a stored key is held to its rate", async () => {
  const keys = open();
  const { key } = await store("read", { per_minute: 2 });
  expect((await keys.authorize(event(key), { kind: "read" })).headers.ratelimit).toMatch(/^"key";r=1;t=60$/);
  await keys.authorize(event(key), { kind: "read" });
  await expect(keys.authorize(event(key), { kind: "read" })).rejects.toMatchObject({ status: 429 });
});

test("without ClickHouse a stored key that was never read is 503, not 401", async () => {
  const keys = open(Date.now, "http://127.0.0.1:1");
  await expect(keys.authorize(event(makeKey("read").key), { kind: "read" })).rejects.toMatchObject({
    status: 503,
  });
});

test("what keys are used for can be read, summed by the minute", async () => {
  const minute = Math.floor(Date.now() / 60_000) * 60_000;
  let now = minute + 30_000;
  const keys = open(() => now);
  const { id, key, select } = await store("write");
  const grant = (await keys.authorize(event(key), { kind: "write" })).key;
  keys.used(grant, "web", 202);
  keys.used(grant, "web", 202);
  await keys.writeUses();
  now += 10_000;
  keys.used(grant, "web", 400);
  await keys.writeUses();
  expect(
    await select(
      `SELECT toUnixTimestamp(minute) AS minute, target, status, sum(requests)::UInt32 AS requests FROM sluice.api_key_uses
       WHERE key_id = '${id}' GROUP BY ALL ORDER BY status`,
    ),
  ).toEqual([
    { minute: minute / 1000, target: "web", status: 202, requests: 2 },
    { minute: minute / 1000, target: "web", status: 400, requests: 1 },
  ]);
});
