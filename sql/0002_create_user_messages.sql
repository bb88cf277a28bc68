-- The chat room. `SELECT *` gives the three published columns and `INSERT … VALUES` takes them: where a row came from
-- is written through EPHEMERAL inputs into MATERIALIZED columns, which neither of the two sees.
CREATE TABLE user_messages
(
    username    String,
    message     String,
    received_at DateTime64(3, 'UTC'),

    in_queue      String EPHEMERAL,
    in_message_id String EPHEMERAL,
    in_batch      UInt128 EPHEMERAL,
    in_batch_rows UInt32 EPHEMERAL,
    _queue        LowCardinality(String) MATERIALIZED in_queue,
    _message_id   String MATERIALIZED in_message_id,
    _batch        UInt128 MATERIALIZED in_batch,
    _batch_rows   UInt32 MATERIALIZED in_batch_rows,
    _inserted_at  DateTime64(3, 'UTC') MATERIALIZED now64(3),

    INDEX by_batch _batch TYPE minmax GRANULARITY 1,
    PROJECTION by_identity (SELECT _queue, _message_id, _batch, _batch_rows ORDER BY _message_id)
)
ENGINE = MergeTree
ORDER BY received_at
SETTINGS non_replicated_deduplication_window = 10000;
