import * as z from "zod";
import { limit, moment, momentFrom, timeZone } from "./query.ts";

const intervals = ["minute", "hour", "day", "week", "month"] as const;

/** What every time series may be asked with: intervals by the clock of a zone, the last `limit` of a range. */
export const seriesParams = (usual: (typeof intervals)[number]) => ({
  interval: z.enum(intervals).default(usual).describe("weeks begin on Monday"),
  timezone: timeZone,
  since: momentFrom.describe(
    "the first interval is the one of this moment, ISO 8601; default: as `limit` says",
  ),
  until: moment.describe("the last interval is the one of this moment, ISO 8601; default: now"),
  limit: limit.describe("intervals at the most, the last ones, 1 to 10000"),
});

/** What every row of a time series begins with. */
export const seriesRow = {
  /** By the clock of the time zone. */
  interval_start: z.string(),
  /** Its Unix time: hours of a night when clocks are set back have the same text. */
  unix_time: z.number(),
};

type Interval = (typeof intervals)[number];

const zone = "{timezone: String}";

/** The start of the interval that is `n` before the one of the moment `last`. Days and longer go by the calendar. */
const counted: Record<Interval, string> = {
  minute: `toStartOfMinute(toDateTime(last, ${zone}) - n * 60, ${zone})`,
  hour: `toStartOfHour(toDateTime(last, ${zone}) - n * 3600, ${zone})`,
  day: `toDateTime(toDate(last, ${zone}) - n, ${zone})`,
  week: `toDateTime(toMonday(toDate(last, ${zone})) - 7 * n, ${zone})`,
  month: `toDateTime(addMonths(toStartOfMonth(toDate(last, ${zone})), -toInt32(n)), ${zone})`,
};

/** The start of the interval that a moment belongs to. */
export const startOf = (interval: unknown, moment: string) =>
  `toDateTime(dateTrunc('${unitOf(interval)}', ${moment}, ${zone}), ${zone})`;

/** Only ever one of ours: the text of a parameter never becomes SQL. */
const unitOf = (interval: unknown): Interval => intervals.find((one) => one === interval) ?? "day";

/**
 * For `WITH`: the `starts` of all intervals asked for, with facts or without, and the moment `last`. A day may have 23 or 25 hours.
 * An interval is chosen here and not by the engine, which would plan all of them: half of the time a small answer takes.
 */
export const intervalStarts = (interval: unknown) => `
      fromUnixTimestamp64Milli({until: Int64}, ${zone}) AS last,
      ${startOf(interval, `fromUnixTimestamp64Milli(greatest({since: Int64}, ${earliest}), ${zone})`)} AS opening,
      arrayFilter(start -> start >= opening, arrayMap(n -> ${counted[unitOf(interval)]}, range({limit: UInt32}))) AS starts`;

/** DateTime begins with 1970; a month later no start of an interval lies before it. */
const earliest = 32 * 86_400_000;

/** Whether a moment belongs to one of the intervals. */
export const within = (moment: string) => `${moment} >= arrayMin(starts) AND ${moment} <= last`;

/** The bucket of a moment as the projections of `sql/` have it, letter by letter: else they are not used. */
export const bucketOf = (moment: string, minutes: number) =>
  `toStartOfInterval(${moment}, toIntervalMillisecond(${minutes * 60_000}))`;

/**
 * Rows (start, n) that count a table's rows of the intervals: whole buckets from its projection, those of the bucket that
 * `last` is in one by one. `also` is another column of the projection's. No interval may begin within a bucket: of a minute,
 * or of a quarter of an hour where intervals are hours or longer.
 */
export function countedByBucket(
  interval: unknown,
  { table, moment, minutes, also }: { table: string; moment: string; minutes: number; also?: string },
): string {
  const [bucket, lastBucket] = [bucketOf(moment, minutes), bucketOf("last", minutes)];
  const column = also ? `, ${also}` : "";
  return `
      SELECT ${startOf(interval, bucket)} AS start${column}, count() AS n
      FROM ${table}
      WHERE ${bucket} >= arrayMin(starts) AND ${bucket} < ${lastBucket}
      GROUP BY start${column}
      UNION ALL
      SELECT ${startOf(interval, moment)} AS start${column}, count()
      FROM ${table}
      WHERE ${moment} >= ${lastBucket} AND ${moment} <= last
      GROUP BY start${column}`;
}
