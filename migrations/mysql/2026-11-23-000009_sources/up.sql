-- How far each table (or log file) of a PBX that is followed was copied. Written in the
-- transaction of the rows; what a position holds is the follower's affair (JSON).
CREATE TABLE `source_positions` (
    `source` VARBINARY(64) NOT NULL,
    `part` VARBINARY(32) NOT NULL,
    `position` MEDIUMTEXT NOT NULL,
    PRIMARY KEY (`source`, `part`)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
