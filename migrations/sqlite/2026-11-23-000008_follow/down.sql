DROP TABLE `changes`;
DROP TABLE `tombstones`;
DELETE FROM `revisions` WHERE `name` IN ('calls', 'follow-beat');
DROP INDEX `calls_revision`;
ALTER TABLE `calls` DROP COLUMN `end_seen`;
ALTER TABLE `calls` DROP COLUMN `revision`;
ALTER TABLE `calls` DROP COLUMN `changed_at`;
DROP TABLE `landing_positions`;
DROP TABLE `leases`;
