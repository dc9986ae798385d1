DROP TABLE `tombstones`;
CREATE TABLE `tombstones` (
    `call_id` BINARY(16) NOT NULL,
    `revision` BIGINT NOT NULL,
    `changed_at` BIGINT NOT NULL,
    `owners` MEDIUMBLOB NOT NULL,
    PRIMARY KEY (`call_id`),
    UNIQUE KEY `tombstones_revision` (`revision`)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
