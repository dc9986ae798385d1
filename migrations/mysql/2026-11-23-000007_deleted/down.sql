ALTER TABLE `users` DROP COLUMN `deleted_at`;
ALTER TABLE `agents` DROP COLUMN `deleted_at`;
ALTER TABLE `queues` DROP COLUMN `deleted_at`;
