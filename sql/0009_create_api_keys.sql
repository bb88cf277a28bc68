-- Keys of the HTTP API (`sluice keys`). A key is shown once and kept nowhere: here is its SHA-256 alone, which is enough for 256 random
-- bits. A revocation is a later version of the row.
CREATE TABLE sluice.api_keys
(
    id         String,
    version    UInt64,
    name       String,
    kind       Enum8('read' = 1, 'write' = 2),
    hash       String COMMENT 'SHA-256 of the whole key, hex',
    endpoints  Array(String) COMMENT 'a read key asks these alone; empty: all, and POST /v1/query',
    sources    Array(String) COMMENT 'a write key sends to these alone; empty: all',
    origins    Array(String) COMMENT 'a browser page must come from one of these; empty: from anywhere that CORS lets in',
    fixed      Map(String, String) COMMENT 'parameters, or fields of events, that have this value whatever is asked',
    per_minute UInt32 COMMENT 'requests a minute in one execution environment; 0: no limit',
    created_at DateTime64(3, 'UTC') DEFAULT now64(3),
    expires_at Nullable(DateTime64(3, 'UTC')),
    revoked_at Nullable(DateTime64(3, 'UTC'))
)
ENGINE = ReplacingMergeTree(version)
ORDER BY id;

-- What keys were used for, counted by execution environments and written every few seconds.
CREATE TABLE sluice.api_key_uses
(
    minute   DateTime('UTC'),
    key_id   LowCardinality(String) COMMENT 'local-read and local-write are the two keys of the environment',
    target   LowCardinality(String) COMMENT 'an endpoint, a source, or a path',
    status   UInt16 COMMENT 'HTTP status',
    requests UInt64
)
ENGINE = SummingMergeTree(requests)
ORDER BY (key_id, minute, target, status)
TTL minute + INTERVAL 400 DAY;
