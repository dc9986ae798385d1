-- Whose histories there are: a short id for each kind and name.
CREATE TABLE `owners` (
    `id` INTEGER PRIMARY KEY AUTOINCREMENT,
    `kind` SMALLINT NOT NULL,
    `name` TEXT NOT NULL
);
CREATE UNIQUE INDEX `owners_name` ON `owners` (`kind`, `name`);

-- Calls as folded from the landing tables. Times are microseconds since 1970, UTC.
CREATE TABLE `calls` (
    `call_id` BLOB NOT NULL,
    `source` TEXT NOT NULL,
    `linkedid` TEXT NOT NULL,
    `started_at` BIGINT NOT NULL,
    `ended_at` BIGINT NULL,
    `direction` TEXT NOT NULL,
    `caller_number` TEXT NULL,
    `caller_user` TEXT NULL,
    `caller_name` TEXT NULL,
    `did` TEXT NULL,
    PRIMARY KEY (`call_id`)
) WITHOUT ROWID;
CREATE UNIQUE INDEX `calls_linkedid` ON `calls` (`source`, `linkedid`);
CREATE INDEX `calls_started_at` ON `calls` (`started_at`);

-- The entries, clustered in the order in which they are read: a page is one range scan.
CREATE TABLE `history` (
    `owner_id` BIGINT NOT NULL,
    `started_at` BIGINT NOT NULL,
    `call_id` BLOB NOT NULL,
    `ordinal` SMALLINT NOT NULL,
    `status` TEXT NOT NULL,
    `talk_seconds` BIGINT NULL,
    `wait_seconds` BIGINT NULL,
    `answered_elsewhere` BOOLEAN NOT NULL,
    `src_number` TEXT NULL,
    `src_user` TEXT NULL,
    `src_name` TEXT NULL,
    `dst_number` TEXT NULL,
    `dst_user` TEXT NULL,
    `dst_name` TEXT NULL,
    `dialed` TEXT NULL,
    `queue` TEXT NULL,
    `agent` TEXT NULL,
    `member_user` TEXT NULL,
    `direction` TEXT NOT NULL,
    `also_agent` BOOLEAN NOT NULL,
    PRIMARY KEY (`owner_id`, `started_at`, `call_id`, `ordinal`)
) WITHOUT ROWID;
CREATE INDEX `history_call_id` ON `history` (`call_id`);
