-- Daily figures, one row for each metric: for an organizer as a whole (`event_id` empty) and for each of its events; amounts of money
-- by currency. `roll-up-metrics` writes a new version of what has changed, also of days long past; `metrics_daily` shows the last one.
CREATE TABLE bilten_analytics.metrics_daily_versions
(
    date         Date,
    organizer_id LowCardinality(String),
    event_id     String,
    metric_name  LowCardinality(String),
    currency     LowCardinality(String) COMMENT 'empty: no money',
    metric_value Decimal(38, 4),
    gone         UInt8 COMMENT '1: there is nothing to count any more',
    rolled_up_at DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree(rolled_up_at)
PARTITION BY toYYYYMM(date)
ORDER BY (organizer_id, date, event_id, metric_name, currency);

CREATE VIEW bilten_analytics.metrics_daily AS
SELECT date, organizer_id, event_id, metric_name, metric_value,
    if(currency = '', map(), map('currency', toString(currency))) AS dimensions, rolled_up_at
FROM bilten_analytics.metrics_daily_versions FINAL
WHERE NOT gone;

-- Every roll-up that came to its end: the next one looks at what was inserted since.
CREATE TABLE bilten_analytics.roll_ups
(
    began_at DateTime64(3, 'UTC'),
    days     UInt32
)
ENGINE = MergeTree
ORDER BY began_at
TTL toDateTime(began_at) + INTERVAL 30 DAY;
