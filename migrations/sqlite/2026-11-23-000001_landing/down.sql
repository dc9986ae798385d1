DROP TABLE `cel`;
DROP TABLE `queue_log`;
DROP TABLE `cdr`;
