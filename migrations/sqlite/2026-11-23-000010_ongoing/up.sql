-- While a talk goes on: when it would have begun without a pause, in microseconds since 1970.
ALTER TABLE `history` ADD COLUMN `talking_since` BIGINT NULL;

-- Calls that go on, by their age.
CREATE INDEX `calls_ongoing` ON `calls` (`ended_at`, `started_at`);

-- Calls of a source that began before this (microseconds since 1970) and have no end have lost it.
CREATE TABLE `overdue` (
    `source` TEXT NOT NULL PRIMARY KEY,
    `before` BIGINT NOT NULL
) WITHOUT ROWID;
