//! Rows of answers, as they come.

use diesel::backend::Backend;
use diesel::deserialize::{self, FromSql, QueryableByName};
use diesel::row::NamedRow;
use diesel::sql_types::{BigInt, Binary, Nullable, Text};

use crate::asterisk::text;

/// A line of an `EXPLAIN`.
#[derive(Clone, Debug, PartialEq, Eq, QueryableByName)]
pub struct Plan {
    /// The index that is used.
    #[diesel(sql_type = Nullable<Text>)]
    pub key: Option<String>,
    /// How rows are looked up: `range`, `ref`, `ALL` …
    #[diesel(sql_type = Nullable<Text>, column_name = "type")]
    pub access: Option<String>,
    /// How many rows it means to read (a text in MariaDB).
    #[diesel(sql_type = Nullable<Text>)]
    pub rows: Option<String>,
}

#[derive(QueryableByName)]
pub(super) struct Counted {
    #[diesel(sql_type = Binary)]
    pub(super) time: Vec<u8>,
    #[diesel(sql_type = BigInt)]
    pub(super) rows: i64,
}

#[derive(QueryableByName)]
pub(super) struct Number {
    #[diesel(sql_type = Nullable<BigInt>)]
    pub(super) id: Option<i64>,
}

/// A row as it comes: the id, the time, and the values.
pub(super) struct Raw {
    pub(super) id: Option<i64>,
    pub(super) time: String,
    pub(super) values: Vec<Option<Vec<u8>>>,
}

impl<DB: Backend> QueryableByName<DB> for Raw
where
    i64: FromSql<BigInt, DB>,
    Vec<u8>: FromSql<Binary, DB>,
{
    fn build<'a>(row: &impl NamedRow<'a, DB>) -> deserialize::Result<Self> {
        let time: Option<Vec<u8>> = row.get_value::<Nullable<Binary>, _, _>(1)?;
        let values = 2..row.field_count();
        let values = values.map(|place| row.get_value::<Nullable<Binary>, _, _>(place));
        Ok(Self {
            id: row.get_value::<Nullable<BigInt>, _, _>(0)?,
            time: time.map(text::decode).unwrap_or_default(),
            values: values.collect::<deserialize::Result<_>>()?,
        })
    }
}
