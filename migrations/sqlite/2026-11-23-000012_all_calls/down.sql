DELETE FROM `history` WHERE `owner_id` IN (SELECT `id` FROM `owners` WHERE `kind` = 5);
DELETE FROM `owners` WHERE `kind` = 5;
