//! Pages of histories: what all four endpoints read.
//!
//! The page of one owner is one range scan of the primary key, in the order in which the rows
//! lie. The page of several owners is as many short scans, merged.

use std::collections::{BTreeSet, VecDeque};

use diesel::prelude::*;

use super::Connection;
use super::connection::MultiBackend;
use super::in_time::InTime;
use super::owners::OwnerId;
use super::rows::HistoryRow;
use super::schema::history;
use super::time::to_micros;
use crate::model::{Line, Owner, Position, Readable, Status, Time};

/// Which lines of a history are wanted.
#[derive(Clone, Debug, Default)]
pub struct PageQuery {
    /// Only those that start at this time or later.
    pub from: Option<Time>,
    /// Only those that start before this time.
    pub until: Option<Time>,
    /// Only those with one of these statuses; all when empty.
    pub statuses: Vec<Status>,
    /// Also those that somebody else answered.
    pub answered_elsewhere: bool,
    /// Only those that follow this position, newest first.
    pub after: Option<Position>,
    /// At most so many.
    pub limit: usize,
}

impl PageQuery {
    /// Whether a line that is not stored belongs among those that are wanted.
    pub fn wants(&self, line: &Line) -> bool {
        // Each by name, so that what is added here is not forgotten.
        let Self {
            from,
            until,
            statuses,
            answered_elsewhere,
            after,
            limit: _,
        } = self;
        let entry = &line.entry;
        from.is_none_or(|from| entry.start >= from)
            && until.is_none_or(|until| entry.start < until)
            && (statuses.is_empty() || statuses.contains(&entry.status))
            && (*answered_elsewhere || !entry.answered_elsewhere)
            && after.is_none_or(|after| line.position() < after)
    }
}

/// A page of the histories of `readable` as one list, newest first.
pub fn page(
    conn: &mut Connection,
    readable: &Readable,
    query: &PageQuery,
) -> QueryResult<Vec<Line>> {
    if query.limit == 0 || readable.is_empty() {
        return Ok(Vec::new());
    }
    let mut scans = scans(readable, query);
    // Twice the fair share of a page, so that most scans need not be filled again.
    let chunk = match scans.len() {
        0 | 1 => query.limit,
        several => (2 * query.limit / several + 1).clamp(1, query.limit),
    };
    let mut heads = BTreeSet::new();
    for (nr, scan) in scans.iter_mut().enumerate() {
        if let Some(head) = scan.head(conn, query, chunk)? {
            heads.insert((head, nr));
        }
    }
    let mut page = Vec::new();
    while page.len() < query.limit
        && let Some((_, nr)) = heads.pop_last()
    {
        page.extend(scans[nr].fetched.pop_front());
        if page.len() < query.limit
            && let Some(head) = scans[nr].head(conn, query, chunk)?
        {
            heads.insert((head, nr));
        }
    }
    Ok(page)
}

/// How many lines there are of which [`page`] gives the first; no more than `most` of each owner
/// are counted.
pub fn count(
    conn: &mut Connection,
    readable: &Readable,
    query: &PageQuery,
    most: usize,
) -> QueryResult<usize> {
    let mut total = 0;
    for scan in scans(readable, query) {
        let counted = scan.statement(query, most).select(history::ordinal);
        total += counted.load::<i16>(conn)?.len();
    }
    Ok(total)
}

/// One owner's history on its way into a page.
struct Scan {
    owner: Owner,
    leaves_out_agent_calls: bool,
    fetched: VecDeque<Line>,
    after: Option<Position>,
    exhausted: bool,
}

/// A scan for each owner, each owner once.
fn scans(readable: &Readable, query: &PageQuery) -> Vec<Scan> {
    let owners: BTreeSet<&Owner> = readable.owners().iter().collect();
    let scan = |owner: &Owner| Scan {
        leaves_out_agent_calls: readable.leaves_out_agent_calls(owner),
        owner: owner.clone(),
        fetched: VecDeque::new(),
        after: query.after,
        exhausted: false,
    };
    owners.into_iter().map(scan).collect()
}

impl Scan {
    /// The position of the next line, which is then the first of those fetched.
    fn head(
        &mut self,
        conn: &mut Connection,
        query: &PageQuery,
        chunk: usize,
    ) -> QueryResult<Option<Position>> {
        if self.fetched.is_empty() && !self.exhausted {
            let rows: Vec<HistoryRow> = self.statement(query, chunk).load(conn)?;
            self.exhausted = rows.len() < chunk;
            let lines = rows
                .into_iter()
                .map(|row| row.into_line(self.owner.clone()));
            self.fetched = lines.collect();
            self.after = self.fetched.back().map(Line::position).or(self.after);
        }
        Ok(self.fetched.front().map(Line::position))
    }

    /// The next `limit` rows: one range of the primary key, read backwards. Who has no entries
    /// has no id, and nothing is equal to that.
    fn statement(&self, query: &PageQuery, limit: usize) -> Statement {
        let mut statement = history::table
            .filter(history::owner_id.nullable().eq(OwnerId::of(&self.owner)))
            .filter(InTime)
            .order((
                history::started_at.desc(),
                history::call_id.desc(),
                history::ordinal.desc(),
            ))
            .limit(i64::try_from(limit).unwrap_or(i64::MAX))
            .into_boxed();
        if let Some(from) = query.from {
            statement = statement.filter(history::started_at.ge(to_micros(from)));
        }
        if let Some(until) = query.until {
            statement = statement.filter(history::started_at.lt(to_micros(until)));
        }
        if let Some(after) = self.after {
            let start = to_micros(after.start);
            let call = after.call.0.to_vec();
            // Said twice: the range comes from the first, which a database sees at once.
            statement = statement.filter(history::started_at.le(start)).filter(
                history::started_at
                    .lt(start)
                    .or(history::started_at.eq(start).and(
                        history::call_id.lt(call.clone()).or(history::call_id
                            .eq(call)
                            .and(history::ordinal.lt(after.ordinal))),
                    )),
            );
        }
        if !query.statuses.is_empty() {
            let words = query.statuses.iter().map(|status| status.as_str());
            statement = statement.filter(history::status.eq_any(words.collect::<Vec<_>>()));
        }
        if !query.answered_elsewhere {
            statement = statement.filter(history::answered_elsewhere.eq(false));
        }
        if self.leaves_out_agent_calls {
            statement = statement.filter(history::also_agent.eq(false));
        }
        statement
    }
}

type Statement = history::BoxedQuery<'static, MultiBackend>;
