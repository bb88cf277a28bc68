import { chatMessage } from "../../events/chat-message.ts";
import { encodeRabbitMQEvent, type RabbitMQEvent } from "../../events/envelope/rabbitmq.ts";
import { consumeIntoTable } from "../../functions/lib/consume.ts";
import type { Store } from "../../functions/lib/store.ts";
import { allSafeguards } from "../../functions/lib/write-once/safeguards.ts";
import type { Bench } from "./bench.ts";
import { commitEvent, consumer as commits } from "./commit.ts";
import { figure } from "./figure.ts";
import { interleave, median } from "./statistics.ts";

/** Handlers of their own: what a function does to a batch apart from waiting for ClickHouse. */
export const handler: Bench = {
  name: "handler",
  summary:
    "decode, validate and encode, in rows per CPU-second; peers: JSON.parse alone, JSON.parse + JSON.stringify",
  async *run({ rows: most = 10_000, rounds = 9, progress }) {
    // Loaded here: the module reads its environment when it is imported, and nothing of it is used.
    const { consumer: chat } = await importIndexChat();
    const cases = {
      commits: {
        make: commitEvent,
        handle: consumeIntoTable(commits, nowhere, safeguards),
        bodies: (event: ReturnType<typeof commitEvent>) =>
          Object.values(event.records).flatMap((records) => records.map(({ value }) => value ?? "")),
      },
      "index-chat": {
        make: chatEvent,
        handle: consumeIntoTable(chat, nowhere, safeguards),
        bodies: (event: RabbitMQEvent) =>
          Object.values(event.rmqMessagesByQueue).flatMap((messages) => messages.map(({ data }) => data)),
      },
    };
    for (const [name, of] of Object.entries(cases) as [string, Case<unknown>][]) {
      for (const rows of [100, 1000, 10_000].filter((size) => size <= most)) {
        progress(`${name}, batches of ${rows.toLocaleString("en")} rows`);
        const event = of.make(rows);
        const bodies = of.bodies(event);
        const batches = Math.max(1, Math.round(most / rows));
        const results = await interleave(rounds, {
          ours: () => rowsPerCpuSecond(rows, batches, () => of.handle(event)),
          parse: () => rowsPerCpuSecond(rows, batches, () => parse(bodies)),
          stringify: () => rowsPerCpuSecond(rows, batches, () => stringify(bodies)),
        });
        const ours = median(results.ours);
        const title = `${name}, ${rows} rows a batch`;
        yield figure("handler", `${title}, against JSON.parse alone`, ours, median(results.parse), "rows/s");
        yield figure(
          "handler",
          `${title}, against parse + stringify`,
          ours,
          median(results.stringify),
          "rows/s",
        );
      }
    }
  },
};

interface Case<Event> {
  make(rows: number): Event;
  handle(event: Event): Promise<unknown>;
  /** In base64, as they are in the event. */
  bodies(event: Event): string[];
}

/** A ClickHouse that takes everything and has nothing. */
const nowhere: Store = {
  within: () => nowhere,
  remainingMs: () => 30_000,
  select: async () => [],
  execute: async () => {},
  insert: async () => ({ attempts: 1 }),
  replay: async () => {},
};

/** All but asking for its tables. */
const safeguards = { ...allSafeguards, preflight: false };

const parseOne = (body: string): unknown => JSON.parse(Buffer.from(body, "base64").toString());

const parse = (bodies: string[]) => bodies.map(parseOne).length;

/** What `client.insert({ values: objects, format: "JSONEachRow" })` makes of it, without a contract. */
const stringify = (bodies: string[]) =>
  Buffer.from(bodies.map((body) => `${JSON.stringify(parseOne(body))}\n`).join("")).length;

/** CPU time of the whole process, garbage collection included: what the neighbours do counts less than in wall time. */
async function rowsPerCpuSecond(rows: number, batches: number, work: () => unknown): Promise<number> {
  const before = process.cpuUsage();
  for (let batch = 0; batch < batches; batch++) await work();
  const { user, system } = process.cpuUsage(before);
  return (rows * batches * 1e6) / (user + system);
}

function chatEvent(rows: number): RabbitMQEvent {
  const messages = Array.from({ length: rows }, (_, n) => ({
    queue: "chat.clickhouse",
    vhost: "/",
    redelivered: false,
    properties: {
      contentType: "application/json",
      deliveryMode: 2,
      messageId: `0199e3a0-7c3d-7${(n % 4096).toString(16).padStart(3, "0")}-8000-${n.toString(16).padStart(12, "0")}`,
      timestamp: 1_767_225_600,
    },
    body: chatMessage.encode({
      username: `user-${n % 500}`,
      message: `message ${n}: the quick brown fox jumps over the lazy dog`,
      sent_at: "2026-01-01T00:00:00.000Z",
    }),
  }));
  return encodeRabbitMQEvent("arn:aws:mq:eu-central-1:000000000000:broker:chat", messages);
}

function importIndexChat() {
  process.env.CLICKHOUSE_URL ??= "http://127.0.0.1:1";
  process.env.CLICKHOUSE_PASSWORD ??= "nobody";
  return import("../../functions/index-chat/handler.ts");
}
