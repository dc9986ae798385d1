-- The PBXs, and the IANA zone that each of their tables writes its times in.
CREATE TABLE `sources` (
    `name` VARBINARY(64) NOT NULL,
    `cdr_zone` VARCHAR(64) NOT NULL,
    `queue_log_zone` VARCHAR(64) NOT NULL,
    `cel_zone` VARCHAR(64) NOT NULL,
    PRIMARY KEY (`name`)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- The directory: who is who. Identity is bytes everywhere: `a` and `a ` are two users.
CREATE TABLE `users` (
    `username` VARBINARY(1024) NOT NULL,
    `first_name` VARCHAR(255) NOT NULL,
    `last_name` VARCHAR(255) NOT NULL,
    `agent_number` VARBINARY(1024) NULL,
    PRIMARY KEY (`username`)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- In order, the main number first. The same number may stand here again for another time.
-- `valid_from` and `valid_until` are microseconds since 1970, UTC.
CREATE TABLE `user_numbers` (
    `username` VARBINARY(1024) NOT NULL,
    `position` INTEGER NOT NULL,
    `source` VARBINARY(64) NOT NULL,
    `number` VARBINARY(1024) NOT NULL,
    `valid_from` BIGINT NULL,
    `valid_until` BIGINT NULL,
    PRIMARY KEY (`username`, `position`)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE `user_endpoints` (
    `username` VARBINARY(1024) NOT NULL,
    `position` INTEGER NOT NULL,
    `source` VARBINARY(64) NOT NULL,
    `endpoint` VARBINARY(1024) NOT NULL,
    `valid_from` BIGINT NULL,
    `valid_until` BIGINT NULL,
    PRIMARY KEY (`username`, `position`)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE `agents` (
    `number` VARBINARY(1024) NOT NULL,
    `first_name` VARCHAR(255) NOT NULL,
    `last_name` VARCHAR(255) NOT NULL,
    PRIMARY KEY (`number`)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE `queues` (
    `name` VARBINARY(1024) NOT NULL,
    `display_name` VARCHAR(255) NOT NULL,
    `number` VARBINARY(1024) NOT NULL,
    PRIMARY KEY (`name`)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Counters that tell a reader whether what it holds in memory is still so.
CREATE TABLE `revisions` (
    `name` VARBINARY(64) NOT NULL,
    `value` BIGINT NOT NULL,
    PRIMARY KEY (`name`)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

INSERT INTO `revisions` (`name`, `value`) VALUES ('directory', 0);
