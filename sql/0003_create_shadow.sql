-- Classified humans. A row's identity is where its rating entered the system (the origin), so classifying twice counts once;
-- `_topic _partition _offset` say where the row itself was read.
CREATE TABLE shadow
(
    type           LowCardinality(String),
    unique_id      String,
    emit_timestamp DateTime64(6, 'UTC'),

    in_topic            String EPHEMERAL,
    in_partition        UInt32 EPHEMERAL,
    in_offset           UInt64 EPHEMERAL,
    in_origin_topic     String EPHEMERAL,
    in_origin_partition UInt32 EPHEMERAL,
    in_origin_offset    UInt64 EPHEMERAL,
    in_batch            UInt128 EPHEMERAL,
    in_batch_rows       UInt32 EPHEMERAL,
    _topic              LowCardinality(String) MATERIALIZED in_topic,
    _partition          UInt32 MATERIALIZED in_partition,
    _offset             UInt64 MATERIALIZED in_offset,
    _origin_topic       LowCardinality(String) MATERIALIZED in_origin_topic,
    _origin_partition   UInt32 MATERIALIZED in_origin_partition,
    _origin_offset      UInt64 MATERIALIZED in_origin_offset,
    _batch              UInt128 MATERIALIZED in_batch,
    _batch_rows         UInt32 MATERIALIZED in_batch_rows,
    _inserted_at        DateTime64(3, 'UTC') MATERIALIZED now64(3),

    INDEX by_batch _batch TYPE minmax GRANULARITY 1,
    PROJECTION by_identity
    (
        SELECT _origin_topic, _origin_partition, _origin_offset, _batch, _batch_rows
        ORDER BY _origin_topic, _origin_partition, _origin_offset
    )
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(emit_timestamp)
ORDER BY type
SETTINGS non_replicated_deduplication_window = 10000;
