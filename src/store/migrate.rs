//! The schema's versions: embedded in the program, applied in order.

use diesel::SqliteConnection;
use diesel::backend::Backend;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::Connection;

const MYSQL: EmbeddedMigrations = embed_migrations!("migrations/mysql");
const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");

/// What to say when [`pending`] is true.
pub const NOT_UP_TO_DATE: &str =
    "the database's tables are not up to date; run: call-history migrate";

/// Why a migration failed.
pub type MigrationError = Box<dyn std::error::Error + Send + Sync>;

/// Applies what is not applied yet; returns the versions that were applied.
pub fn migrate(conn: &mut Connection) -> Result<Vec<String>, MigrationError> {
    match conn {
        Connection::Mysql(conn) => apply(conn, MYSQL),
        Connection::Sqlite(conn) => migrate_alone(conn),
    }
}

/// On SQLite every command migrates, so several may want to at the same time: whoever waited
/// finds it done.
fn migrate_alone(conn: &mut SqliteConnection) -> Result<Vec<String>, MigrationError> {
    if !conn.has_pending_migration(SQLITE)? {
        return Ok(Vec::new());
    }
    conn.immediate_transaction(|conn| apply(conn, SQLITE))
}

/// Whether something is not applied yet.
pub fn pending(conn: &mut Connection) -> Result<bool, MigrationError> {
    match conn {
        Connection::Mysql(conn) => conn.has_pending_migration(MYSQL),
        Connection::Sqlite(conn) => conn.has_pending_migration(SQLITE),
    }
}

/// Takes everything back, with all data.
pub fn revert_all(conn: &mut Connection) -> Result<(), MigrationError> {
    match conn {
        Connection::Mysql(conn) => conn.revert_all_migrations(MYSQL).map(drop),
        Connection::Sqlite(conn) => conn.revert_all_migrations(SQLITE).map(drop),
    }
}

fn apply<DB: Backend>(
    conn: &mut impl MigrationHarness<DB>,
    migrations: EmbeddedMigrations,
) -> Result<Vec<String>, MigrationError>
where
    EmbeddedMigrations: diesel::migration::MigrationSource<DB>,
{
    let applied = conn.run_pending_migrations(migrations)?;
    Ok(applied.iter().map(ToString::to_string).collect())
}
