//! XiVO's WebSocket: programs written for XiVO ask for histories as they always did.

mod bad;
mod calls;
mod commands;
mod document;
mod ends;
mod live;
mod opening;
mod video;

use std::time::{Duration, Instant};

use call_history::auth::password;
use call_history::store::passwords;
use chrono::{TimeDelta, Utc};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::json;

use crate::support::TestDatabase;
use crate::support::service::{Service, import_capture};

const SECRET: &str = "0123456789abcdef0123456789abcdef";

/// A service over the capture, which believes [`token`]s.
fn capture() -> (TestDatabase, Service) {
    capture_with(&[])
}

/// The same with settings.
fn capture_with(settings: &[(&str, &str)]) -> (TestDatabase, Service) {
    let database = TestDatabase::new();
    import_capture(&database);
    let mut all = vec![("JWT_SECRET", SECRET)];
    all.extend(settings);
    let service = Service::start_with(&database, &all);
    (database, service)
}

/// A token of somebody with these scopes, separated by blanks.
fn token(user: &str, scopes: &str) -> String {
    token_for(user, scopes, TimeDelta::hours(1))
}

fn token_for(user: &str, scopes: &str, holds: TimeDelta) -> String {
    let expires = (Utc::now() + holds).timestamp();
    let claims = json!({"sub": user, "exp": expires, "scope": scopes});
    let key = EncodingKey::from_secret(SECRET.as_bytes());
    encode(&Header::new(Algorithm::HS256), &claims, &key).unwrap()
}

fn set_password(database: &TestDatabase, user: &str, words: &str) {
    let kept = password::keep(words).unwrap();
    assert!(passwords::put(&mut database.connect(), user, &kept).unwrap());
}

/// Waits for what soon becomes so.
fn soon(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(10);
    while !is_so() {
        assert!(Instant::now() < deadline, "{what}");
        std::thread::sleep(Duration::from_millis(60));
    }
}
