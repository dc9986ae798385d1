//! Who called: the call's caller, and others who joined it with a call of their own.

use std::collections::{HashMap, HashSet};

use super::contacts::Contact;
use super::paths::Path;
use super::who::{Party, Who};
use crate::asterisk::{Cdr, Channel};
use crate::model::{Side, Time, Visit, customer_key};

/// Somebody who called.
#[derive(Clone, Debug)]
pub(super) struct Caller<'a> {
    pub(super) party: Party,
    /// How they are shown.
    pub(super) side: Side,
    /// Their channel, when a row tells it.
    pub(super) channel: Option<&'a Channel>,
    /// The first row of their channel.
    pub(super) row: Option<&'a Cdr>,
    /// When their call began.
    pub(super) start: Time,
}

/// The callers: first the call's own, then those who came with calls of their own (into a
/// conference, by a merged conversation). Who was called and then calls on is none, be it from
/// another of their channels (a consultation before a transfer).
pub(super) fn callers<'a>(
    who: &Who<'_>,
    linkedid: &str,
    paths: &'a [Path<'a>],
    visits: &[Visit],
    contacts: &[Contact<'_>],
) -> Vec<Caller<'a>> {
    let first = first_path(linkedid, paths);
    let own = |path: &Path<'_>| path.outer.uniqueid == linkedid;
    // The rows of the channel that waits are not written yet, and others' are: who was rung and
    // then asked somebody is not who calls.
    let waits = !paths.iter().any(own) && visits.iter().any(|visit| visit.callid == linkedid);
    let Some(first) = first.filter(|_| !waits).map(|first| of_path(who, first)) else {
        let own = |visit: &&Visit| !waits || visit.callid == linkedid;
        let first = in_queues(who, &visits.iter().filter(own).collect::<Vec<_>>());
        return first.map_or_else(Vec::new, |first| joined(who, first, paths, contacts));
    };
    joined(who, first, paths, contacts)
}

/// The first caller, and those who came with calls of their own.
fn joined<'a>(
    who: &Who<'_>,
    first: Caller<'a>,
    paths: &'a [Path<'a>],
    contacts: &[Contact<'_>],
) -> Vec<Caller<'a>> {
    let called: HashSet<&Channel> = paths
        .iter()
        .filter(|path| !path.is_conference() && !path.originated)
        .filter_map(|path| path.to)
        .collect();
    let mut known = Known::default();
    for contact in contacts.iter().filter(|contact| contact.talk.is_some()) {
        if let Some(Party::User(user)) = &contact.party {
            known.talking.entry(user.clone()).or_insert(contact.began);
        }
    }
    known.is_new(&first, 0);
    let mut callers = vec![first];
    // A caller's own row tells their number; only then who is seen from another's row alone.
    let own = paths.iter().map(|path| (path.from, path, false));
    let rooms = paths.iter().filter(|path| path.is_conference());
    let seen = rooms.map(|path| (path.to, path, true));
    for (channel, path, in_a_room) in own.chain(seen) {
        let Some(channel) = channel.filter(|channel| !called.contains(channel)) else {
            continue;
        };
        if let Some(place) = known.channels.get(channel) {
            // Whoever is in a room from the beginning may be seen there first by others.
            if let Some(caller) = place.and_then(|n| callers.get_mut(n)) {
                caller.start = path.row.start.min(caller.start);
            }
            continue;
        }
        let caller = if in_a_room {
            in_room(who, channel, path)
        } else {
            of_path(who, path)
        };
        if known.is_new(&caller, callers.len()) {
            callers.push(caller);
        }
    }
    callers
}

/// Who has a place in the call already.
#[derive(Default)]
struct Known<'a> {
    /// Their channels, and the place of each among the callers; None for another channel of
    /// somebody who is known.
    channels: HashMap<&'a Channel, Option<usize>>,
    users: HashSet<String>,
    numbers: HashSet<String>,
    /// The users who were called and talked, and when they were called first.
    talking: HashMap<String, Time>,
}

impl<'a> Known<'a> {
    /// Whether the caller is somebody new, who is known from now on.
    fn is_new(&mut self, caller: &Caller<'a>, place: usize) -> bool {
        let is_new = match &caller.party {
            Party::User(user) => {
                let called = self.talking.get(user);
                called.is_none_or(|called| *called > caller.start)
                    && self.users.insert(user.clone())
            }
            Party::Outside | Party::Inside => {
                let number = caller.side.number.as_deref().and_then(customer_key);
                number.is_none_or(|number| self.numbers.insert(number))
            }
        };
        if let Some(channel) = caller.channel {
            // The call's own caller is one whatever else they did.
            let place = Some(place).filter(|place| is_new || *place == 0);
            self.channels.insert(channel, place);
        }
        is_new
    }
}

/// The path of the call's caller: of the channel that gave the linkedid, else the earliest.
fn first_path<'a>(linkedid: &str, paths: &'a [Path<'a>]) -> Option<&'a Path<'a>> {
    let has_caller = |path: &&Path<'_>| path.from.is_some();
    let is_first = |path: &&Path<'_>| path.outer.uniqueid == linkedid;
    paths
        .iter()
        .filter(has_caller)
        .find(is_first)
        .or_else(|| paths.iter().find(has_caller))
        .or_else(|| paths.first())
}

fn of_path<'a>(who: &Who<'_>, path: &Path<'a>) -> Caller<'a> {
    // An originated call whose phone was not picked up, or led nowhere: who sits there asked
    // for it.
    let channel = path.from.or(path.to.filter(|_| path.originated));
    let (party, side) = side(who, path.outer, channel);
    Caller {
        party,
        side,
        channel,
        // What a Local channel ran is not what the caller dialled.
        row: channel.map(|_| path.outer),
        start: path.outer.start,
    }
}

/// Who calls on this row. Without a channel only their number can tell.
pub(super) fn party(who: &Who<'_>, row: &Cdr, channel: Option<&Channel>) -> Party {
    let told = [row.cnum.as_str(), &row.src, &row.clid_number];
    if channel.is_some() {
        return who.at_channel(channel, &told, row.start);
    }
    let number = told.into_iter().find(|number| !number.is_empty());
    number.map_or(Party::Outside, |number| who.at_number(number, row.start))
}

/// Who calls on this row, and how they are shown.
pub(super) fn side(who: &Who<'_>, row: &Cdr, channel: Option<&Channel>) -> (Party, Side) {
    let party = party(who, row, channel);
    let written = [&row.cnum, &row.src, &row.clid_number]
        .into_iter()
        .find(|number| !number.is_empty())
        .cloned();
    let side = match &party {
        Party::User(user) => Side {
            number: who
                .number_of(user, &row.src, channel, row.start)
                .or(written),
            user: Some(user.clone()),
            name: None,
        },
        Party::Outside | Party::Inside => {
            let name = [&row.cnam, &row.clid_name]
                .into_iter()
                .find(|name| !name.is_empty())
                .filter(|name| Some(*name) != written.as_ref());
            Side {
                name: name.cloned(),
                number: written,
                user: None,
            }
        }
    };
    (party, side)
}

/// Somebody who sits in a conference room, seen only from another's row.
fn in_room<'a>(who: &Who<'_>, channel: &'a Channel, path: &Path<'a>) -> Caller<'a> {
    let mut caller = of_path(who, path);
    let party = who.at_channel(Some(channel), &[], path.row.start);
    let user = party.user().map(str::to_owned);
    caller.side = Side {
        number: user
            .as_deref()
            .and_then(|user| who.number_of(user, "", Some(channel), path.row.start)),
        user,
        name: None,
    };
    caller.party = party;
    caller.channel = Some(channel);
    caller.start = path.row.start;
    caller
}

/// A caller of whom only the queue log tells; a refusal at the door does not say who it was.
fn in_queues<'a>(who: &Who<'_>, visits: &[&Visit]) -> Option<Caller<'a>> {
    let start = visits.first()?.entered;
    let number = visits.iter().find_map(|visit| visit.caller_number.clone());
    let party = match &number {
        Some(number) => who.at_number(number, start),
        None => Party::Outside,
    };
    let user = party.user().map(str::to_owned);
    let names = || visits.iter().find_map(|visit| visit.caller_name.clone());
    let name = if user.is_none() { names() } else { None };
    Some(Caller {
        side: Side { number, user, name },
        party,
        channel: None,
        row: None,
        start,
    })
}
