//! Reading all rows of a conversation, of all three tables: what a call is folded from.

use std::collections::{BTreeSet, HashMap, HashSet};

use diesel::prelude::*;

use super::conversations::has_rows;
use super::merged::{Merged, merged};
use super::sql::{Landed, landed_columns};
use super::{conversations_of, is_of_a_call};
use crate::asterisk::record::{Kind, Record};
use crate::store::statement::{Statement, list_length};
use crate::store::{CHUNK, Connection, placeholders};

/// A row of a landing table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// Its id in the table: the order in which rows came.
    pub id: i64,
    /// What it says.
    pub record: Record,
}

/// All rows of one conversation, in the order in which they came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallRecords {
    /// The conversation.
    pub conversation: String,
    /// Its rows of `cdr`.
    pub cdr: Vec<Stored>,
    /// Its rows of `queue_log`.
    pub queue_log: Vec<Stored>,
    /// Its rows of `cel`.
    pub cel: Vec<Stored>,
}

impl CallRecords {
    /// Whether there is no row, and so no call.
    pub fn is_empty(&self) -> bool {
        self.cdr.is_empty() && self.queue_log.is_empty() && self.cel.is_empty()
    }

    /// Whether the PBX has said that the conversation's last channel is gone.
    pub fn end_is_seen(&self) -> bool {
        let mut events = self.cel.iter().map(|stored| stored.record.get("eventtype"));
        events.any(|event| event == "LINKEDID_END" || event == "14")
    }

    fn of(&mut self, kind: Kind) -> &mut Vec<Stored> {
        match kind {
            Kind::Cdr => &mut self.cdr,
            Kind::QueueLog => &mut self.queue_log,
            Kind::Cel => &mut self.cel,
        }
    }
}

/// The rows of these conversations: one item for each of them, in their order, without rows
/// where there are none. The rows of several conversations that are one call are all in the
/// item that has the call's name. Ask for some hundred at a time: all their rows are held in memory.
pub fn rows(
    conn: &mut Connection,
    source: &str,
    conversations: &[String],
) -> QueryResult<Vec<CallRecords>> {
    read(conn, source, conversations, None)
}

/// The first rows of the call of one conversation, at most `most` of each table: for whoever may
/// not take as long as a call is large.
pub fn first_rows(
    conn: &mut Connection,
    source: &str,
    conversation: &str,
    most: usize,
) -> QueryResult<Option<CallRecords>> {
    let calls = read(conn, source, &[conversation.to_owned()], Some(most))?;
    Ok(calls.into_iter().next())
}

fn read(
    conn: &mut Connection,
    source: &str,
    conversations: &[String],
    most: Option<usize>,
) -> QueryResult<Vec<CallRecords>> {
    let merged = merged(conn, source, conversations)?;
    let mut calls = Calls::new(conversations, &merged);
    let conversations = &calls.conversations();
    for kind in [Kind::Cdr, Kind::Cel] {
        if kind == Kind::Cel && !has_rows(conn, source, kind)? {
            continue;
        }
        for landed in select(conn, source, kind, "conversation", conversations, most)? {
            let conversation = landed.key.clone();
            calls.add(&conversation, kind, landed);
        }
    }
    let callids = calls.callids();
    let events = select(conn, source, Kind::QueueLog, "callid", &callids, most)?;
    let callids: BTreeSet<&str> = events.iter().map(|event| event.key.as_str()).collect();
    let callids: Vec<String> = callids.into_iter().map(str::to_owned).collect();
    let resolved = conversations_of(conn, source, &callids)?;
    for landed in events {
        // A callid may be that of a call that was not asked for: then nothing is added.
        if let Some(conversation) = resolved.get(&landed.key) {
            calls.add(conversation, Kind::QueueLog, landed);
        }
    }
    Ok(calls.in_order())
}

/// The calls while their rows come in.
struct Calls {
    list: Vec<CallRecords>,
    /// To which of them the rows of a conversation go.
    positions: HashMap<String, usize>,
}

impl Calls {
    fn new(conversations: &[String], merged: &Merged) -> Self {
        let mut calls = Self {
            list: Vec::new(),
            positions: HashMap::new(),
        };
        let mut known = HashSet::new();
        for conversation in conversations {
            if !known.insert(conversation) {
                continue;
            }
            if merged.name(conversation) == conversation {
                let place = calls.list.len();
                let all = merged.all(conversation).map(|one| (one.to_owned(), place));
                calls.positions.extend(all);
            }
            calls.list.push(CallRecords {
                conversation: conversation.clone(),
                cdr: Vec::new(),
                queue_log: Vec::new(),
                cel: Vec::new(),
            });
        }
        calls
    }

    /// All conversations that have a place here.
    fn conversations(&self) -> Vec<String> {
        self.positions.keys().cloned().collect()
    }

    fn add(&mut self, conversation: &str, kind: Kind, landed: Landed) {
        if let Some(position) = self.positions.get(conversation) {
            self.list[*position].of(kind).push(Stored {
                id: landed.id,
                record: landed.record,
            });
        }
    }

    /// Under which callids the queue log may have rows of these calls.
    fn callids(&self) -> Vec<String> {
        let mut callids = HashSet::new();
        callids.extend(self.positions.keys().map(String::as_str));
        for call in &self.list {
            for stored in call.cdr.iter().chain(&call.cel) {
                callids.insert(stored.record.get("uniqueid"));
            }
        }
        let callids = callids.into_iter().filter(|callid| is_of_a_call(callid));
        callids.map(str::to_owned).collect()
    }

    fn in_order(mut self) -> Vec<CallRecords> {
        for call in &mut self.list {
            for kind in Kind::ALL {
                call.of(kind).sort_unstable_by_key(|stored| stored.id);
            }
        }
        self.list
    }
}

fn select(
    conn: &mut Connection,
    source: &str,
    kind: Kind,
    key: &str,
    values: &[String],
    most: Option<usize>,
) -> QueryResult<Vec<Landed>> {
    let mut all = Vec::new();
    let limit = most.map(|most| format!(" ORDER BY `id` LIMIT {most}"));
    for chunk in values.chunks(CHUNK) {
        if most.is_some_and(|most| all.len() >= most) {
            break;
        }
        let mut query = Statement::kept(format!(
            "SELECT {} FROM `{}` WHERE `source` = ? AND `{key}` IN ({}){}",
            landed_columns(kind, key),
            kind.table(),
            placeholders(list_length(chunk.len())),
            limit.as_deref().unwrap_or_default(),
        ));
        query.bind(source);
        query.bind_list(&chunk.iter().map(String::as_str).collect::<Vec<_>>());
        all.extend(query.load::<Landed>(conn)?);
    }
    all.truncate(most.unwrap_or(usize::MAX));
    Ok(all)
}
