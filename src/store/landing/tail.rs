//! The rows of a landing table in the order of their ids, by which it is followed.
//!
//! Ids are given when rows are inserted and seen when they are committed, so a lower id may
//! appear later than a higher one. On SQLite, where one writes at a time, it cannot.

use diesel::backend::Backend;
use diesel::connection::SimpleConnection;
use diesel::deserialize::{self, FromSql, QueryableByName};
use diesel::prelude::*;
use diesel::result::Error;
use diesel::row::NamedRow;
use diesel::sql_types::{BigInt, Binary, Nullable};

use super::sql::text;
use crate::asterisk::record::Kind;
use crate::store::Connection;
use crate::store::schema::landing_positions;
use crate::store::statement::Statement;

/// A row, as much of it as says which call it is of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// Its id.
    pub id: i64,
    /// Its source.
    pub source: String,
    /// The uniqueid or callid of the channel; may be empty.
    pub channel: String,
    /// The conversation, where the row says so itself; may be empty.
    pub conversation: String,
}

impl<DB: Backend> QueryableByName<DB> for Key
where
    i64: FromSql<BigInt, DB>,
    Vec<u8>: FromSql<Binary, DB>,
{
    fn build<'a>(row: &impl NamedRow<'a, DB>) -> deserialize::Result<Self> {
        let nullable = |name: &str| {
            NamedRow::get::<Nullable<Binary>, Option<Vec<u8>>>(row, name)
                .map(|value| value.map(text).unwrap_or_default())
        };
        Ok(Self {
            id: NamedRow::get::<BigInt, _>(row, "id")?,
            source: text(NamedRow::get::<Binary, _>(row, "source")?),
            channel: nullable("channel")?,
            conversation: nullable("conversation")?,
        })
    }
}

/// The highest ids, in the order of [`Kind::ALL`]; 0 where a table is empty.
///
/// # Errors
/// The database's.
pub fn heads(conn: &mut Connection) -> QueryResult<[i64; 3]> {
    let part = |(number, kind): (usize, &Kind)| {
        let table = kind.table();
        format!("(SELECT COALESCE(MAX(`id`), 0) FROM `{table}`) AS `head{number}`")
    };
    let parts: Vec<String> = Kind::ALL.iter().enumerate().map(part).collect();
    let query = Statement::kept(format!("SELECT {}", parts.join(", ")));
    let rows: Vec<Heads> = query.load(conn)?;
    let heads = rows.into_iter().next().ok_or(Error::NotFound)?;
    Ok([heads.head0, heads.head1, heads.head2])
}

#[derive(QueryableByName)]
struct Heads {
    #[diesel(sql_type = BigInt)]
    head0: i64,
    #[diesel(sql_type = BigInt)]
    head1: i64,
    #[diesel(sql_type = BigInt)]
    head2: i64,
}

/// The first rows with ids from `first` to `last`, in order, at most `limit`.
///
/// # Errors
/// The database's.
pub fn keys(
    conn: &mut Connection,
    kind: Kind,
    (first, last): (i64, i64),
    limit: usize,
) -> QueryResult<Vec<Key>> {
    let columns = match kind {
        Kind::QueueLog => "`callid` AS `channel`, NULL AS `conversation`",
        Kind::Cdr | Kind::Cel => "`uniqueid` AS `channel`, `conversation`",
    };
    let mut query = Statement::kept(format!(
        "SELECT `id`, `source`, {columns} FROM `{}` WHERE `id` BETWEEN ? AND ? \
         ORDER BY `id` LIMIT ?",
        kind.table()
    ));
    query.bind_number(first);
    query.bind_number(last);
    query.bind_number(i64::try_from(limit).unwrap_or(i64::MAX));
    query.load(conn)
}

/// Ids from `first` to `last` of rows that are there, whether they are committed or not: at most
/// `limit`, in order. (On a cluster, of those not committed only what is being written on the
/// same node.) Not to be called within a transaction.
///
/// # Errors
/// The database's.
pub fn written(
    conn: &mut Connection,
    kind: Kind,
    (first, last): (i64, i64),
    limit: usize,
) -> QueryResult<Vec<i64>> {
    // For the next statement only. (SQLite shows nobody what is not committed.)
    if let Connection::Mysql(conn) = conn {
        conn.batch_execute("SET TRANSACTION ISOLATION LEVEL READ UNCOMMITTED")?;
    }
    let mut query = Statement::kept(format!(
        "SELECT `id` FROM `{}` WHERE `id` BETWEEN ? AND ? ORDER BY `id` LIMIT ?",
        kind.table()
    ));
    query.bind_number(first);
    query.bind_number(last);
    query.bind_number(i64::try_from(limit).unwrap_or(i64::MAX));
    let rows: Vec<Id> = query.load(conn)?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

#[derive(QueryableByName)]
struct Id {
    #[diesel(sql_type = BigInt)]
    id: i64,
}

/// How far a table's rows are folded: all up to this id; 0 at first.
///
/// # Errors
/// The database's.
pub fn position(conn: &mut Connection, kind: Kind) -> QueryResult<i64> {
    let position = landing_positions::table
        .find(kind.table())
        .select(landing_positions::position)
        .first(conn)
        .optional()?;
    Ok(position.unwrap_or(0))
}

/// Sets how far a table's rows are folded.
///
/// # Errors
/// The database's.
pub fn set_position(conn: &mut Connection, kind: Kind, position: i64) -> QueryResult<()> {
    let value = landing_positions::position.eq(position);
    let insert = diesel::insert_into(landing_positions::table)
        .values((landing_positions::kind.eq(kind.table()), value));
    match conn {
        Connection::Mysql(conn) => insert
            .on_conflict(diesel::dsl::DuplicatedKeys)
            .do_update()
            .set(value)
            .execute(conn),
        Connection::Sqlite(conn) => insert
            .on_conflict(landing_positions::kind)
            .do_update()
            .set(value)
            .execute(conn),
    }
    .map(drop)
}
