-- How many batches came after one tells whether its token is still known; without an index the question reads the whole table.
ALTER TABLE user_messages ADD INDEX by_insertion _inserted_at TYPE minmax GRANULARITY 1;
ALTER TABLE shadow ADD INDEX by_insertion _inserted_at TYPE minmax GRANULARITY 1;
ALTER TABLE github.commits ADD INDEX by_insertion _inserted_at TYPE minmax GRANULARITY 1;
