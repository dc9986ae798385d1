-- While a talk goes on: when it would have begun without a pause, in microseconds since 1970.
ALTER TABLE `history` ADD COLUMN `talking_since` BIGINT NULL;

-- Calls that go on, by their age.
CREATE INDEX `calls_ongoing` ON `calls` (`ended_at`, `started_at`);
