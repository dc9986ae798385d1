//! The statements of a page.

use diesel::prelude::*;
use diesel::sql_types::BigInt;

use super::dialect::Dialect;
use super::way::Way;
use super::{Order, PageQuery, Scan};
use crate::store::Connection;
use crate::store::marks::Marks;
use crate::store::rows::HistoryRow;
use crate::store::schema::history;
use crate::store::statement::Statement;
use crate::store::time::to_micros;

const KEY: [&str; 4] = ["owner_id", "started_at", "call_id", "ordinal"];

impl Scan {
    /// The next rows, `limit` at most.
    ///
    /// Without a filter it is one range of the primary key. With one, the keys are looked for
    /// first: comparing some columns of a row takes less than half the time of fetching all of
    /// them, and most rows may not pass.
    pub(super) fn rows(
        &self,
        conn: &mut Connection,
        query: &PageQuery,
        limit: usize,
    ) -> QueryResult<Vec<HistoryRow>> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let dialect = Dialect::of(conn);
        let columns = HistoryRow::SELECTED;
        let way = self.way(conn, query)?;
        let statement = if query.filter.is_plain() {
            let mut statement = Statement::kept(String::new());
            self.add(&mut statement, dialect, query, columns);
            first(&mut statement, "h", query.order, limit);
            statement
        } else {
            // There are too many combinations to keep them.
            let mut statement = Statement::once(format!("SELECT {columns} FROM ("));
            self.add_keys(&mut statement, dialect, query, &way, &|to| {
                first(to, way.table(), query.order, limit);
            });
            let (index, same_key) = (dialect.by_key(), same_key("h", "k"));
            statement.push(&format!(
                ") AS `k` JOIN `history` AS `h` {index} ON {same_key}"
            ));
            first(&mut statement, "k", query.order, limit);
            statement
        };
        let statement = statement.with_columns::<history::SqlType>();
        match conn {
            Connection::Mysql(conn) => statement.load(conn),
            Connection::Sqlite(conn) => statement.load(conn),
        }
    }

    /// How many rows there are, `most` at most.
    pub(super) fn count(
        &self,
        conn: &mut Connection,
        query: &PageQuery,
        most: usize,
    ) -> QueryResult<usize> {
        if most == 0 {
            return Ok(0);
        }
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let way = self.way(conn, query)?;
        let dialect = Dialect::of(conn);
        let mut statement = Statement::once("SELECT COUNT(*) FROM (SELECT 1 FROM ".to_owned());
        match &way {
            // Nothing is looked up, which takes ten times as long.
            Way::MarksInOrder(marks) | Way::Marks(marks)
                if query.filter.is_short() && Marks::are_one_each(marks) =>
            {
                statement.push("`history_marks` AS `m`");
                self.add_marks(&mut statement, dialect, query, marks);
            }
            way => {
                statement.push("(");
                self.add_keys(&mut statement, dialect, query, way, &|to| {
                    // Without it, rows in the order of time are counted as they are read.
                    if !matches!(way, Way::Time) {
                        to.push(" LIMIT ?");
                        to.bind_number(most);
                    }
                });
                statement.push(") AS `k`");
            }
        }
        statement.push(" LIMIT ?) AS `n`");
        statement.bind_number(most);
        let counted = number(conn, statement)?;
        Ok(usize::try_from(counted).unwrap_or(0))
    }

    /// The keys of the rows that pass, each once; of each way to them the `first`.
    fn add_keys<'a>(
        &'a self,
        to: &mut Statement<'a>,
        dialect: Dialect,
        query: &'a PageQuery,
        way: &'a Way,
        first: &dyn Fn(&mut Statement<'a>),
    ) {
        let key = columns(way.table(), KEY);
        match way {
            Way::Time => {
                self.add(to, dialect, query, &key);
                first(to);
            }
            Way::MarksInOrder(marks) => {
                for (nr, mark) in marks.iter().enumerate() {
                    to.push(if nr > 0 { " UNION " } else { "" });
                    to.push(&format!(
                        "SELECT * FROM (SELECT {key} FROM `history_marks` AS `m`"
                    ));
                    self.add_entries(to, dialect, query, "m");
                    self.add_marks(to, dialect, query, [mark]);
                    first(to);
                    to.push(&format!(") AS `w{nr}`"));
                }
            }
            Way::Marks(marks) => {
                let marked = columns("m", KEY);
                to.push(&format!(
                    "SELECT {key} FROM (SELECT DISTINCT {marked} FROM `history_marks` AS `m`"
                ));
                self.add_marks(to, dialect, query, marks);
                to.push(") AS `d`");
                self.add_entries(to, dialect, query, "d");
                first(to);
            }
        }
    }

    /// The rows that pass, in the order of time.
    fn add<'a>(
        &'a self,
        to: &mut Statement<'a>,
        dialect: Dialect,
        query: &'a PageQuery,
        columns: &str,
    ) {
        let index = dialect.by_key();
        to.push(&format!("SELECT {columns} FROM `history` AS `h` {index}"));
        self.add_range(to, dialect, query, "h");
        self.add_short_conditions(to, query, "h");
        query.filter.add_long_to(to, dialect, &self.owner);
    }

    /// Joins entries to the keys of their marks, and compares what marks do not carry.
    fn add_entries<'a>(
        &'a self,
        to: &mut Statement<'a>,
        dialect: Dialect,
        query: &'a PageQuery,
        keys: &str,
    ) {
        let (join, index) = (dialect.join_in_this_order(), dialect.by_key());
        to.push(&format!(
            " {join} `history` AS `h` {index} ON {}",
            same_key("h", keys)
        ));
        query.filter.add_long_to(to, dialect, &self.owner);
    }

    /// The WHERE for rows with any of these marks whose entries pass, as far as marks tell.
    fn add_marks<'a>(
        &'a self,
        to: &mut Statement<'a>,
        dialect: Dialect,
        query: &'a PageQuery,
        marks: impl IntoIterator<Item = &'a Marks>,
    ) {
        self.add_range(to, dialect, query, "m");
        Marks::add_any_to(marks, to);
        self.add_short_conditions(to, query, "m");
    }

    /// Begins the WHERE: whose rows, and when. Who has no entries has no id, and nothing is equal
    /// to that.
    pub(super) fn add_range<'a>(
        &'a self,
        to: &mut Statement<'a>,
        dialect: Dialect,
        query: &PageQuery,
        table: &str,
    ) {
        to.push(&format!(
            " WHERE `{table}`.`owner_id` = (SELECT `id` FROM `owners` WHERE `kind` = ? AND `name` = ?)"
        ));
        to.bind_number(i64::from(self.owner.kind.code()));
        to.bind(self.owner.name.as_str());
        if dialect == Dialect::Sqlite {
            to.push(" AND in_time()");
        }
        let start = format!("`{table}`.`started_at`");
        if let Some(from) = query.from {
            to.push(&format!(" AND {start} >= ?"));
            to.bind_number(to_micros(from));
        }
        if let Some(until) = query.until {
            to.push(&format!(" AND {start} < ?"));
            to.bind_number(to_micros(until));
        }
        if let Some(after) = &self.after {
            let than = match query.order {
                Order::Descending => "<",
                Order::Ascending => ">",
            };
            // Said twice: the range comes from the first, which a database sees at once.
            to.push(&format!(
                " AND {start} {than}= ? AND ({start} {than} ? OR ({start} = ? \
                 AND (`{table}`.`call_id` {than} ? OR (`{table}`.`call_id` = ? \
                 AND `{table}`.`ordinal` {than} ?))))"
            ));
            let start = to_micros(after.start);
            (0..3).for_each(|_| to.bind_number(start));
            (0..2).for_each(|_| to.bind_bytes(&after.call.0));
            to.bind_number(i64::from(after.ordinal));
        }
    }

    /// What is compared of an entry, and of a mark of it as well.
    fn add_short_conditions<'a>(
        &'a self,
        to: &mut Statement<'a>,
        query: &'a PageQuery,
        table: &str,
    ) {
        if !query.answered_elsewhere {
            to.push(&format!(" AND `{table}`.`answered_elsewhere` = 0"));
        }
        if self.leaves_out_agent_calls {
            to.push(&format!(" AND `{table}`.`also_agent` = 0"));
        }
        query.filter.add_short_to(to, &self.owner, table);
    }
}

/// These columns of a table.
fn columns(table: &str, names: [&str; 4]) -> String {
    names.map(|name| format!("`{table}`.`{name}`")).join(", ")
}

/// That rows of two tables are those of one entry.
fn same_key(one: &str, other: &str) -> String {
    KEY.map(|column| format!("`{one}`.`{column}` = `{other}`.`{column}`"))
        .join(" AND ")
}

/// The number that a statement counts.
pub(super) fn number(conn: &mut Connection, statement: Statement<'_>) -> QueryResult<i64> {
    let statement = statement.with_columns::<BigInt>();
    match conn {
        Connection::Mysql(conn) => statement.get_result(conn),
        Connection::Sqlite(conn) => statement.get_result(conn),
    }
}

/// Only the first rows of this table, in this order.
fn first(of: &mut Statement<'_>, table: &str, order: Order, limit: i64) {
    let direction = match order {
        Order::Descending => "DESC",
        Order::Ascending => "ASC",
    };
    let columns = ["started_at", "call_id", "ordinal"];
    let columns = columns.map(|column| format!("`{table}`.`{column}` {direction}"));
    of.push(&format!(" ORDER BY {} LIMIT ?", columns.join(", ")));
    of.bind_number(limit);
}
