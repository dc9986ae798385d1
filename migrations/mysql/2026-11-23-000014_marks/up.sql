-- What the entries of queues and of all calls are found by where few have it: a letter and a value,
-- and the key of the entry (src/store/marks.rs). It replaces two indexes that did that for statuses
-- and exact numbers. (It is filled again should that have been interrupted: InnoDB takes back the
-- rows of a statement, but no table.)
DROP TABLE IF EXISTS `history_marks`;
CREATE TABLE `history_marks` (
    `owner_id` BIGINT NOT NULL,
    `mark` VARBINARY(1040) NOT NULL,
    `started_at` BIGINT NOT NULL,
    `call_id` BINARY(16) NOT NULL,
    `ordinal` SMALLINT NOT NULL,
    PRIMARY KEY (`owner_id`, `mark`, `started_at`, `call_id`, `ordinal`)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

INSERT IGNORE INTO `history_marks`
WITH `marked` AS (
    SELECT `history`.*, `owners`.`kind`,
        REPLACE(`src_number`, '+', '') AS `src`, REPLACE(`dst_number`, '+', '') AS `dst`,
        REPLACE(`dialed`, '+', '') AS `dial`
    FROM `history` JOIN `owners` ON `owners`.`id` = `history`.`owner_id`
    WHERE `owners`.`kind` IN (3, 5)
), `numbers` AS (
    SELECT `owner_id`, `src` AS `bare`, `started_at`, `call_id`, `ordinal` FROM `marked` WHERE `kind` = 5
    UNION ALL
    SELECT `owner_id`, `dst`, `started_at`, `call_id`, `ordinal` FROM `marked` WHERE `kind` = 5
    UNION ALL
    SELECT `owner_id`, `dial`, `started_at`, `call_id`, `ordinal` FROM `marked` WHERE `kind` = 5
    UNION ALL
    SELECT `owner_id`, `peer`, `started_at`, `call_id`, `ordinal` FROM `marked` WHERE `kind` = 3
)
SELECT `owner_id`, CONCAT('k', `direction`, '/', `has_recording`, '/', `status`),
    `started_at`, `call_id`, `ordinal` FROM `marked`
UNION ALL
SELECT `owner_id`, CONCAT('n', `bare`), `started_at`, `call_id`, `ordinal`
    FROM `numbers` WHERE `bare` IS NOT NULL
UNION ALL
SELECT `owner_id`, CONCAT('e', REVERSE(RIGHT(`bare`, 6))), `started_at`, `call_id`, `ordinal`
    FROM `numbers` WHERE `bare` IS NOT NULL
UNION ALL
SELECT `owner_id`, CONCAT('a', `agent`), `started_at`, `call_id`, `ordinal`
    FROM `marked` WHERE `agent` IS NOT NULL
UNION ALL
SELECT `owner_id`, CONCAT('b', `account_code`), `started_at`, `call_id`, `ordinal`
    FROM `marked` WHERE `account_code` IS NOT NULL
UNION ALL
SELECT `owner_id`, CONCAT('q', `queue`), `started_at`, `call_id`, `ordinal`
    FROM `marked` WHERE `queue` IS NOT NULL AND `kind` = 5
UNION ALL
SELECT `owner_id`, CONCAT('t', LPAD(`talk_seconds`, 19, '0')), `started_at`, `call_id`, `ordinal`
    FROM `marked` WHERE `talk_seconds` >= 256
UNION ALL
SELECT `owner_id`, CONCAT('w', LPAD(`wait_seconds`, 19, '0')), `started_at`, `call_id`, `ordinal`
    FROM `marked` WHERE `wait_seconds` >= 256
UNION ALL
SELECT `owner_id`, 't~', `started_at`, `call_id`, `ordinal`
    FROM `marked` WHERE `talking_since` IS NOT NULL
UNION ALL
SELECT `owner_id`, 'w~', `started_at`, `call_id`, `ordinal`
    FROM `marked` WHERE `status` = 'ongoing';

DROP INDEX `history_peer` ON `history`;
DROP INDEX `history_status` ON `history`;
