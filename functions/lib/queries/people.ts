import * as z from "zod";
import { defineQuery, firstOf, lastOf, limit, momentFrom, momentUntil } from "../query.ts";
import { commitCounts, commitsOfAnn } from "./commits.ts";
import { peopleAsOf } from "./people-sql.ts";

const params = z.object({
  repo: z.string().default("").describe("only this repository's, owner/name"),
  since: momentFrom,
  until: momentUntil,
  as_of: z
    .enum(["now", "commit"])
    .default("now")
    .describe("people as they are now, or as they were when they made the commit"),
  limit,
});

/** What these questions read is made when change data capture is set up. */
const absent =
  "People come from Postgres: github.users and github.user_aliases are copies of its tables github_users and " +
  "github_user_aliases, and as_of=commit reads github.users_history, which a table with `history: true` has. " +
  "`npx sluice cdc setup` makes them.";

const sums = `sum(commits) AS commits, sum(additions) AS additions, sum(deletions) AS deletions,
      ${firstOf("first_at")} AS first_commit_at, ${lastOf("last_at")} AS last_commit_at`;

/** Commits by something that people have. Authors nobody knows are a row of their own, the one that is not `known`. */
const slice = <const Column extends string>(
  column: Column,
  description: string,
  value: string,
  shown: string,
) => {
  const row = z.object({
    ...({ [column]: z.string().nullable() } as Record<Column, z.ZodNullable<z.ZodString>>),
    /** False: the commits of authors who are not, or no longer, in github_users. */
    known: z.boolean(),
    /** How many of them committed. */
    people: z.number(),
    ...commitCounts,
  });
  return defineQuery({
    name: `commits_by_${column}`,
    description,
    params,
    absent,
    row,
    example: {
      params: { limit: 1 },
      rows: [row.parse({ [column]: shown, known: true, people: 1, ...commitsOfAnn })],
    },
    sql: ({ as_of, repo }) => `
    WITH ${peopleAsOf(as_of, repo)}
    SELECT ${value} AS ${column}, toBool(person IS NOT NULL) AS known, uniqExact(person) AS people,
      ${sums}
    FROM people
    GROUP BY ${column}, known
    ORDER BY commits DESC, ${column}, known
    LIMIT {limit: UInt32}
    SETTINGS join_use_nulls = 1`,
  });
};

export const commitsByTeam = slice("team", "Commits by the team of who made them.", "team", "core");

export const commitsByPosition = slice(
  "position",
  "Commits by the position of who made them.",
  "people.position",
  "engineer",
);

/** Decades; the ends are open. No age is a band of its own. */
const band = `multiIf(person IS NULL, NULL, age IS NULL, 'no age', age < 20, 'under 20', age >= 60, '60 and over',
      concat(toString(intDiv(age, 10) * 10), ' to ', toString(intDiv(age, 10) * 10 + 9)))`;

export const commitsByAgeBand = slice(
  "age_band",
  "Commits by the age of who made them, in decades.",
  band,
  "30 to 39",
);

export const commitsByPerson = defineQuery({
  name: "commits_by_person",
  description: "Who of the people commits most, all names one commits under taken together.",
  params,
  absent,
  row: z.object({
    /** Null: authors who are not, or no longer, in github_users. */
    user_name: z.string().nullable(),
    team: z.string().nullable(),
    position: z.string().nullable(),
    age: z.number().nullable(),
    /** The names the commits were made under. */
    authors: z.array(z.string()),
    ...commitCounts,
  }),
  example: {
    params: { limit: 1 },
    rows: [
      {
        user_name: "ann",
        team: "core",
        position: "engineer",
        age: 31,
        authors: ["ann"],
        ...commitsOfAnn,
      },
    ],
  },
  sql: ({ as_of, repo }) => `
    WITH ${peopleAsOf(as_of, repo)}
    SELECT person AS user_name, argMax(tuple(team), last_at).1 AS team, argMax(tuple(people.position), last_at).1 AS position,
      argMax(tuple(age), last_at).1 AS age, arraySort(groupUniqArray(100)(author)) AS authors,
      ${sums}
    FROM people
    GROUP BY person
    ORDER BY commits DESC, user_name
    LIMIT {limit: UInt32}
    SETTINGS join_use_nulls = 1`,
});
