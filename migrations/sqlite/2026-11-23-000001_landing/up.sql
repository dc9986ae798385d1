-- The PBX's rows as they came. Every column is text on purpose: `0000-00-00`, an epoch, a
-- disposition written as a number must all survive, and Asterisk's ODBC modules write into
-- character columns just as well. They name the columns that they fill and never ours: `id`,
-- `source`, `row_hash` (a hash of the row, filled by the importer; NULL when Asterisk writes
-- directly), and `conversation` (which call the row is of; NULL for a directly written row
-- without any id, which belongs to no call: SQLite's HEX(NULL) is the empty text).

CREATE TABLE `cdr` (
    `id` INTEGER PRIMARY KEY AUTOINCREMENT,
    `source` TEXT NOT NULL DEFAULT 'default',
    `row_hash` BLOB NULL,
    `accountcode` TEXT NULL,
    `src` TEXT NULL,
    `dst` TEXT NULL,
    `dcontext` TEXT NULL,
    `clid` TEXT NULL,
    `channel` TEXT NULL,
    `dstchannel` TEXT NULL,
    `lastapp` TEXT NULL,
    `lastdata` TEXT NULL,
    `start` TEXT NULL,
    `answer` TEXT NULL,
    `end` TEXT NULL,
    `duration` TEXT NULL,
    `billsec` TEXT NULL,
    `disposition` TEXT NULL,
    `amaflags` TEXT NULL,
    `userfield` TEXT NULL,
    `uniqueid` TEXT NULL,
    `linkedid` TEXT NULL,
    `peeraccount` TEXT NULL,
    `sequence` TEXT NULL,
    `did` TEXT NULL,
    `recordingfile` TEXT NULL,
    `cnum` TEXT NULL,
    `cnam` TEXT NULL,
    `outbound_cnum` TEXT NULL,
    `outbound_cnam` TEXT NULL,
    `dst_cnam` TEXT NULL,
    `tenantid` TEXT NULL,
    `peertenantid` TEXT NULL,
    `calldate` TEXT NULL,
    `conversation` TEXT AS (
        COALESCE(NULLIF(`linkedid`, ''), NULLIF(`uniqueid`, ''), NULLIF('row-' || LOWER(HEX(`row_hash`)), 'row-'))
    ) STORED
);
CREATE UNIQUE INDEX `cdr_row_hash` ON `cdr` (`source`, `row_hash`);
CREATE INDEX `cdr_conversation` ON `cdr` (`source`, `conversation`);
CREATE INDEX `cdr_uniqueid` ON `cdr` (`source`, `uniqueid`, `conversation`);

CREATE TABLE `queue_log` (
    `id` INTEGER PRIMARY KEY AUTOINCREMENT,
    `source` TEXT NOT NULL DEFAULT 'default',
    `row_hash` BLOB NULL,
    `time` TEXT NULL,
    `callid` TEXT NULL,
    `queuename` TEXT NULL,
    `agent` TEXT NULL,
    `event` TEXT NULL,
    `data1` TEXT NULL,
    `data2` TEXT NULL,
    `data3` TEXT NULL,
    `data4` TEXT NULL,
    `data5` TEXT NULL
);
CREATE UNIQUE INDEX `queue_log_row_hash` ON `queue_log` (`source`, `row_hash`);
CREATE INDEX `queue_log_callid` ON `queue_log` (`source`, `callid`);

CREATE TABLE `cel` (
    `id` INTEGER PRIMARY KEY AUTOINCREMENT,
    `source` TEXT NOT NULL DEFAULT 'default',
    `row_hash` BLOB NULL,
    `eventtype` TEXT NULL,
    `eventtime` TEXT NULL,
    `userdeftype` TEXT NULL,
    `cid_name` TEXT NULL,
    `cid_num` TEXT NULL,
    `cid_ani` TEXT NULL,
    `cid_rdnis` TEXT NULL,
    `cid_dnid` TEXT NULL,
    `exten` TEXT NULL,
    `context` TEXT NULL,
    `channame` TEXT NULL,
    `appname` TEXT NULL,
    `appdata` TEXT NULL,
    `amaflags` TEXT NULL,
    `accountcode` TEXT NULL,
    `uniqueid` TEXT NULL,
    `linkedid` TEXT NULL,
    `peer` TEXT NULL,
    `userfield` TEXT NULL,
    `extra` TEXT NULL,
    `conversation` TEXT AS (
        COALESCE(NULLIF(`linkedid`, ''), NULLIF(`uniqueid`, ''), NULLIF('row-' || LOWER(HEX(`row_hash`)), 'row-'))
    ) STORED
);
CREATE UNIQUE INDEX `cel_row_hash` ON `cel` (`source`, `row_hash`);
CREATE INDEX `cel_conversation` ON `cel` (`source`, `conversation`);
CREATE INDEX `cel_uniqueid` ON `cel` (`source`, `uniqueid`, `conversation`);
