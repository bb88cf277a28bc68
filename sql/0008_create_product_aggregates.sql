-- Figures that are kept up to date with every INSERT into `events`. Each `…_feed` writes states into the table before it; whoever
-- asks takes the view with the name people know, where states are merged to finished rows. Days and hours are those of UTC.
CREATE TABLE bilten_analytics.events_per_hour
(
    hour         DateTime('UTC'),
    organizer_id LowCardinality(String),
    event_id     String,
    event_type   LowCardinality(String),
    event_name   LowCardinality(String),
    events       SimpleAggregateFunction(sum, UInt64),
    users        AggregateFunction(uniqExact, Nullable(String)),
    sessions     AggregateFunction(uniqExact, Nullable(String))
)
ENGINE = AggregatingMergeTree
PARTITION BY toYYYYMM(hour)
ORDER BY (organizer_id, hour, event_type, event_id, event_name)
SETTINGS non_replicated_deduplication_window = 10000;

CREATE MATERIALIZED VIEW bilten_analytics.events_per_hour_feed TO bilten_analytics.events_per_hour AS
SELECT toStartOfHour(timestamp) AS hour, organizer_id, event_id, event_type, event_name,
    count() AS events, uniqExactState(user_id) AS users, uniqExactState(session_id) AS sessions
FROM bilten_analytics.events
GROUP BY hour, organizer_id, event_id, event_type, event_name;

CREATE VIEW bilten_analytics.events_hourly_mv AS
SELECT hour, organizer_id, event_id, event_type, event_name,
    sum(events) AS event_count, uniqExactMerge(users) AS unique_users, uniqExactMerge(sessions) AS unique_sessions
FROM bilten_analytics.events_per_hour
GROUP BY hour, organizer_id, event_id, event_type, event_name;

CREATE TABLE bilten_analytics.organizer_metrics_per_day
(
    date             Date,
    organizer_id     LowCardinality(String),
    events           SimpleAggregateFunction(sum, UInt64),
    users            AggregateFunction(uniqExact, Nullable(String)),
    sessions         AggregateFunction(uniqExact, Nullable(String)),
    page_views       SimpleAggregateFunction(sum, UInt64),
    ticket_purchases SimpleAggregateFunction(sum, UInt64),
    event_views      SimpleAggregateFunction(sum, UInt64),
    registrations    SimpleAggregateFunction(sum, UInt64)
)
ENGINE = AggregatingMergeTree
PARTITION BY toYYYYMM(date)
ORDER BY (organizer_id, date)
SETTINGS non_replicated_deduplication_window = 10000;

CREATE MATERIALIZED VIEW bilten_analytics.organizer_metrics_per_day_feed TO bilten_analytics.organizer_metrics_per_day AS
SELECT toDate(timestamp) AS date, organizer_id, count() AS events,
    uniqExactState(user_id) AS users, uniqExactState(session_id) AS sessions,
    countIf(event_type = 'page_view') AS page_views,
    countIf(event_type = 'ticket_purchase') AS ticket_purchases,
    countIf(event_type = 'event_view') AS event_views,
    countIf(event_type = 'registration') AS registrations
FROM bilten_analytics.events
WHERE organizer_id != ''
GROUP BY date, organizer_id;

CREATE VIEW bilten_analytics.organizer_daily_metrics_mv AS
SELECT date, organizer_id, sum(events) AS total_events,
    uniqExactMerge(users) AS unique_visitors, uniqExactMerge(sessions) AS unique_sessions,
    sum(organizer_metrics_per_day.page_views) AS page_views,
    sum(organizer_metrics_per_day.ticket_purchases) AS ticket_purchases,
    sum(organizer_metrics_per_day.event_views) AS event_views,
    sum(organizer_metrics_per_day.registrations) AS registrations
FROM bilten_analytics.organizer_metrics_per_day
GROUP BY date, organizer_id;

CREATE TABLE bilten_analytics.event_performance_per_day
(
    date         Date,
    event_id     String,
    organizer_id LowCardinality(String),
    interactions SimpleAggregateFunction(sum, UInt64),
    users        AggregateFunction(uniqExact, Nullable(String)),
    sessions     AggregateFunction(uniqExact, Nullable(String)),
    views        SimpleAggregateFunction(sum, UInt64),
    purchases    SimpleAggregateFunction(sum, UInt64),
    shares       SimpleAggregateFunction(sum, UInt64),
    favorites    SimpleAggregateFunction(sum, UInt64),
    duration     SimpleAggregateFunction(sum, Decimal(38, 3)) COMMENT 'of the events page_duration that tell it',
    durations    SimpleAggregateFunction(sum, UInt64)
)
ENGINE = AggregatingMergeTree
PARTITION BY toYYYYMM(date)
ORDER BY (organizer_id, event_id, date)
SETTINGS non_replicated_deduplication_window = 10000;

CREATE MATERIALIZED VIEW bilten_analytics.event_performance_per_day_feed TO bilten_analytics.event_performance_per_day AS
SELECT toDate(timestamp) AS date, event_id, organizer_id, count() AS interactions,
    uniqExactState(user_id) AS users, uniqExactState(session_id) AS sessions,
    countIf(event_type = 'event_view') AS views,
    countIf(event_type = 'ticket_purchase') AS purchases,
    countIf(event_type = 'share') AS shares,
    countIf(event_type = 'favorite') AS favorites,
    sum(ifNull(toDecimal64OrNull(if(event_type = 'page_duration', properties['duration'], ''), 3), 0)) AS duration,
    count(toDecimal64OrNull(if(event_type = 'page_duration', properties['duration'], ''), 3)) AS durations
FROM bilten_analytics.events
WHERE event_id != ''
GROUP BY date, event_id, organizer_id;

CREATE VIEW bilten_analytics.event_performance_mv AS
SELECT date, event_id, organizer_id, sum(interactions) AS total_interactions,
    uniqExactMerge(users) AS unique_visitors, uniqExactMerge(sessions) AS unique_sessions,
    sum(event_performance_per_day.views) AS views,
    sum(event_performance_per_day.purchases) AS purchases,
    sum(event_performance_per_day.shares) AS shares,
    sum(event_performance_per_day.favorites) AS favorites,
    toFloat64(sum(duration)) / nullIf(sum(durations), 0) AS avg_duration
FROM bilten_analytics.event_performance_per_day
GROUP BY date, event_id, organizer_id;

-- One row for each user, event and day: its state holds the moments of the five steps, so that late ones still fall into their order.
CREATE TABLE bilten_analytics.user_funnel_per_day
(
    date         Date,
    organizer_id LowCardinality(String),
    event_id     String,
    user_id      String,
    steps        AggregateFunction(windowFunnel(86400000), UInt64, UInt8, UInt8, UInt8, UInt8, UInt8)
)
ENGINE = AggregatingMergeTree
PARTITION BY toYYYYMM(date)
ORDER BY (organizer_id, event_id, date, user_id)
SETTINGS non_replicated_deduplication_window = 10000;

CREATE MATERIALIZED VIEW bilten_analytics.user_funnel_per_day_feed TO bilten_analytics.user_funnel_per_day AS
SELECT toDate(timestamp) AS date, organizer_id, event_id, assumeNotNull(events.user_id) AS user_id,
    windowFunnelState(86400000)(
        toUInt64(toUnixTimestamp64Milli(timestamp)), event_type = 'event_view', event_type = 'ticket_view',
        event_type = 'checkout_start', event_type = 'payment_info', event_type = 'ticket_purchase'
    ) AS steps
FROM bilten_analytics.events AS events
WHERE event_id != '' AND isNotNull(events.user_id)
    AND event_type IN ('event_view', 'ticket_view', 'checkout_start', 'payment_info', 'ticket_purchase')
GROUP BY date, organizer_id, event_id, user_id;

-- How far each user came, in this order and within one day: nobody counts in a step without those before it.
CREATE VIEW bilten_analytics.user_funnel_mv AS
SELECT date, organizer_id, event_id,
    countIf(reached >= 1) AS step1_views,
    countIf(reached >= 2) AS step2_ticket_views,
    countIf(reached >= 3) AS step3_checkout_starts,
    countIf(reached >= 4) AS step4_payment_info,
    countIf(reached >= 5) AS step5_purchases,
    count() AS unique_users_in_funnel
FROM
(
    SELECT date, organizer_id, event_id, user_id, windowFunnelMerge(86400000)(steps) AS reached
    FROM bilten_analytics.user_funnel_per_day
    GROUP BY date, organizer_id, event_id, user_id
)
GROUP BY date, organizer_id, event_id;

CREATE TABLE bilten_analytics.dashboard_per_5_minutes
(
    interval_start DateTime('UTC'),
    organizer_id   LowCardinality(String),
    events         SimpleAggregateFunction(sum, UInt64),
    users          AggregateFunction(uniqExact, Nullable(String)),
    sessions       AggregateFunction(uniqExact, Nullable(String)),
    page_views     SimpleAggregateFunction(sum, UInt64),
    purchases      SimpleAggregateFunction(sum, UInt64),
    errors         SimpleAggregateFunction(sum, UInt64),
    load_time      SimpleAggregateFunction(sum, Decimal(38, 3)) COMMENT 'of the events page_load that tell it',
    load_times     SimpleAggregateFunction(sum, UInt64)
)
ENGINE = AggregatingMergeTree
PARTITION BY toYYYYMM(interval_start)
ORDER BY (interval_start, organizer_id)
SETTINGS non_replicated_deduplication_window = 10000;

CREATE MATERIALIZED VIEW bilten_analytics.dashboard_per_5_minutes_feed TO bilten_analytics.dashboard_per_5_minutes AS
SELECT toStartOfFiveMinutes(timestamp) AS interval_start, organizer_id, count() AS events,
    uniqExactState(user_id) AS users, uniqExactState(session_id) AS sessions,
    countIf(event_type = 'page_view') AS page_views,
    countIf(event_type = 'ticket_purchase') AS purchases,
    countIf(event_type = 'error') AS errors,
    sum(ifNull(toDecimal64OrNull(if(event_type = 'page_load', properties['load_time'], ''), 3), 0)) AS load_time,
    count(toDecimal64OrNull(if(event_type = 'page_load', properties['load_time'], ''), 3)) AS load_times
FROM bilten_analytics.events
GROUP BY interval_start, organizer_id;

CREATE VIEW bilten_analytics.realtime_dashboard_mv AS
SELECT interval_start, organizer_id, sum(events) AS total_events,
    uniqExactMerge(users) AS active_users, uniqExactMerge(sessions) AS active_sessions,
    sum(dashboard_per_5_minutes.page_views) AS page_views,
    sum(dashboard_per_5_minutes.purchases) AS purchases,
    sum(dashboard_per_5_minutes.errors) AS errors,
    toFloat64(sum(load_time)) / nullIf(sum(load_times), 0) AS avg_load_time
FROM bilten_analytics.dashboard_per_5_minutes
GROUP BY interval_start, organizer_id;
