//! Pages of histories: what all endpoints read.
//!
//! The page of one owner is one statement; without a filter it is one range scan of the primary
//! key, in the order in which the rows lie. The page of several owners is as many short scans,
//! merged.

mod dialect;
mod filter;
mod lead;
mod scan;
mod way;

use std::collections::{BTreeSet, VecDeque};

use diesel::prelude::*;

use super::Connection;
use crate::model::{Line, Owner, Position, Readable, Time};

pub use filter::Filter;

/// How many entries are read at a time where only the program searches their texts.
const SEARCHED: usize = 500;

/// Which lines of a history are wanted.
#[derive(Clone, Debug, Default)]
pub struct PageQuery {
    /// Only those that start at this time or later.
    pub from: Option<Time>,
    /// Only those that start before this time.
    pub until: Option<Time>,
    /// Only those that pass.
    pub filter: Filter,
    /// Also those that somebody else answered.
    pub answered_elsewhere: bool,
    /// What comes first.
    pub order: Order,
    /// Only those that follow this position, in that order.
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
            filter,
            answered_elsewhere,
            order,
            after,
            limit: _,
        } = self;
        let entry = &line.entry;
        let follows = |after: Position| match order {
            Order::Descending => line.position() < after,
            Order::Ascending => line.position() > after,
        };
        from.is_none_or(|from| entry.start >= from)
            && until.is_none_or(|until| entry.start < until)
            && filter.passes(entry)
            && (*answered_elsewhere || !entry.answered_elsewhere)
            && after.is_none_or(follows)
    }
}

/// The order of a history.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// Newest first.
    #[default]
    Descending,
    /// Oldest first.
    Ascending,
}

/// A page of the histories of `readable` as one list.
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
    let fair = match scans.len() {
        0 | 1 => query.limit,
        several => (2 * query.limit / several + 1).clamp(1, query.limit),
    };
    let chunk = match &query.filter.text {
        Some(text) if text.in_ascii().is_none() => fair.max(SEARCHED),
        _ => fair,
    };
    let mut heads = BTreeSet::new();
    for (nr, scan) in scans.iter_mut().enumerate() {
        if let Some(head) = scan.head(conn, query, chunk)? {
            heads.insert((head, nr));
        }
    }
    let mut page = Vec::new();
    while page.len() < query.limit
        && let Some((_, nr)) = match query.order {
            Order::Descending => heads.pop_last(),
            Order::Ascending => heads.pop_first(),
        }
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

/// How many lines there are in the window of the query, but no more than `most`: what is beyond
/// that is not looked at. Neither `after` nor `limit` count.
pub fn count(
    conn: &mut Connection,
    readable: &Readable,
    query: &PageQuery,
    most: usize,
) -> QueryResult<usize> {
    let whole = PageQuery {
        after: None,
        limit: most,
        ..query.clone()
    };
    if whole.filter.text.is_some() {
        return Ok(page(conn, readable, &whole)?.len());
    }
    let mut counted = 0;
    for scan in scans(readable, &whole) {
        counted += scan.count(conn, &whole, most - counted)?;
    }
    Ok(counted)
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
        while self.fetched.is_empty() && !self.exhausted {
            let rows = self.rows(conn, query, chunk)?;
            self.exhausted = rows.len() < chunk;
            let lines = rows
                .into_iter()
                .map(|row| row.into_line(self.owner.clone()));
            self.fetched = lines.collect();
            self.after = self.fetched.back().map(Line::position).or(self.after);
            if let Some(text) = &query.filter.text {
                self.fetched.retain(|line| text.is_in(&line.entry));
            }
        }
        Ok(self.fetched.front().map(Line::position))
    }
}
