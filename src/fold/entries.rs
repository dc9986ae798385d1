//! The entries of a call: who gets a line in whose history, and what stands in it.

use std::collections::{BTreeMap, HashSet};

use chrono::TimeDelta;

use super::callers::Caller;
use super::contacts::Contact;
use super::index::Index;
use super::paths::Path;
use super::sides::{dialled, direction};
use super::talk::{Talk, talking_since, union_seconds};
use super::who::{Member, Party, Who};
use crate::asterisk::Channel;
use crate::model::{
    Direction, Entry, Outcome, Owner, OwnerKind, Rule, Side, Status, Time, Visit, customer_key,
};

/// What happens at once is written within this: seconds are cut off, events follow each other.
const INSTANT: TimeDelta = TimeDelta::seconds(1);

/// An entry, and the rule that gave it its status.
pub(super) type Decided = (Entry, Rule);

/// Everything that is known of a call before its entries are written.
pub(super) struct Parts<'a> {
    pub(super) who: Who<'a>,
    pub(super) visits: &'a [Visit],
    pub(super) contacts: &'a [Contact<'a>],
    pub(super) callers: &'a [Caller<'a>],
    pub(super) start: Time,
    /// While the call goes on, the channels that are known to be there still.
    there: Option<&'a HashSet<&'a Channel>>,
    pub(super) direction: Direction,
    /// What the caller dialled; see [`dialled`].
    pub(super) dialled: Option<String>,
    pub(super) index: Index<'a>,
}

impl<'a> Parts<'a> {
    pub(super) fn new(
        who: Who<'a>,
        paths: &'a [Path<'a>],
        visits: &'a [Visit],
        contacts: &'a [Contact<'a>],
        callers: &'a [Caller<'a>],
        start: Time,
        there: Option<&'a HashSet<&'a Channel>>,
    ) -> Self {
        Self {
            index: Index::of(&who, paths, contacts),
            direction: direction(callers, contacts),
            dialled: callers.first().and_then(|caller| dialled(caller, paths)),
            who,
            visits,
            contacts,
            callers,
            start,
            there,
        }
    }

    /// All entries of the call, in the order of their owners, each with the rule that gave it
    /// its status.
    pub(super) fn entries(&self) -> Vec<Decided> {
        let mut entries: BTreeMap<(Owner, i16), Decided> = BTreeMap::new();
        // Caller before talked before rang: whoever has an entry keeps it.
        let all = self
            .visit_entries()
            .into_iter()
            .chain(self.caller_entries())
            .chain(self.called_entries());
        for decided in all {
            let entry = &decided.0;
            entries
                .entry((entry.owner.clone(), entry.ordinal))
                .or_insert(decided);
        }
        let mut entries: Vec<Decided> = entries.into_values().collect();
        self.mark_agents(&mut entries);
        entries
    }

    /// The line of the call in the list of all calls: what its caller did, whoever that was,
    /// and what became of it for anybody. Talk is all talk, in rooms that the caller has left
    /// as well.
    pub(super) fn summary(&self, caller: &Caller<'_>) -> Decided {
        let (mut entry, rule) = self.caller_entry(Owner::all(), caller, true);
        if !self.index.rooms.is_empty() {
            let contacts = self.contacts.iter().filter_map(|contact| contact.talk);
            let rooms = self.index.rooms.values().flatten();
            let rooms = rooms.filter_map(|path| path.talk());
            talked(&mut entry, &contacts.chain(rooms).collect::<Vec<_>>());
        }
        (entry, rule)
    }

    fn visit_entries(&self) -> Vec<Decided> {
        let visits = self.visits.iter().enumerate();
        visits
            .map(|(n, visit)| {
                let dst = Side {
                    number: self.queue_number(n),
                    ..Side::default()
                };
                let mut entry = self.entry(Owner::queue(&visit.queue), dst);
                entry.ordinal = i16::try_from(n).unwrap_or(i16::MAX);
                entry.start = visit.entered;
                entry.status = visit.status;
                entry.talk_seconds = visit.talk_seconds;
                entry.talking_since = visit.connected.filter(|_| visit.talk_seconds.is_none());
                entry.src = self.caller_of(visit);
                self.add_queue(&mut entry, n);
                (entry, visit.rule)
            })
            .collect()
    }

    fn caller_entries(&self) -> Vec<Decided> {
        let callers = self.callers.iter().enumerate();
        callers
            .filter_map(|(n, caller)| {
                let owner = match &caller.party {
                    Party::User(user) => Owner::user(user),
                    Party::Inside => return None,
                    Party::Outside => {
                        Owner::customer(customer_key(caller.side.number.as_deref()?)?)
                    }
                };
                Some(self.caller_entry(owner, caller, n == 0))
            })
            .collect()
    }

    /// The entry of a caller. To the call's own caller belongs all of it, to others who came
    /// into it with a call of their own what their own channel did.
    fn caller_entry(&self, owner: Owner, caller: &Caller<'_>, first: bool) -> Decided {
        let contacts: Vec<&Contact<'_>> = if first {
            self.contacts.iter().collect()
        } else {
            let from = caller.channel.and_then(|c| self.index.contacts_from.get(c));
            from.cloned().unwrap_or_default()
        };
        let visits = if first { self.visits.len() } else { 0 };
        let mut talks: Vec<Talk> = contacts.iter().filter_map(|contact| contact.talk).collect();
        talks.extend(caller.channel.into_iter().flat_map(|c| self.room_talks(c)));
        let goes_on = if first {
            self.there.is_some()
        } else {
            caller.row.is_some_and(|row| row.open) || talks.iter().any(|talk| talk.until.is_none())
        };
        let dst = self.reached(&contacts, visits, caller);
        let mut entry = self.entry(owner, dst);
        entry.start = if first { self.start } else { caller.start };
        entry.src = caller.side.clone();
        talked(&mut entry, &talks);
        let last = visits.checked_sub(1).map(|last| self.visits[last].status);
        let rule;
        (entry.status, rule) = match (entry.owner.kind, last) {
            _ if goes_on => (Status::Ongoing, Rule::GoesOn),
            (OwnerKind::User | OwnerKind::Agent | OwnerKind::Queue, _) => {
                (Status::Emitted, Rule::Called)
            }
            _ if !talks.is_empty() => (Status::Answered, Rule::SomebodyTalked),
            (OwnerKind::Customer | OwnerKind::All, Some(last)) => (last, Rule::LastVisit),
            (OwnerKind::Customer | OwnerKind::All, None) => (Status::Missed, Rule::NobodyTalked),
        };
        if visits > 0 {
            let answered = contacts.iter().filter(|contact| contact.talk.is_some());
            let answering = answered.filter_map(|contact| contact.visit).next();
            self.add_queue(&mut entry, answering.unwrap_or(visits - 1));
        }
        if !first {
            entry.dialed = None;
        }
        (entry, rule)
    }

    fn called_entries(&self) -> Vec<Decided> {
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

    /// An entry with what is the same for all.
    fn entry(&self, owner: Owner, dst: Side) -> Entry {
        let dialled = self.dialled.as_ref();
        let dialed = dialled.filter(|dialled| dst.number.as_ref() != Some(dialled));
        Entry {
            owner,
            ordinal: 0,
            start: self.start,
            status: Status::Missed,
            talk_seconds: Some(0),
            talking_since: None,
            wait_seconds: None,
            answered_elsewhere: false,
            src: Side::default(),
            dst,
            dialed: dialed.cloned(),
            queue: None,
            agent: None,
            member_user: None,
            direction: self.direction,
            account_code: None,
            has_recording: false,
            also_agent: false,
        }
    }

    /// Tells in an entry which queue, how long the wait was, and who answered there.
    fn add_queue(&self, entry: &mut Entry, visit: usize) {
        entry.queue = Some(self.visits[visit].queue.clone());
        entry.wait_seconds = self.visits[visit].wait_seconds;
        if let Some(member) = self.member_of(visit) {
            entry.agent = member.agent;
            entry.member_user = member.user;
        }
    }

    /// The member who answered in this visit.
    fn member_of(&self, visit: usize) -> Option<Member> {
        let answered = self.index.answered.get(&visit);
        answered.and_then(|contact| contact.member.clone())
    }

    /// The talks of a channel in conference rooms.
    fn room_talks(&self, channel: &Channel) -> impl Iterator<Item = Talk> {
        let rooms = self.index.rooms.get(channel);
        rooms.into_iter().flatten().filter_map(|path| path.talk())
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
    pub(super) fn answered_since(&self, ringing: &Contact<'_>) -> bool {
        self.index.talked.iter().any(|other| {
            let talk = other.talk;
            talk.is_some_and(|talk| talk.from >= ringing.began || together(ringing, other))
        })
    }

    /// Whether a ringing ended because another phone of the same dialling was answered.
    pub(super) fn overtaken(&self, ringing: &Contact<'_>) -> bool {
        let Some(ended) = ringing.ended else {
            return false;
        };
        let at_once = |talk: Talk| (talk.from - ended).abs() <= INSTANT;
        let mut talked = self.index.talked.iter();
        talked.any(|other| other.talk.is_some_and(at_once) && together(ringing, other))
    }

    /// Marks the entries of users whose own agent has an entry of this call as well.
    fn mark_agents(&self, entries: &mut [Decided]) {
        let agents: HashSet<String> = entries
            .iter()
            .map(|(entry, _)| entry)
            .filter(|entry| entry.owner.kind == OwnerKind::Agent)
            .map(|entry| entry.owner.name.clone())
            .collect();
        for (entry, _) in entries.iter_mut() {
            if entry.owner.kind == OwnerKind::User {
                let user = self.who.directory.user(&entry.owner.name);
                let agent = user.and_then(|user| user.agent_number.as_ref());
                entry.also_agent = agent.is_some_and(|agent| agents.contains(agent));
            }
        }
    }
}

/// Writes down how long, or since when, the owner talks.
fn talked(entry: &mut Entry, talks: &[Talk]) {
    entry.talk_seconds = union_seconds(talks);
    entry.talking_since = talking_since(talks);
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
pub(super) fn owners_of(contact: &Contact<'_>) -> Vec<Owner> {
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
