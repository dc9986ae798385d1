//! Statements that are text, because their columns are data, and that are prepared once for
//! each connection all the same. (Diesel's own `sql_query` is prepared anew each time, which
//! takes longer than many a statement.)

use std::marker::PhantomData;

use diesel::backend::Backend;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::serialize::ToSql;
use diesel::sql_types::{BigInt, Binary, HasSqlType, Nullable, Text, Untyped};

use super::{Connection, placeholders};

/// The lengths that `IN` lists are filled up to, so that there are few different statements.
/// With more than 200 values MariaDB guesses instead of looking how many rows there are.
const LENGTHS: [usize; 6] = [1, 4, 16, 50, 100, 200];

/// So many rows are inserted by one statement, the most that fit. SQLite takes 32,766 values
/// and MySQL 65,535; longer statements are no faster.
const AT_ONCE: [usize; 3] = [200, 50, 10];

const NULL: Option<&str> = None;

/// A statement with `?` for each value that is bound to it, and nowhere else.
pub(super) struct Statement<'a> {
    text: String,
    values: Vec<Value<'a>>,
    kept: bool,
}

/// A value for a `?`.
#[derive(Clone, Copy)]
enum Value<'a> {
    Text(&'a str),
    Bytes(&'a [u8]),
    Number(i64),
    Null,
}

impl<'a> Statement<'a> {
    /// A statement that is prepared once and kept: there must be few different texts.
    pub(super) fn kept(text: String) -> Self {
        Self {
            text,
            values: Vec::new(),
            kept: true,
        }
    }

    /// A statement that is prepared for this time only.
    pub(super) fn once(text: String) -> Self {
        Self {
            kept: false,
            ..Self::kept(text)
        }
    }

    /// Goes on with this text.
    pub(super) fn push(&mut self, text: &str) {
        self.text.push_str(text);
    }

    /// The same, whose rows have these columns in their order: they are then read by their
    /// places, not by their names.
    pub(super) fn with_columns<ST>(self) -> WithColumns<'a, ST> {
        WithColumns {
            statement: self,
            columns: PhantomData,
        }
    }

    /// Puts a word before the statement.
    pub(super) fn prefix(&mut self, word: &str) {
        self.text.insert_str(0, word);
    }

    /// Binds a text, or nothing, to the next `?`.
    pub(super) fn bind(&mut self, text: impl Into<Option<&'a str>>) {
        let value = text.into().map_or(Value::Null, Value::Text);
        self.values.push(value);
    }

    /// Binds bytes to the next `?`.
    pub(super) fn bind_bytes(&mut self, bytes: &'a [u8]) {
        self.values.push(Value::Bytes(bytes));
    }

    /// Binds a number, or nothing, to the next `?`.
    pub(super) fn bind_number(&mut self, number: impl Into<Option<i64>>) {
        let value = number.into().map_or(Value::Null, Value::Number);
        self.values.push(value);
    }

    /// Binds these texts to a list of [`list_length`] many `?`; there must be one at least.
    pub(super) fn bind_list(&mut self, texts: &[&'a str]) {
        let length = list_length(texts.len());
        let repeated = texts.last().copied().unwrap_or_default();
        let texts = texts.iter().copied();
        let filled = texts.chain(std::iter::repeat(repeated)).take(length);
        self.values.extend(filled.map(Value::Text));
    }

    /// As [`bind_list`](Self::bind_list), of bytes.
    pub(super) fn bind_bytes_list(&mut self, all: &[&'a [u8]]) {
        let length = list_length(all.len());
        let repeated = all.last().copied().unwrap_or_default();
        let all = all.iter().copied();
        let filled = all.chain(std::iter::repeat(repeated)).take(length);
        self.values.extend(filled.map(Value::Bytes));
    }

    /// Runs it; returns how many rows it changed.
    pub(super) fn run(&self, conn: &mut Connection) -> QueryResult<usize> {
        // Each backend by itself: the values of a long statement are then collected once.
        match conn {
            Connection::Mysql(conn) => RunQueryDsl::execute(self, conn),
            Connection::Sqlite(conn) => RunQueryDsl::execute(self, conn),
        }
    }
}

/// The rows in as few pieces as there can be, each for one [`insert`].
pub(super) fn pieces<R>(rows: &[R]) -> impl Iterator<Item = &[R]> {
    let mut rest = rows;
    std::iter::from_fn(move || {
        let fitting = AT_ONCE.into_iter().find(|count| *count <= rest.len());
        let (piece, later) = rest.split_at(fitting.unwrap_or(rest.len()));
        rest = later;
        (!piece.is_empty()).then_some(piece)
    })
}

/// Inserts a piece of rows with so many values each; `bind` binds those of a row. `into` is the
/// table with its columns, `ending` what follows the rows.
pub(super) fn insert<'a, R>(
    conn: &mut Connection,
    into: &str,
    columns: usize,
    ending: &str,
    piece: &'a [R],
    bind: impl Fn(&mut Statement<'a>, &'a R),
) -> QueryResult<usize> {
    let row = format!("({})", placeholders(columns));
    let rows = vec![row.as_str(); piece.len()].join(",");
    let text = format!("INSERT INTO {into} VALUES {rows} {ending}");
    let mut statement = if AT_ONCE.contains(&piece.len()) {
        Statement::kept(text)
    } else {
        Statement::once(text)
    };
    statement.values.reserve(piece.len() * columns);
    for row in piece {
        bind(&mut statement, row);
    }
    statement.run(conn)
}

/// How many `?` the list for so many values has. Its last value is repeated.
pub(super) fn list_length(values: usize) -> usize {
    let fits = |length: &usize| *length >= values;
    LENGTHS.into_iter().find(fits).unwrap_or(values)
}

impl<DB> QueryFragment<DB> for Statement<'_>
where
    DB: Backend
        + HasSqlType<Text>
        + HasSqlType<Binary>
        + HasSqlType<BigInt>
        + HasSqlType<Nullable<Text>>,
    for<'v> &'v str: ToSql<Text, DB>,
    for<'v> &'v [u8]: ToSql<Binary, DB>,
    i64: ToSql<BigInt, DB>,
    for<'v> Option<&'v str>: ToSql<Nullable<Text>, DB>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        if !self.kept {
            out.unsafe_to_cache_prepared();
        }
        let mut rest = self.text.as_str();
        for value in &self.values {
            // A plain loop: the next one is two bytes on, nearly always.
            if let Some(place) = rest.bytes().position(|byte| byte == b'?') {
                out.push_sql(&rest[..place]);
                rest = &rest[place + 1..];
            }
            match value {
                Value::Text(text) => out.push_bind_param::<Text, _>(text)?,
                Value::Bytes(bytes) => out.push_bind_param::<Binary, _>(bytes)?,
                Value::Number(number) => out.push_bind_param::<BigInt, _>(number)?,
                Value::Null => out.push_bind_param::<Nullable<Text>, _>(&NULL)?,
            }
        }
        out.push_sql(rest);
        Ok(())
    }
}

impl QueryId for Statement<'_> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl Query for Statement<'_> {
    type SqlType = Untyped;
}

impl<C> RunQueryDsl<C> for Statement<'_> {}
impl<C> RunQueryDsl<C> for &Statement<'_> {}

/// See [`Statement::with_columns`].
pub(super) struct WithColumns<'a, ST> {
    statement: Statement<'a>,
    columns: PhantomData<ST>,
}

impl<'a, DB, ST> QueryFragment<DB> for WithColumns<'a, ST>
where
    DB: Backend,
    Statement<'a>: QueryFragment<DB>,
{
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        self.statement.walk_ast(out)
    }
}

impl<ST> QueryId for WithColumns<'_, ST> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<ST> Query for WithColumns<'_, ST> {
    type SqlType = ST;
}

impl<C, ST> RunQueryDsl<C> for WithColumns<'_, ST> {}
