//! Who called: the call's caller, and others who joined it with a call of their own.

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
/// conference, by a merged conversation). Who was called and then calls on is none.
pub(super) fn callers<'a>(
    who: &Who<'_>,
    linkedid: &str,
    paths: &'a [Path<'a>],
    visits: &[Visit],
) -> Vec<Caller<'a>> {
    let Some(first) = first_path(linkedid, paths) else {
        return visits
            .first()
            .map(|visit| in_queue(who, visit))
            .into_iter()
            .collect();
    };
    let mut callers = vec![of_path(who, first)];
    let called = |channel: &Channel| {
        let reaches = |path: &&Path<'_>| !path.is_conference() && path.to == Some(channel);
        paths.iter().any(|path| reaches(&path))
    };
    for path in paths {
        let mut joins = vec![(path.from, of_path(who, path))];
        if let (true, Some(to)) = (path.is_conference(), path.to) {
            joins.push((path.to, in_room(who, to, path)));
        }
        for (channel, caller) in joins {
            let own_call = channel.is_some_and(|channel| !called(channel));
            if own_call && !callers.iter().any(|known| known.is_same(&caller)) {
                callers.push(caller);
            }
        }
    }
    callers
}

impl Caller<'_> {
    fn is_same(&self, other: &Self) -> bool {
        self.channel == other.channel
            || match (&self.party, &other.party) {
                (Party::User(a), Party::User(b)) => a == b,
                (Party::Outside, Party::Outside) => {
                    let key = |caller: &Self| caller.side.number.as_deref().and_then(customer_key);
                    key(self).is_some() && key(self) == key(other)
                }
                _ => false,
            }
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
        row: Some(path.outer),
        start: path.outer.start,
    }
}

/// Who calls on this row, and how they are shown.
pub(super) fn side(who: &Who<'_>, row: &Cdr, channel: Option<&Channel>) -> (Party, Side) {
    let party = match channel {
        Some(Channel::Phone { endpoint, .. }) => who.at_endpoint(endpoint, row.start),
        _ => Party::Outside,
    };
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
        Party::Outside | Party::Unknown => {
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
    let party = match channel {
        Channel::Phone { endpoint, .. } => who.at_endpoint(endpoint, path.row.start),
        Channel::Local { .. } => Party::Outside,
    };
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
    caller
}

/// A caller of whom only the queue log tells.
fn in_queue<'a>(who: &Who<'_>, visit: &Visit) -> Caller<'a> {
    let number = visit.caller_number.clone();
    let party = match &number {
        Some(number) => who.at_number(number, visit.entered),
        None => Party::Outside,
    };
    let user = party.user().map(str::to_owned);
    let name = visit.caller_name.clone().filter(|_| user.is_none());
    Caller {
        side: Side { number, user, name },
        party,
        channel: None,
        row: None,
        start: visit.entered,
    }
}
