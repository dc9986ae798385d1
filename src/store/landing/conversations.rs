//! Which conversations there are, and which one a queue log's `callid` belongs to.

use std::collections::{BTreeSet, HashMap};

use diesel::prelude::*;
use diesel::sql_types::{Binary, Text};

use super::merged::merged;
use super::sql::{Pair, Value, bytes_parameter, sql, text};
use super::tail::Key;
use super::{conversation, is_of_a_call};
use crate::asterisk::record::{Kind, Record};
use crate::store::statement::{Statement, list_length};
use crate::store::{CHUNK, Connection, placeholders};

/// The conversation of each of these callids of the queue log.
///
/// A callid is the uniqueid of the caller's channel: its conversation is that of the `cdr`
/// rows with this uniqueid, else of the `cel` rows, else the callid itself. Where the rows
/// have several, it is the one equal to the callid, else the smallest. Callids without a call
/// (`NONE`) are left out.
pub fn conversations_of(
    conn: &mut Connection,
    source: &str,
    callids: &[String],
) -> QueryResult<HashMap<String, String>> {
    let mut all = HashMap::new();
    for chunk in callids.chunks(CHUNK) {
        let mut open: BTreeSet<&str> = chunk
            .iter()
            .map(String::as_str)
            .filter(|callid| is_of_a_call(callid))
            .collect();
        for kind in [Kind::Cdr, Kind::Cel] {
            if open.is_empty() || kind == Kind::Cel && !has_rows(conn, source, kind)? {
                continue;
            }
            let mut best: HashMap<String, String> = HashMap::new();
            for pair in pairs(conn, source, kind, "uniqueid", &open)? {
                open.remove(pair.uniqueid.as_str());
                let rank =
                    |conversation: &str| (conversation != pair.uniqueid, conversation.to_owned());
                match best.get(&pair.uniqueid) {
                    Some(known) if rank(known) <= rank(&pair.conversation) => {}
                    _ => {
                        best.insert(pair.uniqueid, pair.conversation);
                    }
                }
            }
            all.extend(best);
        }
        all.extend(
            open.iter()
                .map(|callid| (callid.to_string(), callid.to_string())),
        );
    }
    Ok(all)
}

/// Collects whose calls may have changed through records that were inserted.
#[derive(Clone, Debug, Default)]
pub struct Touched {
    /// Conversations and channels: nearly always they have the same names.
    names: BTreeSet<String>,
}

impl Touched {
    /// This record was inserted, or will be.
    pub fn add(&mut self, record: &Record) {
        let channel = match record.kind() {
            Kind::QueueLog => super::id(record, "callid"),
            Kind::Cdr | Kind::Cel => super::id(record, "uniqueid"),
        };
        self.add_channel(channel);
        if let Some(conversation) = conversation(record)
            && conversation != channel
        {
            self.names.insert(conversation);
        }
    }

    /// This row was inserted.
    pub fn add_row(&mut self, row: &Key) {
        self.add_channel(&row.channel);
        self.add_channel(&row.conversation);
    }

    fn add_channel(&mut self, name: &str) {
        if is_of_a_call(name) && !self.names.contains(name) {
            self.names.insert(name.to_owned());
        }
    }

    /// All conversations whose call may have changed, when all records are inserted: their own,
    /// those that lost rows of the queue log to them or got such rows through them, and those
    /// that are one call with them.
    pub fn conversations(
        self,
        conn: &mut Connection,
        source: &str,
    ) -> QueryResult<BTreeSet<String>> {
        let mut others = BTreeSet::new();
        let names: Vec<&str> = self.names.iter().map(String::as_str).collect();
        for kind in [Kind::Cdr, Kind::Cel] {
            if !has_rows(conn, source, kind)? {
                continue;
            }
            for chunk in names.chunks(CHUNK) {
                let pairs = pairs(
                    conn,
                    source,
                    kind,
                    "uniqueid",
                    &chunk.iter().copied().collect(),
                )?;
                let found = pairs.into_iter().map(|pair| pair.conversation);
                others.extend(found.filter(|name| !self.names.contains(name)));
            }
        }
        let mut all = self.names;
        all.append(&mut others);
        let names: Vec<String> = all.iter().cloned().collect();
        let merged = merged(conn, source, &names)?;
        all.extend(
            names
                .iter()
                .flat_map(|name| merged.all(name))
                .map(str::to_owned),
        );
        Ok(all)
    }
}

/// All conversations whose call these records, just inserted, may have changed; see
/// [`Touched::conversations`].
pub fn touched(
    conn: &mut Connection,
    source: &str,
    records: &[Record],
) -> QueryResult<BTreeSet<String>> {
    let mut touched = Touched::default();
    for record in records {
        touched.add(record);
    }
    touched.conversations(conn, source)
}

/// Whether a source has rows of a kind at all.
pub(super) fn has_rows(conn: &mut Connection, source: &str, kind: Kind) -> QueryResult<bool> {
    let mut query = Statement::kept(format!(
        "SELECT `source` AS `value` FROM `{}` WHERE `source` = ? LIMIT 1",
        kind.table()
    ));
    query.bind(source);
    let found: Vec<Value> = query.load(conn)?;
    Ok(!found.is_empty())
}

/// Which uniqueids are in which conversations, of the rows with these values in a column.
pub(super) fn pairs(
    conn: &mut Connection,
    source: &str,
    kind: Kind,
    column: &str,
    values: &BTreeSet<&str>,
) -> QueryResult<Vec<Pair>> {
    if values.is_empty() {
        return Ok(Vec::new());
    }
    let mut query = Statement::kept(format!(
        "SELECT DISTINCT `uniqueid`, `conversation` FROM `{}` \
         WHERE `source` = ? AND `{column}` IN ({})",
        kind.table(),
        placeholders(list_length(values.len())),
    ));
    query.bind(source);
    query.bind_list(&values.iter().copied().collect::<Vec<_>>());
    query.load(conn)
}

/// A walk over all conversations of a source, in order, each exactly once.
#[derive(Debug, Clone)]
pub struct Conversations {
    source: String,
    after: Vec<u8>,
    done: bool,
}

impl Conversations {
    /// A walk over the conversations of this source.
    pub fn of(source: &str) -> Self {
        Self {
            source: source.to_owned(),
            after: Vec::new(),
            done: false,
        }
    }

    /// The next conversations, at most `limit` (and at least one); none at the end.
    pub fn next_chunk(&mut self, conn: &mut Connection, limit: usize) -> QueryResult<Vec<String>> {
        let limit = limit.max(1);
        while !self.done {
            let chunk = self.step(conn, limit)?;
            let names = chunk
                .into_iter()
                .map(text)
                .filter(|name| is_of_a_call(name));
            let names: Vec<String> = names.collect();
            if !names.is_empty() {
                return Ok(names);
            }
        }
        Ok(Vec::new())
    }

    fn step(&mut self, conn: &mut Connection, limit: usize) -> QueryResult<Vec<Vec<u8>>> {
        let mut found: BTreeSet<Vec<u8>> = BTreeSet::new();
        for kind in [Kind::Cdr, Kind::Cel] {
            found.extend(self.named(conn, kind, limit)?);
        }
        // Callids are looked for no further than this chunk goes: where nearly all of them
        // belong to other rows, the next one that does not may be far away.
        let end = found.iter().nth(limit - 1).cloned();
        found.extend(self.unresolved_callids(conn, end, limit)?);
        let chunk: Vec<Vec<u8>> = found.into_iter().take(limit).collect();
        self.done = chunk.len() < limit;
        if let Some(last) = chunk.last() {
            self.after.clone_from(last);
        }
        Ok(chunk)
    }

    fn named(
        &self,
        conn: &mut Connection,
        kind: Kind,
        limit: usize,
    ) -> QueryResult<impl Iterator<Item = Vec<u8>> + use<>> {
        let values: Vec<Value> = sql(format!(
            "SELECT DISTINCT `conversation` AS `value` FROM `{}` \
             WHERE `source` = ? AND `conversation` > {} ORDER BY `conversation` LIMIT {limit}",
            kind.table(),
            bytes_parameter(conn),
        ))
        .bind::<Text, _>(&self.source)
        .bind::<Binary, _>(&self.after)
        .load(conn)?;
        Ok(values.into_iter().map(|value| value.0))
    }

    fn unresolved_callids(
        &self,
        conn: &mut Connection,
        end: Option<Vec<u8>>,
        limit: usize,
    ) -> QueryResult<impl Iterator<Item = Vec<u8>> + use<>> {
        let bytes = bytes_parameter(conn);
        let until = match end {
            Some(_) => format!("AND q.`callid` <= {bytes}"),
            None => String::new(),
        };
        let mut query = sql(format!(
            "SELECT DISTINCT q.`callid` AS `value` FROM `queue_log` q \
             WHERE q.`source` = ? AND q.`callid` > {bytes} {until} \
             AND NOT EXISTS (SELECT 1 FROM `cdr` r \
                 WHERE r.`source` = q.`source` AND r.`uniqueid` = q.`callid`) \
             AND NOT EXISTS (SELECT 1 FROM `cel` r \
                 WHERE r.`source` = q.`source` AND r.`uniqueid` = q.`callid`) \
             ORDER BY q.`callid` LIMIT {limit}",
        ))
        .bind::<Text, _>(&self.source)
        .bind::<Binary, _>(&self.after);
        if let Some(end) = end {
            query = query.bind::<Binary, _>(end);
        }
        let values: Vec<Value> = query.load(conn)?;
        Ok(values.into_iter().map(|value| value.0))
    }
}

/// The sources that have rows, in order.
pub fn sources_with_rows(conn: &mut Connection) -> QueryResult<Vec<String>> {
    let mut sources = BTreeSet::new();
    for kind in Kind::ALL {
        let mut last: Option<Vec<u8>> = None;
        while let Some(source) = next_source(conn, kind, last.take())? {
            sources.insert(text(source.clone()));
            last = Some(source);
        }
    }
    Ok(sources.into_iter().collect())
}

/// The first source after another: one step in the index, however many rows there are.
fn next_source(
    conn: &mut Connection,
    kind: Kind,
    after: Option<Vec<u8>>,
) -> QueryResult<Option<Vec<u8>>> {
    let beyond = match after {
        Some(_) => format!("WHERE `source` > {}", bytes_parameter(conn)),
        None => String::new(),
    };
    let mut query = sql(format!(
        "SELECT `source` AS `value` FROM `{}` {beyond} ORDER BY `source` LIMIT 1",
        kind.table(),
    ));
    if let Some(after) = after {
        query = query.bind::<Binary, _>(after);
    }
    let values: Vec<Value> = query.load(conn)?;
    Ok(values.into_iter().next().map(|value| value.0))
}
