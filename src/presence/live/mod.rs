//! Calls in progress, as the PBXs tell them: for those that write nothing of a call before it is
//! over. What channels and queues do is what `cel` and `queue_log` would have of it, so it is
//! folded as they are. In memory, for as long as the calls go on: then the records tell.

mod source;

use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::asterisk::ChannelEvent;
use crate::asterisk::ami::Report;
use crate::fold::explain;
use crate::model::{CallId, Detail, Directory, Entry, Line, Owner, Readable, Time};
use source::Source;

/// The calls in progress of all PBXs that are listened to.
#[derive(Debug, Default)]
pub struct LiveCalls {
    sources: Mutex<BTreeMap<String, Source>>,
}

impl LiveCalls {
    /// Takes over what an event of a source says.
    pub fn take(&self, source: &str, report: Report) {
        self.change(source, |source| match report {
            Report::Channel(event) => source.channel(event),
            Report::Dials { event, rings } => source.dials(event, &rings),
            Report::Queue(event) => source.queue(event),
            Report::Hint { .. } => {}
        });
    }

    /// Takes over a channel that is listed, as the events that led to it. One that is known is
    /// left as it is.
    pub fn list(&self, source: &str, events: Vec<ChannelEvent>) {
        self.change(source, |source| {
            let is_known = |event: &ChannelEvent| source.knows(&event.uniqueid);
            if !events.first().is_some_and(is_known) {
                events.into_iter().for_each(|event| source.channel(event));
            }
        });
    }

    /// Ends the channels that began before a list was asked for and are not in it.
    pub fn end_list(&self, source: &str, listed: &HashSet<String>, asked: Time) {
        self.change(source, |source| source.end_others(listed, asked));
    }

    /// Forgets the calls of a source: it is not heard any more.
    pub fn forget(&self, source: &str) {
        self.sources().remove(source);
    }

    /// The lines of calls in progress in these histories, in no order. Those of calls that have
    /// records are among them.
    pub fn lines(&self, readable: &Readable, directory: &Arc<Directory>) -> Vec<Line> {
        let mut lines = Vec::new();
        let owners: HashSet<&Owner> = readable.owners().iter().collect();
        for (name, source) in self.sources().iter_mut() {
            for call in source.calls(name, directory) {
                let wanted = |entry: &&Entry| {
                    let is_left_out =
                        entry.also_agent && readable.leaves_out_agent_calls(&entry.owner);
                    owners.contains(&entry.owner) && !is_left_out
                };
                let wanted = call.lines().filter(wanted);
                lines.extend(wanted.map(|entry| Line {
                    call: call.id,
                    entry: entry.clone(),
                }));
            }
        }
        lines
    }

    /// How a call in progress went so far; None when there is none with this id.
    pub fn detail(&self, id: CallId, directory: &Directory) -> Option<Detail> {
        let rows = self
            .sources()
            .iter()
            .find_map(|(name, source)| source.rows(name, id));
        explain(rows?, directory)
    }

    fn change(&self, source: &str, change: impl FnOnce(&mut Source)) {
        let mut sources = self.sources();
        match sources.get_mut(source) {
            Some(source) => change(source),
            None => change(sources.entry(source.to_owned()).or_default()),
        }
    }

    fn sources(&self) -> MutexGuard<'_, BTreeMap<String, Source>> {
        self.sources.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
