//! One connection to either database, set up the way that all SQL here relies on.

use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::result::Error;
use diesel::sql_types::Text;
use diesel::{Connection as _, ConnectionError, ConnectionResult, QueryResult, RunQueryDsl};
use diesel::{MysqlConnection, QueryableByName, SqliteConnection};

use super::in_time;
use super::mysql::{MysqlUrl, SslMode};
use super::url::{DatabaseUrl, DatabaseUrls, Target};

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

/// A statement of the service that takes longer is given up by the server, as nobody waits for
/// it any more. MariaDB and MySQL have a variable each, and skip the other's comment.
const STATEMENT_LIMIT: &str = "SET SESSION /*M!100101 max_statement_time = 5, */ \
     /*!50708 max_execution_time = 5000, */ time_zone = '+00:00'";

/// In seconds: a transaction in the background never rests for as long as this.
const WORK_LIMITS: &str = "SET SESSION /*M!100300 idle_transaction_timeout = 5, */ \
     innodb_lock_wait_timeout = 10";

/// Two that bring a new file to WAL at the same time do not wait for each other: SQLite refuses
/// one of them at once, whatever the timeout is. It tries again, for so long.
const SETTING_UP: Duration = Duration::from_secs(10);
const SQLITE_SETUP: &str = "PRAGMA busy_timeout = 10000; \
     PRAGMA journal_mode = WAL; \
     PRAGMA synchronous = NORMAL; \
     PRAGMA foreign_keys = ON;";

/// Shorter than the service's deadline. The file is what a command has made it.
const SQLITE_SERVICE_SETUP: &str = "PRAGMA busy_timeout = 2000; \
     PRAGMA synchronous = NORMAL; \
     PRAGMA foreign_keys = ON;";

/// As patient as a command, with a file that a command has made.
const SQLITE_WORK_SETUP: &str = "PRAGMA busy_timeout = 10000; \
     PRAGMA synchronous = NORMAL; \
     PRAGMA foreign_keys = ON;";

/// Opens a connection for a command. A SQLite file that does not exist is created.
///
/// The URL's scheme chooses the database: `Connection::establish` would try one after the
/// other, and SQLite takes any text as the name of a file.
pub fn connect(url: &DatabaseUrl) -> ConnectionResult<EitherConnection> {
    match url.target() {
        Target::Mysql(url) => Ok(EitherConnection::Mysql(mysql(url)?)),
        Target::Sqlite(path) => Ok(EitherConnection::Sqlite(sqlite(
            path,
            SQLITE_SETUP,
            SETTING_UP,
        )?)),
    }
}

/// Opens a connection for a command, to the first of these hosts that lets it.
pub fn connect_any(urls: &DatabaseUrls) -> ConnectionResult<EitherConnection> {
    let mut last = None;
    for url in urls.iter() {
        match connect(url) {
            Ok(connection) => return Ok(connection),
            Err(error) => last = Some(error),
        }
    }
    Err(last.unwrap_or_else(|| ConnectionError::BadConnection("no database".to_owned())))
}

/// Opens a connection for the service, where nothing may take long and no file is created: an
/// empty database in place of one that was moved away would be a lie.
pub(super) fn connect_for_service(url: &DatabaseUrl) -> ConnectionResult<EitherConnection> {
    match url.target() {
        Target::Mysql(url) => {
            let mut mysql = mysql(url)?;
            mysql.batch_execute(STATEMENT_LIMIT).map_err(setup_failed)?;
            Ok(EitherConnection::Mysql(mysql))
        }
        Target::Sqlite(path) => {
            let sqlite = sqlite(&existing(path)?, SQLITE_SERVICE_SETUP, Duration::ZERO)?;
            Ok(EitherConnection::Sqlite(sqlite))
        }
    }
}

/// Opens a connection for what is done in the background, to the first of these hosts that lets
/// it. It may wait for locks, but a server frees those of a program that was stopped in the
/// middle of a transaction soon: another is to take over. (MySQL has no such setting; only
/// MariaDB.) No file is created.
pub fn connect_to_work(urls: &DatabaseUrls) -> ConnectionResult<EitherConnection> {
    let mut last = None;
    for url in urls.iter() {
        match work_on(url) {
            Ok(connection) => return Ok(connection),
            Err(error) => last = Some(error),
        }
    }
    Err(last.unwrap_or_else(|| ConnectionError::BadConnection("no database".to_owned())))
}

fn work_on(url: &DatabaseUrl) -> ConnectionResult<EitherConnection> {
    match url.target() {
        Target::Mysql(url) => {
            let mut mysql = mysql(url)?;
            mysql.batch_execute(WORK_LIMITS).map_err(setup_failed)?;
            Ok(EitherConnection::Mysql(mysql))
        }
        Target::Sqlite(path) => {
            let sqlite = sqlite(&existing(path)?, SQLITE_WORK_SETUP, Duration::ZERO)?;
            Ok(EitherConnection::Sqlite(sqlite))
        }
    }
}

/// What tells a SQLite file from another of the same name. An open connection to one that was
/// deleted or replaced would go on with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileId(u64, u64);

impl FileId {
    /// That of the file that is there now; None where there is none.
    pub fn of(url: &DatabaseUrl) -> Option<Self> {
        use std::os::unix::fs::MetadataExt;
        match url.target() {
            Target::Sqlite(path) => {
                let data = std::fs::metadata(path).ok()?;
                Some(Self(data.dev(), data.ino()))
            }
            Target::Mysql(_) => None,
        }
    }

    /// Those of all of these.
    pub fn all(urls: &DatabaseUrls) -> Vec<Option<Self>> {
        urls.iter().map(Self::of).collect()
    }
}

/// How SQLite is told to open this file and never to make it: it may go after one has looked.
fn existing(path: &str) -> ConnectionResult<String> {
    if !Path::new(path).is_file() {
        let reason = "the SQLite file is not there".to_owned();
        return Err(ConnectionError::BadConnection(reason));
    }
    let mut uri = "file:".to_owned();
    for byte in path.bytes() {
        match byte {
            b'/' | b'-' | b'_' | b'.' | b'~' => uri.push(char::from(byte)),
            _ if byte.is_ascii_alphanumeric() => uri.push(char::from(byte)),
            _ => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    Ok(uri + "?mode=rw")
}

/// Asks for nothing but an answer. On SQLite that takes a look into the file.
pub(super) fn ping(connection: &mut EitherConnection) -> QueryResult<()> {
    let question = match connection {
        EitherConnection::Mysql(_) => "SELECT 1",
        EitherConnection::Sqlite(_) => "SELECT COUNT(*) FROM `sqlite_master`",
    };
    diesel::sql_query(question).execute(connection).map(drop)
}

/// The cipher of an encrypted connection; None when it is plain.
pub fn cipher(connection: &mut EitherConnection) -> QueryResult<Option<String>> {
    match connection {
        EitherConnection::Mysql(mysql) => cipher_of(mysql),
        EitherConnection::Sqlite(_) => Ok(None),
    }
}

fn mysql(url: &MysqlUrl) -> ConnectionResult<MysqlConnection> {
    let mut mysql = establish_mysql(url)?;
    for statement in MYSQL_SETUP {
        mysql.batch_execute(statement).map_err(setup_failed)?;
    }
    Ok(mysql)
}

/// A connection with the timeouts and the TLS that the URL asks for, and nothing else set up.
pub(super) fn establish_mysql(url: &MysqlUrl) -> ConnectionResult<MysqlConnection> {
    let mut mysql = MysqlConnection::establish(&url.for_driver())?;
    // The library goes on in plain text where a server offers no TLS.
    if url.ssl_mode() >= SslMode::Required && cipher_of(&mut mysql).map_err(setup_failed)?.is_none()
    {
        return Err(ConnectionError::BadConnection(
            "the URL asks for TLS (ssl_mode, ssl_ca), but this server's connection is plain"
                .to_owned(),
        ));
    }
    Ok(mysql)
}

fn sqlite(path: &str, setup: &str, patience: Duration) -> ConnectionResult<SqliteConnection> {
    let mut sqlite = SqliteConnection::establish(path)?;
    in_time::declare(&mut sqlite).map_err(setup_failed)?;
    let begun = Instant::now();
    loop {
        match sqlite.batch_execute(setup) {
            Ok(()) => return Ok(sqlite),
            Err(Error::DatabaseError(_, why))
                if why.message().contains("locked") && begun.elapsed() < patience =>
            {
                thread::sleep(Duration::from_millis(20));
            }
            Err(error) => return Err(setup_failed(error)),
        }
    }
}

#[derive(QueryableByName)]
struct Status {
    #[diesel(sql_type = Text, column_name = "Value")]
    value: String,
}

fn cipher_of(mysql: &mut MysqlConnection) -> QueryResult<Option<String>> {
    let rows: Vec<Status> =
        diesel::sql_query("SHOW SESSION STATUS LIKE 'Ssl_cipher'").load(mysql)?;
    let cipher = rows.into_iter().next().map(|status| status.value);
    Ok(cipher.filter(|cipher| !cipher.is_empty()))
}

/// Gives a connection what it needs to write much: on SQLite a cache that holds the inner pages
/// of the indexes, and fewer copies from the log into the file.
pub fn prepare_for_bulk(connection: &mut EitherConnection) -> QueryResult<()> {
    match connection {
        EitherConnection::Mysql(_) => Ok(()),
        EitherConnection::Sqlite(sqlite) => {
            sqlite.batch_execute("PRAGMA cache_size = -65536; PRAGMA wal_autocheckpoint = 8192;")
        }
    }
}

fn setup_failed(error: Error) -> ConnectionError {
    ConnectionError::CouldntSetupConfiguration(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_any_name_is_opened_and_none_is_made() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder
            .path()
            .join("50% é?mode=ro#1.db")
            .display()
            .to_string();
        assert!(existing(&path).is_err());
        std::fs::write(&path, "").unwrap();
        let uri = existing(&path).unwrap();
        let mut conn = sqlite(&uri, SQLITE_SETUP, SETTING_UP).unwrap();
        conn.batch_execute("CREATE TABLE `a` (`b`)").unwrap();
        assert!(std::fs::metadata(&path).unwrap().len() > 0);
        drop(conn);
        std::fs::remove_file(&path).unwrap();
        assert!(sqlite(&uri, SQLITE_SETUP, SETTING_UP).is_err());
        assert!(!Path::new(&path).exists());
    }
}
