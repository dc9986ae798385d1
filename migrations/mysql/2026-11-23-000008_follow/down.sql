DROP TABLE `changes`;
DROP TABLE `tombstones`;
DELETE FROM `revisions` WHERE `name` IN ('calls', 'follow-beat');
ALTER TABLE `calls` DROP INDEX `calls_revision`, DROP COLUMN `end_seen`,
    DROP COLUMN `revision`, DROP COLUMN `changed_at`;
DROP TABLE `landing_positions`;
DROP TABLE `leases`;
