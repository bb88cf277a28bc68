import { firstOf, lastOf } from "../query.ts";
import { chosen, commitsBy } from "./commits-sql.ts";

/**
 * Common table expressions that end in `people`: commits counted by author, with the person behind the name.
 * `people(author, person, team, position, age, commits, additions, deletions, first_at, last_at)`; `person` is null for
 * an author nobody knows. A name means the person of that name, else the one it is an alias of; letter case counts only
 * where both are there. Needs `join_use_nulls = 1`.
 */
export const peopleAsOf = (moment: unknown, repo: unknown): string =>
  moment === "commit" ? then : now(repo);

/** Whom a name means, the likeliest first; not yet in which case it is written. */
const names = (users: string) => `
    names AS (
      SELECT name, user_name, rank, lowerUTF8(name) AS folded
      FROM (
        SELECT user_name AS name, user_name, 0 AS rank FROM ${users}
        UNION ALL
        SELECT alias, user_name, 1 FROM github.user_aliases WHERE user_name IN (SELECT user_name FROM ${users})
      )
    )`;

/** Whoever is counted is joined once: a common table expression is made anew wherever it is named. */
const now = (repo: unknown) => `${names("github.users")},
    people AS (
      SELECT meant.author AS author, commits, additions, deletions, first_at, last_at,
        users.user_name AS person, users.team AS team, users.position AS position, users.age AS age
      FROM (
        SELECT author, any(counted.commits) AS commits, any(counted.additions) AS additions, any(counted.deletions) AS deletions,
          any(counted.first_at) AS first_at, any(counted.last_at) AS last_at,
          argMin(names.user_name, (rank + 2 * (author != name), names.user_name)) AS user_name
        FROM (${commitsBy("author", repo)}) AS counted
        LEFT JOIN names ON lowerUTF8(author) = folded
        GROUP BY author
      ) AS meant
      LEFT JOIN github.users AS users ON users.user_name = meant.user_name
    )`;

/**
 * Before the history of a person begins, they were as it first shows them. A name whose person is gone at the time of
 * a commit (deleted, or renamed) means the next likely one.
 */
const then = `${names("(SELECT DISTINCT user_name FROM github.users_history)")},
    candidates AS (
      SELECT author, user_name, rank + 2 * (author != name) AS rank
      FROM (SELECT DISTINCT author FROM github.commits WHERE ${chosen}) AS authors
      INNER JOIN names ON lowerUTF8(author) = folded
    ),
    states AS (
      SELECT user_name, changed_at AS since, argMax((team, position, age, toUInt8(_deleted)), _version) AS state
      FROM github.users_history
      GROUP BY user_name, changed_at
      UNION ALL
      SELECT user_name, toDateTime64('1900-01-01 00:00:00', 3, 'UTC'),
        argMin((team, position, age, toUInt8(_deleted)), (changed_at, _version))
      FROM github.users_history
      GROUP BY user_name
    ),
    -- Whom a name means, from each moment on at which that may change.
    timelines AS (
      SELECT author, at AS since,
        min(if(state.4 = 0, (rank, toNullable(asked.user_name), state.1, state.2, state.3), (255, NULL, NULL, NULL, NULL))) AS found
      FROM (
        SELECT points.author AS author, at, candidates.user_name AS user_name, rank
        FROM (
          SELECT DISTINCT author, since AS at
          FROM candidates
          INNER JOIN states ON states.user_name = candidates.user_name
        ) AS points
        INNER JOIN candidates ON candidates.author = points.author
      ) AS asked
      ASOF INNER JOIN states ON states.user_name = asked.user_name AND states.since <= asked.at
      GROUP BY author, at
    ),
    -- Joined in two steps: the many commits with moments alone, the few groups with what these stand for.
    people AS (
      SELECT counted.author AS author, found.2 AS person, found.3 AS team, found.4 AS position, found.5 AS age,
        commits, additions, deletions, first_at, last_at
      FROM (
        SELECT made.author AS author, moments.since AS since, count() AS commits, sum(made.additions) AS additions,
          sum(made.deletions) AS deletions, ${firstOf("committed_at")} AS first_at, ${lastOf("committed_at")} AS last_at
        FROM (SELECT author, committed_at, additions, deletions FROM github.commits WHERE ${chosen}) AS made
        ASOF LEFT JOIN (SELECT author, since FROM timelines) AS moments
          ON moments.author = made.author AND moments.since <= made.committed_at
        GROUP BY author, since
      ) AS counted
      LEFT JOIN timelines ON timelines.author = counted.author AND timelines.since = counted.since
    )`;
