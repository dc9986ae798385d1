-- Whose histories there are: a short id for each kind and name.
CREATE TABLE `owners` (
    `id` BIGINT NOT NULL AUTO_INCREMENT,
    `kind` SMALLINT NOT NULL,
    `name` VARBINARY(1024) NOT NULL,
    PRIMARY KEY (`id`),
    UNIQUE KEY `owners_name` (`kind`, `name`)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Calls as folded from the landing tables. Times are microseconds since 1970, UTC.
CREATE TABLE `calls` (
    `call_id` BINARY(16) NOT NULL,
    `source` VARBINARY(64) NOT NULL,
    `linkedid` VARBINARY(255) NOT NULL,
    `started_at` BIGINT NOT NULL,
    `ended_at` BIGINT NULL,
    `direction` VARBINARY(16) NOT NULL,
    `caller_number` VARBINARY(1024) NULL,
    `caller_user` VARBINARY(1024) NULL,
    `caller_name` VARCHAR(255) NULL,
    `did` VARBINARY(1024) NULL,
    PRIMARY KEY (`call_id`),
    UNIQUE KEY `calls_linkedid` (`source`, `linkedid`),
    KEY `calls_started_at` (`started_at`)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- The entries, clustered in the order in which they are read: a page is one range scan.
CREATE TABLE `history` (
    `owner_id` BIGINT NOT NULL,
    `started_at` BIGINT NOT NULL,
    `call_id` BINARY(16) NOT NULL,
    `ordinal` SMALLINT NOT NULL,
    `status` VARBINARY(32) NOT NULL,
    `talk_seconds` BIGINT NULL,
    `wait_seconds` BIGINT NULL,
    `answered_elsewhere` BOOLEAN NOT NULL,
    `src_number` VARBINARY(1024) NULL,
    `src_user` VARBINARY(1024) NULL,
    `src_name` VARCHAR(255) NULL,
    `dst_number` VARBINARY(1024) NULL,
    `dst_user` VARBINARY(1024) NULL,
    `dst_name` VARCHAR(255) NULL,
    `dialed` VARBINARY(1024) NULL,
    `queue` VARBINARY(1024) NULL,
    `agent` VARBINARY(1024) NULL,
    `member_user` VARBINARY(1024) NULL,
    `direction` VARBINARY(16) NOT NULL,
    `also_agent` BOOLEAN NOT NULL,
    PRIMARY KEY (`owner_id`, `started_at`, `call_id`, `ordinal`),
    KEY `history_call_id` (`call_id`)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
