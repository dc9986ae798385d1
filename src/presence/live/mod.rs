//! Calls in progress, as the PBXs tell them: for those that write nothing of a call before it is
//! over. What channels and queues do is what `cel` and `queue_log` would have of it, so it is
//! folded as they are. In memory, for as long as the calls go on: then the records tell.

mod in_progress;
mod source;
mod version;

use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::asterisk::ChannelEvent;
use crate::asterisk::ami::Report;
use crate::fold::explain;
use crate::model::{CallId, Detail, Directory, Entry, Line, Owner, Readable, Time};
use source::Source;
use version::Version;

pub use source::Mark;

/// How a call in progress went so far.
#[derive(Clone, Debug)]
pub struct LiveDetail {
    /// How it went.
    pub detail: Detail,
    /// More was told of it than is kept.
    pub is_cut: bool,
}

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
            let first = events.first();
            if !first.is_some_and(|event| source.hears_of(&event.uniqueid)) {
                events.into_iter().for_each(|event| source.channel(event));
            }
        });
    }

    /// This moment, at this time: before a list is asked for.
    pub fn mark(&self, source: &str, time: Time) -> Mark {
        self.change(source, |source| source.mark(time))
    }

    /// Ends the channels that were known when a list was asked for and are not in it.
    pub fn end_list(&self, source: &str, listed: &HashSet<String>, asked: Mark) {
        self.change(source, |source| source.end_others(listed, asked));
    }

    /// Ends the calls of which nothing was told for longer than this, by a clock that nobody
    /// sets: their end was lost. Whether there were any.
    pub fn end_silent(&self, longest: Duration, now: Instant) -> bool {
        let mut sources = self.sources();
        let each = sources.values_mut();
        each.fold(false, |any, source| source.end_silent(longest, now) | any)
    }

    /// Forgets the calls of a source: it is not heard any more.
    pub fn forget(&self, source: &str) {
        self.sources().remove(source);
    }

    /// The lines of calls in progress in these histories, in no order. Those of calls that have
    /// records are among them.
    pub fn lines(&self, readable: &Readable, directory: &Arc<Directory>) -> Vec<Line> {
        let owners: HashSet<&Owner> = readable.owners().iter().collect();
        let wanted = |entry: &&Entry| {
            let is_left_out = entry.also_agent && readable.leaves_out_agent_calls(&entry.owner);
            owners.contains(&entry.owner) && !is_left_out
        };
        let mut lines = Vec::new();
        for version in self.versions() {
            let Some(call) = version.call(directory) else {
                continue;
            };
            lines.extend(call.lines().filter(wanted).map(|entry| Line {
                call: call.id,
                entry: entry.clone(),
            }));
        }
        lines
    }

    /// How a call in progress went so far; None when there is none with this id.
    pub fn detail(&self, id: CallId, directory: &Directory) -> Option<LiveDetail> {
        let is_it =
            |version: &Arc<Version>| CallId::of(&version.rows.source, &version.rows.linkedid) == id;
        let version = self.versions().into_iter().find(is_it)?;
        Some(LiveDetail {
            detail: explain(version.rows.clone(), directory)?,
            is_cut: version.is_cut,
        })
    }

    /// What is known of the calls now: what takes long is done with these, while others go on.
    fn versions(&self) -> Vec<Arc<Version>> {
        let sources = self.sources();
        sources.values().flat_map(Source::versions).collect()
    }

    fn change<T>(&self, source: &str, change: impl FnOnce(&mut Source) -> T) -> T {
        let mut sources = self.sources();
        match sources.get_mut(source) {
            Some(source) => change(source),
            None => change(
                sources
                    .entry(source.to_owned())
                    .or_insert(Source::new(source)),
            ),
        }
    }

    fn sources(&self) -> MutexGuard<'_, BTreeMap<String, Source>> {
        self.sources.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
