//! What changed: copies that are kept by `/changes`, and streams of events.

mod bad;
mod changes;
mod events;
pub(crate) mod mirror;
mod slow;

use crate::support::TestDatabase;
use crate::support::service::{capture, succeed};

/// A key with these scopes.
fn key(database: &TestDatabase, scopes: &[&str]) -> String {
    let mut arguments = vec!["key", "create"];
    for scope in scopes {
        arguments.extend(["--scope", scope]);
    }
    succeed(database, &arguments).trim().to_owned()
}

/// Takes in the capture's rows, without a directory.
fn import_rows(database: &TestDatabase) {
    let (cdr, queue_log) = (capture("cdr.csv"), capture("queue_log.csv"));
    let arguments = ["import", "--cdr", &cdr, "--queue-log", &queue_log];
    succeed(database, &arguments);
}
