DROP TABLE `tombstones`;
CREATE TABLE `tombstones` (
    `call_id` BLOB NOT NULL PRIMARY KEY,
    `revision` BIGINT NOT NULL,
    `changed_at` BIGINT NOT NULL,
    `owners` BLOB NOT NULL
) WITHOUT ROWID;
CREATE UNIQUE INDEX `tombstones_revision` ON `tombstones` (`revision`);
