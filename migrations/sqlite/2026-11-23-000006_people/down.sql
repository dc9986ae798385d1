DROP TABLE `passwords`;
ALTER TABLE `users` DROP COLUMN `scopes`;
