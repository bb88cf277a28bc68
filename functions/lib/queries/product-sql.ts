import * as z from "zod";
import { matches, momentFrom, momentUntil, uncounted } from "../query.ts";

export const organizer = z.string().default("").describe("only this organizer's");
export const range = { since: momentFrom, until: momentUntil };
export const absent = "The tables of product analytics are made by `npx sluice migrate`.";

export const ofOrganizer = matches("organizer_id");

/** Days of UTC that a range touches. */
export const daysInRange = `toDate32(date) >= toDate32(fromUnixTimestamp64Milli({since: Int64}, 'UTC'))
      AND toDate32(date) <= toDate32(fromUnixTimestamp64Milli({until: Int64}, 'UTC'))`;

/** Null with `distinct=none`. */
export const different = z.number().nullable();
export const merged = (state: string, asked: unknown) =>
  asked === "none" ? uncounted : `uniqExactMerge(${state})`;

/** The quarter of an hour a moment lies in, as the projections of `sql/` keep it. */
export const quarterHour = (moment: string): string =>
  `toStartOfInterval(${moment}, toIntervalMillisecond(900000))`;

/** The same of epoch milliseconds; the first one of 1970 for what is before it. */
export const quarterHourOf = (milliseconds: string): string =>
  `fromUnixTimestamp64Milli(900000 * intDiv(greatest(0, ${milliseconds}), 900000), 'UTC')`;
