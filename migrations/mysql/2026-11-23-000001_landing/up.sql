-- The PBX's rows as they came. Every column is text on purpose: `0000-00-00`, an epoch, a
-- disposition written as a number must all survive, and Asterisk's ODBC modules write into
-- character columns just as well. They name the columns that they fill and never ours: `id`,
-- `source`, `row_hash` (a hash of the row, filled by the importer; NULL when Asterisk writes
-- directly), and `conversation` (which call the row is of; NULL for a directly written row
-- without any id, which belongs to no call).
--
-- Ids are VARBINARY: they compare as bytes without padding, on MySQL and on MariaDB alike.

CREATE TABLE `cdr` (
    `id` BIGINT NOT NULL AUTO_INCREMENT,
    `source` VARBINARY(64) NOT NULL DEFAULT 'default',
    `row_hash` BINARY(16) NULL,
    `accountcode` VARCHAR(255) NULL,
    `src` VARCHAR(255) NULL,
    `dst` VARCHAR(255) NULL,
    `dcontext` VARCHAR(255) NULL,
    `clid` VARCHAR(255) NULL,
    `channel` VARCHAR(255) NULL,
    `dstchannel` VARCHAR(255) NULL,
    `lastapp` VARCHAR(255) NULL,
    `lastdata` VARCHAR(1024) NULL,
    `start` VARCHAR(32) NULL,
    `answer` VARCHAR(32) NULL,
    `end` VARCHAR(32) NULL,
    `duration` VARCHAR(32) NULL,
    `billsec` VARCHAR(32) NULL,
    `disposition` VARCHAR(45) NULL,
    `amaflags` VARCHAR(45) NULL,
    `userfield` VARCHAR(1024) NULL,
    `uniqueid` VARBINARY(255) NULL,
    `linkedid` VARBINARY(255) NULL,
    `peeraccount` VARCHAR(255) NULL,
    `sequence` VARCHAR(32) NULL,
    `did` VARCHAR(255) NULL,
    `recordingfile` VARCHAR(512) NULL,
    `cnum` VARCHAR(255) NULL,
    `cnam` VARCHAR(255) NULL,
    `outbound_cnum` VARCHAR(255) NULL,
    `outbound_cnam` VARCHAR(255) NULL,
    `dst_cnam` VARCHAR(255) NULL,
    `tenantid` VARCHAR(255) NULL,
    `peertenantid` VARCHAR(255) NULL,
    `calldate` VARCHAR(32) NULL,
    `conversation` VARBINARY(255) AS (
        COALESCE(NULLIF(`linkedid`, ''), NULLIF(`uniqueid`, ''), CONCAT('row-', LOWER(HEX(`row_hash`))))
    ) STORED,
    PRIMARY KEY (`id`),
    UNIQUE KEY `cdr_row_hash` (`source`, `row_hash`),
    KEY `cdr_conversation` (`source`, `conversation`),
    KEY `cdr_uniqueid` (`source`, `uniqueid`, `conversation`)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE `queue_log` (
    `id` BIGINT NOT NULL AUTO_INCREMENT,
    `source` VARBINARY(64) NOT NULL DEFAULT 'default',
    `row_hash` BINARY(16) NULL,
    `time` VARCHAR(32) NULL,
    `callid` VARBINARY(255) NULL,
    `queuename` VARCHAR(256) NULL,
    `agent` VARCHAR(255) NULL,
    `event` VARCHAR(32) NULL,
    `data1` VARCHAR(255) NULL,
    `data2` VARCHAR(255) NULL,
    `data3` VARCHAR(255) NULL,
    `data4` VARCHAR(255) NULL,
    `data5` VARCHAR(255) NULL,
    PRIMARY KEY (`id`),
    UNIQUE KEY `queue_log_row_hash` (`source`, `row_hash`),
    KEY `queue_log_callid` (`source`, `callid`)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE `cel` (
    `id` BIGINT NOT NULL AUTO_INCREMENT,
    `source` VARBINARY(64) NOT NULL DEFAULT 'default',
    `row_hash` BINARY(16) NULL,
    `eventtype` VARCHAR(64) NULL,
    `eventtime` VARCHAR(32) NULL,
    `userdeftype` VARCHAR(255) NULL,
    `cid_name` VARCHAR(255) NULL,
    `cid_num` VARCHAR(255) NULL,
    `cid_ani` VARCHAR(255) NULL,
    `cid_rdnis` VARCHAR(255) NULL,
    `cid_dnid` VARCHAR(255) NULL,
    `exten` VARCHAR(255) NULL,
    `context` VARCHAR(255) NULL,
    `channame` VARCHAR(255) NULL,
    `appname` VARCHAR(255) NULL,
    `appdata` VARCHAR(2048) NULL,
    `amaflags` VARCHAR(45) NULL,
    `accountcode` VARCHAR(255) NULL,
    `uniqueid` VARBINARY(255) NULL,
    `linkedid` VARBINARY(255) NULL,
    `peer` VARCHAR(1024) NULL,
    `userfield` VARCHAR(1024) NULL,
    `extra` VARCHAR(4096) NULL,
    `conversation` VARBINARY(255) AS (
        COALESCE(NULLIF(`linkedid`, ''), NULLIF(`uniqueid`, ''), CONCAT('row-', LOWER(HEX(`row_hash`))))
    ) STORED,
    PRIMARY KEY (`id`),
    UNIQUE KEY `cel_row_hash` (`source`, `row_hash`),
    KEY `cel_conversation` (`source`, `conversation`),
    KEY `cel_uniqueid` (`source`, `uniqueid`, `conversation`)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
