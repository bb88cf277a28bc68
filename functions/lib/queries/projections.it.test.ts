import { beforeEach, describe, expect, test } from "vitest";
import { ask } from "../ask.ts";
import type { Query } from "../query.ts";
import { openScratch, type Scratch } from "../testing.ts";
import { chatAverageMessageGap, chatMessagesPerMinute, chatTopActiveUsers } from "./chat.ts";
import { commitsByAuthor, commitsByRepository, commitsPerInterval, firstTimeCommitters } from "./commits.ts";
import { commitsByPerson } from "./people.ts";
import { openPeopleTables, type PeopleTables } from "./people-tables.ts";
import { shadowTypes, shadowTypesOverTime } from "./shadow.ts";

const minute = 60_000;
const day = 1440 * minute;
const end = Date.UTC(2026, 3, 8);
const zones = ["UTC", "Asia/Kathmandu", "Australia/Lord_Howe"];
if (process.env.SLUICE_LONG) zones.push("America/St_Johns", "Atlantic/Azores");
/** In a minute, at the ends of a minute, a quarter of an hour and a day, within a second of them. */
const untils = [
  "2026-04-05T13:37:21.345Z",
  "2026-04-05T13:44:59.999Z",
  "2026-04-05T13:45:00.000Z",
  "2026-04-04T23:59:59.999Z",
];

/** The two weeks in which clocks change, each quarter of an hour, and a millisecond around each of its hours. */
const moments = Array.from({ length: (14 * day) / (15 * minute) }, (_, i) => end - i * 15 * minute).flatMap(
  (at) => (at % (60 * minute) ? [at + ((at / minute) % 7) * 1234] : [at - 1, at, at + 1]),
);
const far = [Date.UTC(1969, 11, 31, 23, 59, 59, 999), Date.UTC(1905, 5, 1), Date.UTC(2200, 0, 1)];
const text = (at: number) => new Date(at).toISOString().replace("T", " ").slice(0, -1);

/** A cheap draw, the same in every run. */
const draw = (i: number, of: number) => ((i * 2_654_435_761) % 4_294_967_296) % of;

/** Compiled, min and max are wrong before 1970. */
const plainly = { optimize_use_projections: 0, compile_aggregate_expressions: 0 } as const;

describe("commits", () => {
  let tables: PeopleTables;
  let rows: Record<string, unknown>[];

  beforeEach(async () => {
    tables = await openPeopleTables();
    rows = [...moments, ...moments, ...far].map((at, i) => ({
      commit_id: `id ${draw(i, 1000)}-${i}`,
      author: `author ${draw(i, 23)}`,
      commit_message: `message ${i}`,
      commit_date: "2026-01-01",
      repo: `acme/${draw(i, 5)}`,
      committed_at: text(at),
      additions: i % 3 ? i : null,
    }));
    for (let part = 0; part < 3; part++)
      await tables.insert(
        "commits",
        rows.filter((_, i) => i % 3 === part),
      );
  });

  const plain = async <Row>(query: string) =>
    (
      await tables.client.query({
        query,
        format: "JSONEachRow",
        clickhouse_settings: { ...plainly, output_format_json_quote_64bit_integers: 0 },
      })
    ).json<Row>();

  test.each(zones)("per interval by the clock of %s are those one counts one by one", async (timezone) => {
    for (const interval of ["hour", "day", "week"])
      for (const until of untils) {
        const counted = await plain<{ at: number; commits: number; authors: number }>(
          `SELECT toUnixTimestamp(toDateTime(dateTrunc('${interval}', committed_at, '${timezone}'), '${timezone}')) AS at,
             count() AS commits, uniqExact(author) AS authors
           FROM commits WHERE committed_at >= '2026-03-01' AND committed_at <= '${text(Date.parse(until))}' GROUP BY at`,
        );
        const byStart = new Map(counted.map(({ at, ...figures }) => [at, figures]));
        for (const distinct of ["exact", "none"]) {
          const limit = { hour: "400", day: "10", week: "2" }[interval] ?? "";
          const answer = await tables.ask(commitsPerInterval, { interval, until, timezone, limit, distinct });
          for (const { unix_time, commits, authors } of answer) {
            const expected = byStart.get(Number(unix_time)) ?? { commits: 0, authors: 0 };
            expect({ commits, authors }, `${interval} ${until} ${unix_time}`).toEqual({
              ...expected,
              ...(distinct === "none" && { authors: null }),
            });
          }
        }
      }
  });

  test.each([
    {},
    { since: "2026-03-28" },
    { since: "2026-03-28T00:00:00.001Z", until: "2026-04-05T23:59:59.998Z" },
    { since: "2026-03-28T23:59:59.999Z", until: "2026-03-29T00:00:00.000Z" },
    { since: "2026-03-28T10:00:00Z", until: "2026-03-28T10:00:00Z" },
    { since: "1905-01-01T10:00:00Z", until: "1970-01-01" },
  ])("of %o are those one counts one by one", async (range) => {
    const { since = "1900-01-01", until = "2254-12-31" } = range;
    const within = `committed_at >= '${text(Date.parse(since))}' AND committed_at <= '${text(Date.parse(until))}'`;
    const counts = (key: string) =>
      `count() AS commits, sum(additions) AS additions, sum(deletions) AS deletions, min(committed_at) AS first_commit_at,
         max(committed_at) AS last_commit_at FROM commits WHERE ${within} GROUP BY ${key} ORDER BY commits DESC, ${key}`;
    const authors = await plain(`SELECT author, ${counts("author")}`);
    expect(await tables.ask(commitsByAuthor, range)).toEqual(authors);
    expect(await tables.ask(commitsByPerson, range)).toHaveLength(authors.length > 0 ? 1 : 0);
    const repositories = await plain<object>(`SELECT repo, uniqExact(author) AS authors, ${counts("repo")}`);
    expect(await tables.ask(commitsByRepository, range)).toEqual(repositories);
    expect(await tables.ask(commitsByRepository, { ...range, distinct: "none" })).toEqual(
      repositories.map((row) => ({ ...row, authors: null })),
    );
  });

  test("that were somebody's first are those one finds one by one, of two in a millisecond the one with the lesser id", async () => {
    for (const repo of ["", "acme/3"]) {
      const firsts = await plain(
        `SELECT author, first.1 AS first_commit_at, first.3 AS repo, first.2 AS commit_id, first.4 AS commit_message
         FROM (SELECT author, min((committed_at, commit_id, commits.repo, commit_message)) AS first FROM commits AS commits
           WHERE '${repo}' IN ('', commits.repo) GROUP BY author)
         ORDER BY first_commit_at DESC, author LIMIT 7`,
      );
      expect(await tables.ask(firstTimeCommitters, { repo, limit: "7" })).toEqual(firsts);
    }
  });
});

describe("messages and humans", () => {
  let scratch: Scratch;

  beforeEach(async () => {
    scratch = await openScratch("user_messages", "shadow");
    await insert(0);
    // As rows that were there before the projections.
    for (const table of ["user_messages", "shadow"])
      await scratch.client.command({
        query: `ALTER TABLE ${table} CLEAR PROJECTION per_minute`,
        clickhouse_settings: { mutations_sync: "2" },
      });
    await insert(1);
  });

  async function insert(part: number) {
    const all = [...moments, ...far].map((at, i) => [i, text(at)] as const).filter(([i]) => i % 2 === part);
    await scratch.client.insert({
      table: "user_messages",
      format: "JSONEachRow",
      columns: ["username", "message", "received_at"],
      values: all.map(([i, received_at]) => ({
        username: `user ${draw(i, 19)}`,
        message: "hi",
        received_at,
      })),
    });
    await scratch.client.insert({
      table: "shadow",
      format: "JSONEachRow",
      columns: ["type", "unique_id", "emit_timestamp"],
      values: all.map(([i, emit_timestamp]) => ({
        type: ["Sha", "Dow"][i % 2],
        unique_id: `${i}`,
        emit_timestamp,
      })),
    });
  }

  const answer = async (query: Query, given: Record<string, string>) =>
    (await ask(scratch.client, query, given)).data;

  test.each(zones)(
    "by the clock of %s are those one counts one by one, whatever has its projection",
    async (timezone) => {
      for (const interval of ["minute", "hour", "day", "month"])
        for (const until of untils) {
          const given = {
            interval,
            until,
            timezone,
            limit: { minute: "700", hour: "150", day: "9", month: "2" }[interval] ?? "",
          };
          // With users it reads the messages themselves.
          const exact = await answer(chatMessagesPerMinute, given);
          expect(exact.some(({ messages }) => Number(messages) > 0)).toBe(true);
          expect(await answer(chatMessagesPerMinute, { ...given, distinct: "none" })).toEqual(
            exact.map((row) => ({ ...row, users: null })),
          );
          const humans = new Map<unknown, number>();
          for (const { unix_time, count } of await answer(shadowTypesOverTime, given))
            humans.set(unix_time, (humans.get(unix_time) ?? 0) + Number(count));
          expect([...humans]).toEqual(exact.map(({ unix_time, messages }) => [unix_time, messages]));
        }
    },
  );

  test("of all time are those one counts one by one", async () => {
    const plain = async (query: string) =>
      (
        await scratch.client.query({
          query,
          format: "JSONEachRow",
          clickhouse_settings: { ...plainly, output_format_json_quote_64bit_integers: 0 },
        })
      ).json();
    expect(await answer(shadowTypes, {})).toEqual(
      await plain("SELECT type, count() AS count FROM shadow GROUP BY type ORDER BY count DESC, type"),
    );
    expect(await answer(chatTopActiveUsers, {})).toEqual(
      await plain(
        "SELECT username, count() AS messages, max(received_at) AS last_message_at FROM user_messages GROUP BY username ORDER BY messages DESC, username",
      ),
    );
    const [gap] = await answer(chatAverageMessageGap, { username: "user 3" });
    expect(gap).toMatchObject({ messages: expect.any(Number) });
    expect(Number(gap?.messages)).toBeGreaterThan(10);
  });
});
