import { beforeEach, describe, expect, test } from "vitest";
import { ask } from "../ask.ts";
import { openScratch } from "../testing.ts";
import { commitsByAgeBand, commitsByPerson, commitsByPosition, commitsByTeam } from "./people.ts";
import { openPeopleTables, type PeopleTables } from "./people-tables.ts";

let tables: PeopleTables;

beforeEach(async () => {
  tables = await openPeopleTables();
});

const commit = (given: [author: string, committed_at?: string, additions?: number][]) =>
  tables.insert(
    "commits",
    given.map(([author, committed_at = "2026-03-01 12:00:00", additions = 1], i) => ({
      commit_id: `${author} ${committed_at} ${i}`,
      author,
      commit_message: "",
      commit_date: committed_at.slice(0, 10),
      repo: "ann/tea",
      committed_at,
      additions,
    })),
  );

const ann = { user_name: "ann", position: "engineer", team: "core", age: 31 };
const bob = { user_name: "bob", position: "designer", team: "web", age: null };
const cid = { user_name: "cid", position: "engineer", team: "web", age: 60 };

const teams = async (given: Record<string, string> = {}) =>
  (await tables.ask(commitsByTeam, given)).map(({ team, commits }) => [team, commits]);

describe("commits by what people have", () => {
  test("a team has the commits of its people, and those of strangers are a row of their own", async () => {
    await tables.insert("users", [ann, bob, cid]);
    await commit([["ann"], ["bob"], ["bob"], ["cid"], ["bot"], ["somebody"]]);
    expect(await tables.ask(commitsByTeam)).toMatchObject([
      { team: "web", known: true, people: 2, commits: 3, additions: 3, deletions: null },
      { team: null, known: false, people: 0, commits: 2 },
      { team: "core", known: true, people: 1, commits: 1 },
    ]);
    expect(await tables.ask(commitsByPosition)).toMatchObject([
      { position: "designer", people: 1, commits: 2 },
      { position: "engineer", people: 2, commits: 2 },
      { position: null, known: false, commits: 2 },
    ]);
  });

  test("ages are in decades; no age is a band of its own, apart from people nobody knows", async () => {
    const ages = [0, 19, 20, 29, 59, 60, 99, null];
    await tables.insert(
      "users",
      ages.map((age, i) => ({ ...ann, user_name: `p${i}`, age })),
    );
    await commit([...ages.map((_, i): [string] => [`p${i}`]), ["stranger"]]);
    const rows = await tables.ask(commitsByAgeBand);
    expect(Object.fromEntries(rows.map(({ age_band, commits }) => [age_band, commits]))).toEqual({
      "under 20": 2,
      "20 to 29": 2,
      "50 to 59": 1,
      "60 and over": 2,
      "no age": 1,
      null: 1,
    });
  });

  test("only the chosen repository and time count, both ends included", async () => {
    await tables.insert("users", [ann]);
    await commit([
      ["ann", "2026-01-01 00:00:00.000"],
      ["ann", "2026-01-02 00:00:00.000"],
      ["ann", "2026-01-02 00:00:00.001"],
    ]);
    const range = { since: "2026-01-01", until: "2026-01-02T00:00:00Z" };
    expect(await teams(range)).toEqual([["core", 2]]);
    expect(await teams({ ...range, as_of: "commit" })).toEqual([[null, 2]]);
    expect(await teams({ repo: "bob/tea" })).toEqual([]);
  });

  test("a name means the person of that name, an alias's, or one written in another case, in this order", async () => {
    await tables.insert("users", [ann, bob, cid, { ...ann, user_name: "Ann", team: "other" }]);
    await tables.insert("user_aliases", [
      { alias: "Ann Tea", user_name: "ann" },
      { alias: "bob", user_name: "ann" },
      { alias: "gone", user_name: "nobody" },
    ]);
    await commit([["ann"], ["Ann"], ["ann tea"], ["bob"], ["CID"], ["gone"]]);
    const rows = await tables.ask(commitsByPerson);
    expect(Object.fromEntries(rows.map(({ user_name, authors }) => [user_name, authors]))).toEqual({
      ann: ["ann", "ann tea"],
      Ann: ["Ann"],
      bob: ["bob"],
      cid: ["CID"],
      null: ["gone"],
    });
  });

  test("a person who was renamed is one person when the old name is an alias", async () => {
    await tables.insert("users", [{ ...ann, user_name: "ann-marie" }]);
    await tables.insert("user_aliases", [{ alias: "ann", user_name: "ann-marie" }]);
    await commit([["ann"], ["ann-marie"]]);
    expect(await tables.ask(commitsByPerson)).toMatchObject([
      {
        user_name: "ann-marie",
        team: "core",
        position: "engineer",
        age: 31,
        commits: 2,
        authors: ["ann", "ann-marie"],
      },
    ]);
  });
});

describe("as of the commit's time", () => {
  const change = (person: object, changed_at: string, version: number, deleted = 0) => ({
    ...person,
    changed_at,
    _version: version,
    _deleted: deleted,
  });

  test("a commit counts for the team its author was in", async () => {
    await tables.insert("users", [{ ...ann, team: "web" }]);
    await tables.insert("users_history", [
      change(ann, "2026-02-01 00:00:00", 1),
      change({ ...ann, team: "ops" }, "2026-03-01 00:00:00", 2),
      change({ ...ann, team: "web" }, "2026-03-01 00:00:00", 3),
    ]);
    await commit([
      ["ann", "2026-01-01 00:00:00"],
      ["ann", "2026-02-28 23:59:59.999"],
      ["ann", "2026-03-01 00:00:00"],
    ]);
    expect(await teams()).toEqual([["web", 3]]);
    expect(await teams({ as_of: "commit" })).toEqual([
      ["core", 2],
      ["web", 1],
    ]);
  });

  test("who had left is nobody's colleague, and who came back is again", async () => {
    await tables.insert("users_history", [
      change(ann, "2026-02-01 00:00:00", 1),
      change(ann, "2026-03-01 00:00:00", 2, 1),
      change({ ...ann, team: "web" }, "2026-04-01 00:00:00", 3),
    ]);
    await commit([
      ["ann", "2026-02-02 00:00:00"],
      ["ann", "2026-03-02 00:00:00"],
      ["ann", "2026-04-02 00:00:00"],
    ]);
    expect(await teams()).toEqual([[null, 3]]);
    expect(await teams({ as_of: "commit" })).toEqual([
      ["core", 1],
      ["web", 1],
      [null, 1],
    ]);
  });

  test("a commit under an old name counts for who had it then, later for who it became", async () => {
    await tables.insert("users", [{ ...ann, user_name: "ann-marie", team: "ops" }]);
    await tables.insert("user_aliases", [{ alias: "ann", user_name: "ann-marie" }]);
    await tables.insert("users_history", [
      change(ann, "2026-02-01 00:00:00", 1),
      change(ann, "2026-03-01 00:00:00", 2, 1),
      change({ ...ann, user_name: "ann-marie" }, "2026-03-01 00:00:00", 3),
      change({ ...ann, user_name: "ann-marie", team: "ops" }, "2026-03-05 00:00:00", 4),
    ]);
    await commit([
      ["ann", "2026-02-02 00:00:00"],
      ["ann", "2026-03-02 00:00:00"],
      ["ann", "2026-03-06 00:00:00"],
    ]);
    const rows = await tables.ask(commitsByPerson, { as_of: "commit" });
    expect(rows.map(({ user_name, team, commits }) => [user_name, team, commits])).toEqual([
      ["ann-marie", "ops", 2],
      ["ann", "core", 1],
    ]);
    expect(await teams({ as_of: "commit" })).toEqual([
      ["core", 2],
      ["ops", 1],
    ]);
  });
});

test("without the copies of Postgres' tables the answer says who makes them", async () => {
  const { client } = await openScratch();
  const sql = (text: string) => text.replaceAll("github.", "nothing_of_this_name.");
  for (const query of [commitsByTeam, commitsByAgeBand, commitsByPerson]) {
    const elsewhere = {
      ...query,
      sql: (params: Record<string, unknown>) => sql((query.sql as (p: object) => string)(params)),
    };
    await expect(ask(client, elsewhere, {})).rejects.toMatchObject({
      status: 503,
      title: expect.stringContaining(query.name),
      message: expect.stringMatching(/github_users.*npx sluice cdc setup/),
    });
  }
});
