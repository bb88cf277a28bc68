import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { buffer, text } from "node:stream/consumers";
import { createClient } from "@clickhouse/client";
import { describe, expect, inject, it } from "vitest";
import { projectRoot } from "../settings.ts";
import "../test/services.ts";

const { clickhouseUrl, brokers, rabbitmqUrl, passwords } = inject("services");
const env = {
  ...process.env,
  CLICKHOUSE_URL: clickhouseUrl,
  CLICKHOUSE_READER_PASSWORD: passwords.reader,
  KAFKA_BROKERS: brokers.join(","),
  RABBITMQ_URL: rabbitmqUrl,
};

const start = (args: string[], more: NodeJS.ProcessEnv = {}) =>
  spawn(process.execPath, [join(projectRoot, "infra/sluice.js"), ...args], { env: { ...env, ...more } });

/** Runs `sluice …` to its end, `input` on its stdin. */
async function sluice(args: string[], { input = "", ...more }: NodeJS.ProcessEnv & { input?: string } = {}) {
  const child = start(args, more);
  child.stdin.end(input);
  const exit = once(child, "exit");
  const [bytes, err] = await Promise.all([buffer(child.stdout), text(child.stderr)]);
  return { code: (await exit)[0], bytes, out: bytes.toString(), err };
}

/** Resolves when the stream has said something that matches, with all it said; goes on reading. */
function heard(stream: Readable, pattern: RegExp): Promise<string> {
  let said = "";
  return new Promise((resolve, reject) => {
    stream.on("data", (chunk) => {
      said += chunk;
      if (pattern.test(said)) resolve(said);
    });
    stream.on("end", () => reject(new Error(`ended without ${pattern}: ${said}`)));
  });
}

describe("exit codes", () => {
  it("0 done, with data on stdout alone", async () => {
    const { code, out, err } = await sluice(["ratings", "print", "--to", "15"]);
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out.split("\n").at(-2)).toBe("15  15 ShaDow");
  });

  it.each([
    ["a wrong password", ["chat", "send", "--username", "a", "--message", "b", "--rmq-password", "no"], {}],
    ["no Kafka", ["ratings", "send", "--count", "1", "--seed", "1"], { KAFKA_BROKERS: "127.0.0.1:1" }],
    ["no ClickHouse", ["sql", "SELECT 1"], { CLICKHOUSE_URL: "http://127.0.0.1:1" }],
    ["a wrong reader", ["sql", "SELECT 1"], { CLICKHOUSE_READER_PASSWORD: "no" }],
    ["no functions", ["ask"], { HTTP_PORT: "1" }],
    ["a wrong setting", ["ask"], { HTTP_PORT: "http" }],
  ])("1 for %s, with one sentence on stderr", async (_what, args, more) => {
    const { code, out, err } = await sluice(args, more);
    expect({ code, out }).toEqual({ code: 1, out: "" });
    expect(err).toMatch(/^sluice: [^\n]+\n$/);
  });

  it("2 for wrong usage, with what was probably meant", async () => {
    const { code, out, err } = await sluice(["chta"]);
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toContain("Did you mean chat?");
  });

  it("0 for help that was asked for, on stdout", async () => {
    const { code, out, err } = await sluice(["chat", "send", "--help"]);
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toContain("Examples:");
  });
});

describe("chat", () => {
  it("a message that is sent is shown by a display, which Ctrl-C ends with 0", async () => {
    const watch = start(["chat", "watch", "--mode", "plain"]);
    await heard(watch.stderr, /listening/);
    const username = randomUUID();
    const sent = await sluice(["chat", "send", "--username", username, "--message", "-", "--json"], {
      input: "Hello 👋\n",
    });
    expect(JSON.parse(sent.out)).toMatchObject({ sent: 1, unconfirmed: 0 });
    expect(sent.err).toMatch(/^sent 1 chat message in [\d.]+ s\n$/);
    expect(await heard(watch.stdout, new RegExp(username))).toContain(`${username}: Hello 👋\n`);
    watch.kill("SIGINT");
    expect((await once(watch, "exit"))[0]).toBe(0);
  });

  it("a display whose reader went away ends without a word", async () => {
    const watch = start(["chat", "watch", "--mode", "plain"]);
    await heard(watch.stderr, /listening/);
    const complaint = text(watch.stderr);
    watch.stdout.destroy();
    const exit = once(watch, "exit");
    await sluice(["chat", "send", "--bot", "--username", randomUUID(), "--count", "3", "--rate", "20"]);
    expect([(await exit)[0], await complaint]).toEqual([0, ""]);
  });

  it("a bot that is interrupted says how many it sent, and exits with 130", async () => {
    const bot = start(["chat", "send", "--bot", "--username", randomUUID(), "--rate", "10", "--json"]);
    const out = text(bot.stdout);
    setTimeout(() => bot.kill("SIGINT"), 5000); // A busy machine takes seconds to start it.
    const err = await heard(bot.stderr, /\n/);
    expect((await once(bot, "exit"))[0]).toBe(130);
    const { sent } = JSON.parse(await out);
    expect(sent).toBeGreaterThan(1);
    expect(err).toContain(`interrupted: sent ${sent} chat messages`);
  });
});

describe("sql", () => {
  it("prints TSV with names into a pipe, unless a format is named; the query's own comes first", async () => {
    expect((await sluice(["sql", "SELECT 1 AS a, 'x' AS b"])).out).toBe("a\tb\n1\tx\n");
    expect((await sluice(["sql", "SELECT 1 AS a", "--format", "JSONEachRow"])).out).toBe('{"a":1}\n');
    expect((await sluice(["sql", "SELECT 1 AS a FORMAT CSV", "--format", "JSONEachRow"])).out).toBe("1\n");
  });

  it("binds parameters and reads the query from stdin", async () => {
    const input = "SELECT {who: String} AS who, {n: UInt8} + 1 AS n FORMAT TSV;\n";
    const { out } = await sluice(["sql", "-", "--param", "who=x'=\n👋", "--param", "n=6"], { input });
    expect(out).toBe("x\\'=\\n👋\t7\n");
  });

  it("tells ClickHouse's code and words, exit code 1", async () => {
    const { code, err } = await sluice(["sql", "SELECT nothing"]);
    expect(code).toBe(1);
    expect(err).toMatch(/^sluice: ClickHouse error 47 \(UNKNOWN_IDENTIFIER\): .*nothing.*\n$/);
  });

  it("writes nothing: the server refuses the reader", async () => {
    const { code, err } = await sluice(["sql", "INSERT INTO user_messages VALUES ('a', 'b', now())"]);
    expect([code, err]).toEqual([1, expect.stringMatching(/^sluice: ClickHouse error (497|164) /)]);
  });

  it("streams, and ends quietly when its reader has seen enough", async () => {
    const child = start(["sql", "SELECT number FROM numbers(5000000) FORMAT TSV"]);
    const complaint = text(child.stderr);
    await once(child.stdout, "data");
    child.stdout.destroy();
    expect((await once(child, "exit"))[0]).toBe(0);
    expect(await complaint).toBe("");
  });

  it("gives an error that comes after the first rows", async () => {
    const query =
      "SELECT throwIf(number = 3000000) FROM numbers(4000000) SETTINGS max_block_size = 1000, max_threads = 1";
    const { code, out, err } = await sluice(["sql", query, "--format", "TSV"]);
    expect(code).toBe(1);
    expect(err).toContain("ClickHouse error 395");
    expect(out).not.toContain("exception");
  });
});

describe("quarantine", () => {
  it("lists what was rejected and shows one, its bytes untouched", async () => {
    const id = randomUUID();
    const source = `test:${id}`;
    const body = Buffer.from('\u001b[31m"raw"\r\n\tline\u0000', "latin1");
    const client = createClient({ url: clickhouseUrl, username: "rmq", password: passwords.rmq });
    await client.command({
      query: `INSERT INTO sluice.quarantine (id, at, source, position, reason, detail, body, headers) SELECT {id: UUID}, now64(3),
        {source: String}, 't:0:1', 'malformed_json', 'no JSON: \\x1b[2J', unhex({body: String}), [('a', 'b')]`,
      query_params: { id, source, body: body.toString("hex") },
    });
    await client.close();
    const list = await sluice(["quarantine", "list", "--source", source, "--json"]);
    expect(JSON.parse(list.out)).toEqual([
      expect.objectContaining({ id, source, reason: "malformed_json", status: "new" }),
    ]);
    const none = await sluice(["quarantine", "list", "--source", source, "--reason", "oversized"]);
    expect(none.out).toBe("Nothing is quarantined.\n");
    const shown = await sluice(["quarantine", "show", id]);
    expect(shown.out).toContain("no JSON: ␛[2J");
    expect(shown.out).toContain('␛[31m"raw"\n\tline␀\n');
    expect((await sluice(["quarantine", "show", id, "--raw"])).bytes).toEqual(body);
    const unknown = await sluice(["quarantine", "show", randomUUID()]);
    expect([unknown.code, unknown.err]).toEqual([1, expect.stringContaining("quarantine list")]);
  });
});
