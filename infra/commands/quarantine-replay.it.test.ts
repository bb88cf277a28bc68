import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { createClient } from "@clickhouse/client";
import { connect } from "amqplib";
import { Kafka, logLevel } from "kafkajs";
import { expect, inject, onTestFinished, test } from "vitest";
import { encodeKafkaEvent, type KafkaRecord } from "../../events/envelope/kafka.ts";
import { encodeRabbitMQEvent } from "../../events/envelope/rabbitmq.ts";
import { openHandlers } from "../test/open-handlers.ts";
import { runSluice } from "../test/run-sluice.ts";

const { clickhouseUrl, brokers, rabbitmqUrl, passwords } = inject("services");

/** The rows of a SELECT, as user `default`. */
async function ask(query: string): Promise<unknown[][]> {
  const admin = createClient({ url: clickhouseUrl, username: "default", password: passwords.default });
  const result = await admin.query({ query, format: "JSONCompactEachRow" });
  return await result.json<unknown[]>().finally(() => admin.close());
}

/** Ids of the entries with this position. */
const entries = async (position: string) =>
  (await ask(`SELECT id, status FROM sluice.quarantine WHERE position = '${position}' ORDER BY at`)) as [
    string,
    string,
  ][];

test("a mended Kafka record goes back to its partition and counts once, however often it is replayed", async () => {
  const { shadow } = await openHandlers();
  const offset = Math.floor(Math.random() * 2 ** 40);
  const record: KafkaRecord = {
    topic: "shadow",
    partition: 5,
    offset,
    timestamp: 1,
    timestampType: "CREATE_TIME",
    key: null,
    value: Buffer.from('{"type":'),
    headers: [["trace", Buffer.from([0xff, 0x00])]],
  };
  await shadow(encodeKafkaEvent({ bootstrapServers: "b:9092" }, [record]));
  const position = `shadow:5:${offset}`;
  const [[id]] = (await entries(position)) as [[string, string]];
  const folder = mkdtempSync(join(tmpdir(), "replay-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const unique_id = randomUUID();
  const file = join(folder, `${id}.json`);
  writeFileSync(file, JSON.stringify({ type: 3, unique_id, emit_timestamp: "2026-01-01T00:00:00Z" }));
  for (const args of [
    ["--file", file],
    [id, "--file", file],
  ])
    expect(await runSluice(["quarantine", "replay", ...args])).toMatchObject({
      code: 0,
      err: "replayed 1 message\n",
    });
  const again = await readRecords("shadow", position, 2);
  expect(again.map(({ partition, headers }) => [partition, Buffer.from(headers[0]?.[1] ?? [])])).toEqual(
    Array(2).fill([5, Buffer.from([0xff, 0x00])]),
  );
  for (const one of again) await shadow(encodeKafkaEvent({ bootstrapServers: "b:9092" }, [one]));
  expect(await ask(`SELECT toString(count()) FROM shadow WHERE unique_id = '${unique_id}'`)).toEqual([["1"]]);
  expect(await entries(position)).toEqual([[id, "replayed"]]);
});

/** The records of a topic whose origin is this position, headers in their order but for ours. */
async function readRecords(topic: string, position: string, count: number): Promise<KafkaRecord[]> {
  const kafka = new Kafka({ brokers, logLevel: logLevel.NOTHING });
  const consumer = kafka.consumer({ groupId: randomUUID() });
  const found: KafkaRecord[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await consumer.run({
    async eachMessage({ partition, message }) {
      const headers = Object.entries(message.headers ?? {}).map(
        ([name, value]) => [name, value as Buffer] as [string, Buffer],
      );
      if (!headers.some(([name, value]) => name === "sluice-origin" && value.toString() === position)) return;
      const order = (name: string) => Number(name.startsWith("sluice-"));
      headers.sort(([a], [b]) => order(a) - order(b));
      const { value, timestamp, offset } = message;
      found.push({
        topic,
        partition,
        offset: Number(offset),
        timestamp: Number(timestamp),
        timestampType: "CREATE_TIME",
        key: null,
        value,
        headers,
      });
      if (found.length === count) resolve();
    },
  });
  await promise;
  await consumer.disconnect();
  return found;
}

test("a RabbitMQ message comes again under its own id; rejected once more it is a new entry", async () => {
  const { chat } = await openHandlers();
  const [queue, messageId] = [`replay.${randomUUID()}`, randomUUID()];
  const connection = await connect(rabbitmqUrl);
  const channel = await connection.createChannel();
  await channel.assertQueue(queue);
  onTestFinished(async () => {
    await channel.deleteQueue(queue);
    await connection.close();
  });
  const deliver = async () => {
    const message = await channel.get(queue, { noAck: true });
    if (!message) return;
    const { headers = {}, messageId: id } = message.properties;
    const properties = { messageId: id, headers };
    await chat(
      encodeRabbitMQEvent("arn", [
        { queue, vhost: "/", redelivered: false, properties, body: message.content },
      ]),
    );
  };
  const first = { queue, vhost: "/", redelivered: false, properties: { messageId }, body: Buffer.from("{") };
  await chat(encodeRabbitMQEvent("arn", [first]));
  const [[id]] = (await entries(messageId)) as [[string, string]];
  await runSluice(["quarantine", "replay", id]);
  await deliver();
  expect((await entries(messageId)).map(([, status]) => status)).toEqual(["replayed", "new"]);
  const folder = mkdtempSync(join(tmpdir(), "replay-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, "mended"), '{"username":"ann","message":"mended"}');
  for (const [entry] of await entries(messageId))
    expect(await runSluice(["quarantine", "replay", entry, "--file", join(folder, "mended")])).toMatchObject({
      code: 0,
    });
  await deliver();
  await deliver();
  expect(await ask(`SELECT message FROM user_messages WHERE _message_id = '${messageId}'`)).toEqual([
    ["mended"],
  ]);
});

test("an HTTP event goes to the collector, with a key that gives it the same id every time", async () => {
  const [id, source] = [randomUUID(), `http:${randomUUID()}`];
  const admin = createClient({ url: clickhouseUrl, username: "default", password: passwords.default });
  const values = [
    {
      id,
      at: new Date().toISOString().slice(0, 19).replace("T", " "),
      source,
      position: "events:0:1",
      reason: "invalid_event",
      detail: "",
      body: "{}",
      headers: [],
    },
  ];
  await admin.insert({ table: "sluice.quarantine", values, format: "JSONEachRow" });
  await admin.close();
  const asked: unknown[] = [];
  const collector = createServer(async (request, response) => {
    const { authorization, "idempotency-key": key } = request.headers;
    asked.push([request.url, authorization, key, await text(request)]);
    response.writeHead(asked.length === 1 ? 503 : 202).end("{}");
  });
  await once(collector.listen(0, "127.0.0.1"), "listening");
  onTestFinished(() => void collector.close());
  const env = {
    SLUICE_URL: `http://127.0.0.1:${(collector.address() as AddressInfo).port}`,
    SLUICE_WRITE_KEY: "w",
  };
  const away = await runSluice(["quarantine", "replay", "--source", source], env);
  expect(away).toMatchObject({ code: 1, err: expect.stringContaining("answers 503") });
  const { code, out } = await runSluice(["quarantine", "replay", "--source", source, "--json"], env);
  expect({ code, out: JSON.parse(out) }).toEqual({ code: 0, out: { replayed: 1, sources: { [source]: 1 } } });
  expect(asked).toEqual(Array(2).fill([`/v1/events/${source.slice(5)}`, "Bearer w", id, "{}"]));
  expect(await runSluice(["quarantine", "replay", "--source", source], env)).toMatchObject({
    code: 1,
    err: expect.stringContaining("No such message"),
  });
});
