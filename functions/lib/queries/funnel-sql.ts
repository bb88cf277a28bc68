import { inRange } from "../query.ts";
import { dayOf, quarterHour, unseenSince } from "./product-sql.ts";

/** From a view to a ticket, as the page asks it. */
export const usualSteps = ["event_view", "ticket_view", "checkout_start", "payment_info", "ticket_purchase"];
/** Seconds. */
export const usualWindow = 86_400;

export const millisecond = "toUInt64(toUnixTimestamp64Milli(timestamp))";

/** What somebody did of the usual steps, as the projection by_user_per_quarter_hour has it (sql/0014); `reachedIn` tells how far they got. */
export const stepsState = `windowFunnelState(${usualWindow * 1000})(${millisecond}, ${usualSteps.map((type) => `event_type = '${type}'`).join(", ")})`;
export const reachedIn = (states: string): string => `windowFunnelMerge(${usualWindow * 1000})(${states})`;

/** Where the quarter of an hour of some epoch milliseconds begins; the first one of 1970 for what is before it. */
const fromQuarterHour = (milliseconds: string) =>
  `fromUnixTimestamp64Milli(900000 * intDiv(greatest(0, ${milliseconds}), 900000), 'UTC')`;

/** The days a roll-up has told whole: with the day after they lie in the range, and nothing came in for either since. */
const wholeDays = `
          SELECT groupArray(date)
          FROM
          (
            WITH (SELECT groupUniqArray(toDate32(timestamp)) FROM bilten_analytics.events WHERE _inserted_at >= ${unseenSince}) AS unseen
            SELECT DISTINCT date
            FROM bilten_analytics.funnel_daily
            WHERE date >= toDate32(fromUnixTimestamp64Milli({since: Int64} + 86399999, 'UTC'))
              AND date < toDate32(fromUnixTimestamp64Milli({until: Int64} + 1, 'UTC')) - 1
              AND NOT has(unseen, date) AND NOT has(unseen, date + 1)
          )
          WHERE (SELECT count() FROM bilten_analytics.roll_ups) > 0`;

/**
 * The usual steps of everybody: whole days as they were rolled up (sql/0016), of the others whole quarters of an hour from the
 * projection (sql/0014), and event by event what is left at the ends. What is found twice is one user's all the same.
 */
export const farthestOfEverybody = `
        WITH ${fromQuarterHour("{since: Int64} + 899999")} AS opening, ${fromQuarterHour("{until: Int64} + 1")} AS end,
          (${wholeDays}
          ) AS whole
        SELECT user_id, max(far) AS reached
        FROM
        (
          SELECT user_id, reached AS far
          FROM bilten_analytics.funnel_daily FINAL
          WHERE date >= arrayMin(whole) AND date <= arrayMax(whole) AND has(whole, date)
          UNION ALL
          SELECT user_id, ${reachedIn("steps")} AS far
          FROM
          (
            SELECT user_id, ${stepsState} AS steps
            FROM bilten_analytics.events
            WHERE isNotNull(user_id) AND ${quarterHour} >= opening AND ${quarterHour} < end
              AND NOT (has(whole, ${dayOf}) AND has(whole, ${dayOf} - 1))
            GROUP BY user_id
            UNION ALL
            SELECT user_id, ${stepsState} AS steps
            FROM bilten_analytics.events
            WHERE isNotNull(user_id) AND event_type IN {steps: Array(String)} AND ${inRange("timestamp")}
              AND (timestamp < opening OR timestamp >= end)
            GROUP BY user_id
          )
          GROUP BY user_id
        )
        GROUP BY user_id`;
