import type { ClickHouseClient } from "@clickhouse/client";

const people = "unique_users, unique_sessions";
const visitors = "unique_visitors, unique_sessions";

/** How the product is asked for each figure of the organizers whose names begin so: the columns before the bar are its key. */
export function questionsOf(name: string): Record<string, string> {
  const mine = `WHERE startsWith(organizer_id, '${name} ')`;
  return {
    events: `SELECT concat(count(), ' rows') FROM events ${mine}`,
    page_views: `SELECT concat(count(), ' rows') FROM page_views ${mine}`,
    ticket_sales: `SELECT concat(count(), ' rows, ', sum(quantity), ' tickets') FROM ticket_sales ${mine}`,
    events_hourly_mv: `SELECT hour, organizer_id, event_id, event_type, '=', event_count, ${people} FROM events_hourly_mv ${mine}`,
    organizer_daily_metrics_mv: `SELECT date, organizer_id, '=', total_events, ${visitors}, page_views, ticket_purchases, event_views, registrations
      FROM organizer_daily_metrics_mv ${mine}`,
    event_performance_mv: `SELECT date, organizer_id, event_id, '=', total_interactions, ${visitors}, views, purchases, shares, favorites, toDecimalString(avg_duration, 6)
      FROM event_performance_mv ${mine}`,
    user_funnel_mv: `SELECT date, organizer_id, event_id, '=', step1_views, step2_ticket_views, step3_checkout_starts, step4_payment_info,
      step5_purchases, unique_users_in_funnel FROM user_funnel_mv ${mine}`,
    realtime_dashboard_mv: `SELECT interval_start, organizer_id, '=', total_events, active_users, active_sessions, page_views, purchases, errors,
      toDecimalString(avg_load_time, 6) FROM realtime_dashboard_mv ${mine}`,
    metrics_daily: `SELECT date, organizer_id, event_id, metric_name, dimensions['currency'], '=',
      if(metric_name = 'revenue', toDecimalString(metric_value, 4), toString(metric_value)) FROM metrics_daily ${mine}`,
  };
}

/** The answer as the oracle words it: lines `key … = figures`, sorted. */
export async function tell(client: ClickHouseClient, question: string): Promise<string[]> {
  const query = question.replace(/ FROM (\w+)/, " FROM bilten_analytics.$1");
  const answer = await client.query({ query, format: "JSONCompactEachRow" });
  const rows = await answer.json<(string | number | null)[]>();
  return rows.map(toLine).sort();
}

function toLine(row: (string | number | null)[]): string {
  const equals = row.indexOf("=");
  if (equals < 0) return row.join(" ");
  return `${row.slice(0, equals).join(" | ")} = ${row
    .slice(equals + 1)
    .map(String)
    .join(" ")}`;
}
