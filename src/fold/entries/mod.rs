//! The entries of a call: who gets a line in whose history, and what stands in it.

mod called;

use std::collections::{BTreeMap, HashSet};

use super::callers::Caller;
use super::contacts::Contact;
use super::index::Index;
use super::paths::Path;
use super::sides::{dialled, direction};
use super::talk::{Talk, talking_since, union_seconds};
use super::who::{Member, Party, Who};
use crate::asterisk::Channel;
use crate::model::{
    Direction, Entry, Owner, OwnerKind, Rule, Side, Status, Time, Visit, customer_key,
};

pub(super) use called::owners_of;

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
