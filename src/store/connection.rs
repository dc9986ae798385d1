//! One connection to either database, set up the way that all SQL here relies on.

use diesel::connection::SimpleConnection;
use diesel::{ConnectionError, ConnectionResult, MysqlConnection, SqliteConnection};

use super::url::{DatabaseUrl, Target};

/// A connection to MySQL (or MariaDB) or to SQLite. Everywhere else it is `store::Connection`;
/// here that name is a trait in the code that Diesel derives.
#[derive(diesel::MultiConnection)]
pub enum EitherConnection {
    /// MySQL or MariaDB.
    Mysql(MysqlConnection),
    /// SQLite.
    Sqlite(SqliteConnection),
}

/// Bytes decide, never a zone, a locale or what the server thinks is close enough.
/// `READ COMMITTED`: a page is one statement, and fewer locks mean fewer deadlocks.
const MYSQL_SETUP: [&str; 3] = [
    "SET NAMES utf8mb4",
    "SET time_zone = '+00:00', \
     sql_mode = 'STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION,PIPES_AS_CONCAT'",
    "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
];

/// The timeout comes first: going over to WAL waits for other connections.
const SQLITE_SETUP: &str = "PRAGMA busy_timeout = 10000; \
     PRAGMA journal_mode = WAL; \
     PRAGMA synchronous = NORMAL; \
     PRAGMA foreign_keys = ON;";

/// Opens a connection. A SQLite file that does not exist is created.
///
/// The URL's scheme chooses the database: `Connection::establish` would try one after the
/// other, and SQLite takes any text as the name of a file.
pub fn connect(url: &DatabaseUrl) -> ConnectionResult<EitherConnection> {
    use diesel::Connection as _;
    match url.target() {
        Target::Mysql(url) => {
            let mut mysql = MysqlConnection::establish(url)?;
            for statement in MYSQL_SETUP {
                mysql.batch_execute(statement).map_err(setup_failed)?;
            }
            Ok(EitherConnection::Mysql(mysql))
        }
        Target::Sqlite(path) => {
            let mut sqlite = SqliteConnection::establish(path)?;
            sqlite.batch_execute(SQLITE_SETUP).map_err(setup_failed)?;
            Ok(EitherConnection::Sqlite(sqlite))
        }
    }
}

fn setup_failed(error: diesel::result::Error) -> ConnectionError {
    ConnectionError::CouldntSetupConfiguration(error)
}
