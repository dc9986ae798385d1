-- A mark carries what filters compare of its entry beside numbers and texts, so that an entry that
-- does not pass need not be looked up. Statuses get marks of their own. (It is made again should that have been interrupted.)
DROP TABLE IF EXISTS `history_marks_next`, `history_marks_before`;
CREATE TABLE `history_marks_next` (
    `owner_id` BIGINT NOT NULL,
    `mark` VARBINARY(1040) NOT NULL,
    `started_at` BIGINT NOT NULL,
    `call_id` BINARY(16) NOT NULL,
    `ordinal` SMALLINT NOT NULL,
    `status` VARBINARY(32) NOT NULL,
    `direction` VARBINARY(16) NOT NULL,
    `has_recording` BOOLEAN NOT NULL,
    `answered_elsewhere` BOOLEAN NOT NULL,
    `also_agent` BOOLEAN NOT NULL,
    `talk_seconds` BIGINT NULL,
    `talking_since` BIGINT NULL,
    `wait_seconds` BIGINT NULL,
    `queue` VARBINARY(1024) NULL,
    `agent` VARBINARY(1024) NULL,
    `account_code` VARBINARY(1024) NULL,
    PRIMARY KEY (`owner_id`, `mark`, `started_at`, `call_id`, `ordinal`)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

INSERT INTO `history_marks_next`
SELECT `m`.`owner_id`, `m`.`mark`, `m`.`started_at`, `m`.`call_id`, `m`.`ordinal`,
    `h`.`status`, `h`.`direction`, `h`.`has_recording`, `h`.`answered_elsewhere`, `h`.`also_agent`, `h`.`talk_seconds`,
    `h`.`talking_since`, `h`.`wait_seconds`, `h`.`queue`, `h`.`agent`, `h`.`account_code`
FROM `history_marks` AS `m` STRAIGHT_JOIN `history` AS `h` ON `h`.`owner_id` = `m`.`owner_id`
    AND `h`.`started_at` = `m`.`started_at` AND `h`.`call_id` = `m`.`call_id` AND `h`.`ordinal` = `m`.`ordinal`;

INSERT IGNORE INTO `history_marks_next`
SELECT `h`.`owner_id`, CONCAT('s', `h`.`status`), `h`.`started_at`, `h`.`call_id`, `h`.`ordinal`,
    `h`.`status`, `h`.`direction`, `h`.`has_recording`, `h`.`answered_elsewhere`, `h`.`also_agent`, `h`.`talk_seconds`,
    `h`.`talking_since`, `h`.`wait_seconds`, `h`.`queue`, `h`.`agent`, `h`.`account_code`
FROM `history` AS `h` JOIN `owners` ON `owners`.`id` = `h`.`owner_id` WHERE `owners`.`kind` IN (3, 5);

RENAME TABLE `history_marks` TO `history_marks_before`, `history_marks_next` TO `history_marks`;
DROP TABLE `history_marks_before`;
