//! Reading rows of a PBX's table, whatever its layout.

mod answers;

use diesel::prelude::*;

use super::Session;
use crate::asterisk::table::{Column, Form, Layout};
use crate::asterisk::{Record, queue_log, text};
use crate::store::statement::{Statement, list_length};
use answers::{Counted, Number, Raw};

pub use answers::Plan;

/// A table that is read: its layout, as SQL.
#[derive(Clone, Debug)]
pub struct Table {
    layout: Layout,
    /// What is selected of each row.
    columns: String,
    /// For each value that is selected, its place in a record; None for `data`.
    places: Vec<Option<usize>>,
}

/// A row of the PBX.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Its growing key, where the table has one.
    pub id: Option<i64>,
    /// The text of its time.
    pub time: String,
    /// What it says.
    pub record: Record,
}

/// How many rows have this time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Count {
    /// The text of the time.
    pub time: String,
    /// How many rows.
    pub rows: u64,
}

/// Which rows are read. Times are texts, as [`Count`] and [`Row`] have them.
#[derive(Clone, Debug)]
pub enum Range {
    /// After a time (from the first on, without one) up to and with another, in their order.
    Times(Option<String>, String),
    /// With one of these times (200 at most).
    At(Vec<String>),
    /// With this time; of these so many parts, which are about equal, this one.
    Part(String, u64, u64),
    /// With ids from one to another, both included, in their order.
    Ids(i64, i64),
    /// The latest ones.
    Newest,
}

impl Table {
    /// A table of this layout.
    pub fn new(layout: Layout) -> Self {
        let mut columns = match &layout.key {
            Some(key) => format!("CAST({} AS SIGNED)", quoted(key)),
            None => "CAST(NULL AS SIGNED)".to_owned(),
        };
        columns.push_str(&format!(", {}", as_text(&layout.time)));
        let mut places = Vec::new();
        for (place, column) in layout.columns.iter().enumerate() {
            if let Some(column) = column {
                columns.push_str(&format!(", {}", as_text(column)));
                places.push(Some(place));
            }
        }
        if let Some(data) = &layout.data {
            columns.push_str(&format!(", {}", as_text(data)));
            places.push(None);
        }
        Self {
            layout,
            columns,
            places,
        }
    }

    /// The layout.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// At most `limit` of the rows of a range.
    pub fn rows(
        &self,
        session: &mut Session,
        range: &Range,
        limit: usize,
    ) -> QueryResult<Vec<Row>> {
        let raw: Vec<Raw> = self.select(range, limit).load(&mut session.0)?;
        Ok(raw.into_iter().map(|raw| self.row(raw)).collect())
    }

    /// How many rows each time from this one on has. An index on the time has all that it takes.
    pub fn counts(&self, session: &mut Session, from: &str) -> QueryResult<Vec<Count>> {
        let counts: Vec<Counted> = self.select_counts(from).load(&mut session.0)?;
        let counts = counts.into_iter().map(|count| Count {
            time: text::decode(count.time),
            rows: count.rows.unsigned_abs(),
        });
        Ok(counts.collect())
    }

    /// How many rows have this time.
    pub fn count_at(&self, session: &mut Session, at: &str) -> QueryResult<u64> {
        let mut query = Statement::kept(format!(
            "SELECT COUNT(*) AS `id` FROM {} WHERE {} = {}",
            quoted(&self.layout.table),
            quoted(&self.layout.time.name),
            self.parameter(),
        ));
        query.bind(at);
        let count: Vec<Number> = query.load(&mut session.0)?;
        Ok(count
            .first()
            .and_then(|count| count.id)
            .unwrap_or(0)
            .unsigned_abs())
    }

    /// The latest time of a row up to this one (of all, without one), if there is a row.
    pub fn newest(
        &self,
        session: &mut Session,
        until: Option<&str>,
    ) -> QueryResult<Option<String>> {
        let time = quoted(&self.layout.time.name);
        let mut query = Statement::kept(format!(
            "SELECT CAST({time} AS BINARY) AS `time`, 0 AS `rows` FROM {} \
             WHERE {time} {} ORDER BY {time} DESC LIMIT 1",
            quoted(&self.layout.table),
            match until {
                Some(_) => format!("<= {}", self.parameter()),
                None => "IS NOT NULL".to_owned(),
            },
        ));
        if let Some(until) = until {
            query.bind(until);
        }
        let newest: Vec<Counted> = query.load(&mut session.0)?;
        Ok(newest.into_iter().next().map(|row| text::decode(row.time)))
    }

    /// The first time of a row, if there is a row with a time.
    pub fn oldest(&self, session: &mut Session) -> QueryResult<Option<String>> {
        let time = quoted(&self.layout.time.name);
        let oldest: Vec<Counted> = diesel::sql_query(format!(
            "SELECT CAST({time} AS BINARY) AS `time`, 0 AS `rows` FROM {} \
             WHERE {time} IS NOT NULL ORDER BY {time} LIMIT 1",
            quoted(&self.layout.table),
        ))
        .load(&mut session.0)?;
        Ok(oldest.into_iter().next().map(|row| text::decode(row.time)))
    }

    /// The highest id; 0 without rows, and without a key.
    pub fn highest(&self, session: &mut Session) -> QueryResult<i64> {
        let Some(key) = &self.layout.key else {
            return Ok(0);
        };
        let highest: Number = diesel::sql_query(format!(
            "SELECT CAST(MAX({}) AS SIGNED) AS `id` FROM {}",
            quoted(key),
            quoted(&self.layout.table)
        ))
        .get_result(&mut session.0)?;
        Ok(highest.id.unwrap_or(0))
    }

    /// What the server says of how it reads a range: its `EXPLAIN`, a line a table.
    pub fn explain(&self, session: &mut Session, range: &Range) -> QueryResult<Vec<Plan>> {
        let mut select = self.select(range, 1000);
        select.prefix("EXPLAIN ");
        select.load(&mut session.0)
    }

    /// The same of [`counts`](Self::counts).
    pub fn explain_counts(&self, session: &mut Session, from: &str) -> QueryResult<Vec<Plan>> {
        let mut select = self.select_counts(from);
        select.prefix("EXPLAIN ");
        select.load(&mut session.0)
    }

    fn select_counts<'a>(&self, from: &'a str) -> Statement<'a> {
        let time = quoted(&self.layout.time.name);
        let mut query = Statement::kept(format!(
            "SELECT CAST({time} AS BINARY) AS `time`, COUNT(*) AS `rows` FROM {} \
             WHERE {time} >= {} GROUP BY {time} ORDER BY {time}",
            quoted(&self.layout.table),
            self.parameter(),
        ));
        query.bind(from);
        query
    }

    fn select<'a>(&self, range: &'a Range, limit: usize) -> Statement<'a> {
        let time = quoted(&self.layout.time.name);
        let key = self
            .layout
            .key
            .as_deref()
            .map_or_else(|| "NULL".to_owned(), quoted);
        let value = self.parameter();
        let condition = match range {
            Range::Times(None, _) => format!("{time} <= {value} ORDER BY {time}"),
            Range::Times(Some(_), _) => {
                format!("{time} > {value} AND {time} <= {value} ORDER BY {time}")
            }
            Range::At(times) => {
                let list = vec![value; list_length(times.len())].join(", ");
                format!("{time} IN ({list})")
            }
            Range::Part(..) => format!("{time} = {value} AND {} % ? = ?", self.number()),
            Range::Newest => format!("{time} IS NOT NULL ORDER BY {time} DESC"),
            Range::Ids(..) => format!("{key} >= ? AND {key} <= ? ORDER BY {key}"),
        };
        let mut query = Statement::kept(format!(
            "SELECT {} FROM {} WHERE {condition} LIMIT {limit}",
            self.columns,
            quoted(&self.layout.table),
        ));
        match range {
            Range::Times(from, until) => {
                if let Some(from) = from {
                    query.bind(from.as_str());
                }
                query.bind(until.as_str());
            }
            Range::At(times) => {
                query.bind_list(&times.iter().map(String::as_str).collect::<Vec<_>>());
            }
            Range::Part(at, part, of) => {
                query.bind(at.as_str());
                query.bind_number(i64::try_from(*of).unwrap_or(i64::MAX));
                query.bind_number(i64::try_from(*part).unwrap_or(0));
            }
            Range::Newest => {}
            Range::Ids(from, to) => {
                query.bind_number(*from);
                query.bind_number(*to);
            }
        }
        query
    }

    /// A number that only depends on what a row says, to part those of one time.
    fn number(&self) -> String {
        let columns = self.layout.columns.iter().flatten();
        let columns: Vec<String> = columns.map(as_text).collect();
        format!("CRC32(CONCAT_WS('|', {}))", columns.join(", "))
    }

    /// A time as a parameter, of the type that the column is compared in.
    fn parameter(&self) -> &'static str {
        match self.layout.form {
            Form::DateTime | Form::Text => "?",
            Form::Number => "CAST(? AS DECIMAL(26,6))",
        }
    }

    fn row(&self, raw: Raw) -> Row {
        let mut record = Record::new(self.layout.kind);
        for (place, value) in self.places.iter().zip(raw.values) {
            let Some(value) = value.map(text::decode) else {
                continue;
            };
            match place {
                Some(place) => record.set(*place, value),
                None => {
                    let data = queue_log::data_columns(value.split('|'));
                    for (n, value) in data.into_iter().enumerate() {
                        record.set(queue_log::DATA + n, value);
                    }
                }
            }
        }
        Row {
            id: raw.id,
            time: raw.time,
            record,
        }
    }
}

/// A name between backticks.
fn quoted(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

/// The bytes of a column's text.
fn as_text(column: &Column) -> String {
    let name = quoted(&column.name);
    if column.is_plain {
        format!("CAST({name} AS BINARY)")
    } else {
        format!("CAST(CONVERT({name} USING utf8mb4) AS BINARY)")
    }
}
