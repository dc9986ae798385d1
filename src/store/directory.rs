//! The directory in the database: users, agents and queues.
//!
//! Who or what is deleted stays: calls until then are theirs, however often they are folded
//! again. They are not listed, and nobody logs in as them.

mod agents;
mod item;
mod queues;
mod users;

use std::collections::BTreeMap;

use diesel::prelude::*;

use super::{CHUNK, Connection, revisions, settings, write};
use crate::model::{Agent, Directory, Queue, Time, User};

pub use item::Item;

/// What became of an item that was put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Put {
    /// There was none.
    Created,
    /// It was another.
    Replaced,
    /// It was the same.
    Unchanged,
}

/// What became of an item that was to be deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deletion {
    /// It is deleted.
    Done,
    /// It was deleted before.
    DoneBefore,
    /// There was none, ever.
    NeverThere,
}

/// Everybody, those included who were deleted.
pub fn load(conn: &mut Connection) -> QueryResult<Directory> {
    let users: Vec<User> = items(conn, "", usize::MAX, true)?;
    let agents: Vec<Agent> = items(conn, "", usize::MAX, true)?;
    let queues: Vec<Queue> = items(conn, "", usize::MAX, true)?;
    let directory = Directory::new(users, agents, queues);
    Ok(directory.with_trunks(settings::trunks(conn)?))
}

/// A number that changes whenever the directory does, or who is known by name from the
/// histories. What was loaded is good for as long as it stays the same.
pub fn revision(conn: &mut Connection) -> QueryResult<i64> {
    revisions::value(conn, revisions::DIRECTORY)
}

/// Adds users or replaces those with the same username, numbers and endpoints included.
/// Returns how many were new or different. Of two with one username, the last counts.
pub fn put_users(conn: &mut Connection, users: &[User]) -> QueryResult<usize> {
    put(conn, users, |_, _| {})
}

/// The same for users whose scopes are not known: who is there already keeps theirs.
pub fn put_users_keeping_scopes(conn: &mut Connection, users: &[User]) -> QueryResult<usize> {
    put(conn, users, |user, stored| {
        user.scopes = stored.map(|user| user.scopes.clone()).unwrap_or_default();
    })
}

/// Adds agents or replaces those with the same number; returns how many were new or different.
pub fn put_agents(conn: &mut Connection, agents: &[Agent]) -> QueryResult<usize> {
    put(conn, agents, |_, _| {})
}

/// Adds queues or replaces those with the same name; returns how many were new or different.
pub fn put_queues(conn: &mut Connection, queues: &[Queue]) -> QueryResult<usize> {
    put(conn, queues, |_, _| {})
}

/// At most `limit` items that are not deleted, of those whose keys come after this one, in the
/// order of the keys' bytes.
pub fn page<T: Item>(conn: &mut Connection, after: &str, limit: usize) -> QueryResult<Vec<T>> {
    items(conn, after, limit, false)
}

/// The item with this key, unless it is deleted.
pub fn find<T: Item>(conn: &mut Connection, key: &str) -> QueryResult<Option<T>> {
    Ok(T::stored(conn, &[key])?.pop())
}

/// Whether there was a user of this name who was deleted.
pub(super) fn is_deleted_user(conn: &mut Connection, username: &str) -> QueryResult<bool> {
    User::is_deleted(conn, username)
}

/// Puts what `make` makes of the item that is stored under this key, if any. Nobody else writes
/// in between. What `make` refuses is not written.
pub fn put_one<T: Item, E>(
    conn: &mut Connection,
    key: &str,
    mut make: impl FnMut(Option<&T>) -> Result<T, E>,
) -> QueryResult<Result<(T, Put), E>> {
    write(conn, |conn| {
        revisions::lock(conn, revisions::DIRECTORY)?;
        let stored: Option<T> = find(conn, key)?;
        let mut item = match make(stored.as_ref()) {
            Ok(item) => item,
            Err(refused) => return Ok(Err(refused)),
        };
        item.take_over(stored.as_ref(), &T::ended(conn)?);
        let put = match &stored {
            None => Put::Created,
            Some(stored) if *stored == item => Put::Unchanged,
            Some(_) => Put::Replaced,
        };
        if put != Put::Unchanged {
            T::replace(conn, std::slice::from_ref(&item))?;
            changed(conn, !item.folds_like(stored.as_ref()))?;
        }
        Ok(Ok((item, put)))
    })
}

/// Deletes the item with this key. Calls until now stay its own; a user's keys are revoked, and
/// the password is gone.
pub fn delete<T: Item>(conn: &mut Connection, key: &str, now: Time) -> QueryResult<Deletion> {
    write(conn, |conn| {
        revisions::lock(conn, revisions::DIRECTORY)?;
        if let Some(item) = find::<T>(conn, key)? {
            item.delete(conn, now)?;
            changed(conn, T::ENDS)?;
            return Ok(Deletion::Done);
        }
        Ok(if T::is_deleted(conn, key)? {
            Deletion::DoneBefore
        } else {
            Deletion::NeverThere
        })
    })
}

/// At most `limit` items, of those whose keys come after this one, chunk by chunk.
fn items<T: Item>(
    conn: &mut Connection,
    after: &str,
    limit: usize,
    with_deleted: bool,
) -> QueryResult<Vec<T>> {
    let mut all: Vec<T> = Vec::new();
    while all.len() < limit {
        let after = all.last().map_or(after, |item| item.key()).to_owned();
        let wanted = CHUNK.min(limit - all.len());
        let chunk = T::after(conn, &after, wanted, with_deleted)?;
        let count = chunk.len();
        all.extend(chunk);
        if count < wanted {
            break;
        }
    }
    Ok(all)
}

/// Notes that the directory is another, and whether calls fold otherwise by it.
fn changed(conn: &mut Connection, fold_otherwise: bool) -> QueryResult<()> {
    revisions::bump(conn, revisions::DIRECTORY)?;
    if fold_otherwise {
        revisions::want_refold(conn)?;
    }
    Ok(())
}

/// Writes those items that differ from what is stored under their key. Where there is one, the
/// directory has a new revision, and everything is to be folded again if calls fold otherwise.
/// What an item does not say itself, `complete` takes from the stored one.
fn put<T: Item>(
    conn: &mut Connection,
    items: &[T],
    complete: impl Fn(&mut T, Option<&T>),
) -> QueryResult<usize> {
    let items: BTreeMap<&str, &T> = items.iter().map(|item| (item.key(), item)).collect();
    let items: Vec<(&str, &T)> = items.into_iter().collect();
    write(conn, |conn| {
        // One writer at a time: another could add what this one does not see yet.
        revisions::lock(conn, revisions::DIRECTORY)?;
        let (mut count, mut fold_otherwise) = (0, false);
        let ended = T::ended(conn)?;
        for chunk in items.chunks(CHUNK) {
            let keys: Vec<&str> = chunk.iter().map(|(key, _)| *key).collect();
            let stored = T::stored(conn, &keys)?;
            let stored: BTreeMap<&str, &T> = stored.iter().map(|item| (item.key(), item)).collect();
            let mut different = Vec::new();
            for (key, item) in chunk {
                let stored = stored.get(key).copied();
                let mut item = T::clone(item);
                complete(&mut item, stored);
                item.take_over(stored, &ended);
                if stored != Some(&item) {
                    fold_otherwise |= !item.folds_like(stored);
                    different.push(item);
                }
            }
            T::replace(conn, &different)?;
            count += different.len();
        }
        if count > 0 {
            changed(conn, fold_otherwise)?;
        }
        Ok(count)
    })
}
