//! Agents: what they are called.

use diesel::prelude::*;

use crate::model::{Agent, Time};
use crate::store::schema::agents;
use crate::store::time::to_micros;
use crate::store::{Connection, keys};

type Row = (String, String, String);

fn agent((number, first_name, last_name): Row) -> Agent {
    Agent {
        number,
        first_name,
        last_name,
    }
}

pub(super) fn after(
    conn: &mut Connection,
    number: &str,
    limit: usize,
    with_deleted: bool,
) -> QueryResult<Vec<Agent>> {
    let mut query = agents::table
        .select((agents::number, agents::first_name, agents::last_name))
        .filter(agents::number.gt(number.to_owned()))
        .order(agents::number)
        .limit(i64::try_from(limit).unwrap_or(i64::MAX))
        .into_boxed();
    if !with_deleted {
        query = query.filter(agents::deleted_at.is_null());
    }
    let rows: Vec<Row> = query.load(conn)?;
    Ok(rows.into_iter().map(agent).collect())
}

pub(super) fn with_numbers(conn: &mut Connection, numbers: &[&str]) -> QueryResult<Vec<Agent>> {
    let rows: Vec<Row> = agents::table
        .select((agents::number, agents::first_name, agents::last_name))
        .filter(agents::number.eq_any(numbers.iter().map(ToString::to_string)))
        .filter(agents::deleted_at.is_null())
        .load(conn)?;
    Ok(rows.into_iter().map(agent).collect())
}

pub(super) fn is_deleted(conn: &mut Connection, number: &str) -> QueryResult<bool> {
    let deleted = agents::table
        .find(number)
        .filter(agents::deleted_at.is_not_null());
    let count: i64 = deleted.count().get_result(conn)?;
    Ok(count > 0)
}

pub(super) fn replace(conn: &mut Connection, agents: &[Agent]) -> QueryResult<()> {
    for agent in agents {
        diesel::delete(agents::table.find(&agent.number)).execute(conn)?;
        diesel::insert_into(agents::table)
            .values((
                agents::number.eq(&agent.number),
                agents::first_name.eq(&agent.first_name),
                agents::last_name.eq(&agent.last_name),
            ))
            .execute(conn)?;
    }
    Ok(())
}

pub(super) fn delete(conn: &mut Connection, number: &str, now: Time) -> QueryResult<()> {
    diesel::update(agents::table.find(number))
        .set(agents::deleted_at.eq(to_micros(now)))
        .execute(conn)?;
    keys::revoke_of_agent(conn, number, now)
}
