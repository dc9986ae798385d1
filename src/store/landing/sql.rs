//! What all SQL about the landing tables shares. It is text, because the columns are data.

use diesel::backend::Backend;
use diesel::deserialize::{self, FromSql, QueryableByName};
use diesel::query_builder::{BoxedSqlQuery, SqlQuery};
use diesel::row::NamedRow;
use diesel::sql_types::{BigInt, Binary, Nullable};

use crate::asterisk::record::{Kind, Record};
use crate::store::Connection;
use crate::store::connection::MultiBackend;

/// A statement with `?` for each value that is bound to it.
pub(super) type Sql<'a> = BoxedSqlQuery<'a, MultiBackend, SqlQuery>;

/// A statement of this text.
pub(super) fn sql<'a>(text: impl Into<String>) -> Sql<'a> {
    diesel::sql_query(text).into_boxed()
}

/// A `?` for bytes that are compared with an id. Ids are bound as bytes when they come from
/// the database, because what Asterisk wrote need not be UTF-8; to SQLite a BLOB and a TEXT of
/// the same bytes are different.
pub(super) fn bytes_parameter(conn: &Connection) -> &'static str {
    match conn {
        Connection::Mysql(_) => "CAST(? AS BINARY)",
        Connection::Sqlite(_) => "CAST(? AS TEXT)",
    }
}

/// The text of these bytes; what is not UTF-8 is replaced, never an error.
pub(super) fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes)
        .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

/// One column named `value`.
pub(super) struct Value(pub(super) Vec<u8>);

impl<DB: Backend> QueryableByName<DB> for Value
where
    Vec<u8>: FromSql<Binary, DB>,
{
    fn build<'a>(row: &impl NamedRow<'a, DB>) -> deserialize::Result<Self> {
        NamedRow::get::<Binary, _>(row, "value").map(Self)
    }
}

/// The columns `uniqueid` and `conversation`.
pub(super) struct Pair {
    pub(super) uniqueid: String,
    pub(super) conversation: String,
}

impl<DB: Backend> QueryableByName<DB> for Pair
where
    Vec<u8>: FromSql<Binary, DB>,
{
    fn build<'a>(row: &impl NamedRow<'a, DB>) -> deserialize::Result<Self> {
        Ok(Self {
            uniqueid: text(NamedRow::get::<Binary, _>(row, "uniqueid")?),
            conversation: text(NamedRow::get::<Binary, _>(row, "conversation")?),
        })
    }
}

/// A whole row, in this order: `kind` (the position in [`Kind::ALL`]), `id`, `key` (what it was
/// asked for by), and the columns of its kind.
pub(super) struct Landed {
    pub(super) key: String,
    pub(super) id: i64,
    pub(super) record: Record,
}

/// The columns that [`Landed`] needs, for a `SELECT`.
pub(super) fn landed_columns(kind: Kind, key: &str) -> String {
    let number = Kind::ALL.iter().position(|other| *other == kind);
    let mut list = format!("{} AS `kind`, `id`, `{key}` AS `key`", number.unwrap_or(0));
    for column in kind.columns() {
        list.push_str(", `");
        list.push_str(column.name);
        list.push('`');
    }
    list
}

impl<DB: Backend> QueryableByName<DB> for Landed
where
    i64: FromSql<BigInt, DB>,
    Vec<u8>: FromSql<Binary, DB>,
{
    fn build<'a>(row: &impl NamedRow<'a, DB>) -> deserialize::Result<Self> {
        // By position: names would be looked for among all columns, for each column.
        let number: i64 = row.get_value::<BigInt, _, _>(0)?;
        let kind = usize::try_from(number)
            .ok()
            .and_then(|nr| Kind::ALL.get(nr));
        let kind = *kind.ok_or("no such kind of row")?;
        let mut record = Record::new(kind);
        for position in 0..kind.columns().len() {
            let value: Option<Vec<u8>> = row.get_value::<Nullable<Binary>, _, _>(position + 3)?;
            if let Some(value) = value {
                record.set(position, text(value));
            }
        }
        Ok(Self {
            id: row.get_value::<BigInt, _, _>(1)?,
            key: text(row.get_value::<Binary, _, _>(2)?),
            record,
        })
    }
}
