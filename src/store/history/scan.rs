//! The statements of a page.

use diesel::prelude::*;
use diesel::sql_types::BigInt;

use super::filter::{Filter, Way};
use super::{Order, PageQuery, Scan};
use crate::store::Connection;
use crate::store::rows::HistoryRow;
use crate::store::schema::history;
use crate::store::statement::Statement;
use crate::store::time::to_micros;

/// So many rows that an index finds are fetched faster than a long history is read.
const RARE: i64 = 5000;

const KEY: &str = "`owner_id`, `started_at`, `call_id`, `ordinal`";

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
        let statement = if query.filter.is_plain() {
            let mut statement = Statement::kept(String::new());
            self.add(&mut statement, dialect, query, Way::Time, columns);
            first(&mut statement, "h", query.order, limit);
            statement
        } else {
            // There are too many combinations to keep them.
            let mut statement = Statement::once(format!("SELECT {columns} FROM ("));
            let ways = self.ways(conn, query)?;
            self.add_keys(&mut statement, dialect, query, ways, Some(limit));
            statement.push(
                ") AS `k` JOIN `history` AS `h` ON `h`.`owner_id` = `k`.`owner_id` \
                 AND `h`.`started_at` = `k`.`started_at` AND `h`.`call_id` = `k`.`call_id` \
                 AND `h`.`ordinal` = `k`.`ordinal`",
            );
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
        let dialect = Dialect::of(conn);
        let ways = self.ways(conn, query)?;
        let mut statement = Statement::once("SELECT COUNT(*) FROM (SELECT 1 FROM (".to_owned());
        self.add_keys(&mut statement, dialect, query, ways, None);
        statement.push(") AS `k` LIMIT ?) AS `n`");
        statement.bind_number(i64::try_from(most).unwrap_or(i64::MAX));
        let counted = number(conn, statement)?;
        Ok(usize::try_from(counted).unwrap_or(0))
    }

    /// The ways to the rows that pass.
    fn ways<'a>(
        &'a self,
        conn: &mut Connection,
        query: &'a PageQuery,
    ) -> QueryResult<Vec<Way<'a>>> {
        let filter = &query.filter;
        let are_rare = filter.asks_how_rare_statuses_are(&self.owner) && {
            let mut statement = Statement::once("SELECT COUNT(*) FROM (SELECT 1 FROM (".to_owned());
            let statuses = Filter {
                statuses: filter.statuses.clone(),
                ..Filter::default()
            };
            let all = PageQuery {
                answered_elsewhere: true,
                filter: statuses,
                ..query.clone()
            };
            let ways = all.filter.ways(&self.owner, true);
            self.add_keys(&mut statement, Dialect::of(conn), &all, ways, None);
            statement.push(") AS `k` LIMIT ?) AS `n`");
            statement.bind_number(RARE + 1);
            number(conn, statement)? <= RARE
        };
        Ok(filter.ways(&self.owner, are_rare))
    }

    /// The keys of the rows that pass, on all ways; the first `limit` of each.
    fn add_keys<'a>(
        &'a self,
        to: &mut Statement<'a>,
        dialect: Dialect,
        query: &'a PageQuery,
        ways: Vec<Way<'a>>,
        limit: Option<i64>,
    ) {
        let single = ways.len() == 1;
        for (nr, way) in ways.into_iter().enumerate() {
            if nr > 0 {
                to.push(" UNION ALL ");
            }
            if !single {
                to.push(&format!("SELECT {KEY} FROM ("));
            }
            self.add(to, dialect, query, way, KEY);
            if let Some(limit) = limit {
                first(to, "h", query.order, limit);
            }
            if !single {
                to.push(&format!(") AS `w{nr}`"));
            }
        }
    }

    /// The rows that pass, on one way. Who has no entries has no id, and nothing is equal to
    /// that.
    fn add<'a>(
        &'a self,
        to: &mut Statement<'a>,
        dialect: Dialect,
        query: &'a PageQuery,
        way: Way<'a>,
        columns: &str,
    ) {
        let index = dialect.index(way);
        to.push(&format!(
            "SELECT {columns} FROM `history` AS `h` {index} WHERE `owner_id` = \
             (SELECT `id` FROM `owners` WHERE `kind` = ? AND `name` = ?)"
        ));
        to.bind_number(i64::from(self.owner.kind.code()));
        to.bind(self.owner.name.as_str());
        if dialect == Dialect::Sqlite {
            to.push(" AND in_time()");
        }
        if let Some(from) = query.from {
            to.push(" AND `started_at` >= ?");
            to.bind_number(to_micros(from));
        }
        if let Some(until) = query.until {
            to.push(" AND `started_at` < ?");
            to.bind_number(to_micros(until));
        }
        if let Some(after) = &self.after {
            let than = match query.order {
                Order::Descending => "<",
                Order::Ascending => ">",
            };
            // Said twice: the range comes from the first, which a database sees at once.
            to.push(&format!(
                " AND `started_at` {than}= ? AND (`started_at` {than} ? OR (`started_at` = ? \
                 AND (`call_id` {than} ? OR (`call_id` = ? AND `ordinal` {than} ?))))"
            ));
            let start = to_micros(after.start);
            (0..3).for_each(|_| to.bind_number(start));
            (0..2).for_each(|_| to.bind_bytes(&after.call.0));
            to.bind_number(i64::from(after.ordinal));
        }
        if !query.answered_elsewhere {
            to.push(" AND `answered_elsewhere` = 0");
        }
        if self.leaves_out_agent_calls {
            to.push(" AND `also_agent` = 0");
        }
        query.filter.add_to(to, &self.owner, way);
    }
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

    /// The index of a way: left to themselves, databases would at times sort all that passes.
    fn index(self, way: Way<'_>) -> String {
        let name = match (way, self) {
            (Way::Time, Self::Mysql) => "PRIMARY",
            (Way::Time, Self::Sqlite) => "sqlite_autoindex_history_1",
            (Way::Status(_), _) => "history_status",
            (Way::Peer(_), _) => "history_peer",
        };
        match self {
            Self::Mysql => format!("FORCE INDEX ({name})"),
            Self::Sqlite => format!("INDEXED BY `{name}`"),
        }
    }
}
