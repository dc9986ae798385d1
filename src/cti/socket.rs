//! One connection, from its token to its end.
//!
//! It does one thing after the other: a command is answered before the next is read, so answers
//! come in order, and a client that asks faster than it is answered waits.

use std::convert::Infallible;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use actix_web::rt::time::{Interval, interval_at};
use actix_web::web;
use actix_ws::CloseCode;
use tokio::time::MissedTickBehavior;

use super::answer;
use super::frame::{self, Command, Said};
use super::history::{Asker, NO_USER, told};
use super::incoming::{Incoming, Received};
use super::live::Live;
use super::outgoing::{Gone, Outgoing};
use crate::api::State;
use crate::api::changes::{Over, Told};
use crate::api::identify::{Bearer, Identified, Refusal};
use crate::api::limit::places::Place;
use crate::api::request_id::RequestId;
use crate::presence::Client;

/// How often it is looked whether the caller may still be here.
const RECHECK: Duration = Duration::from_secs(1);

/// Messages of a client, of whatever kind: so long after one there is room for another, and so
/// much may come at once.
pub(super) const STEP: Duration = Duration::from_millis(50);
pub(super) const BURST: Duration = Duration::from_secs(5);

/// What a connection is made of.
pub(super) struct Socket {
    pub(super) state: web::Data<State>,
    pub(super) bearer: Bearer,
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
                let mut serving = Serving::of(&self, *known);
                let Err(end) = serving.serve(&mut incoming, &mut outgoing).await;
                (Some(place), end)
            }
            Opened::Refused => (None, End::LoggedOff),
            Opened::Full => {
                let told = answer::error("there are too many connections of this user", None);
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
}

/// A connection of somebody known.
struct Serving<'a> {
    socket: &'a Socket,
    known: Identified,
    /// The user's presence, for as long as the connection lasts.
    presence: Option<Client>,
    live: Live,
}

impl<'a> Serving<'a> {
    fn of(socket: &'a Socket, known: Identified) -> Self {
        let connect = |user: &str| socket.state.presence.connect(user);
        Self {
            socket,
            presence: known.principal.own_user().map(connect),
            known,
            live: Live::default(),
        }
    }

    async fn serve(
        &mut self,
        incoming: &mut Incoming,
        outgoing: &mut Outgoing,
    ) -> Result<Infallible, End> {
        outgoing.text(answer::logged_on()).await?;
        let between_pings = self.socket.state.sockets.ping;
        let (mut recheck, mut ping) = (every(RECHECK), every(between_pings));
        let mut heard = Instant::now();
        let mut flood = Flood::new();
        loop {
            tokio::select! {
                () = self.socket.state.stopping.begun() => {
                    return Err(End::Close(CloseCode::Restart, "the service stops"));
                }
                received = incoming.next() => {
                    if !flood.has_room(Instant::now()) {
                        outgoing.text(answer::error("too many frames in a short time", None)).await?;
                        return Err(End::Close(CloseCode::Policy, "too many frames"));
                    }
                    self.receive(received, outgoing).await?;
                    // What an answer took is not the client's silence.
                    heard = Instant::now();
                }
                told = self.live.next() => self.tell(told, outgoing).await?,
                // What is live is looked at anyway.
                _ = recheck.tick(), if !self.live.is_on() => self.recheck().await?,
                _ = ping.tick() => {
                    // The third in vain.
                    if heard.elapsed() > between_pings * 5 / 2 {
                        return Err(End::Close(CloseCode::Away, "no sign of life"));
                    }
                    outgoing.ping().await?;
                }
            }
        }
    }

    async fn receive(&mut self, received: Received, outgoing: &mut Outgoing) -> Result<(), End> {
        match received {
            Received::Text(text) => {
                let answer = match frame::read(&text) {
                    Ok(Said::Ping) => Ok(Some(answer::PING.to_owned())),
                    Ok(Said::Command(command)) => self.answer(command).await,
                    Err(what) => Err(what),
                };
                match answer {
                    Ok(Some(answer)) => outgoing.text(answer).await?,
                    Ok(None) => {}
                    Err(what) => {
                        let command = frame::named(&text);
                        let told = answer::error(&what, command.as_deref());
                        outgoing.text(told).await?;
                    }
                }
            }
            Received::Ping(question) => outgoing.pong(&question).await?,
            Received::Nothing => {}
            Received::Close => return Err(End::Close(CloseCode::Normal, "")),
            Received::End => return Err(End::Gone),
            Received::Bad(code, why) => return Err(End::Close(code, why)),
        }
        Ok(())
    }

    /// Does what a command says, and gives the frame that answers it, if there is one.
    async fn answer(&mut self, command: Command) -> Result<Option<String>, String> {
        match command {
            Command::History(asked) => {
                let asker = Asker {
                    state: &self.socket.state,
                    known: &self.known,
                    request_id: &self.socket.request_id,
                    client: self.socket.address,
                };
                // In memory of its own, which a connection has only while it is answered.
                Box::pin(asker.answer(asked)).await.map(Some)
            }
            Command::Video(status) => {
                let presence = self.presence.as_ref().ok_or(NO_USER)?;
                presence.set_video(status);
                Ok(None)
            }
            Command::Subscribe => self.subscribe().await.map(|()| None),
            Command::Unsubscribe => {
                self.live.end();
                Ok(None)
            }
        }
    }

    async fn subscribe(&mut self) -> Result<(), String> {
        let begun = Box::pin(self.live.begin(self.socket, &self.known.principal));
        begun
            .await
            .map_err(|error| told(&error, &self.socket.request_id))
    }

    /// Passes on what changed.
    async fn tell(&mut self, told: Told, outgoing: &mut Outgoing) -> Result<(), End> {
        match told {
            Told::Changed(calls, _) => {
                for call in &calls {
                    outgoing.text(answer::update(call)).await?;
                }
            }
            Told::Missed => outgoing.text(answer::reset()).await?,
            Told::Over(Over::Shutdown) => {}
            // It goes on with what may be read now, perhaps nothing.
            Told::Over(Over::Rights | Over::Behind) => {
                self.live.end();
                self.recheck().await?;
                match self.subscribe().await {
                    Ok(()) => outgoing.text(answer::reset()).await?,
                    Err(what) => {
                        let told = answer::error(&what, Some("subscribeToCallHistory"));
                        outgoing.text(told).await?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Finds out who this is now: with other rights perhaps, or nobody.
    async fn recheck(&mut self) -> Result<(), End> {
        let socket = self.socket;
        match Box::pin(socket.bearer.again(&socket.state)).await {
            Ok(now) => self.known = now,
            Err(Refusal::Unauthenticated | Refusal::NotBelieved | Refusal::Several) => {
                return Err(End::LoggedOff);
            }
            // It is not known while the database is away, and nothing can be read either.
            Err(Refusal::Unavailable | Refusal::TooMany(_)) => {}
        }
        Ok(())
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
