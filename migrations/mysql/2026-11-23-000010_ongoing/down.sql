DROP TABLE `overdue`;
DROP INDEX `calls_ongoing` ON `calls`;
ALTER TABLE `history` DROP COLUMN `talking_since`;
