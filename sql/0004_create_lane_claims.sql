-- Who may write what a lane (a partition, a queue) brings: the invocation that claimed it last. An INSERT that arrives late, from an
-- invocation that was given up, finds a later claim and is refused (functions/lib/write-once/lanes.ts).
CREATE TABLE sluice.lane_claims
(
    database LowCardinality(String) COMMENT 'of the tables that are written',
    consumer LowCardinality(String),
    lane     String,
    claim    UInt128 COMMENT 'later claims are greater: 64 bits of milliseconds, 64 of the claimant',
    at       DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = ReplacingMergeTree(claim)
ORDER BY (database, consumer, lane);
