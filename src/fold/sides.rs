//! The two sides of an entry: who called, who was called, and what was dialled.

use super::callers::{self, Caller};
use super::contacts::Contact;
use super::entries::Parts;
use super::paths::Path;
use super::who::Party;
use crate::model::{Direction, Side, Visit, is_dialable};

/// Of so many who were called first it is asked whether they were handed on to a queue.
const LOOKED_AT: usize = 64;

impl Parts<'_> {
    /// The number of a visit's queue: the directory's, else its name (FreePBX's queues are
    /// named by their numbers), else what was dialled where that led into this queue.
    pub(super) fn queue_number(&self, visit: usize) -> Option<String> {
        let name = &self.visits[visit].queue;
        let queue = self.who.directory.queue(name);
        queue
            .map(|queue| queue.number.clone())
            .filter(|number| !number.is_empty())
            .or_else(|| Some(name.clone()).filter(|name| is_dialable(name)))
            .or_else(|| {
                let row = self.callers.first()?.row?;
                let dialled = self.dialled.clone();
                dialled.filter(|_| row.queue() == Some(name.as_str()))
            })
    }

    /// Whom a caller reached: who answered first, else what was dialled.
    pub(super) fn reached(
        &self,
        contacts: &[&Contact<'_>],
        visits: usize,
        caller: &Caller<'_>,
    ) -> Side {
        let first_talk = |contact: &&&Contact<'_>| contact.talk.map(|talk| talk.from);
        // Whoever calls themselves and others (call-back) wanted the others.
        let oneself = |contact: &Contact<'_>| {
            caller.party.user().is_some() && contact.party.as_ref() == Some(&caller.party)
        };
        let mut talked: Vec<_> = contacts.iter().filter(|c| c.talk.is_some()).collect();
        if talked.iter().any(|contact| !oneself(contact)) {
            talked.retain(|contact| !oneself(contact));
        }
        if let Some(contact) = talked.into_iter().min_by_key(first_talk) {
            return self.side_of(contact);
        }
        if visits > 0 {
            return Side {
                number: self.queue_number(visits - 1),
                ..Side::default()
            };
        }
        if let Some(contact) = contacts.first()
            && contacts.iter().all(|other| other.number == contact.number)
            && contact.number.is_some()
        {
            return self.side_of(contact);
        }
        let dialled = caller.row.and_then(|row| {
            let did = Some(row.did.as_str()).filter(|did| is_dialable(did));
            row.dialled().or(did)
        });
        match dialled {
            Some(number) => self.side_of_number(number.to_owned()),
            None => contacts
                .first()
                .map(|contact| self.side_of(contact))
                .unwrap_or_default(),
        }
    }

    fn side_of_number(&self, number: String) -> Side {
        let directory = self.who.directory;
        let user = directory.user_of_number(self.who.source, &number, self.start);
        Side {
            user: user.map(|user| user.username.clone()),
            number: Some(number),
            name: None,
        }
    }

    /// How a called phone is shown.
    pub(super) fn side_of(&self, contact: &Contact<'_>) -> Side {
        let dialled = contact.path.map_or("", |path| path.row.dst.as_str());
        let user = contact.party.as_ref().and_then(Party::user);
        let number = match user {
            Some(user) => self
                .who
                .number_of(user, dialled, contact.phone, contact.began),
            None => contact.number.clone(),
        };
        let queue = || contact.visit.and_then(|visit| self.queue_number(visit));
        Side {
            number: number.or_else(queue),
            user: user.map(str::to_owned),
            name: None,
        }
    }

    /// Who called these phones: the call's caller where they had to do with each other, else
    /// who dialled them first (a consultation before a transfer).
    pub(super) fn caller_towards(&self, contacts: &[&Contact<'_>]) -> Side {
        let Some(caller) = self.callers.first() else {
            return Side::default();
        };
        let by_caller = |contact: &&Contact<'_>| {
            contact
                .path
                .is_none_or(|path| path.from.is_none() || path.from == caller.channel)
        };
        let talked_elsewhere =
            |contact: &&Contact<'_>| contact.talk.is_some() && !by_caller(contact);
        let talked = contacts.iter().any(|c| c.talk.is_some() && by_caller(c));
        let only_rang = !contacts.iter().any(talked_elsewhere) && contacts.iter().any(by_caller);
        match contacts.first().and_then(|contact| contact.path) {
            Some(path) if !talked && !only_rang => {
                callers::side(&self.who, path.outer, path.from).1
            }
            _ => caller.side.clone(),
        }
    }

    /// Who entered a queue: who calls on the row of the channel that the queue log names. Of
    /// somebody who was called and then handed on to the queue there may be no such row.
    pub(super) fn caller_of(&self, visit: &Visit) -> Side {
        if let Some(path) = self.index.by_uniqueid.get(visit.callid.as_str()) {
            return callers::side(&self.who, path.outer, path.from).1;
        }
        let Some(caller) = self.callers.first() else {
            return Side::default();
        };
        let is_another = caller.row.is_some_and(|row| row.uniqueid != visit.callid);
        let called = self.contacts.iter().take(LOOKED_AT);
        let called = called.filter(|c| is_another && c.began <= visit.entered);
        let mut called = called.map(|contact| self.side_of(contact));
        let own = |side: &Side| side.number.is_some() && side.number == visit.caller_number;
        called.find(own).unwrap_or_else(|| caller.side.clone())
    }
}

/// Which way a call went.
pub(super) fn direction(callers: &[Caller<'_>], contacts: &[Contact<'_>]) -> Direction {
    let from_outside = callers.first().is_some_and(|c| c.party == Party::Outside);
    let to_outside = |contact: &Contact<'_>| contact.party == Some(Party::Outside);
    if from_outside {
        Direction::Inbound
    } else if contacts.iter().any(to_outside) {
        Direction::Outbound
    } else {
        Direction::Internal
    }
}

/// What the caller dialled: the first leg's `dst`. None for a dialplan word, and where a
/// transfer has overwritten it: an answered row that another of the same channel follows,
/// with another application, may have the later one's `dst`.
pub(super) fn dialled(caller: &Caller<'_>, paths: &[Path<'_>]) -> Option<String> {
    let first = caller.row?;
    let dialled = first.dialled()?;
    if first.exact {
        return Some(dialled.to_owned());
    }
    let own = || {
        let is_own = |path: &&Path<'_>| path.outer.uniqueid == first.uniqueid;
        paths.iter().filter(is_own)
    };
    // Of each row it is enough to know the last row with another application.
    let start = |path: &&Path<'_>| path.outer.start;
    let last = own().max_by_key(start)?;
    let other = own().filter(|path| application(path) != application(last));
    let last_other = other.max_by_key(start);
    let overwritten = own().filter(|path| path.talk().is_some()).any(|path| {
        let same = application(path) == application(last);
        let later = if same { last_other } else { Some(last) };
        later.is_some_and(|later| later.outer.start > path.outer.start)
    });
    (!overwritten).then(|| dialled.to_owned())
}

/// What the caller's channel ran.
pub(super) fn application<'a>(path: &Path<'a>) -> (&'a str, &'a str) {
    (&path.outer.lastapp, &path.outer.lastdata)
}
