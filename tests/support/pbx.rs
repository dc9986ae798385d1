//! A PBX's own database, on a MariaDB of this test binary's own.

#![allow(dead_code, reason = "each test target uses a part")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::{Arc, Mutex, PoisonError, Weak};

use diesel::connection::SimpleConnection;
use diesel::{Connection as _, MysqlConnection};

use super::mariadb::MariaDb;

/// FreePBX's table: no key, an index on `calldate`.
pub(crate) const FREEPBX_CDR: &str = "CREATE TABLE `cdr` (
    `calldate` datetime NOT NULL DEFAULT '1000-01-01 00:00:00',
    `clid` varchar(80) NOT NULL DEFAULT '', `src` varchar(80) NOT NULL DEFAULT '',
    `dst` varchar(80) NOT NULL DEFAULT '', `dcontext` varchar(80) NOT NULL DEFAULT '',
    `channel` varchar(80) NOT NULL DEFAULT '', `dstchannel` varchar(80) NOT NULL DEFAULT '',
    `lastapp` varchar(80) NOT NULL DEFAULT '', `lastdata` varchar(80) NOT NULL DEFAULT '',
    `duration` int(11) NOT NULL DEFAULT 0, `billsec` int(11) NOT NULL DEFAULT 0,
    `disposition` varchar(45) NOT NULL DEFAULT '', `amaflags` int(11) NOT NULL DEFAULT 0,
    `accountcode` varchar(20) NOT NULL DEFAULT '', `uniqueid` varchar(32) NOT NULL DEFAULT '',
    `userfield` varchar(255) NOT NULL DEFAULT '', `did` varchar(50) NOT NULL DEFAULT '',
    `recordingfile` varchar(255) NOT NULL DEFAULT '', `cnum` varchar(80) NOT NULL DEFAULT '',
    `cnam` varchar(80) NOT NULL DEFAULT '', `outbound_cnum` varchar(80) NOT NULL DEFAULT '',
    `outbound_cnam` varchar(80) NOT NULL DEFAULT '', `dst_cnam` varchar(80) NOT NULL DEFAULT '',
    `linkedid` varchar(32) NOT NULL DEFAULT '', `peeraccount` varchar(80) NOT NULL DEFAULT '',
    `sequence` int(11) NOT NULL DEFAULT 0,
    KEY `calldate` (`calldate`), KEY `dst` (`dst`), KEY `accountcode` (`accountcode`),
    KEY `uniqueid` (`uniqueid`), KEY `did` (`did`), KEY `recordingfile` (`recordingfile`(191))
) DEFAULT CHARSET = utf8mb4";

/// Asterisk's own table for the queue log in realtime.
pub(crate) const QUEUE_LOG: &str = "CREATE TABLE `queue_log` (
    `id` BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY, `time` DATETIME(6), `callid` VARCHAR(80),
    `queuename` VARCHAR(256), `agent` VARCHAR(80), `event` VARCHAR(32), `data1` VARCHAR(100),
    `data2` VARCHAR(100), `data3` VARCHAR(100), `data4` VARCHAR(100), `data5` VARCHAR(100))";

/// FreePBX's table of channel events.
pub(crate) const CEL: &str = "CREATE TABLE `cel` (
    `id` int(11) NOT NULL AUTO_INCREMENT PRIMARY KEY, `eventtype` varchar(30) NOT NULL,
    `eventtime` datetime NOT NULL, `cid_name` varchar(80), `cid_num` varchar(80),
    `cid_ani` varchar(80), `cid_rdnis` varchar(80), `cid_dnid` varchar(80), `exten` varchar(80),
    `context` varchar(80), `channame` varchar(80), `appname` varchar(80), `appdata` varchar(1024),
    `amaflags` int(11), `accountcode` varchar(20), `uniqueid` varchar(32), `linkedid` varchar(32),
    `peer` varchar(80), `userdeftype` varchar(255), `extra` varchar(512),
    KEY `uniqueid_index` (`uniqueid`), KEY `linkedid_index` (`linkedid`))";

/// A database of its own on the test binary's server; gone when this is dropped.
pub(crate) struct PbxDatabase {
    name: String,
    server: Arc<Server>,
}

impl PbxDatabase {
    /// An empty database.
    pub(crate) fn new() -> Self {
        let name = format!("pbx_{}", uuid::Uuid::new_v4().simple());
        let server = Server::shared();
        server.run(&format!("CREATE DATABASE `{name}`"));
        Self { name, server }
    }

    /// One with these tables.
    pub(crate) fn with(tables: &[&str]) -> Self {
        let database = Self::new();
        for table in tables {
            database.run(table);
        }
        database
    }

    /// One with FreePBX's tables, and the queue log in realtime.
    pub(crate) fn freepbx() -> Self {
        Self::with(&[FREEPBX_CDR, QUEUE_LOG, CEL])
    }

    /// The URL for root, who may do anything.
    pub(crate) fn url(&self) -> String {
        self.server.url(&self.name)
    }

    /// The URL for a new user with these rights on the whole database.
    pub(crate) fn url_of_user(&self, rights: &str) -> String {
        let user = format!("u{}", &uuid::Uuid::new_v4().simple().to_string()[..12]);
        self.server
            .run(&format!("CREATE USER `{user}`@'%' IDENTIFIED BY 'secret'"));
        if !rights.is_empty() {
            self.server.run(&format!(
                "GRANT {rights} ON `{}`.* TO `{user}`@'%'",
                self.name
            ));
        }
        self.url().replace("root@", &format!("{user}:secret@"))
    }

    /// The database's name.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// A connection of its own, as root.
    pub(crate) fn connect(&self) -> MysqlConnection {
        MysqlConnection::establish(&self.url()).unwrap()
    }

    /// Runs statements, as root.
    pub(crate) fn run(&self, statements: &str) {
        self.connect().batch_execute(statements).unwrap();
    }
}

impl Drop for PbxDatabase {
    fn drop(&mut self) {
        self.server.run(&format!("DROP DATABASE `{}`", self.name));
    }
}

/// The server of the tests (`TEST_PBX_URL`, else `TEST_MYSQL_URL`), or one of this process.
enum Server {
    Given(String),
    Own(Box<MariaDb>),
}

impl Server {
    /// The one that others use as well; it ends when nobody does any more.
    fn shared() -> Arc<Self> {
        static SHARED: Mutex<Weak<Server>> = Mutex::new(Weak::new());
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(server) = shared.upgrade() {
            return server;
        }
        let given = ["TEST_PBX_URL", "TEST_MYSQL_URL"]
            .iter()
            .find_map(|name| std::env::var(name).ok());
        let server = Arc::new(match given.filter(|url| !url.is_empty()) {
            Some(url) => Self::Given(url.trim_end_matches('/').to_owned()),
            None => Self::Own(Box::new(MariaDb::start_anyway(&[]))),
        });
        *shared = Arc::downgrade(&server);
        server
    }

    fn url(&self, database: &str) -> String {
        match self {
            Self::Given(url) => format!("{url}/{database}"),
            Self::Own(server) => server.url(database),
        }
    }

    fn run(&self, statement: &str) {
        let mut conn = MysqlConnection::establish(&self.url("")).unwrap();
        conn.batch_execute(statement).unwrap();
    }
}
