-- What the page asks every second, answered from aggregates. They are projections: each part of a table holds the aggregate of its own
-- rows, written and dropped with them. So they need no deduplication window and no repair, a batch that comes again or only half changes
-- nothing of it, and a part that has none yet is read row by row: the figures are the same, with or without.
--
-- Rows that are there already get theirs once, part by part, in the background (MATERIALIZE). Buckets are of milliseconds because
-- those of minutes are DateTime, which begins with 1970; a quarter of an hour is the finest by which clocks of zones differ. First and last
-- moments are whole numbers: min and max of DateTime64 take those before 1970 for late ones (ClickHouse issue 113942).
ALTER TABLE user_messages ADD PROJECTION per_minute
(
    SELECT toStartOfInterval(received_at, toIntervalMillisecond(60000)), count()
    GROUP BY toStartOfInterval(received_at, toIntervalMillisecond(60000))
);
ALTER TABLE user_messages ADD PROJECTION by_user
(
    SELECT username, count(), min(toUnixTimestamp64Milli(received_at)), max(toUnixTimestamp64Milli(received_at))
    GROUP BY username
);

ALTER TABLE shadow ADD PROJECTION per_minute
(
    SELECT toStartOfInterval(emit_timestamp, toIntervalMillisecond(60000)), type, count()
    GROUP BY toStartOfInterval(emit_timestamp, toIntervalMillisecond(60000)), type
);
ALTER TABLE shadow ADD PROJECTION by_type (SELECT type, count() GROUP BY type);
-- The minute that has begun is read row by row, and the table is in the order of types.
ALTER TABLE shadow ADD INDEX by_time emit_timestamp TYPE minmax GRANULARITY 1;

ALTER TABLE github.commits ADD PROJECTION per_quarter_hour
(
    SELECT toStartOfInterval(committed_at, toIntervalMillisecond(900000)), count()
    GROUP BY toStartOfInterval(committed_at, toIntervalMillisecond(900000))
);
-- The first and the last commit of an author on a day of UTC also tell on which one or two days of any zone they committed.
ALTER TABLE github.commits ADD PROJECTION by_author_per_day
(
    SELECT toDate32(committed_at), author, count(), sum(additions), sum(deletions),
        min(toUnixTimestamp64Milli(committed_at)), max(toUnixTimestamp64Milli(committed_at))
    GROUP BY toDate32(committed_at), author
);
ALTER TABLE github.commits ADD PROJECTION by_repository_per_day
(
    SELECT toDate32(committed_at), repo, count(), sum(additions), sum(deletions),
        min(toUnixTimestamp64Milli(committed_at)), max(toUnixTimestamp64Milli(committed_at))
    GROUP BY toDate32(committed_at), repo
);
-- What is left of a range at its ends: no day, no quarter of an hour.
ALTER TABLE github.commits ADD PROJECTION by_time
(
    SELECT committed_at, author, repo, additions, deletions
    ORDER BY committed_at
);

ALTER TABLE user_messages MATERIALIZE PROJECTION per_minute;
ALTER TABLE user_messages MATERIALIZE PROJECTION by_user;
ALTER TABLE shadow MATERIALIZE PROJECTION per_minute;
ALTER TABLE shadow MATERIALIZE PROJECTION by_type;
ALTER TABLE shadow MATERIALIZE INDEX by_time;
ALTER TABLE github.commits MATERIALIZE PROJECTION per_quarter_hour;
ALTER TABLE github.commits MATERIALIZE PROJECTION by_author_per_day;
ALTER TABLE github.commits MATERIALIZE PROJECTION by_repository_per_day;
ALTER TABLE github.commits MATERIALIZE PROJECTION by_time;
