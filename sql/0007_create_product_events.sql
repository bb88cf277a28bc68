-- Product analytics: what people do on a site or in an app. Every event is a row of `events`; a page view is one of `page_views` too, and
-- a ticket_purchase with its price one of `ticket_sales`, once in each. A row's identity is the event's `id`, whoever sends it again.
CREATE DATABASE IF NOT EXISTS bilten_analytics;

CREATE TABLE bilten_analytics.events
(
    timestamp    DateTime64(3, 'UTC') DEFAULT now64(3) CODEC(Delta, ZSTD),
    event_type   LowCardinality(String),
    event_name   LowCardinality(String) DEFAULT event_type,
    organizer_id LowCardinality(String) COMMENT 'empty: of no organizer',
    user_id      Nullable(String) COMMENT 'null: not known, and not counted as a user' CODEC(ZSTD),
    properties   Map(LowCardinality(String), String) COMMENT 'what is no text is in JSON' CODEC(ZSTD),
    session_id   Nullable(String) CODEC(ZSTD),
    event_id     String DEFAULT properties['event_id'] COMMENT 'the concert, match or fair it is about' CODEC(ZSTD),
    page_url     String CODEC(ZSTD),
    referrer     String CODEC(ZSTD),
    user_agent   LowCardinality(String),
    source       LowCardinality(String) COMMENT 'of POST /v1/events/{source}',
    id           String DEFAULT toString(generateUUIDv7()) COMMENT 'of the event itself: copies have the same' CODEC(ZSTD),
    received_at  DateTime64(3, 'UTC') DEFAULT now64(3) CODEC(Delta, ZSTD),

    in_topic      String EPHEMERAL,
    in_partition  UInt32 EPHEMERAL,
    in_offset     UInt64 EPHEMERAL,
    in_batch      UInt128 EPHEMERAL,
    in_batch_rows UInt32 EPHEMERAL,
    _topic        LowCardinality(String) MATERIALIZED in_topic,
    _partition    UInt32 MATERIALIZED in_partition,
    _offset       UInt64 MATERIALIZED in_offset,
    _batch        UInt128 MATERIALIZED in_batch,
    _batch_rows   UInt32 MATERIALIZED in_batch_rows,
    _inserted_at  DateTime64(3, 'UTC') MATERIALIZED now64(3),

    INDEX by_time timestamp TYPE minmax GRANULARITY 1,
    INDEX by_event event_id TYPE bloom_filter GRANULARITY 1,
    INDEX by_user user_id TYPE bloom_filter GRANULARITY 1,
    INDEX by_batch _batch TYPE minmax GRANULARITY 1,
    INDEX by_insertion _inserted_at TYPE minmax GRANULARITY 1,
    PROJECTION by_identity (SELECT id, event_type, _batch, _batch_rows ORDER BY id)
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(timestamp)
ORDER BY (organizer_id, event_type, timestamp)
SETTINGS non_replicated_deduplication_window = 10000;

CREATE TABLE bilten_analytics.page_views
(
    timestamp        DateTime64(3, 'UTC') DEFAULT now64(3) CODEC(Delta, ZSTD),
    session_id       Nullable(String) CODEC(ZSTD),
    user_id          Nullable(String) CODEC(ZSTD),
    organizer_id     LowCardinality(String),
    page_url         String CODEC(ZSTD),
    referrer         String CODEC(ZSTD),
    user_agent       LowCardinality(String),
    duration_seconds Nullable(UInt32),
    event_id         String CODEC(ZSTD),
    source           LowCardinality(String),
    id               String DEFAULT toString(generateUUIDv7()) CODEC(ZSTD),
    received_at      DateTime64(3, 'UTC') DEFAULT now64(3) CODEC(Delta, ZSTD),

    in_topic      String EPHEMERAL,
    in_partition  UInt32 EPHEMERAL,
    in_offset     UInt64 EPHEMERAL,
    in_batch      UInt128 EPHEMERAL,
    in_batch_rows UInt32 EPHEMERAL,
    _topic        LowCardinality(String) MATERIALIZED in_topic,
    _partition    UInt32 MATERIALIZED in_partition,
    _offset       UInt64 MATERIALIZED in_offset,
    _batch        UInt128 MATERIALIZED in_batch,
    _batch_rows   UInt32 MATERIALIZED in_batch_rows,
    _inserted_at  DateTime64(3, 'UTC') MATERIALIZED now64(3),

    INDEX by_user user_id TYPE bloom_filter GRANULARITY 1,
    INDEX by_batch _batch TYPE minmax GRANULARITY 1,
    INDEX by_insertion _inserted_at TYPE minmax GRANULARITY 1,
    PROJECTION by_identity (SELECT id, _batch, _batch_rows ORDER BY id)
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(timestamp)
ORDER BY (organizer_id, timestamp)
SETTINGS non_replicated_deduplication_window = 10000;

CREATE TABLE bilten_analytics.ticket_sales
(
    timestamp      DateTime64(3, 'UTC') DEFAULT now64(3) CODEC(Delta, ZSTD),
    event_id       String CODEC(ZSTD),
    organizer_id   LowCardinality(String),
    user_id        Nullable(String) CODEC(ZSTD),
    quantity       UInt32,
    price          Decimal(18, 4) COMMENT 'of one ticket',
    currency       LowCardinality(String) COMMENT 'ISO 4217: amounts of two currencies have no sum',
    ticket_type_id String CODEC(ZSTD),
    payment_method LowCardinality(String),
    session_id     Nullable(String) CODEC(ZSTD),
    source         LowCardinality(String),
    id             String DEFAULT toString(generateUUIDv7()) CODEC(ZSTD),
    received_at    DateTime64(3, 'UTC') DEFAULT now64(3) CODEC(Delta, ZSTD),

    in_topic      String EPHEMERAL,
    in_partition  UInt32 EPHEMERAL,
    in_offset     UInt64 EPHEMERAL,
    in_batch      UInt128 EPHEMERAL,
    in_batch_rows UInt32 EPHEMERAL,
    _topic        LowCardinality(String) MATERIALIZED in_topic,
    _partition    UInt32 MATERIALIZED in_partition,
    _offset       UInt64 MATERIALIZED in_offset,
    _batch        UInt128 MATERIALIZED in_batch,
    _batch_rows   UInt32 MATERIALIZED in_batch_rows,
    _inserted_at  DateTime64(3, 'UTC') MATERIALIZED now64(3),

    INDEX by_event event_id TYPE bloom_filter GRANULARITY 1,
    INDEX by_user user_id TYPE bloom_filter GRANULARITY 1,
    INDEX by_batch _batch TYPE minmax GRANULARITY 1,
    INDEX by_insertion _inserted_at TYPE minmax GRANULARITY 1,
    PROJECTION by_identity (SELECT id, _batch, _batch_rows ORDER BY id)
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(timestamp)
ORDER BY (organizer_id, timestamp)
SETTINGS non_replicated_deduplication_window = 10000;
