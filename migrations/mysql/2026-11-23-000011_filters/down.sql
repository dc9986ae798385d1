DROP INDEX `history_peer` ON `history`;
DROP INDEX `history_status` ON `history`;
ALTER TABLE `history` DROP COLUMN `peer`, DROP COLUMN `has_recording`, DROP COLUMN `account_code`;
