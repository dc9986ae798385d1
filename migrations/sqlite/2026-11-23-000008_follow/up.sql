-- Who follows: one row. The fencing number moves with each holder. There is no time in it: the
-- counter `follow-beat` moves while the holder lives, and whoever waits measures by a clock of
-- their own how long it has not. Without a holder (`''`) nobody has to wait.
CREATE TABLE `leases` (
    `name` TEXT NOT NULL PRIMARY KEY,
    `holder` TEXT NOT NULL,
    `fence` BIGINT NOT NULL,
    `length_ms` BIGINT NOT NULL
) WITHOUT ROWID;

INSERT INTO `leases` (`name`, `holder`, `fence`, `length_ms`) VALUES ('follow', '', 0, 0);
INSERT INTO `revisions` (`name`, `value`) VALUES ('follow-beat', 0);

-- How far the rows of each landing table are folded: all up to this id.
CREATE TABLE `landing_positions` (
    `kind` TEXT NOT NULL PRIMARY KEY,
    `position` BIGINT NOT NULL
) WITHOUT ROWID;

-- The revision log. Each change of a call has a revision of its own; they are committed in
-- order. What is stored already counts from 1 in the order of time. `changed_at` is when that
-- was, in microseconds since 1970, UTC; `end_seen` that the PBX said that the call is over. From
-- both, a reader knows at any time whether a call is settled; nothing is written to say so.
ALTER TABLE `calls` ADD COLUMN `end_seen` BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE `calls` ADD COLUMN `revision` BIGINT NOT NULL DEFAULT 0;
ALTER TABLE `calls` ADD COLUMN `changed_at` BIGINT NOT NULL DEFAULT 0;
UPDATE `calls` SET `revision` = `numbered`.`number` FROM (
    SELECT `call_id`, ROW_NUMBER() OVER (ORDER BY `started_at`, `call_id`) AS `number` FROM `calls`
) AS `numbered`
WHERE `numbered`.`call_id` = `calls`.`call_id`;
CREATE UNIQUE INDEX `calls_revision` ON `calls` (`revision`);
INSERT INTO `revisions` (`name`, `value`) SELECT 'calls', COALESCE(MAX(`revision`), 0) FROM `calls`;

-- Calls that are none any more: the revision that took them away, and who owned their entries.
CREATE TABLE `tombstones` (
    `call_id` BLOB NOT NULL PRIMARY KEY,
    `revision` BIGINT NOT NULL,
    `changed_at` BIGINT NOT NULL,
    `owners` BLOB NOT NULL
) WITHOUT ROWID;
CREATE UNIQUE INDEX `tombstones_revision` ON `tombstones` (`revision`);

-- What the newest revisions changed, for those who wait for it: revisions `first` to `revision`
-- as JSON, one for each call with its owners before and after; NULL where that is too long.
CREATE TABLE `changes` (
    `revision` INTEGER PRIMARY KEY,
    `first` BIGINT NOT NULL,
    `body` BLOB NULL
);
