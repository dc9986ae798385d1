-- The PBXs, and the IANA zone that each of their tables writes its times in.
CREATE TABLE `sources` (
    `name` TEXT NOT NULL,
    `cdr_zone` TEXT NOT NULL,
    `queue_log_zone` TEXT NOT NULL,
    `cel_zone` TEXT NOT NULL,
    PRIMARY KEY (`name`)
) WITHOUT ROWID;

-- The directory: who is who. Identity is bytes everywhere: `a` and `a ` are two users.
CREATE TABLE `users` (
    `username` TEXT NOT NULL,
    `first_name` TEXT NOT NULL,
    `last_name` TEXT NOT NULL,
    `agent_number` TEXT NULL,
    PRIMARY KEY (`username`)
) WITHOUT ROWID;

-- In order, the main number first. The same number may stand here again for another time.
-- `valid_from` and `valid_until` are microseconds since 1970, UTC.
CREATE TABLE `user_numbers` (
    `username` TEXT NOT NULL,
    `position` INTEGER NOT NULL,
    `source` TEXT NOT NULL,
    `number` TEXT NOT NULL,
    `valid_from` BIGINT NULL,
    `valid_until` BIGINT NULL,
    PRIMARY KEY (`username`, `position`)
) WITHOUT ROWID;

CREATE TABLE `user_endpoints` (
    `username` TEXT NOT NULL,
    `position` INTEGER NOT NULL,
    `source` TEXT NOT NULL,
    `endpoint` TEXT NOT NULL,
    `valid_from` BIGINT NULL,
    `valid_until` BIGINT NULL,
    PRIMARY KEY (`username`, `position`)
) WITHOUT ROWID;

CREATE TABLE `agents` (
    `number` TEXT NOT NULL,
    `first_name` TEXT NOT NULL,
    `last_name` TEXT NOT NULL,
    PRIMARY KEY (`number`)
) WITHOUT ROWID;

CREATE TABLE `queues` (
    `name` TEXT NOT NULL,
    `display_name` TEXT NOT NULL,
    `number` TEXT NOT NULL,
    PRIMARY KEY (`name`)
) WITHOUT ROWID;

-- Counters that tell a reader whether what it holds in memory is still so.
CREATE TABLE `revisions` (
    `name` TEXT NOT NULL,
    `value` BIGINT NOT NULL,
    PRIMARY KEY (`name`)
) WITHOUT ROWID;

INSERT INTO `revisions` (`name`, `value`) VALUES ('directory', 0);
