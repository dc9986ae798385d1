-- What histories are filtered by: the account that the call is counted for, whether it was
-- recorded, and the other party's number, bare.
ALTER TABLE `history` ADD COLUMN `account_code` TEXT NULL;
ALTER TABLE `history` ADD COLUMN `has_recording` BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE `history` ADD COLUMN `peer` TEXT NULL;

-- What is rare in a long history, newest first.
CREATE INDEX `history_status` ON `history` (`owner_id`, `status`, `started_at`, `call_id`, `ordinal`);
CREATE INDEX `history_peer` ON `history` (`owner_id`, `peer`, `started_at`, `call_id`, `ordinal`);

-- Calls that are there get all that by being folded again.
INSERT INTO `revisions` (`name`, `value`)
    SELECT 'refold-wanted', 1 FROM (SELECT 1 FROM `calls` LIMIT 1) AS `any` WHERE TRUE
    ON CONFLICT (`name`) DO UPDATE SET `value` = `value` + 1;
