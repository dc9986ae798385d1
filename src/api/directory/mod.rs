//! `/directory`: users, agents and queues, for whoever may change the directory.
//!
//! A change stands at once. Where calls fold otherwise by it, they are folded again in the
//! background.

mod agents;
mod bodies;
mod queues;
mod user;
mod users;

pub use agents::{AgentBody, DirectoryAgent};
pub(crate) use agents::{delete_agent, get_agent, list_agents, put_agent};
pub use queues::{DirectoryQueue, QueueBody};
pub(crate) use queues::{delete_queue, get_queue, list_queues, put_queue};
pub use user::{DirectoryUser, Endpoint, Number, UserBody};
pub(crate) use users::{delete_user, get_user, list_users, put_user};

use actix_web::http::header::LOCATION;
use actix_web::{HttpRequest, HttpResponse, web};
use chrono::Utc;
use serde::Serialize;

use super::State;
use super::blocking::with_connection;
use super::error::Error;
use super::list::{ListPage, ListParameters};
use crate::model::{Agent, Queue, User};
use crate::store::directory::{self, Deletion, Item, Put};
use crate::store::keys::StoredKey;

/// An item as the keys see it.
trait Holder: Item + Send + 'static {
    /// Whether the rights of this key depend on the item with this name or number.
    fn holds(item: &str, key: &StoredKey) -> bool;
}

impl Holder for User {
    fn holds(item: &str, key: &StoredKey) -> bool {
        key.username.as_deref() == Some(item)
    }
}

impl Holder for Agent {
    fn holds(item: &str, key: &StoredKey) -> bool {
        key.agent_number.as_deref() == Some(item)
    }
}

impl Holder for Queue {
    fn holds(_: &str, _: &StoredKey) -> bool {
        false
    }
}

/// The page of what is asked for; `shown` is how an item is shown, `key` its key.
async fn page<T, W>(
    state: &web::Data<State>,
    asked: ListParameters,
    key: fn(&W) -> &str,
) -> Result<ListPage<W>, Error>
where
    T: Item + Send + 'static,
    W: From<T> + Send + 'static,
{
    with_connection(&state.pool, move |conn| {
        let items: Vec<T> = directory::page(conn, asked.after(), asked.length() + 1)?;
        let items = items.into_iter().map(W::from).collect();
        Ok(ListPage::of(items, &asked, key))
    })
    .await
}

async fn one<T, W>(
    state: &web::Data<State>,
    key: String,
    unknown: Error,
) -> Result<web::Json<W>, Error>
where
    T: Item + Send + 'static,
    W: From<T> + Send + 'static,
{
    let found = with_connection(&state.pool, move |conn| {
        Ok(directory::find::<T>(conn, &key)?)
    });
    let found = found.await?.ok_or(unknown)?;
    Ok(web::Json(W::from(found)))
}

/// Puts what `make` makes of the stored item: 201 when there was none, else 200.
async fn put<T, W>(
    state: &web::Data<State>,
    request: &HttpRequest,
    key: String,
    make: impl Fn(Option<&T>) -> Result<T, Error> + Send + 'static,
) -> Result<HttpResponse, Error>
where
    T: Holder,
    W: From<T> + Serialize,
{
    let data = web::Data::clone(state);
    let put = with_connection(&state.pool, move |conn| {
        let (item, put) = directory::put_one(conn, &key, &make)??;
        if put != Put::Unchanged {
            changed::<T>(&data, &key);
        }
        Ok((item, put))
    });
    let (item, put) = put.await?;
    let mut response = match put {
        Put::Created => HttpResponse::Created(),
        Put::Replaced | Put::Unchanged => HttpResponse::Ok(),
    };
    if put == Put::Created {
        response.insert_header((LOCATION, request.uri().path()));
    }
    Ok(response.json(W::from(item)))
}

/// Deletes an item: 204, also when it was deleted before.
async fn delete<T: Holder>(
    state: &web::Data<State>,
    key: String,
    unknown: Error,
) -> Result<HttpResponse, Error> {
    let data = web::Data::clone(state);
    let deleted = with_connection(&state.pool, move |conn| {
        let deleted = directory::delete::<T>(conn, &key, Utc::now())?;
        if deleted == Deletion::Done {
            changed::<T>(&data, &key);
        }
        Ok(deleted)
    });
    match deleted.await? {
        Deletion::Done | Deletion::DoneBefore => Ok(HttpResponse::NoContent().finish()),
        Deletion::NeverThere => Err(unknown),
    }
}

/// Who asks here next finds what was changed. Called where the change is made, which goes on
/// when the client goes away.
fn changed<T: Holder>(state: &State, item: &str) {
    state.names.recheck();
    state.keys.forget(|key| T::holds(item, key));
    (state.directory_changed)();
}
