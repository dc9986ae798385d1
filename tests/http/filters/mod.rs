//! Filters, order, parties and totals.

mod numbers;
mod oracle;
mod questions;
mod refused;

use crate::support::TestDatabase;
use crate::support::service::{Service, program};

/// A service without access control, in France.
fn in_france(database: &TestDatabase) -> Service {
    Service::spawn(
        program()
            .args(["serve", "--no-auth", "--bind", "127.0.0.1:0"])
            .env("DATABASE_URL", database.url_text())
            .env("COUNTRY_CODE", "33"),
    )
}
