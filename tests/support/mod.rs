//! A fresh, migrated database for each test.
//!
//! With `TEST_MYSQL_URL` (such as `mysql://root@127.0.0.1:3306/`) it is a database of its own
//! on that server, else a SQLite file. Either is gone when the [`TestDatabase`] is dropped.

#![allow(dead_code, reason = "each test target uses a part")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use call_history::store::{Connection, DatabaseUrl, connect, migrate};
use diesel::connection::SimpleConnection;
use diesel::{Connection as _, MysqlConnection};
use tempfile::TempDir;

pub(crate) mod ami;
pub(crate) mod cti;
pub(crate) mod events;
pub(crate) mod made_up;
pub(crate) mod mariadb;
pub(crate) mod pbx;
pub(crate) mod service;

pub(crate) struct TestDatabase {
    url: DatabaseUrl,
    place: Place,
}

enum Place {
    /// The server's URL (with its slash) and the database's name.
    Mysql(String, String),
    Sqlite(TempDir),
}

impl TestDatabase {
    /// A database with all tables.
    pub(crate) fn new() -> Self {
        let database = Self::empty();
        migrate(&mut database.connect()).unwrap();
        database
    }

    /// A database without tables.
    pub(crate) fn empty() -> Self {
        match std::env::var("TEST_MYSQL_URL") {
            Ok(server) if !server.is_empty() => Self::on_server(server),
            _ => Self::in_file(),
        }
    }

    fn on_server(mut server: String) -> Self {
        if !server.ends_with('/') {
            server.push('/');
        }
        let name = format!("call_history_{}", uuid::Uuid::new_v4().simple());
        on_server(&server, &format!("CREATE DATABASE `{name}`"));
        Self {
            url: format!("{server}{name}").parse().unwrap(),
            place: Place::Mysql(server, name),
        }
    }

    fn in_file() -> Self {
        let directory = TempDir::new().unwrap();
        let path = directory.path().join("history.db");
        Self {
            url: format!("sqlite://{}", path.display()).parse().unwrap(),
            place: Place::Sqlite(directory),
        }
    }

    /// The URL, also for a pool or another process.
    pub(crate) fn url(&self) -> &DatabaseUrl {
        &self.url
    }

    /// The URL as text, with its password.
    pub(crate) fn url_text(&self) -> String {
        match &self.place {
            Place::Mysql(server, name) => format!("{server}{name}"),
            Place::Sqlite(_) => self.url.to_string(),
        }
    }

    /// A connection of its own.
    pub(crate) fn connect(&self) -> Connection {
        connect(&self.url).unwrap()
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        if let Place::Mysql(server, name) = &self.place {
            on_server(server, &format!("DROP DATABASE `{name}`"));
        }
    }
}

fn on_server(server: &str, statement: &str) {
    let mut conn = MysqlConnection::establish(server).unwrap();
    conn.batch_execute(statement).unwrap();
}
