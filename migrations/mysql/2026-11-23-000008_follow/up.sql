-- Who follows: one row. The fencing number moves with each holder; a holder's transactions hold
-- the row shared, so that nobody takes over in the middle of one. There is no time in it: the
-- counter `follow-beat` moves while the holder lives, and whoever waits measures by a clock of
-- their own how long it has not. Without a holder (`''`) nobody has to wait.
CREATE TABLE `leases` (
    `name` VARBINARY(64) NOT NULL,
    `holder` VARBINARY(64) NOT NULL,
    `fence` BIGINT NOT NULL,
    `length_ms` BIGINT NOT NULL,
    PRIMARY KEY (`name`)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

INSERT INTO `leases` (`name`, `holder`, `fence`, `length_ms`) VALUES ('follow', '', 0, 0);
INSERT INTO `revisions` (`name`, `value`) VALUES ('follow-beat', 0);

-- How far the rows of each landing table are folded: all up to this id.
CREATE TABLE `landing_positions` (
    `kind` VARBINARY(16) NOT NULL,
    `position` BIGINT NOT NULL,
    PRIMARY KEY (`kind`)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- The revision log. Each change of a call has a revision of its own; they are committed in
-- order. What is stored already counts from 1 in the order of time. `changed_at` is when that
-- was, in microseconds since 1970, UTC; `end_seen` that the PBX said that the call is over. From
-- both, a reader knows at any time whether a call is settled; nothing is written to say so.
ALTER TABLE `calls`
    ADD COLUMN `end_seen` BOOLEAN NOT NULL DEFAULT FALSE,
    ADD COLUMN `revision` BIGINT NOT NULL DEFAULT 0,
    ADD COLUMN `changed_at` BIGINT NOT NULL DEFAULT 0;
UPDATE `calls` JOIN (
    SELECT `call_id`, ROW_NUMBER() OVER (ORDER BY `started_at`, `call_id`) AS `number` FROM `calls`
) AS `numbered` ON `numbered`.`call_id` = `calls`.`call_id`
SET `calls`.`revision` = `numbered`.`number`;
CREATE UNIQUE INDEX `calls_revision` ON `calls` (`revision`);
INSERT INTO `revisions` (`name`, `value`) SELECT 'calls', COALESCE(MAX(`revision`), 0) FROM `calls`;

-- Calls that are none any more: the revision that took them away, and who owned their entries.
CREATE TABLE `tombstones` (
    `call_id` BINARY(16) NOT NULL,
    `revision` BIGINT NOT NULL,
    `changed_at` BIGINT NOT NULL,
    `owners` MEDIUMBLOB NOT NULL,
    PRIMARY KEY (`call_id`),
    UNIQUE KEY `tombstones_revision` (`revision`)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- What the newest revisions changed, for those who wait for it: revisions `first` to `revision`
-- as JSON, one for each call with its owners before and after; NULL where that is too long.
CREATE TABLE `changes` (
    `revision` BIGINT NOT NULL,
    `first` BIGINT NOT NULL,
    `body` MEDIUMBLOB NULL,
    PRIMARY KEY (`revision`)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
