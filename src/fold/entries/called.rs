//! The entries of those who were called.

use std::collections::{BTreeMap, HashSet};

use chrono::TimeDelta;

use super::{Decided, Parts, talked};
use crate::asterisk::Channel;
use crate::fold::contacts::Contact;
use crate::fold::talk::Talk;
use crate::fold::who::Party;
use crate::model::{Outcome, Owner, OwnerKind, Rule, Side, Status, customer_key};

/// What happens at once is written within this: seconds are cut off, events follow each other.
const INSTANT: TimeDelta = TimeDelta::seconds(1);

impl Parts<'_> {
    pub(super) fn called_entries(&self) -> Vec<Decided> {
        let mut owners: BTreeMap<Owner, Vec<&Contact<'_>>> = BTreeMap::new();
        for contact in self.contacts {
            for owner in owners_of(contact) {
                owners.entry(owner).or_default().push(contact);
            }
        }
        owners
            .into_iter()
            .map(|(owner, contacts)| match owner.kind {
                OwnerKind::Customer => self.called_outside(owner, &contacts),
                _ => self.called_entry(owner, &contacts),
            })
            .collect()
    }

    /// The entry of a user or an agent who was called.
    fn called_entry(&self, owner: Owner, contacts: &[&Contact<'_>]) -> Decided {
        let talked = contacts.iter().find(|contact| contact.talk.is_some());
        let last = contacts.iter().max_by_key(|contact| contact.began);
        let Some(shown) = talked.or(last) else {
            return (self.entry(owner, Side::default()), Rule::Unanswered);
        };
        let mut entry = self.entry(owner, self.side_of(shown));
        entry.start = contacts.iter().map(|c| c.began).min().unwrap_or(self.start);
        entry.src = self.caller_towards(contacts);
        let own_talks = self.own_talks(&entry.owner, contacts);
        self::talked(&mut entry, &own_talks);
        let untalked = last.filter(|_| talked.is_none());
        let elsewhere = untalked.is_some_and(|last| self.answered_since(last));
        let rule;
        (entry.status, rule) = match (talked, entry.talk_seconds) {
            (Some(_), None) => (Status::Ongoing, Rule::Talks),
            // On hold, or between two bridges.
            (Some(_), Some(_)) if self.is_there(contacts) => (Status::Ongoing, Rule::GoesOn),
            (Some(_), Some(_)) => (Status::Answered, Rule::Talked),
            (None, _) if rings(contacts) => (Status::Ongoing, Rule::Rings),
            // Who was not reached may be tried again, or somebody else may answer.
            (None, _) if self.there.is_some() && !elsewhere => (Status::Ongoing, Rule::MayBeTried),
            (None, _) if elsewhere => (Status::Missed, Rule::AnsweredElsewhere),
            (None, _) => (Status::Missed, Rule::Unanswered),
        };
        entry.answered_elsewhere = entry.status == Status::Missed && elsewhere;
        if let Some(visit) = shown.visit {
            self.add_queue(&mut entry, visit);
            if talked.is_none() {
                entry.agent = shown.member.as_ref().and_then(|m| m.agent.clone());
                entry.member_user = shown.member.as_ref().and_then(|m| m.user.clone());
            }
        }
        if entry.owner.kind == OwnerKind::Agent {
            entry.agent = Some(entry.owner.name.clone());
        }
        (entry, rule)
    }

    /// The talks of somebody who was called. Of a queue's member the queue log tells all;
    /// anybody else may be moved into a conference, or call on (be transferred, or consult).
    fn own_talks(&self, owner: &Owner, contacts: &[&Contact<'_>]) -> Vec<Talk> {
        let mut talks: Vec<Talk> = contacts.iter().filter_map(|contact| contact.talk).collect();
        let mut phones: Vec<&Channel> = contacts
            .iter()
            .filter(|contact| contact.talk.is_some() && contact.visit.is_none())
            .filter_map(|contact| contact.phone)
            .collect();
        phones.sort_unstable();
        phones.dedup();
        if owner.kind == OwnerKind::User && !phones.is_empty() {
            talks.extend(phones.into_iter().flat_map(|phone| self.room_talks(phone)));
            let calls = self.index.calls_of.get(&owner.name);
            talks.extend(calls.into_iter().flatten());
        }
        talks
    }

    /// The entry of an outside number that was called.
    fn called_outside(&self, owner: Owner, contacts: &[&Contact<'_>]) -> Decided {
        let phones: HashSet<&Channel> = contacts.iter().filter_map(|c| c.phone).collect();
        let calls = phones
            .iter()
            .filter_map(|phone| self.index.contacts_from.get(phone));
        let all = contacts.iter().chain(calls.flatten());
        let talks: Vec<Talk> = all.filter_map(|contact| contact.talk).collect();
        let dst = contacts.first().map(|contact| self.side_of(contact));
        let mut entry = self.entry(owner, dst.unwrap_or_default());
        entry.src = self.caller_towards(contacts);
        talked(&mut entry, &talks);
        let rule;
        (entry.status, rule) = if rings(contacts) {
            (Status::Ongoing, Rule::Rings)
        } else if entry.talk_seconds.is_none() {
            (Status::Ongoing, Rule::Talks)
        } else if self.is_there(contacts) {
            (Status::Ongoing, Rule::GoesOn)
        } else {
            (Status::Emitted, Rule::WasCalled)
        };
        (entry, rule)
    }

    /// Whether a phone that was called has not hung up yet, in a call that goes on.
    fn is_there(&self, contacts: &[&Contact<'_>]) -> bool {
        let mut phones = contacts.iter().filter_map(|contact| contact.phone);
        self.there
            .is_some_and(|there| phones.any(|phone| there.contains(phone)))
    }

    /// Whether somebody answered after this ringing began. Rows of one channel that overlap are
    /// of one dialling, and then the answer came after all phones had begun to ring, whatever
    /// the row says: where the caller was up already it has the dialling's beginning as answer.
    pub(in crate::fold) fn answered_since(&self, ringing: &Contact<'_>) -> bool {
        self.index.talked.iter().any(|other| {
            let talk = other.talk;
            talk.is_some_and(|talk| talk.from >= ringing.began || together(ringing, other))
        })
    }

    /// Whether a ringing ended because another phone of the same dialling was answered.
    pub(in crate::fold) fn overtaken(&self, ringing: &Contact<'_>) -> bool {
        let Some(ended) = ringing.ended else {
            return false;
        };
        let at_once = |talk: Talk| (talk.from - ended).abs() <= INSTANT;
        let mut talked = self.index.talked.iter();
        talked.any(|other| other.talk.is_some_and(at_once) && together(ringing, other))
    }
}

/// Whether two phones were called by one dialling.
fn together(one: &Contact<'_>, other: &Contact<'_>) -> bool {
    match (one.path, other.path) {
        (Some(a), Some(b)) => {
            let (a, b) = (a.outer, b.outer);
            a.uniqueid == b.uniqueid && a.start < b.end && b.start < a.end
        }
        _ => false,
    }
}

fn rings(contacts: &[&Contact<'_>]) -> bool {
    let mut outcomes = contacts.iter().map(|contact| contact.outcome);
    outcomes.any(|outcome| outcome == Outcome::Ringing)
}

/// In whose histories a contact stands.
pub(in crate::fold) fn owners_of(contact: &Contact<'_>) -> Vec<Owner> {
    let mut owners = Vec::new();
    match &contact.party {
        Some(Party::User(user)) => owners.push(Owner::user(user)),
        Some(Party::Inside) | None => {}
        Some(Party::Outside) => {
            let key = contact.number.as_deref().and_then(customer_key);
            owners.extend(key.map(Owner::customer));
        }
    }
    owners.extend(contact.agent.as_ref().map(Owner::agent));
    owners
}
