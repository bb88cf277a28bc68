-- How far everybody got from a view to a ticket who did one of its steps on a day of UTC, by what they did on it and on the day after: so
-- whatever began on the day is in it whole. `roll-up-metrics` writes a new version of what has changed, also of days long past.
CREATE TABLE bilten_analytics.funnel_daily
(
    date         Date32,
    user_id      String,
    reached      UInt8 COMMENT 'steps in order within a day, of the five of sql/0014; 0: none any more',
    rolled_up_at DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree(rolled_up_at)
PARTITION BY toYYYYMM(date)
ORDER BY (date, user_id);

-- The next roll-up looks at every day there is.
TRUNCATE TABLE bilten_analytics.roll_ups;
