-- A mark carries what filters compare of its entry beside numbers and texts, so that an entry that
-- does not pass need not be looked up. Statuses get marks of their own.
ALTER TABLE `history_marks` RENAME TO `history_marks_before`;
CREATE TABLE `history_marks` (
    `owner_id` BIGINT NOT NULL,
    `mark` BLOB NOT NULL,
    `started_at` BIGINT NOT NULL,
    `call_id` BLOB NOT NULL,
    `ordinal` SMALLINT NOT NULL,
    `status` TEXT NOT NULL,
    `direction` TEXT NOT NULL,
    `has_recording` BOOLEAN NOT NULL,
    `answered_elsewhere` BOOLEAN NOT NULL,
    `also_agent` BOOLEAN NOT NULL,
    `talk_seconds` BIGINT NULL,
    `talking_since` BIGINT NULL,
    `wait_seconds` BIGINT NULL,
    `queue` TEXT NULL,
    `agent` TEXT NULL,
    `account_code` TEXT NULL,
    PRIMARY KEY (`owner_id`, `mark`, `started_at`, `call_id`, `ordinal`)
) WITHOUT ROWID;

INSERT INTO `history_marks`
SELECT `m`.`owner_id`, `m`.`mark`, `m`.`started_at`, `m`.`call_id`, `m`.`ordinal`,
    `h`.`status`, `h`.`direction`, `h`.`has_recording`, `h`.`answered_elsewhere`, `h`.`also_agent`, `h`.`talk_seconds`,
    `h`.`talking_since`, `h`.`wait_seconds`, `h`.`queue`, `h`.`agent`, `h`.`account_code`
FROM `history_marks_before` AS `m` CROSS JOIN `history` AS `h` ON `h`.`owner_id` = `m`.`owner_id`
    AND `h`.`started_at` = `m`.`started_at` AND `h`.`call_id` = `m`.`call_id` AND `h`.`ordinal` = `m`.`ordinal`;

INSERT OR IGNORE INTO `history_marks`
SELECT `h`.`owner_id`, CAST('s' || `h`.`status` AS BLOB), `h`.`started_at`, `h`.`call_id`, `h`.`ordinal`,
    `h`.`status`, `h`.`direction`, `h`.`has_recording`, `h`.`answered_elsewhere`, `h`.`also_agent`, `h`.`talk_seconds`,
    `h`.`talking_since`, `h`.`wait_seconds`, `h`.`queue`, `h`.`agent`, `h`.`account_code`
FROM `history` AS `h` JOIN `owners` ON `owners`.`id` = `h`.`owner_id` WHERE `owners`.`kind` IN (3, 5);

DROP TABLE `history_marks_before`;
