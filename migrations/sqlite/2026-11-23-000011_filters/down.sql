DROP INDEX `history_peer`;
DROP INDEX `history_status`;
ALTER TABLE `history` DROP COLUMN `peer`;
ALTER TABLE `history` DROP COLUMN `has_recording`;
ALTER TABLE `history` DROP COLUMN `account_code`;
