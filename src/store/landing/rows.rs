//! Reading all rows of a conversation, of all three tables: what a call is folded from.

use std::collections::{BTreeSet, HashMap, HashSet};

use diesel::prelude::*;

use super::conversations::has_rows;
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
/// where there are none. Ask for some hundred at a time: all their rows are held in memory.
pub fn rows(
    conn: &mut Connection,
    source: &str,
    conversations: &[String],
) -> QueryResult<Vec<CallRecords>> {
    let mut calls = Calls::new(conversations);
    for kind in [Kind::Cdr, Kind::Cel] {
        if kind == Kind::Cel && !has_rows(conn, source, kind)? {
            continue;
        }
        for landed in select(conn, source, kind, "conversation", conversations)? {
            let conversation = landed.key.clone();
            calls.add(&conversation, kind, landed);
        }
    }
    let events = select(conn, source, Kind::QueueLog, "callid", &calls.callids())?;
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
    positions: HashMap<String, usize>,
}

impl Calls {
    fn new(conversations: &[String]) -> Self {
        let mut calls = Self {
            list: Vec::new(),
            positions: HashMap::new(),
        };
        for conversation in conversations {
            if calls.has(conversation) {
                continue;
            }
            calls
                .positions
                .insert(conversation.clone(), calls.list.len());
            calls.list.push(CallRecords {
                conversation: conversation.clone(),
                cdr: Vec::new(),
                queue_log: Vec::new(),
                cel: Vec::new(),
            });
        }
        calls
    }

    fn has(&self, conversation: &str) -> bool {
        self.positions.contains_key(conversation)
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
        for call in &self.list {
            callids.insert(call.conversation.as_str());
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
) -> QueryResult<Vec<Landed>> {
    let mut all = Vec::new();
    for chunk in values.chunks(CHUNK) {
        let mut query = Statement::kept(format!(
            "SELECT {} FROM `{}` WHERE `source` = ? AND `{key}` IN ({})",
            landed_columns(kind, key),
            kind.table(),
            placeholders(list_length(chunk.len())),
        ));
        query.bind(source);
        query.bind_list(&chunk.iter().map(String::as_str).collect::<Vec<_>>());
        all.extend(query.load::<Landed>(conn)?);
    }
    Ok(all)
}
