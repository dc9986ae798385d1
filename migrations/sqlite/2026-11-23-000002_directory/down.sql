DROP TABLE `revisions`;
DROP TABLE `queues`;
DROP TABLE `agents`;
DROP TABLE `user_endpoints`;
DROP TABLE `user_numbers`;
DROP TABLE `users`;
DROP TABLE `sources`;
