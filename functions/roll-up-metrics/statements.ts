import { reachedIn, stepsState } from "../lib/queries/funnel-sql.ts";
import { dayOf, quarterHour, unseenSince } from "../lib/queries/product-sql.ts";

/** The moment by the server's clock, and the days of which rows came in since the last roll-up that came to its end. */
export const findDays = `
  WITH ${unseenSince} AS since
  SELECT toString(now64(3, 'UTC')) AS began_at, arraySort(groupUniqArray(toString(date))) AS days
  FROM
  (
    SELECT DISTINCT toDate(timestamp) AS date FROM bilten_analytics.events WHERE _inserted_at >= since
    UNION DISTINCT
    SELECT DISTINCT toDate(timestamp) FROM bilten_analytics.ticket_sales WHERE _inserted_at >= since
  )`;

export const finish = `
  INSERT INTO bilten_analytics.roll_ups (began_at, days) VALUES ({began_at: DateTime64(3)}, {days: UInt32})`;

const metricsOfEvents = `
  SELECT date, organizer_id, event_id, metric.1 AS metric_name, '' AS currency, toDecimal128(metric.2, 4) AS value
  FROM
  (
    SELECT toDate(timestamp) AS date, organizer_id, about AS event_id,
      [('total_events', count()), ('unique_users', uniqExact(user_id)), ('unique_sessions', uniqExact(session_id)),
       ('page_views', countIf(event_type = 'page_view')), ('event_views', countIf(event_type = 'event_view')),
       ('registrations', countIf(event_type = 'registration')), ('ticket_purchases', countIf(event_type = 'ticket_purchase'))] AS metrics
    FROM bilten_analytics.events ARRAY JOIN arrayDistinct(['', events.event_id]) AS about
    WHERE toDate(timestamp) IN {days: Array(Date)} GROUP BY ALL
  )
  ARRAY JOIN metrics AS metric
  WHERE value != 0`;

const metricsOfSales = `
  SELECT date, organizer_id, event_id, metric.1 AS metric_name, if(metric_name = 'revenue', money, '') AS currency, sum(metric.2) AS value
  FROM
  (
    SELECT toDate(timestamp) AS date, organizer_id, about AS event_id, toString(ticket_sales.currency) AS money,
      [('revenue', toDecimal128(sum(price * quantity), 4)), ('tickets_sold', toDecimal128(sum(quantity), 4)),
       ('transactions', toDecimal128(count(), 4))] AS metrics
    FROM bilten_analytics.ticket_sales ARRAY JOIN arrayDistinct(['', ticket_sales.event_id]) AS about
    WHERE toDate(timestamp) IN {days: Array(Date)} GROUP BY ALL
  )
  ARRAY JOIN metrics AS metric
  GROUP BY ALL`;

/** Writes the figures of these days that are not the stored ones; those that nothing is counted for any more are marked as gone. */
export const rollUp = `
  INSERT INTO bilten_analytics.metrics_daily_versions
    (date, organizer_id, event_id, metric_name, currency, metric_value, gone, rolled_up_at)
  SELECT date, organizer_id, event_id, metric_name, currency, sumIf(value, new) AS metric_value,
    countIf(new) = 0 AS gone, {began_at: DateTime64(3)}
  FROM
  (
    SELECT date, organizer_id, event_id, metric_name, currency, value, true AS new FROM (${metricsOfEvents})
    UNION ALL
    SELECT date, organizer_id, event_id, metric_name, currency, value, true FROM (${metricsOfSales})
    UNION ALL
    SELECT date, organizer_id, event_id, metric_name, currency, stored.metric_value, false
    FROM bilten_analytics.metrics_daily_versions AS stored FINAL
    WHERE date IN {days: Array(Date)} AND NOT stored.gone
  )
  GROUP BY date, organizer_id, event_id, metric_name, currency
  HAVING sumIf(value, new) != sumIf(value, NOT new) OR countIf(new) != countIf(NOT new)`;

/** Writes how far everybody got who did a step on one of these days, where it is not what is stored: `sql/0016`. */
export const rollUpFunnel = `
  INSERT INTO bilten_analytics.funnel_daily (date, user_id, reached, rolled_up_at)
  SELECT date, user_id, maxIf(far, new) AS reached, {began_at: DateTime64(3)}
  FROM
  (
    SELECT date, assumeNotNull(user_id) AS user_id, ${reachedIn("steps")} AS far, true AS new
    FROM
    (
      SELECT user_id, ${quarterHour} AS quarter, ${stepsState} AS steps
      FROM bilten_analytics.events
      WHERE isNotNull(user_id) AND (${dayOf} IN {days: Array(Date32)} OR ${dayOf} - 1 IN {days: Array(Date32)})
      GROUP BY user_id, quarter
    )
    ARRAY JOIN [toDate32(quarter), toDate32(quarter) - 1] AS date
    WHERE date IN {days: Array(Date32)}
    GROUP BY date, user_id
    HAVING far > 0 AND countIf(toDate32(quarter) = date) > 0
    UNION ALL
    SELECT date, user_id, stored.reached, false
    FROM bilten_analytics.funnel_daily AS stored FINAL
    WHERE date IN {days: Array(Date32)}
  )
  GROUP BY date, user_id
  HAVING maxIf(far, new) != maxIf(far, NOT new)`;
