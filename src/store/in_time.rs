//! Gives up statements that nobody waits for any more, on SQLite.
//!
//! A MySQL server is told how long a statement may take. SQLite works in our own thread and
//! knows no such limit, so statements that may look at many rows ask a function at each of them
//! (`in_time()`), which fails when the thread's time is over.

use std::cell::Cell;
use std::time::{Duration, Instant};

use diesel::prelude::*;
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types::Bool;
use diesel::sqlite::Sqlite;

/// What the error says.
pub const TOO_LATE: &str = "the time for the statement is over";

thread_local! {
    static UNTIL: Cell<Option<Instant>> = const { Cell::new(None) };
}

#[diesel::declare_sql_function]
extern "SQL" {
    /// True; an error when the thread's time is over.
    fn in_time() -> Bool;
}

/// Does `work`, whose statements are given up after `limit`.
pub fn within<T>(limit: Duration, work: impl FnOnce() -> T) -> T {
    /// Also a panic ends the time, since threads are used again.
    struct End;
    impl Drop for End {
        fn drop(&mut self) {
            UNTIL.set(None);
        }
    }
    UNTIL.set(Instant::now().checked_add(limit));
    let _end = End;
    work()
}

/// Makes the function known to a connection.
pub(super) fn declare(conn: &mut SqliteConnection) -> QueryResult<()> {
    in_time_utils::register_nondeterministic_impl(conn, || Answer)
}

#[derive(Debug)]
struct Answer;

impl ToSql<Bool, Sqlite> for Answer {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        if UNTIL.get().is_some_and(|until| Instant::now() >= until) {
            return Err(TOO_LATE.into());
        }
        out.set_value(1_i32);
        Ok(IsNull::No)
    }
}
