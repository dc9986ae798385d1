-- The list of all calls is a history like the others: that of the one owner of kind 5, whose
-- entries folding writes. Calls that are there get theirs when they are folded again.
INSERT INTO `revisions` (`name`, `value`)
    SELECT 'refold-wanted', 1 WHERE EXISTS (SELECT 1 FROM `calls`)
    ON CONFLICT (`name`) DO UPDATE SET `value` = `value` + 1;
