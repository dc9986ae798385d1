//! Calls as those read them who want to know what changed: whole, whoever owns their entries,
//! which are sealed until a [`Sight`](crate::model::Sight) opens them.

mod places;

use std::collections::HashMap;

use chrono::TimeDelta;
use diesel::prelude::*;

use super::rows::{HistoryRow, call_id};
use super::schema::{calls, history};
use super::time::from_micros;
use super::{CHUNK, Connection, owners};
use crate::model::{CallId, Line, Sealed, Time};

pub use places::{Place, Span, owners_of, places};

/// What is known of a call that is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallState {
    /// When it was last changed here.
    pub changed_at: Time,
    /// Whether it has an end.
    pub is_over: bool,
    /// Whether the PBX has said that it is over.
    pub end_seen: bool,
}

impl CallState {
    /// Whether no further row can change the call: the PBX has said that it is over, or it is
    /// over and nothing was heard of it for as long as a call may last.
    pub fn is_settled(&self, now: Time, longest_call: TimeDelta) -> bool {
        self.end_seen || self.is_over && self.changed_at < now - longest_call
    }
}

/// The states of those of these calls that are stored.
///
/// # Errors
/// The database's.
pub fn states(conn: &mut Connection, ids: &[CallId]) -> QueryResult<HashMap<CallId, CallState>> {
    let mut states = HashMap::with_capacity(ids.len());
    for chunk in ids.chunks(CHUNK) {
        let rows: Vec<(Vec<u8>, i64, Option<i64>, bool)> = calls::table
            .filter(calls::call_id.eq_any(bytes(chunk)))
            .select((
                calls::call_id,
                calls::changed_at,
                calls::ended_at,
                calls::end_seen,
            ))
            .load(conn)?;
        states.extend(
            rows.into_iter()
                .map(|(id, changed_at, ended_at, end_seen)| {
                    let state = CallState {
                        changed_at: from_micros(changed_at),
                        is_over: ended_at.is_some(),
                        end_seen,
                    };
                    (call_id(&id), state)
                }),
        );
    }
    Ok(states)
}

/// The entries of these calls, sealed. A call without any is not among them.
///
/// # Errors
/// The database's.
pub fn entries(conn: &mut Connection, ids: &[CallId]) -> QueryResult<HashMap<CallId, Sealed>> {
    let mut lines: HashMap<CallId, Vec<Line>> = HashMap::new();
    for chunk in ids.chunks(CHUNK) {
        let rows: Vec<HistoryRow> = history::table
            .filter(history::call_id.eq_any(bytes(chunk)))
            .order((
                history::owner_id,
                history::started_at,
                history::call_id,
                history::ordinal,
            ))
            .load(conn)?;
        let names = owners::with_ids(conn, rows.iter().map(|row| row.owner_id))?;
        for row in rows {
            // An owner of a kind that only a newer version knows is nobody's here.
            if let Some(owner) = names.get(&row.owner_id) {
                let line = row.into_line(owner.clone());
                lines.entry(line.call).or_default().push(line);
            }
        }
    }
    let sealed = lines.into_iter();
    Ok(sealed.map(|(id, lines)| (id, Sealed::new(lines))).collect())
}

fn bytes(ids: &[CallId]) -> Vec<Vec<u8>> {
    ids.iter().map(|id| id.0.to_vec()).collect()
}
