//! Users with their numbers and endpoints, which are in tables of their own.

use std::collections::HashMap;

use diesel::prelude::*;

use super::item::Ended;
use crate::model::{Time, User, Validity, Valued};
use crate::store::schema::{user_endpoints, user_numbers, users};
use crate::store::time::{from_micros, to_micros};
use crate::store::{Connection, keys, passwords, scopes};

type UserRow = (String, String, String, Option<String>, String, Option<i64>);
type ValuedRow = (String, i32, String, String, Option<i64>, Option<i64>);

/// The users after this name, in the order of their names.
pub(super) fn after(
    conn: &mut Connection,
    name: &str,
    limit: usize,
    with_deleted: bool,
) -> QueryResult<Vec<User>> {
    let mut query = users::table
        .filter(users::username.gt(name.to_owned()))
        .order(users::username)
        .limit(i64::try_from(limit).unwrap_or(i64::MAX))
        .into_boxed();
    if !with_deleted {
        query = query.filter(users::deleted_at.is_null());
    }
    let rows = query.load(conn)?;
    whole(conn, rows)
}

/// The users with these names who are not deleted.
pub(super) fn with_names(conn: &mut Connection, names: &[&str]) -> QueryResult<Vec<User>> {
    let rows = users::table
        .filter(users::username.eq_any(names.iter().map(ToString::to_string)))
        .filter(users::deleted_at.is_null())
        .load(conn)?;
    whole(conn, rows)
}

pub(super) fn is_deleted(conn: &mut Connection, name: &str) -> QueryResult<bool> {
    let deleted = users::table
        .find(name)
        .filter(users::deleted_at.is_not_null());
    let count: i64 = deleted.count().get_result(conn)?;
    Ok(count > 0)
}

/// Deletes a user, with everything that lets somebody in as that user.
pub(super) fn delete(conn: &mut Connection, mut user: User, now: Time) -> QueryResult<()> {
    user.delete(now);
    replace(conn, std::slice::from_ref(&user))?;
    passwords::remove(conn, &user.username)?;
    keys::revoke_of_user(conn, &user.username, now)
}

/// What deleted users had.
pub(super) fn ended(conn: &mut Connection) -> QueryResult<Ended> {
    let deleted = || {
        users::table
            .filter(users::deleted_at.is_not_null())
            .select(users::username)
    };
    let mut rows: Vec<ValuedRow> = user_numbers::table
        .filter(user_numbers::username.eq_any(deleted()))
        .load(conn)?;
    let endpoints: Vec<ValuedRow> = user_endpoints::table
        .filter(user_endpoints::username.eq_any(deleted()))
        .load(conn)?;
    rows.extend(endpoints);
    let mut ended = Ended::default();
    for (username, _, source, value, _, until) in rows {
        if let Some(until) = until {
            let had = ended.0.entry((source, value)).or_default();
            had.push((username, from_micros(until)));
        }
    }
    Ok(ended)
}

/// See [`Item::take_over`](super::item::Item::take_over).
pub(super) fn take_over(user: &mut User, stored: Option<&User>, ended: &Ended) {
    fn each(own: &mut [Valued], stored: &[Valued], begin: impl Fn(&Valued) -> Option<Time>) {
        for one in own {
            let is_shared = || {
                let mut had = stored.iter();
                had.any(|had| {
                    had.value == one.value
                        && had.source == one.source
                        && had.validity.from.is_none()
                })
            };
            if one.validity.from.is_none() && !is_shared() {
                one.validity.from = begin(one);
            }
        }
    }
    let name = user.username.clone();
    let begin = |one: &Valued| ended.end_of(&one.source, &one.value, &name);
    each(
        &mut user.numbers,
        stored.map_or(&[], |user| &user.numbers),
        begin,
    );
    each(
        &mut user.endpoints,
        stored.map_or(&[], |user| &user.endpoints),
        begin,
    );
}

/// Adds to the rows of users what they have.
fn whole(conn: &mut Connection, rows: Vec<UserRow>) -> QueryResult<Vec<User>> {
    let names: Vec<&String> = rows.iter().map(|(name, ..)| name).collect();
    let numbers: Vec<ValuedRow> = user_numbers::table
        .filter(user_numbers::username.eq_any(&names))
        .order((user_numbers::username, user_numbers::position))
        .load(conn)?;
    let endpoints: Vec<ValuedRow> = user_endpoints::table
        .filter(user_endpoints::username.eq_any(&names))
        .order((user_endpoints::username, user_endpoints::position))
        .load(conn)?;
    let mut numbers = by_user(numbers);
    let mut endpoints = by_user(endpoints);
    let user = |(username, first_name, last_name, agent_number, scopes, deleted): UserRow| User {
        numbers: numbers.remove(&username).unwrap_or_default(),
        endpoints: endpoints.remove(&username).unwrap_or_default(),
        username,
        first_name,
        last_name,
        agent_number,
        scopes: scopes::from_text(&scopes),
        deleted_at: deleted.map(from_micros),
    };
    Ok(rows.into_iter().map(user).collect())
}

fn by_user(rows: Vec<ValuedRow>) -> HashMap<String, Vec<Valued>> {
    let mut by_user: HashMap<String, Vec<Valued>> = HashMap::new();
    for (username, _, source, value, from, until) in rows {
        let validity = Validity {
            from: from.map(from_micros),
            until: until.map(from_micros),
        };
        by_user.entry(username).or_default().push(Valued {
            source,
            value,
            validity,
        });
    }
    by_user
}

/// Writes these users in place of those with the same names.
pub(super) fn replace(conn: &mut Connection, users: &[User]) -> QueryResult<()> {
    for user in users {
        let name = &user.username;
        diesel::delete(user_numbers::table.filter(user_numbers::username.eq(name)))
            .execute(conn)?;
        diesel::delete(user_endpoints::table.filter(user_endpoints::username.eq(name)))
            .execute(conn)?;
        diesel::delete(users::table.find(name)).execute(conn)?;
        diesel::insert_into(users::table)
            .values((
                users::username.eq(name),
                users::first_name.eq(&user.first_name),
                users::last_name.eq(&user.last_name),
                users::agent_number.eq(&user.agent_number),
                users::scopes.eq(scopes::to_text(&user.scopes)),
                users::deleted_at.eq(user.deleted_at.map(to_micros)),
            ))
            .execute(conn)?;
        for (number, position) in user.numbers.iter().zip(0..) {
            diesel::insert_into(user_numbers::table)
                .values((
                    user_numbers::username.eq(name),
                    user_numbers::position.eq(position),
                    user_numbers::source.eq(&number.source),
                    user_numbers::number.eq(&number.value),
                    user_numbers::valid_from.eq(number.validity.from.map(to_micros)),
                    user_numbers::valid_until.eq(number.validity.until.map(to_micros)),
                ))
                .execute(conn)?;
        }
        for (endpoint, position) in user.endpoints.iter().zip(0..) {
            diesel::insert_into(user_endpoints::table)
                .values((
                    user_endpoints::username.eq(name),
                    user_endpoints::position.eq(position),
                    user_endpoints::source.eq(&endpoint.source),
                    user_endpoints::endpoint.eq(&endpoint.value),
                    user_endpoints::valid_from.eq(endpoint.validity.from.map(to_micros)),
                    user_endpoints::valid_until.eq(endpoint.validity.until.map(to_micros)),
                ))
                .execute(conn)?;
        }
    }
    Ok(())
}
