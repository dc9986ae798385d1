//! The database goes away, in every way that it can, and comes back.
//!
//! The tests of MySQL start servers of their own, and run in the round with MariaDB only; those
//! of SQLite run in the other.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../support/mod.rs"]
mod support;

mod follow;
mod hosts;
mod mysql;
mod socket;
mod sqlite;
mod tls;

use std::time::{Duration, Instant};

use support::mariadb::until;
use support::service::{Answer, Service, program};

/// Far more than the deadline (5 s) and than healing takes, on a machine that is busy.
const SOON: Duration = Duration::from_secs(20);

const HISTORY: &str = "/history/customer?number=0611223344";

/// `serve --no-auth` on these URLs.
fn serve(urls: &str) -> Service {
    Service::spawn(
        program()
            .args(["serve", "--no-auth", "--bind", "127.0.0.1:0"])
            .env("DATABASE_URL", urls),
    )
}

fn migrate(url: &str) {
    let output = program()
        .arg("migrate")
        .env("DATABASE_URL", url)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
}

/// The answer, which must not take long.
fn timely(service: &Service, path: &str) -> Answer {
    let begun = Instant::now();
    let answer = service.get(path);
    let took = begun.elapsed();
    assert!(took < SOON, "{path} took {took:?}");
    answer
}

fn is_unavailable(answer: &Answer) -> bool {
    if answer.status != 503 {
        return false;
    }
    let problem = answer.json();
    assert_eq!(problem["status"], 503);
    assert!(answer.header("retry-after").is_some(), "{}", answer.body);
    assert_eq!(
        answer.header("content-type"),
        Some("application/problem+json")
    );
    true
}

/// The service lives, is not ready, and says so to everybody, in time.
fn assert_away(service: &Service) {
    for path in [HISTORY, "/history/queue?name=bl", "/health/ready"] {
        let answer = timely(service, path);
        assert!(is_unavailable(&answer), "{path}: {}", answer.body);
    }
    let begun = Instant::now();
    assert_eq!(service.get("/health/live").status, 200);
    assert!(begun.elapsed() < Duration::from_secs(2));
}

/// The service becomes ready by itself, and answers.
fn assert_heals(service: &Service) {
    let took = until("ready again", SOON, || {
        service.get("/health/ready").status == 200
    });
    eprintln!("ready again after {took:?}");
    assert_eq!(timely(service, HISTORY).status, 200);
}
