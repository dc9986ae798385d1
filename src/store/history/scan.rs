//! The statements of a page.

use std::collections::BTreeSet;

use diesel::prelude::*;
use diesel::sql_types::BigInt;

use super::lead::{Lead, leads};
use super::{Order, PageQuery, Scan};
use crate::store::Connection;
use crate::store::marks::Marks;
use crate::store::rows::HistoryRow;
use crate::store::schema::history;
use crate::store::statement::Statement;
use crate::store::time::to_micros;

/// So many rows of marks are gone through faster than a long history is read.
const RARE: i64 = 5000;
/// The same where they have to be sorted.
const RARE_IN_RANGE: i64 = 1000;

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
        let marks = self.marks(conn, query)?;
        let statement = if query.filter.is_plain() {
            let mut statement = Statement::kept(String::new());
            self.add(&mut statement, dialect, query, columns);
            first(&mut statement, "h", query.order, limit);
            statement
        } else {
            // There are too many combinations to keep them.
            let mut statement = Statement::once(format!("SELECT {columns} FROM ("));
            let table = if marks.is_some() { "m" } else { "h" };
            self.add_keys(&mut statement, dialect, query, marks.as_ref(), &|to| {
                first(to, table, query.order, limit);
            });
            let by_key = dialect.by_key();
            statement.push(&format!(
                ") AS `k` JOIN `history` AS `h` {by_key} ON `h`.`owner_id` = `k`.`owner_id` \
                 AND `h`.`started_at` = `k`.`started_at` AND `h`.`call_id` = `k`.`call_id` \
                 AND `h`.`ordinal` = `k`.`ordinal`",
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
        let marks = self.marks(conn, query)?;
        let dialect = Dialect::of(conn);
        let mut statement = Statement::once("SELECT COUNT(*) FROM (SELECT 1 FROM (".to_owned());
        self.add_keys(&mut statement, dialect, query, marks.as_ref(), &|to| {
            // Without it, rows in the order of time are counted as they are read.
            if marks.is_some() {
                to.push(" LIMIT ?");
                to.bind_number(most);
            }
        });
        statement.push(") AS `k` LIMIT ?) AS `n`");
        statement.bind_number(most);
        let counted = number(conn, statement)?;
        Ok(usize::try_from(counted).unwrap_or(0))
    }

    /// The marks that lead to the rows that pass; None where the order of time does. Whatever is
    /// rare leads.
    fn marks(
        &self,
        conn: &mut Connection,
        query: &PageQuery,
    ) -> QueryResult<Option<BTreeSet<Marks>>> {
        let mut leads = leads(&query.filter, &self.owner);
        if let [
            Lead {
                fills_anyway: true, ..
            },
        ] = leads.as_slice()
        {
            return Ok(leads.pop().map(|lead| lead.marks));
        }
        for nr in 0..leads.len() {
            if self.is_rare(conn, query, &leads[nr])? {
                return Ok(Some(leads.swap_remove(nr).marks));
            }
        }
        let lead = leads.into_iter().find(|lead| lead.fills_anyway);
        Ok(lead.map(|lead| lead.marks))
    }

    fn is_rare(&self, conn: &mut Connection, query: &PageQuery, lead: &Lead) -> QueryResult<bool> {
        let mut statement = Statement::once(
            "SELECT COUNT(*) FROM (SELECT 1 FROM `history_marks` AS `m`".to_owned(),
        );
        self.add_range(&mut statement, Dialect::of(conn), query, "m");
        for (nr, marks) in lead.marks.iter().enumerate() {
            statement.push(if nr == 0 { " AND (" } else { " OR " });
            marks.add_to(&mut statement);
        }
        statement.push(") LIMIT ?) AS `n`");
        let rare = if lead.is_in_order {
            RARE
        } else {
            RARE_IN_RANGE
        };
        statement.bind_number(rare + 1);
        Ok(number(conn, statement)? <= rare)
    }

    /// The keys of the rows that pass, each once; of each way to them the `first`.
    fn add_keys<'a>(
        &'a self,
        to: &mut Statement<'a>,
        dialect: Dialect,
        query: &'a PageQuery,
        marks: Option<&'a BTreeSet<Marks>>,
        end: &dyn Fn(&mut Statement<'a>),
    ) {
        let Some(marks) = marks else {
            self.add(to, dialect, query, &columns("h", KEY));
            return end(to);
        };
        for (nr, marks) in marks.iter().enumerate() {
            to.push(if nr > 0 { " UNION " } else { "" });
            let key = columns("m", KEY);
            let (join, by_key) = (dialect.join_in_this_order(), dialect.by_key());
            to.push(&format!(
                "SELECT * FROM (SELECT {} {key} FROM `history_marks` AS `m` {join} `history` AS `h` {by_key} \
                 ON `h`.`owner_id` = `m`.`owner_id` AND `h`.`started_at` = `m`.`started_at` \
                 AND `h`.`call_id` = `m`.`call_id` AND `h`.`ordinal` = `m`.`ordinal`",
                // An entry may have several of a range.
                if matches!(marks, Marks::One(_)) { "" } else { "DISTINCT" },
            ));
            self.add_range(to, dialect, query, "m");
            to.push(" AND ");
            marks.add_to(to);
            self.add_conditions(to, query);
            end(to);
            to.push(&format!(") AS `w{nr}`"));
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
        self.add_conditions(to, query);
    }

    /// Begins the WHERE: whose rows, and when. Who has no entries has no id, and nothing is equal
    /// to that.
    fn add_range<'a>(
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

    /// What is compared of a row.
    fn add_conditions<'a>(&'a self, to: &mut Statement<'a>, query: &'a PageQuery) {
        if !query.answered_elsewhere {
            to.push(" AND `answered_elsewhere` = 0");
        }
        if self.leaves_out_agent_calls {
            to.push(" AND `also_agent` = 0");
        }
        query.filter.add_to(to, &self.owner);
    }
}

/// These columns of a table.
fn columns(table: &str, names: [&str; 4]) -> String {
    names.map(|name| format!("`{table}`.`{name}`")).join(", ")
}

/// The number that a statement counts.
fn number(conn: &mut Connection, statement: Statement<'_>) -> QueryResult<i64> {
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

/// Where the two databases say the same in different words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Dialect {
    Mysql,
    Sqlite,
}

impl Dialect {
    fn of(conn: &Connection) -> Self {
        match conn {
            Connection::Mysql(_) => Self::Mysql,
            Connection::Sqlite(_) => Self::Sqlite,
        }
    }

    /// Reads the history by its key, and so in the order of time: left to themselves, databases
    /// would at times sort all that passes.
    fn by_key(self) -> &'static str {
        match self {
            Self::Mysql => "FORCE INDEX (PRIMARY)",
            Self::Sqlite => "INDEXED BY `sqlite_autoindex_history_1`",
        }
    }

    fn join_in_this_order(self) -> &'static str {
        match self {
            Self::Mysql => "STRAIGHT_JOIN",
            Self::Sqlite => "CROSS JOIN",
        }
    }
}
