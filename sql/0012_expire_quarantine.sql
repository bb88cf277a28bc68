-- A rejected message waits a quarter of a year for somebody to mend it.
ALTER TABLE sluice.quarantine MODIFY TTL toDateTime(at) + INTERVAL 90 DAY;
