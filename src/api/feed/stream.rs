//! One stream of events: from a place in the changes up to now, and then as they come.
//!
//! It is asked for its next bytes when the connection has room for them, and holds little more
//! than those. A reader that is slow first waits for itself; when the change tail is too far
//! ahead of it, it is given up. It goes on from its last id, if it likes.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use actix_web::web::{self, Bytes};
use actix_web::{Error as ActixError, rt};
use chrono_tz::Tz;
use futures_util::Stream;
use serde::Serialize;
use tokio::time::Instant;

use super::changes::entries_of;
use super::cursor::{Cursor, Ground, Place};
use super::frames::Frames;
use super::page::{Page, ground, now, page};
use super::record::Record;
use crate::api::State;
use crate::api::blocking::with_connection;
use crate::api::changes::{Over, Told, Watch};
use crate::api::error::Error;
use crate::api::limit::places;
use crate::api::wire::ChangedCall;

/// How often there is a sign of life when there is nothing else.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// Bytes that are sent at once, and one event more.
const AT_ONCE: usize = 16 * 1024;
/// Changes that are read at once for who catches up.
const PAGE: usize = 50;
/// When it is tried again to read them.
const AGAIN: Duration = Duration::from_secs(1);

/// A stream to one client.
pub(super) struct EventStream {
    pub(super) state: web::Data<State>,
    pub(super) watch: Watch,
    pub(super) zone: Tz,
    pub(super) ground: Ground,
    pub(super) place: Place,
    /// Why it does not go on from where its client was; said first.
    pub(super) reset: Option<&'static str>,
    pub(super) phase: Phase,
    /// Changes that are not sent yet.
    pub(super) waiting: VecDeque<Arc<ChangedCall>>,
    /// Up to this revision nothing is left when all that waits is sent.
    pub(super) until: i64,
    pub(super) alive: Instant,
    /// Held for as long as the stream.
    pub(super) _held: places::Place,
    pub(super) record: Record,
}

/// Where a stream is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// Nothing is sent yet.
    Beginning,
    /// Reads what changed before now.
    CatchingUp,
    /// Waits for what changes.
    Live,
    /// All is sent.
    Ended,
}

#[derive(Serialize)]
struct Reason {
    reason: &'static str,
}

impl Reason {
    fn json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

impl EventStream {
    /// The bytes of the stream.
    pub(super) fn bytes(self) -> impl Stream<Item = Result<Bytes, ActixError>> {
        futures_util::stream::unfold(self, |mut stream| async move {
            let frames = stream.next().await?;
            stream.alive = Instant::now();
            Some((Ok(frames.into()), stream))
        })
    }

    async fn next(&mut self) -> Option<Frames> {
        loop {
            if !self.waiting.is_empty() {
                return Some(self.send());
            }
            match self.phase {
                Phase::Ended => return None,
                Phase::Beginning => return Some(self.begin()),
                Phase::CatchingUp => {
                    if let Some(frames) = self.catch_up().await {
                        return Some(frames);
                    }
                }
                Phase::Live => {
                    if let Some(frames) = self.wait().await {
                        return Some(frames);
                    }
                }
            }
        }
    }

    fn begin(&mut self) -> Frames {
        self.phase = Phase::CatchingUp;
        let id = self.id();
        let mut frames = Frames::beginning(&id);
        if let Some(reason) = self.reset.take() {
            frames.event("reset", Some(&id), &Reason { reason }.json());
        }
        frames
    }

    /// Sends what waits, or a part of it.
    fn send(&mut self) -> Frames {
        let mut frames = Frames::default();
        while frames.len() < AT_ONCE
            && let Some(change) = self.waiting.pop_front()
        {
            self.place.revision = change.revision;
            self.record.count(entries_of(std::slice::from_ref(&change)));
            frames.event("change", Some(&self.id()), change.json());
        }
        if self.waiting.is_empty() {
            self.place.revision = self.until.max(self.place.revision);
        }
        frames
    }

    /// Reads the next page of what changed before now.
    async fn catch_up(&mut self) -> Option<Frames> {
        if let Err(over) = self.watch.ready().await {
            return Some(self.end(over));
        }
        match self.read().await {
            Ok(Ok(page)) => {
                self.until = page.place.revision;
                self.waiting.extend(page.changes);
                if self.waiting.is_empty() {
                    self.place = page.place;
                }
                if !page.has_more {
                    self.watch.told_until(page.place.revision);
                    self.phase = Phase::Live;
                }
                None
            }
            Ok(Err((ground, place, reason))) => {
                (self.ground, self.place) = (ground, place);
                self.until = place.revision;
                self.reset = Some(reason);
                self.phase = Phase::Beginning;
                None
            }
            Err(_) => {
                // The pool says that the database is away. The client need not notice.
                rt::time::sleep(AGAIN).await;
                (self.alive.elapsed() >= HEARTBEAT).then(|| Frames::heartbeat(&self.id()))
            }
        }
    }

    /// The next page; or, where another database was put in place, where to begin in that.
    async fn read(&self) -> Result<Result<Page, (Ground, Place, &'static str)>, Error> {
        let (data, sight) = (web::Data::clone(&self.state), self.watch.sight().clone());
        let (was, place, zone) = (self.ground, self.place, self.zone);
        let work = with_connection(&self.state.pool, move |conn| {
            let ground = ground(conn, &sight)?;
            let current = now(conn)?;
            if ground != was || place.revision > current.revision {
                let reason = "another database was put in place";
                return Ok(Err((ground, current, reason)));
            }
            page(conn, &data, &sight, place, PAGE, zone).map(Ok)
        });
        self.state.limits.request(&self.record.caller, work).await
    }

    /// Waits for what changes, and gives signs of life.
    async fn wait(&mut self) -> Option<Frames> {
        let told = tokio::select! {
            told = self.watch.next() => told,
            () = rt::time::sleep_until(self.alive + HEARTBEAT) => {
                return Some(Frames::heartbeat(&self.id()));
            }
        };
        match told {
            Told::Changed(changes, until) => {
                self.until = until;
                self.waiting.extend(changes);
                if self.waiting.is_empty() {
                    self.place.revision = until.max(self.place.revision);
                }
                None
            }
            Told::Missed => {
                self.phase = Phase::CatchingUp;
                None
            }
            Told::Over(over) => Some(self.end(over)),
        }
    }

    fn end(&mut self, over: Over) -> Frames {
        self.phase = Phase::Ended;
        let reason = match over {
            Over::Rights => "rights",
            Over::Behind => "behind",
            Over::Shutdown => "shutdown",
        };
        let mut frames = Frames::default();
        frames.event("end", None, &Reason { reason }.json());
        frames
    }

    fn id(&self) -> String {
        let (ground, place) = (self.ground, self.place);
        Cursor { ground, place }.encode()
    }
}
