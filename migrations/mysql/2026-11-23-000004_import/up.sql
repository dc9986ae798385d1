-- Lines of imported files that were no rows, for `doctor` to show; a bounded number a file.
CREATE TABLE `bad_lines` (
    `source` VARBINARY(64) NOT NULL,
    `kind` VARBINARY(16) NOT NULL,
    `file` VARBINARY(255) NOT NULL,
    `line` BIGINT NOT NULL,
    `reason` VARCHAR(255) NOT NULL,
    PRIMARY KEY (`source`, `kind`, `file`, `line`)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- What was configured once and must hold for every folding after, such as the trunks.
CREATE TABLE `settings` (
    `name` VARBINARY(64) NOT NULL,
    `value` TEXT NOT NULL,
    PRIMARY KEY (`name`)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
