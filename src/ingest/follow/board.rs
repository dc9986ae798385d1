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

    /// A part has ended, and nothing is to be told of it any more.
    pub(super) fn forget(&self, name: &str) {
        let mut state = self.state();
        state.troubles.remove(name);
        state.complaints.remove(name);
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
