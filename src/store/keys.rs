//! API keys in the database: what they open, and the hash of their secret.

use diesel::prelude::*;

use super::schema::api_keys;
use super::time::{from_micros, to_micros};
use super::{CHUNK, Connection, directory, revisions, scopes, write};
use crate::model::{Scope, Time};

/// A key, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredKey {
    /// The public part of the key, by which it is found, listed and revoked.
    pub id: String,
    /// The hash of its secret part.
    pub secret_hash: [u8; 32],
    /// The user that its holder is.
    pub username: Option<String>,
    /// The agent that its holder is.
    pub agent_number: Option<String>,
    /// What it opens.
    pub scopes: Vec<Scope>,
    /// When it was made.
    pub created_at: Time,
    /// When it ends to open anything.
    pub expires_at: Option<Time>,
    /// When it was revoked.
    pub revoked_at: Option<Time>,
    /// When it was last used, give or take a minute.
    pub last_used_at: Option<Time>,
}

impl StoredKey {
    /// Whether it opens anything at this moment.
    pub fn is_valid(&self, now: Time) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|expires| now < expires)
    }
}

#[derive(Queryable, Insertable)]
#[diesel(table_name = api_keys)]
struct Row {
    id: String,
    secret_hash: Vec<u8>,
    username: Option<String>,
    agent_number: Option<String>,
    scopes: String,
    created_at: i64,
    expires_at: Option<i64>,
    revoked_at: Option<i64>,
    last_used_at: Option<i64>,
}

impl Row {
    fn of(key: &StoredKey) -> Self {
        Self {
            id: key.id.clone(),
            secret_hash: key.secret_hash.to_vec(),
            username: key.username.clone(),
            agent_number: key.agent_number.clone(),
            scopes: scopes::to_text(&key.scopes),
            created_at: to_micros(key.created_at),
            expires_at: key.expires_at.map(to_micros),
            revoked_at: key.revoked_at.map(to_micros),
            last_used_at: key.last_used_at.map(to_micros),
        }
    }

    /// The key; None when the hash is damaged, so that the key opens nothing.
    fn key(self) -> Option<StoredKey> {
        Some(StoredKey {
            id: self.id,
            secret_hash: self.secret_hash.try_into().ok()?,
            username: self.username,
            agent_number: self.agent_number,
            scopes: scopes::from_text(&self.scopes),
            created_at: from_micros(self.created_at),
            expires_at: self.expires_at.map(from_micros),
            revoked_at: self.revoked_at.map(from_micros),
            last_used_at: self.last_used_at.map(from_micros),
        })
    }
}

/// Keeps a new key, unless its holder is a user who was deleted; returns whether it is kept.
pub fn insert(conn: &mut Connection, key: &StoredKey) -> QueryResult<bool> {
    let row = Row::of(key);
    write(conn, |conn| {
        if let Some(user) = &key.username {
            // A user who is being deleted takes the keys along.
            revisions::lock(conn, revisions::DIRECTORY)?;
            if directory::is_deleted_user(conn, user)? {
                return Ok(false);
            }
        }
        diesel::insert_into(api_keys::table)
            .values(&row)
            .execute(conn)?;
        Ok(true)
    })
}

/// The key with this id, revoked and expired ones included.
pub fn find(conn: &mut Connection, id: &str) -> QueryResult<Option<StoredKey>> {
    let row: Option<Row> = api_keys::table.find(id).first(conn).optional()?;
    Ok(row.and_then(Row::key))
}

/// All keys, by id.
pub fn list(conn: &mut Connection) -> QueryResult<Vec<StoredKey>> {
    page(conn, "", usize::MAX)
}

/// At most `limit` keys, of those whose ids come after this one, by id.
pub fn page(conn: &mut Connection, after: &str, limit: usize) -> QueryResult<Vec<StoredKey>> {
    let mut keys: Vec<StoredKey> = Vec::new();
    let mut after = after.to_owned();
    while keys.len() < limit {
        let chunk = CHUNK.min(limit - keys.len());
        let rows: Vec<Row> = api_keys::table
            .filter(api_keys::id.gt(&after))
            .order(api_keys::id)
            .limit(chunk as i64)
            .load(conn)?;
        let is_last = rows.len() < chunk;
        after = rows.last().map(|row| row.id.clone()).unwrap_or_default();
        keys.extend(rows.into_iter().filter_map(Row::key));
        if is_last {
            break;
        }
    }
    Ok(keys)
}

/// Revokes a key; returns whether there is one with this id. Revoking twice is no error, and
/// keeps the first time.
pub fn revoke(conn: &mut Connection, id: &str, now: Time) -> QueryResult<bool> {
    write(conn, |conn| {
        let there: i64 = api_keys::table
            .filter(api_keys::id.eq(id))
            .count()
            .get_result(conn)?;
        diesel::update(
            api_keys::table
                .find(id)
                .filter(api_keys::revoked_at.is_null()),
        )
        .set(api_keys::revoked_at.eq(to_micros(now)))
        .execute(conn)?;
        // What is known of keys is believed for as long as this stays.
        revisions::bump(conn, revisions::DIRECTORY)?;
        Ok(there > 0)
    })
}

/// Revokes all keys whose holder is this user.
pub(super) fn revoke_of_user(conn: &mut Connection, username: &str, now: Time) -> QueryResult<()> {
    let theirs = api_keys::table
        .filter(api_keys::username.eq(username))
        .filter(api_keys::revoked_at.is_null());
    diesel::update(theirs)
        .set(api_keys::revoked_at.eq(to_micros(now)))
        .execute(conn)
        .map(drop)
}

/// Revokes all keys whose holder is this agent, and no user.
pub(super) fn revoke_of_agent(conn: &mut Connection, number: &str, now: Time) -> QueryResult<()> {
    let theirs = api_keys::table
        .filter(api_keys::agent_number.eq(number))
        .filter(api_keys::username.is_null())
        .filter(api_keys::revoked_at.is_null());
    diesel::update(theirs)
        .set(api_keys::revoked_at.eq(to_micros(now)))
        .execute(conn)
        .map(drop)
}

/// Notes when keys were last used.
pub fn used(conn: &mut Connection, uses: &[(String, Time)]) -> QueryResult<()> {
    write(conn, |conn| {
        for (id, at) in uses {
            diesel::update(api_keys::table.find(id))
                .set(api_keys::last_used_at.eq(to_micros(*at)))
                .execute(conn)?;
        }
        Ok(())
    })
}
