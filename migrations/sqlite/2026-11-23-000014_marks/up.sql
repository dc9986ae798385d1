-- What the entries of queues and of all calls are found by where few have it: a letter and a value,
-- and the key of the entry (src/store/marks.rs). It replaces two indexes that did that for statuses
-- and exact numbers.
CREATE TABLE `history_marks` (
    `owner_id` BIGINT NOT NULL,
    `mark` BLOB NOT NULL,
    `started_at` BIGINT NOT NULL,
    `call_id` BLOB NOT NULL,
    `ordinal` SMALLINT NOT NULL,
    PRIMARY KEY (`owner_id`, `mark`, `started_at`, `call_id`, `ordinal`)
) WITHOUT ROWID;

INSERT OR IGNORE INTO `history_marks`
WITH `marked` AS (
    SELECT `history`.*, `owners`.`kind`,
        CAST(REPLACE(`src_number`, '+', '') AS BLOB) AS `src`, CAST(REPLACE(`dst_number`, '+', '') AS BLOB) AS `dst`,
        CAST(REPLACE(`dialed`, '+', '') AS BLOB) AS `dial`
    FROM `history` JOIN `owners` ON `owners`.`id` = `history`.`owner_id`
    WHERE `owners`.`kind` IN (3, 5)
), `numbers` AS (
    SELECT `owner_id`, `src` AS `bare`, `started_at`, `call_id`, `ordinal` FROM `marked` WHERE `kind` = 5
    UNION ALL
    SELECT `owner_id`, `dst`, `started_at`, `call_id`, `ordinal` FROM `marked` WHERE `kind` = 5
    UNION ALL
    SELECT `owner_id`, `dial`, `started_at`, `call_id`, `ordinal` FROM `marked` WHERE `kind` = 5
    UNION ALL
    SELECT `owner_id`, CAST(`peer` AS BLOB), `started_at`, `call_id`, `ordinal` FROM `marked` WHERE `kind` = 3
)
SELECT `owner_id`, CAST('k' || `direction` || '/' || `has_recording` || '/' || `status` AS BLOB),
    `started_at`, `call_id`, `ordinal` FROM `marked`
UNION ALL
SELECT `owner_id`, CAST('n' || `bare` AS BLOB), `started_at`, `call_id`, `ordinal`
    FROM `numbers` WHERE `bare` IS NOT NULL
UNION ALL
SELECT `owner_id`, CAST('e' || SUBSTR(`bare`, -1, 1) || SUBSTR(`bare`, -2, 1) || SUBSTR(`bare`, -3, 1)
    || SUBSTR(`bare`, -4, 1) || SUBSTR(`bare`, -5, 1) || SUBSTR(`bare`, -6, 1) AS BLOB), `started_at`, `call_id`, `ordinal`
    FROM `numbers` WHERE `bare` IS NOT NULL
UNION ALL
SELECT `owner_id`, CAST('a' || `agent` AS BLOB), `started_at`, `call_id`, `ordinal`
    FROM `marked` WHERE `agent` IS NOT NULL
UNION ALL
SELECT `owner_id`, CAST('b' || `account_code` AS BLOB), `started_at`, `call_id`, `ordinal`
    FROM `marked` WHERE `account_code` IS NOT NULL
UNION ALL
SELECT `owner_id`, CAST('q' || `queue` AS BLOB), `started_at`, `call_id`, `ordinal`
    FROM `marked` WHERE `queue` IS NOT NULL AND `kind` = 5
UNION ALL
SELECT `owner_id`, CAST('t' || PRINTF('%019d', `talk_seconds`) AS BLOB), `started_at`, `call_id`, `ordinal`
    FROM `marked` WHERE `talk_seconds` >= 256
UNION ALL
SELECT `owner_id`, CAST('w' || PRINTF('%019d', `wait_seconds`) AS BLOB), `started_at`, `call_id`, `ordinal`
    FROM `marked` WHERE `wait_seconds` >= 256
UNION ALL
SELECT `owner_id`, CAST('t~' AS BLOB), `started_at`, `call_id`, `ordinal`
    FROM `marked` WHERE `talking_since` IS NOT NULL
UNION ALL
SELECT `owner_id`, CAST('w~' AS BLOB), `started_at`, `call_id`, `ordinal`
    FROM `marked` WHERE `status` = 'ongoing';

DROP INDEX `history_peer`;
DROP INDEX `history_status`;
