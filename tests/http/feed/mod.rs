//! What changed: copies that are kept by `/changes`, and streams of events.

mod bad;
mod changes;
mod events;
pub(crate) mod mirror;
mod slow;
mod stop;
mod streams;

use std::time::Duration;

use call_history::model::{CallId, Owner};
use call_history::store::calls::replace;

use crate::support::TestDatabase;
use crate::support::made_up::{call, entry};
use crate::support::service::{capture, succeed};

/// Far longer than anything here takes.
const SOON: Duration = Duration::from_secs(40);

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

/// Puts a call of these users.
fn put(database: &TestDatabase, linkedid: &str, users: &[&str]) -> CallId {
    let entries = users.iter().map(|name| entry(Owner::user(*name), 1));
    let call = call(linkedid, 1, entries.collect());
    replace(&mut database.connect(), std::slice::from_ref(&call), &[]).unwrap();
    call.id
}

/// The users are known by name as soon as they have entries.
fn database_with_users() -> TestDatabase {
    let database = TestDatabase::new();
    put(&database, "first", &["a", "b", "c"]);
    database
}
