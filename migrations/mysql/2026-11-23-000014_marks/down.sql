CREATE INDEX `history_status` ON `history` (`owner_id`, `status`, `started_at`, `call_id`, `ordinal`);
CREATE INDEX `history_peer` ON `history` (`owner_id`, `peer`, `started_at`, `call_id`, `ordinal`);
DROP TABLE `history_marks`;
