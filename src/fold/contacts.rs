//! Who was reached for: one contact for each ringing of a phone or a queue member.
//!
//! A CDR row tells which phone rang and the queue log when and for whom; a contact is both,
//! where they can be matched.

use chrono::TimeDelta;

use super::attempts::{Place, SLACK, matches, places};
use super::members::{members, shorten, talking_on};
use super::paths::Path;
use super::talk::Talk;
use super::trunks::Trunks;
use super::who::{Member, Party, Who, agent_number};
use crate::asterisk::Channel;
use crate::model::{LegClass, Outcome, Time, Visit};

/// One ringing of a phone or a queue member.
#[derive(Clone, Debug)]
pub(super) struct Contact<'a> {
    /// Whose phone; None when only the member's name is known.
    pub(super) party: Option<Party>,
    /// The agent whose queue call it was.
    pub(super) agent: Option<String>,
    /// Who the queue log says it was, in a queue call that it tells of.
    pub(super) member: Option<Member>,
    /// The channel that rang.
    pub(super) phone: Option<&'a Channel>,
    /// The outside number that was dialled, for a trunk.
    pub(super) number: Option<String>,
    /// When the ringing began.
    pub(super) began: Time,
    /// When it ended, in an answer or without; None while it goes on.
    pub(super) ended: Option<Time>,
    /// What became of it.
    pub(super) outcome: Outcome,
    /// The talk that came of it.
    pub(super) talk: Option<Talk>,
    /// The visit that it was part of.
    pub(super) visit: Option<usize>,
    /// The path that it was.
    pub(super) path: Option<&'a Path<'a>>,
}

/// The contacts of a call, in the order of their beginning. Shortens the talk of a visit whose
/// member, as the rows show, had handed the caller on before the queue log's end.
pub(super) fn contacts<'a>(
    who: &Who<'_>,
    paths: &'a [Path<'a>],
    visits: &mut [Visit],
) -> Vec<Contact<'a>> {
    let dialled = dialled(who, paths);
    let matches = matches(who, &dialled, visits);
    for (n, places) in matches.of_path.iter().enumerate() {
        for (place, _) in places {
            shorten(&mut visits[place.visit], dialled[n].path, paths);
        }
    }
    let visits = &*visits;
    let members = members(&dialled, &matches.of_path, visits);
    let mut contacts = Vec::with_capacity(dialled.len());
    for (dialled, places) in dialled.iter().zip(&matches.of_path) {
        let rang = of_path(dialled);
        let mut began = None;
        for (place, _) in places {
            let mut contact = rang.clone();
            complete(who, &mut contact, visits, *place);
            // Behind a queue within a queue the phone rang when the inner one tried it.
            contact.began = *began.get_or_insert(contact.began);
            contacts.push(contact);
        }
        if places.is_empty() {
            contacts.push(match talking_on(dialled.path, &members, visits) {
                Some(place) => still_there(who, rang, visits, place),
                None => join(who, rang, visits),
            });
        }
    }
    for place in places(visits).filter(|place| !matches.places.contains(place)) {
        let told = matches.users.get(&place.of(visits).member);
        contacts.push(of_attempt(who, visits, place, told));
    }
    contacts.sort_by_key(|contact| contact.began);
    contacts
}

/// A path on which a phone was rung, and whose phone that is.
pub(super) struct Dialled<'a> {
    pub(super) path: &'a Path<'a>,
    pub(super) party: Party,
    /// The outside number, behind a trunk.
    number: Option<String>,
}

fn dialled<'a>(who: &Who<'_>, paths: &'a [Path<'a>]) -> Vec<Dialled<'a>> {
    let mut trunks = Trunks::of(paths);
    paths
        .iter()
        .filter(|path| matches!(path.class(), LegClass::Talked | LegClass::Rang))
        .map(|path| {
            let row = path.row;
            let party = who.at_channel(path.to, &[&row.dst], row.start);
            let outside = party == Party::Outside;
            let number = outside.then(|| trunks.number(path)).flatten();
            Dialled {
                path,
                party,
                number,
            }
        })
        .collect()
}

fn of_path<'a>(dialled: &Dialled<'a>) -> Contact<'a> {
    let path = dialled.path;
    Contact {
        party: Some(dialled.party.clone()),
        agent: None,
        member: None,
        phone: path.to,
        number: dialled.number.clone(),
        began: path.row.start,
        ended: match path.talk() {
            Some(talk) => Some(talk.from),
            None => (!path.row.open).then_some(path.row.end),
        },
        outcome: match path.talk() {
            Some(_) => Outcome::Answered,
            None if path.row.open => Outcome::Ringing,
            // The row was, but not the way to it.
            None if path.row.outcome == Outcome::Answered => Outcome::Unanswered,
            None => path.row.outcome,
        },
        talk: path.talk(),
        visit: None,
        path: Some(path),
    }
}

fn of_attempt<'a>(
    who: &Who<'_>,
    visits: &[Visit],
    place: Place,
    told: Option<&String>,
) -> Contact<'a> {
    // An agent's user is the directory's: another's phone does not make an agent another's.
    let member = &place.of(visits).member;
    let told = told.filter(|_| agent_number(member).is_none());

    let mut contact = Contact {
        party: told.cloned().map(Party::User),
        agent: None,
        member: None,
        phone: None,
        number: None,
        began: place.of(visits).began,
        ended: None,
        outcome: Outcome::Unanswered,
        talk: None,
        visit: None,
        path: None,
    };
    complete(who, &mut contact, visits, place);
    contact
}

/// Takes over what the queue log knows better: who, from when, how long.
fn complete(who: &Who<'_>, contact: &mut Contact<'_>, visits: &[Visit], place: Place) {
    let attempt = place.of(visits);
    let visit = &visits[place.visit];
    let known = contact.party.as_ref().and_then(Party::user);
    let member = who.member(&attempt.member, known, attempt.began);
    if contact.party.is_none() {
        contact.party = member.user.clone().map(Party::User);
    }
    contact.agent = member
        .agent
        .clone()
        .or_else(|| linked_agent(who, member.user.as_deref()));
    // The log's seconds are whole, and its ringing begins with the member's.
    if !contact.path.is_some_and(|path| path.row.exact) {
        contact.began = attempt.began;
        contact.ended = Some(attempt.ended);
    }
    // Whether a phone was busy, or rings still, its row knows better.
    if attempt.answered() || contact.outcome == Outcome::Unanswered {
        contact.outcome = attempt.outcome;
    }
    contact.talk = visit
        .connected
        .filter(|_| attempt.answered())
        .map(|connected| Talk {
            from: connected,
            until: visit
                .talk_seconds
                .map(|talk| connected + TimeDelta::seconds(talk)),
        });
    contact.member = Some(member);
    contact.visit = Some(place.visit);
}

/// Of a queue's member who is bridged anew with the caller the queue log has told all.
fn still_there<'a>(
    who: &Who<'_>,
    mut contact: Contact<'a>,
    visits: &[Visit],
    place: Place,
) -> Contact<'a> {
    let began = contact.began;
    complete(who, &mut contact, visits, place);
    contact.began = began.max(place.of(visits).ended);
    contact.ended = Some(contact.began);
    contact
}

/// A path of which the queue log has no attempt. In a queue (a Local member that another
/// overtook) it is a member's all the same. The first row of a channel begins with the channel,
/// long before the ringing: nobody rings before the caller has entered the queue. Who is
/// reached after a member has answered was called by a transfer, although the row still names
/// the queue.
fn join<'a>(who: &Who<'_>, mut contact: Contact<'a>, visits: &[Visit]) -> Contact<'a> {
    let Some(path) = contact.path else {
        return contact;
    };
    let visit = path.queues.iter().find_map(|row| {
        visits.iter().rposition(|visit| {
            Some(visit.queue.as_str()) == row.queue()
                && visit.callid == row.uniqueid
                && visit.entered <= row.end + SLACK
                && visit.ended.is_none_or(|ended| row.start <= ended + SLACK)
                && visit
                    .connected
                    .is_none_or(|connected| path.row.start <= connected)
        })
    });
    if visit.is_some() || (visits.is_empty() && !path.queues.is_empty()) {
        contact.agent = match path.to {
            Some(Channel::Phone { endpoint, .. }) => agent_number(endpoint).map(str::to_owned),
            _ => None,
        }
        .or_else(|| linked_agent(who, contact.party.as_ref().and_then(Party::user)));
    }
    if let Some(n) = visit {
        let entered = visits[n].entered;
        contact.visit = Some(n);
        contact.began = contact.began.max(entered);
        if let Some(talk) = &mut contact.talk {
            talk.from = talk.from.max(entered);
            talk.until = talk.until.map(|until| until.max(talk.from));
        }
    }
    contact
}

fn linked_agent(who: &Who<'_>, user: Option<&str>) -> Option<String> {
    user.and_then(|user| who.directory.user(user))
        .and_then(|user| user.agent_number.clone())
}
