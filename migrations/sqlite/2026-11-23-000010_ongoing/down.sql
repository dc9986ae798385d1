DROP TABLE `overdue`;
DROP INDEX `calls_ongoing`;
ALTER TABLE `history` DROP COLUMN `talking_since`;
