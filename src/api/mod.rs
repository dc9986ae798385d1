//! The HTTP interface: histories of owners as JSON, described by an OpenAPI document.
//!
//! [`run`] serves on a listener, which tests open on port 0. [`app`] is the application, with
//! the order of its middleware. What a handler needs it finds in [`State`].

mod accept;
pub mod audit;
pub mod blocking;
pub mod body;
pub mod caller;
pub mod calls;
pub mod changes;
pub mod client;
mod compress;
pub mod cors;
pub mod cursor;
pub mod directory;
pub mod envelope;
pub mod error;
mod export;
pub mod feed;
pub mod format;
pub mod freshness;
mod head;
pub mod health;
mod held;
pub mod history;
pub mod host;
pub(crate) mod identify;
mod intake;
pub mod keys;
pub mod limit;
pub mod list;
pub mod login;
pub mod names;
pub mod openapi;
pub mod params;
pub mod presence;
pub mod problem;
pub mod request_id;
pub mod routes;
mod secure;
pub mod segment;
pub mod server;
pub mod stopping;
pub mod wire;

use chrono_tz::Tz;
use diesel::QueryResult;

pub use server::{Options, app, run};

use names::{NameCache, Names};

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::auth::Access;
use crate::auth::keys::KeyCache;
use crate::auth::login::Logins;
use crate::auth::throttle::Throttle;
use crate::auth::tokens::Tokens;
use crate::cti::Sockets;
use crate::ingest::follow::Board;
use crate::presence::Presence;
use crate::presence::ami::Links;
use crate::presence::live::LiveCalls;
use crate::store::{Connection, Pool, settings};

/// How long a client may take nothing of an answer, when nothing else is said.
pub const SEND_TIMEOUT: Duration = Duration::from_secs(60);

/// What handlers need, shared by all of them.
pub struct State {
    /// Connections to the database.
    pub pool: Pool,
    /// The zone of times for requests that name no other.
    pub zone: Tz,
    /// How the service finds out who asks.
    pub access: Access,
    /// The directory and the names of owners.
    pub names: NameCache,
    /// Keys that were used a moment ago.
    pub keys: KeyCache,
    /// Tokens that are believed; none where that is not configured.
    pub tokens: Option<Tokens>,
    /// Tokens of people who log in.
    pub logins: Logins,
    /// Who has failed to log in.
    pub throttle: Throttle,
    /// Those whose passwords are being hashed.
    pub hashing: login::Hashing,
    /// Proxies that are believed where a request comes from.
    pub proxies: client::TrustedProxies,
    /// How much is done for whom.
    pub limits: limit::Limits,
    /// Who reads whose history is written there, where that is wanted.
    pub audit: Option<audit::Journal>,
    /// How long a client may take nothing of an answer before it is dropped.
    pub send_timeout: Duration,
    /// The web pages that may ask.
    pub origins: cors::Origins,
    /// Called when the directory was changed, so that calls are folded again.
    pub directory_changed: Box<dyn Fn() + Send + Sync>,
    /// What changed.
    pub changes: Arc<changes::ChangeTail>,
    /// Whether it is certain who may stay.
    pub freshness: freshness::Freshness,
    /// What WebSockets share.
    pub sockets: Sockets,
    /// Who has how many streams of events.
    pub streams: limit::Places,
    /// That the service is about to stop.
    pub stopping: stopping::Stopping,
    /// What there is to be told of this process's follower, where it has one.
    pub follower: Option<Arc<Board>>,
    /// What people are doing now.
    pub presence: Arc<Presence>,
    /// The calls in progress that the PBXs tell of.
    pub live: Arc<LiveCalls>,
    /// How the connections to the PBXs are that tell it.
    pub links: Arc<Links>,
}

impl State {
    /// The state of a service that has answered nothing yet.
    pub fn new(pool: Pool, zone: Tz, access: Access) -> Self {
        Self {
            pool,
            zone,
            access,
            names: NameCache::default(),
            keys: KeyCache::default(),
            tokens: None,
            logins: Logins::default(),
            throttle: Throttle::default(),
            hashing: login::Hashing::default(),
            proxies: client::TrustedProxies::default(),
            limits: limit::Limits::new(limit::RateLimit::OFF),
            audit: None,
            send_timeout: SEND_TIMEOUT,
            origins: cors::Origins::default(),
            directory_changed: Box::new(|| {}),
            changes: Arc::new(changes::ChangeTail::new(changes::INTERVAL)),
            freshness: freshness::Freshness::default(),
            sockets: Sockets::default(),
            // A key may be that of a server that asks for many people.
            streams: limit::Places::new(2000, 200),
            stopping: stopping::Stopping::default(),
            follower: None,
            presence: Arc::default(),
            live: Arc::default(),
            links: Arc::default(),
        }
    }

    /// The names, as far as they are known without the database.
    pub fn names_at_hand(&self) -> Option<Arc<Names>> {
        let unchanged = || self.names.of_revision(self.changes.directory()?);
        self.names.recent().or_else(unchanged)
    }

    /// Ends the calls in progress of which nothing was told for as long as a call may last.
    /// Whether there were any.
    ///
    /// # Errors
    /// The database's.
    pub(crate) fn end_silent_calls(&self, connection: &mut Connection) -> QueryResult<bool> {
        let longest = settings::longest_call(connection)?.to_std();
        let longest = longest.unwrap_or(Duration::MAX);
        Ok(self.live.end_silent(longest, Instant::now()))
    }
}

#[cfg(test)]
mod tests;
