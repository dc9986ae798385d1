//! Transactions that write, and are tried again when the database asks for it.

use std::thread::sleep;
use std::time::Duration;

use diesel::QueryResult;
use diesel::connection::{AnsiTransactionManager, TransactionManager};
use diesel::result::{DatabaseErrorKind, Error};

use super::Connection;

/// How often a transaction is tried in all.
const TRIES: u32 = 5;

/// The wait before the second try; it doubles each time.
const FIRST_WAIT: Duration = Duration::from_millis(20);

/// Runs `work` in a transaction that may write, as a whole again when the database gave it up:
/// a deadlock, a lock that was not free in time, a certification that failed in a cluster.
///
/// Within a transaction `work` just runs in that one, and whoever began it tries again.
pub fn write<T>(
    conn: &mut Connection,
    mut work: impl FnMut(&mut Connection) -> QueryResult<T>,
) -> QueryResult<T> {
    let depth = Connection::transaction_manager_status_mut(conn).transaction_depth()?;
    if depth.is_some() {
        return work(conn);
    }
    let mut wait = FIRST_WAIT;
    for _ in 1..TRIES {
        match once(conn, &mut work) {
            Err(error) if is_worth_another_try(&error) => {
                log::debug!("transaction is tried again: {error}");
                sleep(wait);
                wait *= 2;
            }
            result => return result,
        }
    }
    once(conn, &mut work)
}

fn once<T>(
    conn: &mut Connection,
    work: &mut impl FnMut(&mut Connection) -> QueryResult<T>,
) -> QueryResult<T> {
    match conn {
        // Taking the write lock at once is the only way for SQLite to wait for it: a
        // transaction that read first is refused without waiting.
        Connection::Sqlite(conn) => {
            AnsiTransactionManager::begin_transaction_sql(conn, "BEGIN IMMEDIATE")?;
        }
        Connection::Mysql(conn) => AnsiTransactionManager::begin_transaction(conn)?,
    }
    let result = work(conn).and_then(|value| {
        Connection::commit_transaction(conn)?;
        Ok(value)
    });
    let depth = Connection::transaction_manager_status_mut(conn).transaction_depth();
    if result.is_err()
        && matches!(depth, Ok(Some(_)))
        && let Err(error) = Connection::rollback_transaction(conn)
    {
        // The first error says more; the pool sees that this connection is broken.
        log::debug!("rollback failed: {error}");
    }
    result
}

/// Whether the same transaction may succeed when it is tried again.
///
/// Diesel knows 1213 in some places only and 1205 nowhere, so the message has to tell. A row
/// that is there already was inserted by somebody else since this transaction looked.
fn is_worth_another_try(error: &Error) -> bool {
    let Error::DatabaseError(kind, information) = error else {
        return false;
    };
    if matches!(
        kind,
        DatabaseErrorKind::SerializationFailure | DatabaseErrorKind::UniqueViolation
    ) {
        return true;
    }
    let message = information.message().to_ascii_lowercase();
    [
        "deadlock",
        "lock wait timeout",
        "try restarting transaction",
        "database is locked",
        "database table is locked",
    ]
    .iter()
    .any(|words| message.contains(words))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(message: &str) -> Error {
        Error::DatabaseError(DatabaseErrorKind::Unknown, Box::new(message.to_owned()))
    }

    #[test]
    fn only_what_may_succeed_is_tried_again() {
        for message in [
            "Deadlock found when trying to get lock; try restarting transaction",
            "Lock wait timeout exceeded; try restarting transaction",
            "database is locked",
        ] {
            assert!(is_worth_another_try(&error(message)), "{message}");
        }
        assert!(!is_worth_another_try(&error("Data too long for column")));
        assert!(!is_worth_another_try(&Error::NotFound));
    }
}
