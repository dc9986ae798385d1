//! The store on a real database: SQLite, or MySQL when `TEST_MYSQL_URL` is set.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod calls;
mod changes;
mod directory;
mod filters;
mod history;
mod landing;
mod lease;
mod marks;
mod ongoing;
mod plans;
mod schema;
mod statement_limit;
mod statements;
#[path = "../support/mod.rs"]
mod support;
mod transaction;

use support::made_up;
