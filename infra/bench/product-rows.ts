import type { ClickHouseClient } from "@clickhouse/client";
import { openStore } from "../../functions/lib/store.ts";
import { createHandler } from "../../functions/roll-up-metrics/roll-up.ts";
import { at, came, settings, slice, usualEnd } from "./query-rows.ts";

/** A tenth of the events each, in the order of their numbers, of some 150,000 users who come for a hundred events at a time. */
const events = (rows: number, first: number, count: number, end: string) => `
  INSERT INTO bilten_analytics.events (timestamp, event_type, organizer_id, user_id, session_id, event_id, id, _inserted_at)
  SELECT
    at,
    ['page_view', 'page_view', 'page_view', 'event_view', 'event_view', 'ticket_view', 'checkout_start', 'payment_info',
      'ticket_purchase', 'share'][1 + cityHash64(number, 1) % 10],
    concat('o-', toString(cityHash64(number, 2) % 12)),
    concat('user-', toString((intDiv(number, 2000) * 31 + cityHash64(number) % 20) % 150000)),
    concat('session-', toString(intDiv(number, 2000) * 20 + cityHash64(number) % 20)),
    concat('event-', toString(cityHash64(number, 4) % 200)),
    toString(number),
    ${came(end)}
  FROM (SELECT number, ${at(rows, end)} AS at FROM numbers(${first}, ${count}))`;

const sales = `
  INSERT INTO bilten_analytics.ticket_sales (timestamp, event_id, organizer_id, user_id, quantity, price, currency, id, _inserted_at)
  SELECT timestamp, event_id, organizer_id, user_id, 2, 30, 'EUR', id, _inserted_at FROM bilten_analytics.events WHERE event_type = 'ticket_purchase'`;

/**
 * Product events of 90 days, their sales, and all the aggregates that follow from them, those of `roll-up-metrics` too.
 * @param end of the days, in UTC: `2026-04-01 00:00:00`.
 */
export async function insertProductEvents(
  admin: ClickHouseClient,
  rows: number,
  progress: (line: string) => void,
  end = usualEnd,
): Promise<void> {
  for (let first = 0; first < rows; first += slice) {
    progress(`product events from ${first.toLocaleString("en")} of ${rows.toLocaleString("en")}`);
    const query = events(rows, first, Math.min(slice, rows - first), end);
    await admin.command({ query, clickhouse_settings: settings });
  }
  await admin.command({ query: sales, clickhouse_settings: settings });
  progress("rolling up");
  await createHandler(openStore(admin))({}, { getRemainingTimeInMillis: () => 600_000 });
}
