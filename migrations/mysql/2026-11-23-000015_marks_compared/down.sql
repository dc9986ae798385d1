DELETE FROM `history_marks` WHERE `mark` >= 's' AND `mark` < 't';
ALTER TABLE `history_marks`
    DROP COLUMN `status`,
    DROP COLUMN `direction`,
    DROP COLUMN `has_recording`,
    DROP COLUMN `answered_elsewhere`,
    DROP COLUMN `also_agent`,
    DROP COLUMN `talk_seconds`,
    DROP COLUMN `talking_since`,
    DROP COLUMN `wait_seconds`,
    DROP COLUMN `queue`,
    DROP COLUMN `agent`,
    DROP COLUMN `account_code`;
