-- Where captured tables were last truncated in Postgres: rows of older versions are not shown, whenever they arrive.
CREATE TABLE sluice.truncations
(
    topic   LowCardinality(String) COMMENT 'postgres.<schema>.<table>',
    version UInt128 COMMENT 'as _version of the copies',
    at      DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = ReplacingMergeTree(version)
ORDER BY topic;
