-- Who or what is deleted from the directory stays known to the calls until then. Microseconds
-- since 1970, UTC.
ALTER TABLE `users` ADD COLUMN `deleted_at` BIGINT NULL;
ALTER TABLE `agents` ADD COLUMN `deleted_at` BIGINT NULL;
ALTER TABLE `queues` ADD COLUMN `deleted_at` BIGINT NULL;
