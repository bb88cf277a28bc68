import { quarterHour } from "./product-sql.ts";

/** From a view to a ticket, as the page asks it. */
export const usualSteps = ["event_view", "ticket_view", "checkout_start", "payment_info", "ticket_purchase"];
/** Seconds. */
export const usualWindow = 86_400;

export const millisecond = "toUInt64(toUnixTimestamp64Milli(timestamp))";

/** What somebody did of the usual steps, as the projection by_user_per_quarter_hour has it (sql/0014); `reachedIn` tells how far they got. */
export const stepsState = `windowFunnelState(${usualWindow * 1000})(${millisecond}, ${usualSteps.map((type) => `event_type = '${type}'`).join(", ")})`;
export const reachedIn = (states: string): string => `windowFunnelMerge(${usualWindow * 1000})(${states})`;

/** The day of UTC in which a quarter of an hour lies. */
export const dayOf = `toDate32(${quarterHour})`;

/**
 * Since when rows may have come in that no roll-up has seen. Ten minutes are more than an INSERT takes from its first row to its end:
 * what was under way while the last roll-up looked is looked at again. (A minute would do for `store-events`; by hand one may
 * insert for longer.)
 */
export const unseenSince = "(SELECT max(began_at) FROM bilten_analytics.roll_ups) - INTERVAL 10 MINUTE";
