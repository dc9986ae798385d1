-- Lines of imported files that were no rows, for `doctor` to show; a bounded number a file.
CREATE TABLE `bad_lines` (
    `source` TEXT NOT NULL,
    `kind` TEXT NOT NULL,
    `file` TEXT NOT NULL,
    `line` BIGINT NOT NULL,
    `reason` TEXT NOT NULL,
    PRIMARY KEY (`source`, `kind`, `file`, `line`)
) WITHOUT ROWID;

-- What was configured once and must hold for every folding after, such as the trunks.
CREATE TABLE `settings` (
    `name` TEXT NOT NULL PRIMARY KEY,
    `value` TEXT NOT NULL
) WITHOUT ROWID;
