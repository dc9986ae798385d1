//! Queues: what they are called, and their numbers.

use diesel::prelude::*;

use crate::model::{Queue, Time};
use crate::store::Connection;
use crate::store::schema::queues;
use crate::store::time::to_micros;

type Row = (String, String, String);

fn queue((name, display_name, number): Row) -> Queue {
    Queue {
        name,
        display_name,
        number,
    }
}

pub(super) fn after(
    conn: &mut Connection,
    name: &str,
    limit: usize,
    with_deleted: bool,
) -> QueryResult<Vec<Queue>> {
    let mut query = queues::table
        .select((queues::name, queues::display_name, queues::number))
        .filter(queues::name.gt(name.to_owned()))
        .order(queues::name)
        .limit(i64::try_from(limit).unwrap_or(i64::MAX))
        .into_boxed();
    if !with_deleted {
        query = query.filter(queues::deleted_at.is_null());
    }
    let rows: Vec<Row> = query.load(conn)?;
    Ok(rows.into_iter().map(queue).collect())
}

pub(super) fn with_names(conn: &mut Connection, names: &[&str]) -> QueryResult<Vec<Queue>> {
    let rows: Vec<Row> = queues::table
        .select((queues::name, queues::display_name, queues::number))
        .filter(queues::name.eq_any(names.iter().map(ToString::to_string)))
        .filter(queues::deleted_at.is_null())
        .load(conn)?;
    Ok(rows.into_iter().map(queue).collect())
}

pub(super) fn is_deleted(conn: &mut Connection, name: &str) -> QueryResult<bool> {
    let deleted = queues::table
        .find(name)
        .filter(queues::deleted_at.is_not_null());
    let count: i64 = deleted.count().get_result(conn)?;
    Ok(count > 0)
}

pub(super) fn replace(conn: &mut Connection, queues: &[Queue]) -> QueryResult<()> {
    for queue in queues {
        diesel::delete(queues::table.find(&queue.name)).execute(conn)?;
        diesel::insert_into(queues::table)
            .values((
                queues::name.eq(&queue.name),
                queues::display_name.eq(&queue.display_name),
                queues::number.eq(&queue.number),
            ))
            .execute(conn)?;
    }
    Ok(())
}

pub(super) fn delete(conn: &mut Connection, name: &str, now: Time) -> QueryResult<()> {
    diesel::update(queues::table.find(name))
        .set(queues::deleted_at.eq(to_micros(now)))
        .execute(conn)
        .map(drop)
}
