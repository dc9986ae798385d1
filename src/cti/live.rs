//! The user's own new and changed entries as they come, for whoever has subscribed.

use std::future::pending;

use super::history::NO_USER;
use super::socket::Socket;
use crate::api::changes::{Told, Watch};
use crate::api::error::Error;
use crate::api::params::Narrowing;
use crate::model::{Owner, Principal};

/// A subscription, if there is one.
#[derive(Default)]
pub(super) struct Live(Option<Box<Watch>>);

impl Live {
    /// Begins to watch the entries of this caller, as a user and as an agent.
    ///
    /// # Errors
    /// The caller is nobody who has entries, or the database's.
    pub(super) async fn begin(&mut self, socket: &Socket, caller: &Principal) -> Result<(), Error> {
        if self.is_on() {
            return Ok(());
        }
        let (user, agent) = (caller.own_user(), caller.own_agent());
        if user.or(agent).is_none() {
            return Err(Error::BadRequest(NO_USER.to_owned()));
        }
        let may_read = |owner: &Owner| caller.may_read(owner);
        let readable = |own: Option<Owner>| own.filter(may_read).map(|own| own.name);
        let narrowing = Narrowing {
            users: readable(user.map(Owner::user)).into_iter().collect(),
            agents: readable(agent.map(Owner::agent)).into_iter().collect(),
            queues: Vec::new(),
        };
        // Nobody in particular would be everybody.
        if narrowing.is_empty() {
            return Err(Error::UnknownOwner);
        }
        let (state, bearer) = (&socket.state, socket.bearer.clone());
        let watch = Watch::begin(state, bearer, caller.clone(), narrowing, state.zone);
        self.0 = Some(Box::new(watch.await?));
        Ok(())
    }

    /// Ends it.
    pub(super) fn end(&mut self) {
        self.0 = None;
    }

    /// Whether there is one.
    pub(super) fn is_on(&self) -> bool {
        self.0.is_some()
    }

    /// What is told next; nothing ever without a subscription. Whoever stops waiting for it
    /// loses nothing.
    pub(super) async fn next(&mut self) -> Told {
        match &mut self.0 {
            Some(watch) => watch.next().await,
            None => pending().await,
        }
    }
}
