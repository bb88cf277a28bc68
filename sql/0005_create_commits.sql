-- Commits. One commit may come from a generator, a webhook and a poll: its identity is the repository with `commit_id`, so it is one
-- row whoever sends it, however often. `_topic _partition _offset` say where the first copy was read.
CREATE DATABASE IF NOT EXISTS github;

CREATE TABLE github.commits
(
    commit_id      String,
    author         String,
    commit_message String,
    commit_date    Date COMMENT 'in UTC',
    repo           LowCardinality(String) COMMENT 'owner/name; empty when the producer did not say',
    branch         LowCardinality(String),
    committed_at   DateTime64(3, 'UTC') DEFAULT commit_date,
    authored_at    DateTime64(3, 'UTC') DEFAULT committed_at,
    additions      Nullable(UInt32) COMMENT 'lines; null when the source does not tell',
    deletions      Nullable(UInt32) COMMENT 'lines; null when the source does not tell',

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

    INDEX by_batch _batch TYPE minmax GRANULARITY 1,
    PROJECTION by_identity (SELECT commit_id, repo, _batch, _batch_rows ORDER BY commit_id, repo)
)
ENGINE = MergeTree
ORDER BY (repo, committed_at)
SETTINGS non_replicated_deduplication_window = 10000;
