//! The database: connections, migrations, and all SQL.
//!
//! MySQL (or MariaDB) and SQLite are always both built in; the URL chooses. Functions take a
//! connection and return a `QueryResult`: nothing here knows HTTP. The landing tables hold the
//! PBX's rows as they came; `calls` and `history` are what folding made of them.

pub mod bad_lines;
pub mod calls;
pub mod changes;
mod connection;
pub mod demo;
pub mod detail;
pub mod directory;
pub mod feed;
pub mod history;
pub mod horizon;
pub mod in_time;
pub mod inspect;
pub mod keys;
pub mod landing;
pub mod lease;
mod marks;
mod migrate;
mod mysql;
pub mod overdue;
pub mod owners;
pub mod passwords;
pub mod pbx;
pub mod pool;
pub mod positions;
mod reach;
pub mod revisions;
mod rows;
mod schema;
mod scopes;
pub mod settings;
pub mod sources;
mod statement;
mod time;
mod transaction;
mod url;

pub use connection::{
    EitherConnection as Connection, FileId, cipher, connect, connect_any, connect_to_work,
    prepare_for_bulk,
};
pub use migrate::{MigrationError, NOT_UP_TO_DATE, migrate, pending, revert_all};
pub use mysql::SslMode;
pub use pool::{Pool, PoolError, Pooled};
pub use reach::reach;
pub use transaction::write;
pub use url::{DatabaseUrl, DatabaseUrls, InvalidDatabaseUrl};

/// How many values an `IN` list holds at most: far below the limits of both databases, and
/// few enough that a result is never large.
const CHUNK: usize = 200;

/// A `?` for each of `count` values.
fn placeholders(count: usize) -> String {
    let mut list = "?,".repeat(count);
    list.pop();
    list
}
