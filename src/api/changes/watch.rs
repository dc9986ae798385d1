//! A subscriber with its rights: what it may read of what changes, for as long as it may.
//!
//! Who asks is found out again every second, and before anything is told if that is longer ago.
//! Where that gives another principal or sight than at the beginning, the watch is over: whoever
//! it was begins anew with what they may read now.

use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_web::{rt, web};
use chrono::Utc;
use chrono_tz::Tz;

use super::{Event, Subscription};
use crate::api::State;
use crate::api::blocking::with_connection;
use crate::api::error::Error;
use crate::api::identify::{Bearer, Refusal};
use crate::api::params::Narrowing;
use crate::api::wire::ChangedCall;
use crate::model::{Principal, Sight};

/// How long it is believed who asks. A part of it is chance, so that not all ask at once.
const BELIEVED: Duration = Duration::from_millis(700);
const SPREAD_MS: u64 = 300;

/// After this long it is tried again to find out.
const AGAIN: Duration = Duration::from_millis(250);

/// What a subscriber is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Told {
    /// Calls that changed, as far as the subscriber sees them (perhaps not at all), and the
    /// revision up to which these are all.
    Changed(Vec<Arc<ChangedCall>>, i64),
    /// Calls may have changed that are not told.
    Missed,
    /// Nothing more will be told.
    Over(Over),
}

/// Why a watch is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Over {
    /// The credential does not count any more, or for something else.
    Rights,
    /// The subscriber is too slow.
    Behind,
    /// The service stops.
    Shutdown,
}

/// Somebody who watches what changes.
pub(crate) struct Watch {
    state: web::Data<State>,
    bearer: Bearer,
    principal: Principal,
    narrowing: Narrowing,
    sight: Sight,
    zone: Tz,
    events: Subscription,
    /// An event that has come and is not told yet.
    waiting: Option<Event>,
    /// Up to this revision all is told.
    told: i64,
    checked: Instant,
    believed: Duration,
}

impl Watch {
    /// Watches from now on, for somebody who has just been identified, what they see with this
    /// narrowing.
    ///
    /// # Errors
    /// Somebody who is named is not there for the caller, or the database's.
    pub(crate) async fn begin(
        state: &web::Data<State>,
        bearer: Bearer,
        principal: Principal,
        narrowing: Narrowing,
        zone: Tz,
    ) -> Result<Self, Error> {
        let sight = sight_of(state, &principal, &narrowing).await?;
        let sight = sight.ok_or(Error::UnknownOwner)?;
        let (events, told) = state.changes.subscribe();
        Ok(Self {
            state: web::Data::clone(state),
            bearer,
            principal,
            narrowing,
            sight,
            zone,
            events,
            waiting: None,
            told,
            checked: Instant::now(),
            believed: BELIEVED + Duration::from_millis(rand::random_range(0..SPREAD_MS)),
        })
    }

    /// What the subscriber sees.
    pub(crate) fn sight(&self) -> &Sight {
        &self.sight
    }

    /// Notes that all up to this revision is told, in another way.
    pub(crate) fn told_until(&mut self, revision: i64) {
        self.told = revision;
    }

    /// The next that is to be told. Whoever stops waiting for it loses nothing.
    pub(crate) async fn next(&mut self) -> Told {
        let state = web::Data::clone(&self.state);
        tokio::select! {
            biased;
            () = state.stopping.begun() => Told::Over(Over::Shutdown),
            told = self.next_of_service() => told,
        }
    }

    async fn next_of_service(&mut self) -> Told {
        loop {
            if let Err(over) = self.believe().await {
                return Told::Over(over);
            }
            match self.waiting.take() {
                Some(Event::Changed(batch)) => {
                    let told = self.told.max(batch.last());
                    let seen = batch.seen(&self.sight, self.zone, self.told);
                    self.told = told;
                    return Told::Changed(seen, told);
                }
                Some(Event::Reset) => {
                    // What comes now is new, also where an older database was put in place.
                    self.told = 0;
                    return Told::Missed;
                }
                Some(Event::Behind) => return Told::Over(Over::Behind),
                None => {}
            }
            let due = self.believed.saturating_sub(self.checked.elapsed());
            tokio::select! {
                event = self.events.next() => self.waiting = Some(event),
                () = rt::time::sleep(due) => {}
            }
        }
    }

    /// Returns when the same may be seen as at the beginning, for certain.
    ///
    /// # Errors
    /// That it is over.
    pub(crate) async fn ready(&mut self) -> Result<(), Over> {
        let state = web::Data::clone(&self.state);
        tokio::select! {
            biased;
            () = state.stopping.begun() => Err(Over::Shutdown),
            believed = self.believe() => believed,
        }
    }

    async fn believe(&mut self) -> Result<(), Over> {
        while self.checked.elapsed() >= self.believed {
            // In memory of its own: thousands wait, and few look at a time.
            match Box::pin(self.check()).await {
                Checked::Same => self.checked = Instant::now(),
                Checked::Changed => return Err(Over::Rights),
                Checked::Unknown => rt::time::sleep(AGAIN).await,
            }
        }
        Ok(())
    }

    /// Whether the same may still be seen.
    async fn check(&self) -> Checked {
        match self.bearer.again(&self.state).await {
            Ok(caller) if caller.principal == self.principal => {}
            // The database is away, or many ask at once: it is not known yet.
            Err(Refusal::Unavailable | Refusal::TooMany(_)) => return Checked::Unknown,
            Ok(_) | Err(Refusal::Unauthenticated | Refusal::NotBelieved | Refusal::Several) => {
                return Checked::Changed;
            }
        }
        match sight_of(&self.state, &self.principal, &self.narrowing).await {
            Ok(Some(sight)) if sight == self.sight => Checked::Same,
            Ok(_) => Checked::Changed,
            Err(_) => Checked::Unknown,
        }
    }
}

/// What came of finding out again who asks.
enum Checked {
    Same,
    Changed,
    Unknown,
}

/// What a caller sees; None when somebody who is named is not there for them.
///
/// # Errors
/// The database's.
pub(in crate::api) async fn sight_of(
    state: &web::Data<State>,
    caller: &Principal,
    narrowing: &Narrowing,
) -> Result<Option<Sight>, Error> {
    if narrowing.is_empty() {
        return Ok(Some(Sight::of(caller.clone())));
    }
    let recent = state.names.recent();
    let sight = recent.and_then(|names| narrowing.sight(caller, &names, Utc::now()));
    if sight.is_some() {
        return Ok(sight);
    }
    // Perhaps somebody new. Whoever exists but may not be read goes the same way.
    let (data, caller, narrowing) = (web::Data::clone(state), caller.clone(), narrowing.clone());
    with_connection(&state.pool, move |conn| {
        let names = data.names.latest(conn)?;
        Ok(narrowing.sight(&caller, &names, Utc::now()))
    })
    .await
}
