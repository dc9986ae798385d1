//! One connection, from its token to its end.
//!
//! It does one thing after the other: a command is answered before the next is read, so answers
//! come in order, and a client that asks faster than it is answered waits.

use std::net::IpAddr;
use std::time::{Duration, Instant};

use actix_web::rt::time::{Interval, interval_at};
use actix_web::web;
use actix_ws::CloseCode;
use tokio::time::MissedTickBehavior;

use super::answer;
use super::frame::{self, Said};
use super::history::Asker;
use super::incoming::{Incoming, Received};
use super::outgoing::{Gone, Outgoing};
use super::places::Place;
use crate::api::State;
use crate::api::identify::{Identified, Refusal, identity};
use crate::api::limit::Client;
use crate::api::request_id::RequestId;
use crate::auth::Credential;

/// How often it is looked whether the caller may still be here.
const RECHECK: Duration = Duration::from_secs(1);

/// How often the client is asked for a sign of life.
const PING: Duration = Duration::from_secs(20);

/// Who has been silent for so long is gone.
const SILENT: Duration = Duration::from_secs(50);

/// Messages of a client, of whatever kind: so long after one there is room for another, and so
/// much may come at once.
const STEP: Duration = Duration::from_millis(50);
const BURST: Duration = Duration::from_secs(5);

/// What a connection is made of.
pub(super) struct Socket {
    pub(super) state: web::Data<State>,
    pub(super) credential: Credential,
    pub(super) from: Client,
    pub(super) address: IpAddr,
    pub(super) request_id: RequestId,
}

/// How a connection begins.
pub(super) enum Opened {
    /// With somebody known, who has a place.
    Known(Box<Identified>, Place),
    /// With a token that is refused.
    Refused,
    /// With somebody who has too many connections.
    Full,
}

/// Why a connection ends.
enum End {
    /// The client is gone.
    Gone,
    /// We close it.
    Close(CloseCode, &'static str),
    /// The caller is nobody any more.
    LoggedOff,
}

impl From<Gone> for End {
    fn from(_: Gone) -> Self {
        Self::Gone
    }
}

impl Socket {
    /// Serves the connection to its end.
    pub(super) async fn run(self, opened: Opened, mut incoming: Incoming, mut outgoing: Outgoing) {
        let (place, end) = match opened {
            Opened::Known(known, place) => {
                let end = self.serve(*known, &mut incoming, &mut outgoing).await;
                let Err(end) = end;
                (Some(place), end)
            }
            Opened::Refused => (None, End::LoggedOff),
            Opened::Full => {
                let told = answer::error("there are too many connections of this user");
                let sent = outgoing.text(told).await;
                let full = End::Close(CloseCode::Again, "too many connections");
                (None, sent.map_or(End::Gone, |()| full))
            }
        };
        match end {
            End::Gone => drop(outgoing),
            End::Close(code, why) => outgoing.close(code, why).await,
            End::LoggedOff => {
                if outgoing.text(answer::logged_on_error()).await.is_ok() {
                    outgoing.close(CloseCode::Policy, "log in again").await;
                }
            }
        }
        // The place is held until everything is written, however slowly the client reads.
        incoming.drain().await;
        drop(place);
    }

    async fn serve(
        &self,
        mut known: Identified,
        incoming: &mut Incoming,
        outgoing: &mut Outgoing,
    ) -> Result<std::convert::Infallible, End> {
        outgoing.text(answer::logged_on()).await?;
        let (mut recheck, mut ping) = (every(RECHECK), every(PING));
        let mut heard = Instant::now();
        let mut flood = Flood::new();
        loop {
            tokio::select! {
                () = self.state.stopping.begun() => {
                    return Err(End::Close(CloseCode::Restart, "the service stops"));
                }
                received = incoming.next() => {
                    heard = Instant::now();
                    if !flood.has_room(heard) {
                        outgoing.text(answer::error("too many frames in a short time")).await?;
                        return Err(End::Close(CloseCode::Policy, "too many frames"));
                    }
                    self.receive(received, &known, outgoing).await?;
                    // What an answer took is not the client's silence.
                    heard = Instant::now();
                }
                _ = recheck.tick() => known = self.recheck(known).await?,
                _ = ping.tick() => {
                    if heard.elapsed() > SILENT {
                        return Err(End::Close(CloseCode::Away, "no sign of life"));
                    }
                    outgoing.ping().await?;
                }
            }
        }
    }

    async fn receive(
        &self,
        received: Received,
        known: &Identified,
        outgoing: &mut Outgoing,
    ) -> Result<(), End> {
        match received {
            Received::Text(text) => {
                let answer = match frame::read(&text) {
                    Ok(Said::Ping) => answer::PING.to_owned(),
                    Ok(Said::Command(command)) => {
                        let asker = Asker {
                            state: &self.state,
                            known,
                            request_id: &self.request_id,
                            client: self.address,
                        };
                        asker.answer(command).await
                    }
                    Err(what) => answer::error(&what),
                };
                outgoing.text(answer).await?;
            }
            Received::Ping(question) => outgoing.pong(&question).await?,
            Received::Nothing => {}
            Received::Close => return Err(End::Close(CloseCode::Normal, "")),
            Received::End => return Err(End::Gone),
            Received::Bad(code, why) => return Err(End::Close(code, why)),
        }
        Ok(())
    }

    /// Who this is now: with other rights perhaps, or nobody.
    async fn recheck(&self, known: Identified) -> Result<Identified, End> {
        let credential = self.credential.clone();
        match identity(&self.state, credential, self.from.clone()).await {
            Ok(now) => Ok(now),
            Err(Refusal::Unauthenticated) => Err(End::LoggedOff),
            // It is not known, and nothing can be read either.
            Err(_) => Ok(known),
        }
    }
}

fn every(period: Duration) -> Interval {
    let mut interval = interval_at((Instant::now() + period).into(), period);
    interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    interval
}

/// How many messages have come lately: the moment at which there is room for all of them again.
struct Flood(Instant);

impl Flood {
    fn new() -> Self {
        Self(Instant::now())
    }

    fn has_room(&mut self, now: Instant) -> bool {
        self.0 = self.0.max(now) + STEP;
        self.0 - now <= BURST
    }
}
