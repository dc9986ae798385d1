-- Who had entries of a call and has none any more: whoever follows the changes learns it, however
-- late. One who has some again keeps the row, which then says nothing. (Nobody could follow the
-- changes before, so nobody misses the tombstones of before.)
DROP TABLE `tombstones`;
CREATE TABLE `tombstones` (
    `call_id` BLOB NOT NULL,
    `owner_id` BIGINT NOT NULL,
    `revision` BIGINT NOT NULL,
    PRIMARY KEY (`call_id`, `owner_id`)
) WITHOUT ROWID;
CREATE INDEX `tombstones_revision` ON `tombstones` (`revision`);
