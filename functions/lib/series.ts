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

/**
 * For `WITH`: the `starts` of all intervals asked for, with facts or without, and the moment `last`. Days and longer are counted
 * back by the calendar, so a day may have 23 or 25 hours.
 */
export const intervalStarts = `
      fromUnixTimestamp64Milli({until: Int64}, {timezone: String}) AS last,
      toDate(last, {timezone: String}) AS last_day,
      arrayMap(n -> multiIf(
        {interval: String} = 'minute', toStartOfMinute(toDateTime(last, {timezone: String}) - n * 60, {timezone: String}),
        {interval: String} = 'hour', toStartOfHour(toDateTime(last, {timezone: String}) - n * 3600, {timezone: String}),
        {interval: String} = 'day', toDateTime(last_day - n, {timezone: String}),
        {interval: String} = 'week', toDateTime(toMonday(last_day) - 7 * n, {timezone: String}),
        toDateTime(addMonths(toStartOfMonth(last_day), -toInt32(n)), {timezone: String})
      ), range({limit: UInt32})) AS latest,
      arrayMax(arrayFilter(start -> start <= fromUnixTimestamp64Milli({since: Int64}, {timezone: String}), latest)) AS opening,
      arrayFilter(start -> start >= opening, latest) AS starts`;

/** The start of the interval that a moment belongs to. */
export const startOf = (column: string) =>
  `toDateTime(dateTrunc({interval: String}, ${column}, {timezone: String}), {timezone: String})`;

/** Whether a moment belongs to one of the intervals. */
export const within = (column: string) => `${column} >= arrayMin(starts) AND ${column} <= last`;
