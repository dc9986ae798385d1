//! Calls that changed together, with their entries: read once, and shown to each subscriber as
//! far as that may read them.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use chrono::{TimeDelta, Utc};
use chrono_tz::Tz;
use diesel::QueryResult;

use crate::api::names::Names;
use crate::api::wire::{ChangedCall, OwnedEntry, View};
use crate::model::{CallId, Line, Sealed, Sight, Time};
use crate::presence::Presence;
use crate::store::changes::Change;
use crate::store::feed::{self, CallState};
use crate::store::{Connection, settings};

/// Calls that changed, in the order of their revisions.
pub struct Batch {
    calls: Vec<Call>,
    last: i64,
    names: Arc<Names>,
    presence: Arc<Presence>,
    /// When they were read.
    now: Time,
    longest_call: TimeDelta,
    /// The entries as clients read them, for each zone that somebody asked for.
    written: Mutex<Vec<(Tz, Arc<Written>)>>,
}

struct Call {
    change: Change,
    state: Option<CallState>,
    entries: Arc<Sealed>,
}

/// The calls as clients read them.
type Written = Vec<WrittenCall>;

/// A call as clients read it.
struct WrittenCall {
    /// Each of its entries, once somebody has seen it.
    entries: Vec<OnceLock<Arc<OwnedEntry>>>,
    /// The whole, by the places of the entries that are seen.
    views: Mutex<Vec<(Vec<usize>, Arc<ChangedCall>)>>,
}

/// So many different views of a call are kept for others who have the same. Most calls have fewer.
const VIEWS: usize = 16;

impl Batch {
    /// Reads the calls of these changes, as they are now: what changes meanwhile comes again,
    /// with its own revision.
    ///
    /// # Errors
    /// The database's.
    pub(in crate::api) fn read(
        conn: &mut Connection,
        changes: Vec<Change>,
        names: Arc<Names>,
        presence: &Arc<Presence>,
    ) -> QueryResult<Self> {
        let ids: Vec<CallId> = changes.iter().map(|change| change.call).collect();
        let entries = feed::entries(conn, &ids)?.into_iter();
        let entries: HashMap<CallId, Arc<Sealed>> = entries
            .map(|(call, sealed)| (call, Arc::new(sealed)))
            .collect();
        let states = feed::states(conn, &ids)?;
        let call = |change: Change| Call {
            state: states.get(&change.call).copied(),
            entries: entries.get(&change.call).cloned().unwrap_or_default(),
            change,
        };
        Ok(Self {
            last: changes.last().map_or(0, |change| change.revision),
            calls: changes.into_iter().map(call).collect(),
            names,
            presence: Arc::clone(presence),
            now: Utc::now(),
            longest_call: settings::longest_call(conn)?,
            written: Mutex::default(),
        })
    }

    /// The last revision.
    pub fn last(&self) -> i64 {
        self.last
    }

    /// What this sight sees of the calls that changed after a revision, with times in `zone`.
    pub fn seen(&self, sight: &Sight, zone: Tz, after: i64) -> Vec<Arc<ChangedCall>> {
        let numbered = self.calls.iter().enumerate();
        numbered
            .filter(|(_, call)| call.change.revision > after)
            .filter_map(|(number, call)| self.seen_of(number, call, sight, zone))
            .collect()
    }

    fn seen_of(
        &self,
        number: usize,
        call: &Call,
        sight: &Sight,
        zone: Tz,
    ) -> Option<Arc<ChangedCall>> {
        let (id, revision) = (call.change.call, call.change.revision);
        let mut lines = sight.open(&call.entries).peekable();
        if let (Some(state), Some(_)) = (call.state, lines.peek()) {
            if call.change.removed {
                // It is a call again, of which a later change tells.
                return None;
            }
            let written = self.written(zone);
            let lines: Vec<(usize, &Line)> = lines.collect();
            let view = written.get(number)?.view(&lines, |written| {
                let entry = |(place, line): &(usize, &Line)| {
                    let write = || Arc::new(self.write(line, zone));
                    Some(Arc::clone(written.get(*place)?.get_or_init(write)))
                };
                let entries = lines.iter().filter_map(entry).collect();
                let settled = state.is_settled(self.now, self.longest_call);
                ChangedCall::of(id, revision, state.changed_at, settled, entries)
            });
            return Some(view);
        }
        let was_seen = call.change.owners.iter().any(|owner| sight.reads(owner));
        was_seen.then(|| Arc::new(ChangedCall::removed(id, revision)))
    }

    fn write(&self, line: &Line, zone: Tz) -> OwnedEntry {
        let view = View {
            names: &self.names,
            presence: &self.presence.look(),
            zone,
            now: self.now,
        };
        OwnedEntry::of(line, &view)
    }

    fn written(&self, zone: Tz) -> Arc<Written> {
        let mut zones = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, written)) = zones.iter().find(|(known, _)| *known == zone) {
            return Arc::clone(written);
        }
        let call = |call: &Call| WrittenCall {
            entries: vec![OnceLock::new(); call.entries.count()],
            views: Mutex::default(),
        };
        let written: Arc<Written> = Arc::new(self.calls.iter().map(call).collect());
        zones.push((zone, Arc::clone(&written)));
        written
    }
}

impl WrittenCall {
    /// The call with these of its entries: made once for all who see the same.
    fn view(
        &self,
        lines: &[(usize, &Line)],
        make: impl FnOnce(&[OnceLock<Arc<OwnedEntry>>]) -> ChangedCall,
    ) -> Arc<ChangedCall> {
        let mut views = self.views.lock().unwrap_or_else(PoisonError::into_inner);
        let places = || lines.iter().map(|(place, _)| place);
        let known = views.iter().find(|(of, _)| of.iter().eq(places()));
        if let Some((_, call)) = known {
            return Arc::clone(call);
        }
        let call = Arc::new(make(&self.entries));
        if views.len() < VIEWS {
            views.push((places().copied().collect(), Arc::clone(&call)));
        }
        call
    }
}

/// Each call once, at its last change, with all who had entries of it at one of them.
pub(super) fn together(changes: &[Change]) -> Vec<Change> {
    let mut calls: HashMap<CallId, Change> = HashMap::with_capacity(changes.len());
    for change in changes {
        match calls.entry(change.call) {
            Entry::Vacant(new) => drop(new.insert(change.clone())),
            Entry::Occupied(mut known) => {
                let mut change = change.clone();
                change.owners.append(&mut known.get_mut().owners);
                known.insert(change);
            }
        }
    }
    let mut changes: Vec<Change> = calls.into_values().collect();
    changes.sort_unstable_by_key(|change| change.revision);
    changes
}
