import { type ChannelModel, type ConfirmChannel, type ConsumeMessage, connect } from "amqplib";
import { validate, version } from "uuid";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { chatMessage } from "../../events/chat-message.ts";
import { openProxy } from "../test/proxy.ts";
import "../test/services.ts";
import { openPublisher } from "./chat-publisher.ts";
import { subscribe } from "./chat-subscriber.ts";
import { rabbitmqUrl } from "./rabbitmq.ts";
import { sendChat } from "./send-chat.ts";

const url = inject("services").rabbitmqUrl;
let connection: ChannelModel;
let channel: ConfirmChannel;

beforeAll(async () => {
  connection = await connect(url);
  channel = await connection.createConfirmChannel();
});
afterAll(() => connection.close());

/** An exchange of the test's own with a queue that keeps what goes through it. */
async function room(name: string) {
  const exchange = `test.${name}.${process.pid}`;
  await channel.assertExchange(exchange, "fanout", { autoDelete: true, durable: false });
  const { queue } = await channel.assertQueue("", { exclusive: true });
  await channel.bindQueue(queue, exchange, "");
  const drain = async () => {
    const messages: ConsumeMessage[] = [];
    for (;;) {
      const message = await channel.get(queue, { noAck: true });
      if (!message) return messages as unknown as ConsumeMessage[];
      messages.push(message as unknown as ConsumeMessage);
    }
  };
  return { exchange, drain };
}

const texts = (messages: ConsumeMessage[]) =>
  messages.map(({ content }) => {
    const decoded = chatMessage.decode(content);
    return decoded.ok ? decoded.event.message : undefined;
  });

function* numbered() {
  for (let i = 0; ; i++) yield { username: "ann", message: `${i}` };
}
const until = (count: number) => Array.from({ length: count }, (_, i) => `${i}`);

describe("the publisher", () => {
  it("has the broker's confirm before it says that a message is sent", async () => {
    const { exchange, drain } = await room("confirm");
    const publisher = await openPublisher({ url, exchange, reconnect: false });
    await publisher.publish({ username: "ann", message: "Hello 👋", sent_at: "2026-01-02T03:04:05.678Z" });
    expect(publisher.confirmed).toBe(0);
    await publisher.settled();
    expect(publisher.confirmed).toBe(1);
    const [message] = await drain();
    await publisher.close();
    expect(JSON.parse(`${message?.content}`)).toEqual({
      username: "ann",
      message: "Hello 👋",
      sent_at: "2026-01-02T03:04:05.678Z",
    });
    const { messageId, timestamp, deliveryMode, contentType } = message?.properties ?? {};
    expect({ deliveryMode, contentType }).toEqual({ deliveryMode: 2, contentType: "application/json" });
    expect(validate(messageId) && version(messageId)).toBe(7);
    expect(Math.abs(timestamp - Date.now() / 1000)).toBeLessThan(10);
  });

  it("sends thousands a second, each once and in order, a megabyte and an empty one too", async () => {
    const { exchange, drain } = await room("many");
    const signal = new AbortController().signal;
    const options = { url, exchange, rate: Number.POSITIVE_INFINITY, reconnect: false, signal };
    const start = performance.now();
    expect(await sendChat({ ...options, lines: numbered(), count: 5000 })).toEqual({
      sent: 5000,
      unconfirmed: 0,
    });
    expect(performance.now() - start).toBeLessThan(5000);
    const odd = ["", "x".repeat(1_000_000), "\u0000\u001b[31m 👨‍👩‍👧‍👦"];
    const lines = odd.map((message) => ({ username: "ann", message })).values();
    await sendChat({ ...options, lines, count: odd.length });
    expect(texts(await drain())).toEqual([...until(5000), ...odd]);
  });

  it("loses and skips nothing when its connection breaks; a message sent again keeps its id", async () => {
    const { exchange, drain } = await room("cut");
    const { hostname: host, port } = new URL(url);
    const proxy = await openProxy({ host, port: Number(port) });
    const notices: string[] = [];
    const cuts = [setTimeout(proxy.cut, 300), setTimeout(proxy.cut, 900)];
    const result = await sendChat({
      url: rabbitmqUrl(url, { port: proxy.port }),
      exchange,
      lines: numbered(),
      rate: 2000,
      count: 3000,
      reconnect: true,
      signal: new AbortController().signal,
      onNotice: (text) => notices.push(text),
    });
    cuts.forEach(clearTimeout);
    await proxy.close();
    expect(result).toEqual({ sent: 3000, unconfirmed: 0 });
    expect(notices.filter((text) => text.startsWith("RabbitMQ is back")).length).toBe(2);
    const byId = new Map((await drain()).map((message) => [message.properties.messageId, message]));
    expect(texts([...byId.values()])).toEqual(until(3000));
  });

  it("says how many were confirmed when it is interrupted", async () => {
    const { exchange, drain } = await room("abort");
    const lines = numbered();
    const { sent, unconfirmed } = await sendChat({
      url,
      exchange,
      lines,
      rate: Number.POSITIVE_INFINITY,
      count: Number.POSITIVE_INFINITY,
      reconnect: true,
      signal: AbortSignal.timeout(300),
    });
    expect(unconfirmed).toBe(0);
    expect(sent).toBeGreaterThan(0);
    expect(texts(await drain())).toEqual(until(sent));
  });

  it("gives up on a broker that does not confirm", async () => {
    const { exchange } = await room("mute");
    const { hostname: host, port } = new URL(url);
    const proxy = await openProxy({ host, port: Number(port) });
    const given = {
      url: rabbitmqUrl(url, { port: proxy.port }),
      exchange,
      reconnect: false,
      confirmWithin: 300,
    };
    const publisher = await openPublisher(given);
    proxy.mute();
    await publisher.publish({ username: "ann", message: "hi" });
    await expect(publisher.settled()).rejects.toThrow("did not confirm the message within 0.3 s");
    await proxy.close();
    await publisher.close();
  });

  it.each([
    ["a wrong password", { rmqPassword: "wrong" }, /refuses user rmq: wrong name or password/],
    ["a broker that is down", { port: 1 }, /127\.0\.0\.1:1 does not answer \(ECONNREFUSED\).*npx sluice up/],
    [
      "a wrong host",
      { host: "nowhere.invalid" },
      /nowhere\.invalid:\d+ does not answer \((ENOTFOUND|EAI_AGAIN)\)/,
    ],
  ])("answers %s with one sentence that does not show the password", async (_what, address, sentence) => {
    const opening = openPublisher({ url: rabbitmqUrl(url, address), reconnect: true });
    const error = await opening.catch((thrown: Error) => thrown);
    expect((error as Error).message).toMatch(sentence);
    expect((error as Error).message).not.toContain(new URL(url).password);
  });

  it("refuses an exchange that is not there, and one that nobody listens to", async () => {
    const signal = new AbortController().signal;
    const options = { url, lines: numbered(), rate: 1, count: 1, reconnect: false, signal };
    await expect(sendChat({ ...options, exchange: "test.none" })).rejects.toThrow(
      /no exchange "test.none".*sluice up/,
    );
    const exchange = `test.deaf.${process.pid}`;
    await channel.assertExchange(exchange, "fanout", { durable: false });
    await expect(sendChat({ ...options, exchange })).rejects.toThrow(
      /No queue is bound to exchange "test.deaf/,
    );
    await channel.deleteExchange(exchange);
  });
});

describe("the display", () => {
  it("shows what arrives in order, notes what is no message, and outlives its connection", async () => {
    const { exchange } = await room("watch");
    const { hostname: host, port } = new URL(url);
    const proxy = await openProxy({ host, port: Number(port) });
    const [shown, notices]: [string[], string[]] = [[], []];
    const end = new AbortController();
    const ready = Promise.withResolvers<void>();
    const back = Promise.withResolvers<void>();
    const watching = subscribe({
      url: rabbitmqUrl(url, { port: proxy.port }),
      exchange,
      signal: end.signal,
      onReady: ready.resolve,
      onMessage: async ({ message }) => void shown.push(message),
      onNotice: (text) => {
        notices.push(text);
        if (text.includes("is back")) back.resolve();
      },
    });
    await ready.promise;
    const say = (body: string) => channel.publish(exchange, "", Buffer.from(body));
    say('{"username":"ann","message":"one"}');
    say("\u001b[31mgarbage");
    say('{"username":"ann","message":"two"}');
    await expect.poll(() => shown).toEqual(["one", "two"]);
    expect(notices).toEqual([expect.stringMatching(/^\(no chat message: .*␛/)]);
    proxy.cut();
    await back.promise;
    say('{"username":"ann","message":"three"}');
    await expect.poll(() => shown).toEqual(["one", "two", "three"]);
    end.abort();
    await watching;
    await proxy.close();
  });
});
