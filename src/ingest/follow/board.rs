//! What there is to be told of a follower: in `/health/ready`, and in the log when it changes.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use chrono::Utc;

use super::Trouble;
use crate::model::Time;

/// Whether this process follows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Role {
    /// It does not know yet: the database has not answered.
    #[default]
    Starting,
    /// Another process follows; this one takes over should that end.
    Standby,
    /// It does.
    Following,
}

/// Something that does not work now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// What: a source, or a part of the follower.
    pub name: String,
    /// Why, in words for everybody.
    pub summary: String,
    /// Since when.
    pub since: Time,
}

/// What there is to be told. All threads of a follower write on it.
#[derive(Default)]
pub struct Board(Mutex<State>);

#[derive(Default)]
struct State {
    role: Role,
    troubles: BTreeMap<String, Entry>,
    complaints: BTreeMap<String, Notice>,
    /// When each part last began a step that found nothing more to do.
    up_to_date: BTreeMap<String, Time>,
}

struct Entry {
    notice: Notice,
    detail: String,
    began: Instant,
}

impl Board {
    /// Whether this process follows, and all that does not work now.
    pub fn read(&self) -> (Role, Vec<Notice>) {
        let state = self.state();
        let troubles = state.troubles.values().map(|entry| &entry.notice);
        let notices = troubles.chain(state.complaints.values()).cloned();
        (state.role, notices.collect())
    }

    /// Sets whether it follows; what its tasks had said before is forgotten when it does not.
    pub(super) fn role(&self, role: Role) {
        let mut state = self.state();
        if role != Role::Following {
            state.complaints.clear();
            state.up_to_date.clear();
        }
        state.role = role;
    }

    /// A task failed. The first time, and when it fails otherwise than before, the log says so.
    pub(super) fn failed(&self, name: &str, trouble: &Trouble) {
        let mut state = self.state();
        let (since, began) = match state.troubles.get(name) {
            Some(entry) => (entry.notice.since, entry.began),
            None => (Utc::now(), Instant::now()),
        };
        let is_told = state.troubles.get(name).is_some_and(|entry| {
            entry.detail == trouble.detail && entry.notice.summary == trouble.summary
        });
        if !is_told {
            log::warn!(
                "{name}: {}: {}; trying again and again",
                trouble.summary,
                trouble.detail
            );
        }
        let entry = Entry {
            notice: notice(name, &trouble.summary, since),
            detail: trouble.detail.clone(),
            began,
        };
        state.troubles.insert(name.to_owned(), entry);
    }

    /// A task works, perhaps with a complaint.
    pub(super) fn works(&self, name: &str, complaint: Option<&str>) {
        let mut state = self.state();
        if let Some(entry) = state.troubles.remove(name) {
            let seconds = entry.began.elapsed().as_secs_f32();
            log::info!("{name}: works again after {seconds:.1} s");
        }
        let told = state.complaints.get(name);
        if told.map(|told| told.summary.as_str()) == complaint {
            return;
        }
        match complaint {
            Some(complaint) => {
                log::warn!("{name}: {complaint}");
                let told = notice(name, complaint, Utc::now());
                state.complaints.insert(name.to_owned(), told);
            }
            None => {
                state.complaints.remove(name);
            }
        }
    }

    /// A part has taken in everything that was there at this time.
    pub(super) fn is_up_to_date(&self, name: &str, at: Time) {
        self.state().up_to_date.insert(name.to_owned(), at);
    }

    /// Up to when all of these parts have taken in everything; None before they have.
    pub(super) fn followed_until(&self, parts: &[String]) -> Option<Time> {
        let state = self.state();
        let times = parts.iter().map(|part| state.up_to_date.get(part).copied());
        times.collect::<Option<Vec<_>>>()?.into_iter().min()
    }

    /// A part has ended, and nothing is to be told of it any more.
    pub(super) fn forget(&self, name: &str) {
        let mut state = self.state();
        state.troubles.remove(name);
        state.complaints.remove(name);
        state.up_to_date.remove(name);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn notice(name: &str, summary: &str, since: Time) -> Notice {
    Notice {
        name: name.to_owned(),
        summary: summary.to_owned(),
        since,
    }
}
