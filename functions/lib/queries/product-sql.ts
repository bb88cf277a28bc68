import * as z from "zod";
import { matches, momentFrom, momentUntil, uncounted } from "../query.ts";
import { bucketOf } from "../series.ts";

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

/** The quarter of an hour in which somebody did something, as the projection by_user_per_quarter_hour has it (sql/0014). */
export const quarterHour = bucketOf("timestamp", 15);

/** The day of UTC in which a quarter of an hour lies. */
export const dayOf = `toDate32(${quarterHour})`;

/**
 * Since when rows may have come in that no roll-up has seen. Ten minutes are more than an INSERT takes from its first row to its end:
 * what was under way while the last roll-up looked is looked at again. (A minute would do for `store-events`; by hand one may
 * insert for longer.)
 */
export const unseenSince = "(SELECT max(began_at) FROM bilten_analytics.roll_ups) - INTERVAL 10 MINUTE";
