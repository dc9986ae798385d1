//! Passwords of people in the database: their hashes.

use std::collections::HashMap;

use diesel::prelude::*;

use super::schema::{passwords, users};
use super::{Connection, revisions, write};

/// A password, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Queryable)]
pub struct StoredPassword {
    /// Its hash, in PHC's form.
    pub hash: String,
    /// Another with each password: what a token was made with tells whether it still counts.
    pub stamp: String,
}

/// The password of this user, if there is one.
pub fn find(conn: &mut Connection, username: &str) -> QueryResult<Option<StoredPassword>> {
    passwords::table
        .find(username)
        .select((passwords::hash, passwords::stamp))
        .first(conn)
        .optional()
}

/// Gives a user this password instead of another; returns whether there is such a user,
/// who is not deleted.
pub fn put(conn: &mut Connection, username: &str, password: &StoredPassword) -> QueryResult<bool> {
    write(conn, |conn| {
        // A user who is being deleted takes the password along.
        revisions::lock(conn, revisions::DIRECTORY)?;
        let there: i64 = users::table
            .filter(users::username.eq(username))
            .filter(users::deleted_at.is_null())
            .count()
            .get_result(conn)?;
        if there == 0 {
            return Ok(false);
        }
        remove(conn, username)?;
        diesel::insert_into(passwords::table)
            .values((
                passwords::username.eq(username),
                passwords::hash.eq(&password.hash),
                passwords::stamp.eq(&password.stamp),
            ))
            .execute(conn)?;
        // Whoever holds the stamps learns that there is another.
        revisions::bump(conn, revisions::DIRECTORY)?;
        Ok(true)
    })
}

/// Takes a user's password away; returns whether there was one.
pub fn delete(conn: &mut Connection, username: &str) -> QueryResult<bool> {
    write(conn, |conn| {
        let there = remove(conn, username)?;
        if there {
            revisions::bump(conn, revisions::DIRECTORY)?;
        }
        Ok(there)
    })
}

/// The same within a change of the directory, which tells of itself.
pub(super) fn remove(conn: &mut Connection, username: &str) -> QueryResult<bool> {
    let gone = diesel::delete(passwords::table.find(username)).execute(conn)?;
    Ok(gone > 0)
}

/// The stamps of all passwords, by username.
pub fn stamps(conn: &mut Connection) -> QueryResult<HashMap<String, String>> {
    const AT_ONCE: usize = 1000;
    let mut stamps = HashMap::new();
    let mut after = String::new();
    loop {
        let chunk: Vec<(String, String)> = passwords::table
            .select((passwords::username, passwords::stamp))
            .filter(passwords::username.gt(&after))
            .order(passwords::username)
            .limit(AT_ONCE as i64)
            .load(conn)?;
        let count = chunk.len();
        if let Some((last, _)) = chunk.last() {
            after.clone_from(last);
        }
        stamps.extend(chunk);
        if count < AT_ONCE {
            return Ok(stamps);
        }
    }
}
