//! Tables of a PBX's own database, in every layout in which they are found: which of their
//! columns is which of ours, by what new rows are found, and what cannot be known because
//! something is missing.
//!
//! ```text
//! information_schema ─► Facts ─layout─► Layout (how to read) + Findings (what doctor says)
//! ```
//!
//! Pure: nothing here asks a database.

mod finding;

use std::collections::BTreeMap;

pub use finding::{Finding, Severity};

use super::record::Kind;

/// What `information_schema` says of a table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// Its name, as the database writes it.
    pub name: String,
    /// Its columns, in their order.
    pub columns: Vec<ColumnFacts>,
    /// Its indexes: their columns, in order, as the database writes them.
    pub indexes: Vec<Vec<String>>,
}

/// What `information_schema` says of a column.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ColumnFacts {
    /// Its name, as the database writes it.
    pub name: String,
    /// `datetime`, `varchar`, `int` …
    pub data_type: String,
    /// The character set of a text column.
    pub charset: Option<String>,
    /// Whether the database numbers the rows with it.
    pub is_auto_increment: bool,
}

/// Names that somebody has configured because they are not the usual ones.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    /// The table.
    pub table: Option<String>,
    /// Their columns, by our names (`start`, `linkedid`, …; `id` for the growing key).
    pub columns: BTreeMap<String, String>,
}

/// How a table is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    /// Which kind of rows it holds.
    pub kind: Kind,
    /// The table's name.
    pub table: String,
    /// For each column of ours the one that holds it there, if one does.
    pub columns: Vec<Option<Column>>,
    /// The column that holds `data1` to `data5` together, where no columns of their own do.
    pub data: Option<Column>,
    /// The column of the rows' time: the start of `cdr`, the time of an event.
    pub time: Column,
    /// How times are written there.
    pub form: Form,
    /// Whether an index begins with the time.
    pub time_is_indexed: bool,
    /// The column by which the database numbers the rows, if there is one.
    pub key: Option<String>,
}

/// A column that is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name there.
    pub name: String,
    /// Whether its bytes are text as they are: UTF-8, or Latin-1 where they are no UTF-8 (many
    /// a table that claims Latin-1 holds UTF-8). Otherwise the database must convert them.
    pub is_plain: bool,
}

/// How a column holds times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// As a date and time.
    DateTime,
    /// As a number: seconds since 1970.
    Number,
    /// As text: either of both.
    Text,
}

/// Which of these tables holds the rows of a kind: the one that is configured, else the one with
/// the usual name, whatever its case.
pub fn find<'a>(kind: Kind, names: &Names, tables: &'a [Facts]) -> Option<&'a Facts> {
    let wanted = names.table.as_deref().unwrap_or(kind.table());
    let exact = tables.iter().find(|table| table.name == wanted);
    exact.or_else(|| {
        let mut like = tables.iter();
        like.find(|table| table.name.eq_ignore_ascii_case(wanted))
    })
}

/// How a table of this kind is read; None when it cannot be. With what is to be said about it.
pub fn layout(kind: Kind, names: &Names, facts: &Facts) -> (Option<Layout>, Vec<Finding>) {
    let mut findings = Vec::new();
    for (ours, theirs) in &names.columns {
        if ours != "id" && ours != "data" && !kind.columns().iter().any(|c| c.name == ours) {
            findings.push(Finding::NoSuchColumnOfOurs(kind, ours.clone()));
        } else if by_name(facts, theirs).is_none() {
            findings.push(Finding::ConfiguredColumnMissing(kind, theirs.clone()));
        }
    }
    let columns: Vec<Option<&ColumnFacts>> = kind
        .columns()
        .iter()
        .map(|column| match names.columns.get(column.name) {
            Some(theirs) => by_name(facts, theirs),
            // Our own `calldate` is another name of `start`, never a column of its own.
            None if column.name == "calldate" => None,
            None => {
                let mut all = std::iter::once(&column.name).chain(column.aliases);
                all.find_map(|name| by_name(facts, name))
            }
        })
        .collect();
    let ours = |name: &str| {
        let place = kind.columns().iter().position(|c| c.name == name);
        place.and_then(|place| columns[place])
    };
    let missing: Vec<&str> = kind
        .required()
        .iter()
        .copied()
        .filter(|name| ours(name).is_none())
        .collect();
    let Some(time) = ours(time_name(kind)).filter(|_| missing.is_empty()) else {
        let missing = missing.iter().map(|name| (*name).to_owned()).collect();
        findings.push(Finding::Unreadable(kind, missing));
        return (None, findings);
    };
    let data = match kind {
        Kind::QueueLog if ours("data1").is_none() => {
            let name = names.columns.get("data").map_or("data", String::as_str);
            by_name(facts, name)
        }
        _ => None,
    };
    let key = key(names, facts);
    let layout = Layout {
        kind,
        table: facts.name.clone(),
        data: data.map(column),
        time: column(time),
        form: form(time),
        time_is_indexed: is_first_of_index(facts, &time.name),
        key: key.map(|key| key.name.clone()),
        columns: columns.iter().map(|c| c.map(column)).collect(),
    };
    finding::of_layout(&layout, &mut findings);
    (Some(layout), findings)
}

impl Layout {
    /// Whether a column of ours is there.
    pub fn has(&self, name: &str) -> bool {
        let place = self.kind.columns().iter().position(|c| c.name == name);
        place.is_some_and(|place| self.columns[place].is_some())
    }
}

/// Our name of the column by which the rows of a kind are ordered in time.
pub fn time_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Cdr => "start",
        Kind::QueueLog => "time",
        Kind::Cel => "eventtime",
    }
}

/// The column that only grows: the one that is configured, else the one that the database numbers
/// rows with. It must be the first of an index, as MySQL demands of such columns anyway.
fn key<'a>(names: &Names, facts: &'a Facts) -> Option<&'a ColumnFacts> {
    let key = match names.columns.get("id") {
        Some(name) => by_name(facts, name),
        None => facts.columns.iter().find(|column| column.is_auto_increment),
    };
    key.filter(|key| is_number(key) && is_first_of_index(facts, &key.name))
}

fn by_name<'a>(facts: &'a Facts, name: &str) -> Option<&'a ColumnFacts> {
    let mut columns = facts.columns.iter();
    columns.find(|column| column.name.eq_ignore_ascii_case(name))
}

fn is_first_of_index(facts: &Facts, name: &str) -> bool {
    let firsts = facts.indexes.iter().filter_map(|columns| columns.first());
    firsts
        .into_iter()
        .any(|first| first.eq_ignore_ascii_case(name))
}

fn is_number(column: &ColumnFacts) -> bool {
    column.data_type.to_ascii_lowercase().ends_with("int")
}

fn form(column: &ColumnFacts) -> Form {
    match column.data_type.to_ascii_lowercase().as_str() {
        "datetime" | "timestamp" => Form::DateTime,
        "decimal" | "double" | "float" => Form::Number,
        kind if kind.ends_with("int") => Form::Number,
        _ => Form::Text,
    }
}

fn column(facts: &ColumnFacts) -> Column {
    let is_plain = facts.charset.as_deref().is_none_or(|charset| {
        ["latin1", "ascii", "binary"].contains(&charset) || charset.starts_with("utf8")
    });
    Column {
        name: facts.name.clone(),
        is_plain,
    }
}

#[cfg(test)]
mod tests;
