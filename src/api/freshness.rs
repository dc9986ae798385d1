//! That what is known of people is fresh enough to say who may stay. Thousands of connections
//! that stay open want to know it each second, and one look at the database tells all of them.

use std::time::{Duration, Instant};

use actix_web::rt::time::timeout;
use actix_web::web;
use tokio::sync::Mutex;

use super::State;
use super::blocking::with_connection;

/// How long others are waited for that look already.
const TURN: Duration = Duration::from_millis(250);

/// After a look that failed nobody looks for so long.
const PAUSE: Duration = Duration::from_secs(1);

/// When a look failed last, unless one has succeeded since. Whoever looks holds it.
#[derive(Debug, Default)]
pub struct Freshness(Mutex<Option<Instant>>);

impl Freshness {
    /// Whether the names at hand are at most a moment old, after a look if it takes one. They
    /// are not while the database is away.
    pub(super) async fn is_certain(&self, state: &web::Data<State>) -> bool {
        if state.names.recent().is_some() {
            return true;
        }
        let Ok(mut failed) = timeout(TURN, self.0.lock()).await else {
            return false;
        };
        if state.names.recent().is_some() {
            return true;
        }
        if failed.is_some_and(|failed| failed.elapsed() < PAUSE) {
            return false;
        }
        let data = web::Data::clone(state);
        let looked = with_connection(&state.pool, move |conn| Ok(data.names.latest(conn)?));
        let looked = looked.await;
        *failed = looked.is_err().then(Instant::now);
        looked.is_ok()
    }
}
