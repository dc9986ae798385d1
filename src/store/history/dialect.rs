//! Where the two databases say the same in different words.

use crate::store::Connection;

/// A database's way to say it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    Mysql,
    Sqlite,
}

impl Dialect {
    pub(super) fn of(conn: &Connection) -> Self {
        match conn {
            Connection::Mysql(_) => Self::Mysql,
            Connection::Sqlite(_) => Self::Sqlite,
        }
    }

    /// Reads the history by its key, and so in the order of time: left to themselves, databases
    /// would at times sort all that passes.
    pub(super) fn by_key(self) -> &'static str {
        match self {
            Self::Mysql => "FORCE INDEX (PRIMARY)",
            Self::Sqlite => "INDEXED BY `sqlite_autoindex_history_1`",
        }
    }

    pub(super) fn join_in_this_order(self) -> &'static str {
        match self {
            Self::Mysql => "STRAIGHT_JOIN",
            Self::Sqlite => "CROSS JOIN",
        }
    }

    /// A binary text with lower-case letters; those beyond ASCII may be anything.
    pub(super) fn lower_case(self, text: &str) -> String {
        match self {
            // As UTF-8 it would take twice as long.
            Self::Mysql => format!("LOWER(CONVERT({text} USING latin1))"),
            Self::Sqlite => format!("LOWER({text})"),
        }
    }
}
