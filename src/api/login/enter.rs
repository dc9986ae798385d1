//! What every login does: slow down, hash, look the user up.

use std::net::IpAddr;
use std::time::Instant;

use actix_web::web;
use chrono::Utc;

use crate::api::State;
use crate::api::blocking::{run, with_connection};
use crate::api::error::Error;
use crate::api::problem::Fault;
use crate::auth::login::Session;
use crate::auth::password;
use crate::store::{Connection, passwords, settings};

/// The longest username, in bytes: as long as the directory has them.
const LONGEST_NAME: usize = 1024;

/// What somebody gave who wants to log in.
pub(super) struct Given {
    username: String,
    password: String,
}

impl Given {
    /// Refuses what cannot be right. The names are those of the members.
    pub(super) fn new(
        (name_member, username): (&str, String),
        (password_member, password): (&str, String),
    ) -> Result<Self, Error> {
        let mut faults = Vec::new();
        for (member, value, longest) in [
            (name_member, &username, LONGEST_NAME),
            (password_member, &password, password::LONGEST),
        ] {
            if value.is_empty() {
                faults.push(Fault::new(member, "must not be empty"));
            } else if value.len() > longest {
                let reason = format!("must have at most {longest} bytes");
                faults.push(Fault::new(member, reason));
            }
        }
        match faults.as_slice() {
            [] => Ok(Self { username, password }),
            _ => Err(Error::Parameters(faults)),
        }
    }
}

/// Lets somebody in. Whether the user does not exist, has no password or another one, is one
/// answer after the same work.
pub(super) async fn enter(
    state: &web::Data<State>,
    from: IpAddr,
    given: Given,
) -> Result<Session, Error> {
    let attempt = state
        .throttle
        .admit(&given.username, from, Instant::now())
        .map_err(Error::TooManyRequests)?;
    match judge(state, given).await {
        Ok(Some(session)) => {
            state.throttle.succeeded(attempt, Instant::now());
            Ok(session)
        }
        // Counted already, as is who goes away before the answer.
        Ok(None) => Err(Error::WrongPassword),
        Err(error) => {
            state.throttle.undecided(&attempt, Instant::now());
            Err(error)
        }
    }
}

/// The session of whoever gave the right password.
async fn judge(state: &web::Data<State>, given: Given) -> Result<Option<Session>, Error> {
    // Held from here on: of those who try to log in, few are at the database either.
    let place = state.hashing.place().await?;
    let (data, name) = (web::Data::clone(state), given.username.clone());
    let stored = with_connection(&state.pool, move |conn| {
        have_secret(&data, conn)?;
        Ok(passwords::find(conn, &name)?)
    })
    .await?;
    let Given { username, password } = given;
    let session = run(move || {
        let _place = place;
        let right = password::is_right(&password, stored.as_ref());
        stored.filter(|_| right).map(|stored| Session {
            username,
            stamp: stored.stamp,
            since: Utc::now().timestamp(),
        })
    })
    .await?;
    match session {
        Some(session) if is_somebody(state, &session).await? => Ok(Some(session)),
        _ => Ok(None),
    }
}

/// Whether the session is of a user in the directory, as it is now.
async fn is_somebody(state: &web::Data<State>, session: &Session) -> Result<bool, Error> {
    let (data, session) = (web::Data::clone(state), session.clone());
    with_connection(&state.pool, move |conn| {
        Ok(data.names.latest(conn)?.principal(&session).is_some())
    })
    .await
}

/// Sees to it that there is a secret to sign with: the configured one, else the database's,
/// where the first who needs one puts it.
pub(crate) fn have_secret(state: &State, conn: &mut Connection) -> Result<(), Error> {
    if !state.logins.has_secret() {
        let random = |e: getrandom::Error| Error::Internal(format!("no random bytes: {e}"));
        let fresh = [password::stamp(), password::stamp()]
            .into_iter()
            .collect::<Result<String, _>>()
            .map_err(random)?;
        let secret = settings::login_secret(conn, &fresh)?;
        state.logins.set_secret(secret.as_bytes());
    }
    Ok(())
}
