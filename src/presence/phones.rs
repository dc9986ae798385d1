//! The states of phones, as the PBXs' hints tell them, and whose phone that is.
//!
//! A hint watches devices (`PJSIP/1000`) under an extension (`1000@default`). The PBX knows
//! extensions and the directory knows users, so whose it is can be said only when asked.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::fold::DEFAULT_SOURCE;
use crate::model::{Directory, Time, User, is_internal_number};

/// So many hints of one source are kept; no PBX has as many.
pub const MOST_HINTS: usize = 100_000;

/// What the PBX says of an extension.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hint {
    /// The extension: `1000`.
    pub exten: String,
    /// Its context: `default`. One extension may have hints in several.
    pub context: String,
    /// The devices that it watches: `PJSIP/1000`. Empty when the PBX does not say.
    pub devices: Vec<String>,
    /// The state, as a number: 0 idle, 1 in use, 2 busy, 4 unavailable, 8 ringing, 16 on hold,
    /// sums of them, −1 deactivated, −2 removed; whatever the PBX says.
    pub status: i32,
}

/// The hints of all sources.
#[derive(Debug, Default)]
pub(super) struct Phones {
    sources: BTreeMap<String, Hints>,
}

/// The hints of one source.
#[derive(Debug, Default)]
struct Hints {
    by_exten: HashMap<String, Vec<Hint>>,
    /// The extensions that watch a device.
    by_device: HashMap<String, BTreeSet<String>>,
    count: usize,
}

/// Each change returns whether it can be seen.
impl Phones {
    /// Whether nothing is known of any phone.
    pub(super) fn is_empty(&self) -> bool {
        self.sources.is_empty()
    }

    pub(super) fn replace(&mut self, source: &str, hints: Vec<Hint>) -> bool {
        let mut new = Hints::default();
        for hint in hints {
            new.set(hint);
        }
        let old = self.sources.get(source);
        let same = old.is_some_and(|old| old.by_exten == new.by_exten);
        self.sources.insert(source.to_owned(), new);
        !same
    }

    pub(super) fn set(&mut self, source: &str, hint: Hint) -> bool {
        match self.sources.get_mut(source) {
            Some(hints) => hints.set(hint),
            None => self.replace(source, vec![hint]),
        }
    }

    pub(super) fn forget(&mut self, source: &str) -> bool {
        self.sources.remove(source).is_some()
    }

    pub(super) fn of(&self, username: &str, directory: &Directory, now: Time) -> Option<i32> {
        // Most services have no PBX to ask.
        if self.sources.is_empty() {
            return None;
        }
        match directory.user(username) {
            Some(user) => self.by_number(user, directory, now).or_else(|| {
                let sources = self.sources.iter();
                let mut found = sources
                    .filter_map(|(source, hints)| hints.by_phone(source, user, directory, now));
                found.next()
            }),
            None => self.of_learned(username, directory, now),
        }
    }

    /// By the user's numbers, the main one first.
    fn by_number(&self, user: &User, directory: &Directory, now: Time) -> Option<i32> {
        let valid = user.numbers.iter().filter(|n| n.validity.holds(now));
        let mut found = valid.filter_map(|number| {
            let hints = self.sources.get(&number.source)?;
            let hints = hints.by_exten.get(&number.value)?;
            let source = number.source.as_str();
            let owner = directory.user_of_number(source, &number.value, now)?;
            if owner.username != user.username {
                return None;
            }
            // Contexts of several tenants may hold one number: whose phone it is, the device
            // tells, else only what all of them say is certain.
            let own = hints
                .iter()
                .filter(|hint| hint.is_of(source, user, directory, now));
            agreed(own).or_else(|| agreed(hints.iter()))
        });
        found.next()
    }

    /// The state of a user who is known by a number alone: `1000`, `1000@paris`.
    fn of_learned(&self, username: &str, directory: &Directory, now: Time) -> Option<i32> {
        let (number, source) = username
            .split_once('@')
            .unwrap_or((username, DEFAULT_SOURCE));
        if !is_internal_number(number) || directory.user_of_number(source, number, now).is_some() {
            return None;
        }
        agreed(self.sources.get(source)?.by_exten.get(number)?.iter())
    }
}

impl Hints {
    fn set(&mut self, mut hint: Hint) -> bool {
        let same_exten = self.by_exten.entry(hint.exten.clone()).or_default();
        let known = same_exten
            .iter_mut()
            .find(|known| known.context == hint.context);
        if let Some(known) = known {
            if hint.devices.is_empty() {
                // What is removed watches nothing, and may come back.
                hint.devices.clone_from(&known.devices);
            }
            let changed = *known != hint;
            if known.devices != hint.devices {
                watch(&mut self.by_device, &hint);
            }
            *known = hint;
            return changed;
        }
        if self.count >= MOST_HINTS {
            return false;
        }
        self.count += 1;
        watch(&mut self.by_device, &hint);
        same_exten.push(hint);
        true
    }

    /// By the user's phones in this source: the extensions that watch them and nobody else's.
    fn by_phone(&self, source: &str, user: &User, directory: &Directory, now: Time) -> Option<i32> {
        let own = user.endpoints.iter();
        let own = own.filter(|e| e.source == source && e.validity.holds(now));
        let extens: BTreeSet<&String> = own
            .filter_map(|endpoint| self.by_device.get(&endpoint.value))
            .flatten()
            .collect();
        let hints = extens.into_iter().filter_map(|e| self.by_exten.get(e));
        agreed(
            hints
                .flatten()
                .filter(|hint| hint.is_of(source, user, directory, now)),
        )
    }
}

fn watch(by_device: &mut HashMap<String, BTreeSet<String>>, hint: &Hint) {
    for device in &hint.devices {
        let extens = by_device.entry(device.clone()).or_default();
        extens.insert(hint.exten.clone());
    }
}

impl Hint {
    /// The hint of this extension, whose devices are written as in the dialplan:
    /// `PJSIP/1000&Custom:DND1000,CustomPresence:1000`.
    pub fn new(exten: &str, context: &str, watched: &str, status: i32) -> Self {
        let devices = watched.split(',').next().unwrap_or_default().split('&');
        // What has no technology (`Custom:DND1000`, `Queue:blue`) is no phone.
        let devices = devices.map(str::trim).filter(|device| device.contains('/'));
        Self {
            exten: exten.to_owned(),
            context: context.to_owned(),
            devices: devices.map(str::to_owned).collect(),
            status,
        }
    }

    /// Whether all devices are phones that this user has for themselves.
    fn is_of(&self, source: &str, user: &User, directory: &Directory, now: Time) -> bool {
        let is_own = |device: &String| {
            let mut users = directory.users_of_endpoint(source, device, now);
            users.next().is_some_and(|u| u.username == user.username) && users.next().is_none()
        };
        !self.devices.is_empty() && self.devices.iter().all(is_own)
    }
}

/// What all of these say; None when they say different things, or there are none.
fn agreed<'a>(mut hints: impl Iterator<Item = &'a Hint>) -> Option<i32> {
    let status = hints.next()?.status;
    hints.all(|hint| hint.status == status).then_some(status)
}
