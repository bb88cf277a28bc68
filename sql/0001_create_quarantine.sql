-- Messages that cannot become rows: kept as they came, explained, and ready to be replayed.
CREATE DATABASE IF NOT EXISTS sluice;

CREATE TABLE sluice.quarantine
(
    id        UUID,
    at        DateTime64(3, 'UTC'),
    source    LowCardinality(String) COMMENT 'kafka:<topic>, rabbitmq:<queue>',
    position  String COMMENT '<topic>:<partition>:<offset>, or the message_id',
    reason    LowCardinality(String),
    detail    String,
    body      String COMMENT 'the original bytes',
    headers   Array(Tuple(name String, value String)),
    status    LowCardinality(String) DEFAULT 'new',

    in_batch      UInt128 EPHEMERAL,
    in_batch_rows UInt32 EPHEMERAL,
    _batch        UInt128 MATERIALIZED in_batch,
    _batch_rows   UInt32 MATERIALIZED in_batch_rows,
    _inserted_at  DateTime64(3, 'UTC') MATERIALIZED now64(3),

    INDEX by_id id TYPE bloom_filter GRANULARITY 1
)
ENGINE = MergeTree
ORDER BY (at, id)
SETTINGS non_replicated_deduplication_window = 10000;
