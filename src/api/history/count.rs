//! How many entries a history has, for whoever is told of the number beside a page.

use actix_web::web;
use chrono::Utc;

use crate::api::State;
use crate::api::blocking::with_connection;
use crate::api::error::Error;
use crate::api::params::{Asked, OwnParameters};
use crate::model::Principal;
use crate::store::history;

/// So many are counted.
const MOST: usize = 10_000;

/// Counts the entries of which [`read`](super::read) gives a page, up to 10,000.
///
/// # Errors
/// As for that page.
pub(crate) async fn count<P>(
    state: &web::Data<State>,
    caller: &Principal,
    asked: &Asked<P>,
) -> Result<usize, Error>
where
    P: OwnParameters + Clone + Send + 'static,
{
    let owner = asked.own.owner(caller)?;
    let request = asked.request(&owner, state.zone, Utc::now())?;
    let (data, caller, own) = (web::Data::clone(state), caller.clone(), asked.own.clone());
    with_connection(&state.pool, move |connection| {
        let names = data.names.current(connection)?;
        let owners = own.readable(&owner, &caller, &names, request.now);
        Ok(history::count(
            connection,
            &owners,
            &request.query(&names),
            MOST,
        )?)
    })
    .await
}
