import { firstOf, inRange, lastOf, matches, uncounted } from "../query.ts";
import { countedByBucket, startOf } from "../series.ts";

/** Commits of the repository and the range that were asked for. */
export const chosen = `${matches("repo")}
      AND ${inRange("committed_at")}`;

/** A day of UTC, as the projections have it. */
const day = "toDate32(committed_at)";

const counts = `count() AS commits, sum(additions) AS additions, sum(deletions) AS deletions,
        ${firstOf("committed_at")} AS first_at, ${lastOf("committed_at")} AS last_at`;

/**
 * Rows (key, commits, additions, deletions, first_at, last_at and, where `authors` is given, authors) of the range: the whole days
 * in it from the projection of days, what is left at its ends commit by commit. A repository's commits lie together: they
 * are read as they are, and so is everything where authors are told apart.
 */
export function commitsBy(key: "author" | "repo", repo: unknown, authors?: boolean): string {
  const asked = authors === undefined ? "" : `, ${authors ? "uniqExact(author)" : uncounted} AS authors`;
  if (repo || authors)
    return `
      SELECT ${key}, ${counts}${asked}
      FROM github.commits
      WHERE ${chosen}
      GROUP BY ${key}`;
  return `
      WITH
        toDate32(fromUnixTimestamp64Milli({since: Int64} + 86399999, 'UTC')) AS first_day,
        toDate32(fromUnixTimestamp64Milli({until: Int64} + 1, 'UTC')) AS end_day
      SELECT ${key}, sum(parts.commits) AS commits, sum(parts.additions) AS additions, sum(parts.deletions) AS deletions,
        ${firstOf("parts.first_at")} AS first_at, ${lastOf("parts.last_at")} AS last_at${asked}
      FROM (
        SELECT ${key}, ${counts}
        FROM github.commits
        WHERE ${day} >= first_day AND ${day} < end_day
        GROUP BY ${key}
        UNION ALL
        SELECT ${key}, ${counts}
        FROM github.commits
        WHERE ${inRange("committed_at")}
          AND (committed_at < toDateTime64(first_day, 3, 'UTC') OR committed_at >= toDateTime64(end_day, 3, 'UTC'))
        GROUP BY ${key}
      ) AS parts
      GROUP BY ${key}`;
}

/**
 * Intervals are counted back from `until` by the clock of the time zone, so a day may have 23 or 25 hours. They come as rows
 * without commits beside the commits themselves: an interval that the clock skips or repeats costs no commit.
 */
const intervals = `
      fromUnixTimestamp64Milli({until: Int64}, {timezone: String}) AS last,
      toDate(last, {timezone: String}) AS last_day,
      arrayMap(n -> multiIf(
        {interval: String} = 'hour', toStartOfHour(toDateTime(last, {timezone: String}) - n * 3600, {timezone: String}),
        {interval: String} = 'day', toDateTime(last_day - n, {timezone: String}),
        toDateTime(toMonday(last_day) - 7 * n, {timezone: String})
      ), range({limit: UInt32})) AS starts`;

const quarters = { table: "github.commits", moment: "committed_at", minutes: 15 };

/**
 * `commits_per_interval`. Who is asked for, or where, and authors by the hour are counted commit by commit; everything else from
 * the projections of quarters of an hour and of days.
 */
export function perInterval({ interval, repo, author, distinct }: Record<string, unknown>): string {
  const oneByOne = repo || author || (distinct !== "none" && interval === "hour");
  const rows = oneByOne
    ? commitsOneByOne(interval)
    : `SELECT start, n, 0 FROM (${countedByBucket(interval, quarters)})
      ${distinct === "none" ? "" : `UNION ALL ${authorsByDay(interval)}`}`;
  return `
    WITH ${intervals}
    SELECT start AS interval_start, toUnixTimestamp(start) AS unix_time, sum(n) AS commits,
      ${distinct === "none" ? uncounted : "uniqExactIf(name, name != 0)"} AS authors
    FROM (
      SELECT arrayJoin(starts) AS start, 0 AS n, toUInt128(0) AS name
      UNION ALL
      ${rows}
    )
    GROUP BY start
    ORDER BY start`;
}

/** `uniqExact` keeps 128 bits of SipHash of a text as well, and takes longer to make them. */
const name = "reinterpretAsUInt128(sipHash128(author))";

const commitsOneByOne = (interval: unknown) => `
      SELECT ${startOf(interval, "committed_at")}, 1, ${name}
      FROM github.commits
      WHERE committed_at >= arrayMin(starts) AND committed_at <= last
        AND ${matches("repo")}
        AND ${matches("author")}`;

/**
 * Rows (start, 0, name) of days and weeks. A day of UTC lies in two days of a zone at the most, one of which has the author's first
 * commit and the other, if they made any there, the last. The day of UTC that `last` cuts is read commit by commit.
 */
const authorsByDay = (interval: unknown) => `
      SELECT arrayJoin(if(one = other, [one], [one, other])) AS start, 0, ${name}
      FROM (
        SELECT author, ${startOf(interval, firstOf("committed_at"))} AS one, ${startOf(interval, lastOf("committed_at"))} AS other
        FROM github.commits
        WHERE ${day} >= toDate32(arrayMin(starts), 'UTC') AND ${day} < toDate32(last, 'UTC')
        GROUP BY ${day}, author
      )
      WHERE start >= arrayMin(starts)
      UNION ALL
      SELECT ${startOf(interval, "committed_at")}, 0, ${name}
      FROM github.commits
      WHERE committed_at >= toDateTime64(toDate32(last, 'UTC'), 3, 'UTC') AND committed_at <= last`;
