//! What users, agents and queues of the directory have in common.

use std::collections::HashMap;

use diesel::prelude::*;

use super::{agents, queues, users};
use crate::model::{Agent, Queue, Time, User};
use crate::store::Connection;

/// What stands in the directory under a key.
pub trait Item: Clone + PartialEq {
    /// Whether calls may fold otherwise once one is deleted.
    const ENDS: bool;

    /// The key.
    fn key(&self) -> &str;

    /// Those that come after this key, in order; of deleted ones too, if they are wanted. At
    /// most `limit`, which is no more than an `IN` list takes.
    fn after(
        conn: &mut Connection,
        key: &str,
        limit: usize,
        with_deleted: bool,
    ) -> QueryResult<Vec<Self>>;

    /// Those with these keys that are not deleted.
    fn stored(conn: &mut Connection, keys: &[&str]) -> QueryResult<Vec<Self>>;

    /// Whether one with this key was deleted.
    fn is_deleted(conn: &mut Connection, key: &str) -> QueryResult<bool>;

    /// Writes these in place of those with the same keys, deleted or not.
    fn replace(conn: &mut Connection, items: &[Self]) -> QueryResult<()>;

    /// Deletes this one: it stays known to the calls until now.
    fn delete(self, conn: &mut Connection, now: Time) -> QueryResult<()>;

    /// Whether calls fold the same with this as with what was stored, if anything was.
    fn folds_like(&self, stored: Option<&Self>) -> bool;

    /// What deleted ones had.
    fn ended(_: &mut Connection) -> QueryResult<Ended> {
        Ok(Ended::default())
    }

    /// Lets that of which the item does not say since when it has it begin where a deleted one's
    /// ended. What `stored` had all the time was shared, and stays so.
    fn take_over(&mut self, _stored: Option<&Self>, _ended: &Ended) {}
}

/// What deleted users had: of which source, the number or endpoint; who had it, until when.
#[derive(Debug, Default)]
pub struct Ended(pub(super) HashMap<(String, String), Vec<(String, Time)>>);

impl Ended {
    /// Until when deleted users had this last, other than this one.
    pub(super) fn end_of(&self, source: &str, value: &str, username: &str) -> Option<Time> {
        let key = (source.to_owned(), value.to_owned());
        let of_others = self
            .0
            .get(&key)?
            .iter()
            .filter(|(name, _)| name != username);
        of_others.map(|(_, until)| *until).max()
    }
}

impl Item for User {
    const ENDS: bool = true;

    fn key(&self) -> &str {
        &self.username
    }

    fn after(
        conn: &mut Connection,
        name: &str,
        limit: usize,
        with_deleted: bool,
    ) -> QueryResult<Vec<Self>> {
        users::after(conn, name, limit, with_deleted)
    }

    fn stored(conn: &mut Connection, names: &[&str]) -> QueryResult<Vec<Self>> {
        users::with_names(conn, names)
    }

    fn is_deleted(conn: &mut Connection, name: &str) -> QueryResult<bool> {
        users::is_deleted(conn, name)
    }

    fn replace(conn: &mut Connection, users: &[Self]) -> QueryResult<()> {
        users::replace(conn, users)
    }

    fn delete(self, conn: &mut Connection, now: Time) -> QueryResult<()> {
        users::delete(conn, self, now)
    }

    /// A name may be a queue member's.
    fn folds_like(&self, stored: Option<&Self>) -> bool {
        stored.is_some_and(|stored| {
            self.full_name() == stored.full_name()
                && self.numbers == stored.numbers
                && self.endpoints == stored.endpoints
                && self.agent_number == stored.agent_number
        })
    }

    fn ended(conn: &mut Connection) -> QueryResult<Ended> {
        users::ended(conn)
    }

    fn take_over(&mut self, stored: Option<&Self>, ended: &Ended) {
        users::take_over(self, stored, ended);
    }
}

impl Item for Agent {
    const ENDS: bool = false;

    fn key(&self) -> &str {
        &self.number
    }

    fn after(
        conn: &mut Connection,
        number: &str,
        limit: usize,
        with_deleted: bool,
    ) -> QueryResult<Vec<Self>> {
        agents::after(conn, number, limit, with_deleted)
    }

    fn stored(conn: &mut Connection, numbers: &[&str]) -> QueryResult<Vec<Self>> {
        agents::with_numbers(conn, numbers)
    }

    fn is_deleted(conn: &mut Connection, number: &str) -> QueryResult<bool> {
        agents::is_deleted(conn, number)
    }

    fn replace(conn: &mut Connection, agents: &[Self]) -> QueryResult<()> {
        agents::replace(conn, agents)
    }

    fn delete(self, conn: &mut Connection, now: Time) -> QueryResult<()> {
        agents::delete(conn, &self.number, now)
    }

    /// Their names are shown, and never looked at by folding.
    fn folds_like(&self, _: Option<&Self>) -> bool {
        true
    }
}

impl Item for Queue {
    const ENDS: bool = false;

    fn key(&self) -> &str {
        &self.name
    }

    fn after(
        conn: &mut Connection,
        name: &str,
        limit: usize,
        with_deleted: bool,
    ) -> QueryResult<Vec<Self>> {
        queues::after(conn, name, limit, with_deleted)
    }

    fn stored(conn: &mut Connection, names: &[&str]) -> QueryResult<Vec<Self>> {
        queues::with_names(conn, names)
    }

    fn is_deleted(conn: &mut Connection, name: &str) -> QueryResult<bool> {
        queues::is_deleted(conn, name)
    }

    fn replace(conn: &mut Connection, queues: &[Self]) -> QueryResult<()> {
        queues::replace(conn, queues)
    }

    fn delete(self, conn: &mut Connection, now: Time) -> QueryResult<()> {
        queues::delete(conn, &self.name, now)
    }

    fn folds_like(&self, stored: Option<&Self>) -> bool {
        stored.is_some_and(|stored| self.number == stored.number)
    }
}
