//! Who was reached for: one contact for each ringing of a phone or a queue member.
//!
//! A CDR row tells which phone rang and the queue log when and for whom; a contact is both,
//! where they can be matched.

use chrono::TimeDelta;

use super::paths::Path;
use super::who::{Member, Party, Who};
use crate::asterisk::{Cdr, Channel};
use crate::model::{Attempt, Time, Visit, is_dialable};

/// Rows have whole seconds, events have fractions: they agree within this.
const SLACK: TimeDelta = TimeDelta::seconds(2);

/// A talk: from when, and until when unless it goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Talk {
    pub(super) from: Time,
    pub(super) until: Option<Time>,
}

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
    let dialled: Vec<&Path<'_>> = paths.iter().filter(|path| is_dialled(path)).collect();
    let matches = matches(who, &dialled, visits);
    for (path, place) in &matches {
        shorten(&mut visits[place.visit], dialled[*path], paths);
    }
    let visits = &*visits;
    let mut contacts: Vec<Contact<'_>> = dialled
        .iter()
        .enumerate()
        .map(|(n, path)| {
            let place = matches.iter().find(|(path, _)| *path == n).map(|(_, p)| *p);
            of_path(who, path, visits, place)
        })
        .collect();
    for place in places(visits) {
        if !matches.iter().any(|(_, matched)| *matched == place) {
            contacts.push(of_attempt(who, visits, place));
        }
    }
    contacts.sort_by_key(|contact| contact.began);
    contacts
}

/// Where an attempt stands: the visit, and its place among the visit's attempts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    visit: usize,
    attempt: usize,
}

impl Place {
    fn of(self, visits: &[Visit]) -> &Attempt {
        &visits[self.visit].attempts[self.attempt]
    }
}

fn places(visits: &[Visit]) -> impl Iterator<Item = Place> {
    visits
        .iter()
        .enumerate()
        .flat_map(|(visit, v)| (0..v.attempts.len()).map(move |attempt| Place { visit, attempt }))
}

fn is_dialled(path: &Path<'_>) -> bool {
    path.to.is_some() && !path.originated && !path.is_conference()
}

/// Which path is which attempt: first those whose member's user is known and has the phone,
/// then those that leave no doubt.
fn matches(who: &Who<'_>, dialled: &[&Path<'_>], visits: &[Visit]) -> Vec<(usize, Place)> {
    let mut matches: Vec<(usize, Place)> = Vec::new();
    for known in [true, false] {
        for place in places(visits) {
            let attempt = place.of(visits);
            let visit = &visits[place.visit];
            let user = who.member(&attempt.member, None, attempt.began).user;
            if matches.iter().any(|(_, p)| *p == place) || (known && user.is_none()) {
                continue;
            }
            if !known && user.is_some() && !attempt.answered {
                continue;
            }
            let mut fitting: Vec<usize> = (0..dialled.len())
                .filter(|n| !matches.iter().any(|(path, _)| path == n))
                .filter(|n| fits(dialled[*n], visit, attempt))
                .filter(|n| !known || party(who, dialled[*n]).user() == user.as_deref())
                .collect();
            fitting.sort_by_key(|n| (dialled[*n].outer.end - attempt.ended).abs());
            if let (Some(n), true) = (fitting.first(), known || fitting.len() == 1) {
                matches.push((*n, place));
            }
        }
    }
    matches
}

fn fits(path: &Path<'_>, visit: &Visit, attempt: &Attempt) -> bool {
    let row = path.outer;
    path.queue == Some(visit.queue.as_str())
        && row.uniqueid == visit.callid
        && path.answered == attempt.answered
        && row.start <= attempt.ended + SLACK
        && if attempt.answered {
            attempt.ended <= row.end + SLACK
        } else {
            (row.end - attempt.ended).abs() <= SLACK
        }
}

/// A phone's own transfer may not be in the queue log: then the end comes when the caller
/// hangs up, and its talk time holds the time with the third party as well. The rows show it:
/// the member's row ended, and another of the same caller followed.
fn shorten(visit: &mut Visit, path: &Path<'_>, paths: &[Path<'_>]) {
    let (Some(connected), Some(talk)) = (visit.connected, visit.talk_seconds) else {
        return;
    };
    let left = path.outer.end;
    let until = connected + TimeDelta::seconds(talk);
    let handed_on = paths.iter().any(|other| {
        other.to.is_some()
            && other.outer.uniqueid == path.outer.uniqueid
            && other.row.start + SLACK >= left
            && other.row.start + SLACK < until
    });
    if path.answered && left + SLACK < until && handed_on {
        visit.talk_seconds = Some((left - connected).num_seconds().max(0));
    }
}

fn party(who: &Who<'_>, path: &Path<'_>) -> Party {
    match path.to {
        Some(Channel::Phone { endpoint, .. }) => who.at_endpoint(endpoint, path.row.start),
        _ => Party::Outside,
    }
}

fn of_path<'a>(
    who: &Who<'_>,
    path: &'a Path<'a>,
    visits: &[Visit],
    place: Option<Place>,
) -> Contact<'a> {
    let party = party(who, path);
    let number = (party == Party::Outside)
        .then(|| outside_number(path.row, path.to))
        .flatten();
    let mut contact = Contact {
        party: Some(party),
        agent: None,
        member: None,
        phone: path.to,
        number,
        began: path.row.start,
        talk: path.talk().map(|(from, until)| Talk {
            from,
            until: Some(until),
        }),
        visit: None,
        path: Some(path),
    };
    if let Some(place) = place {
        complete(who, &mut contact, visits, place);
    } else if path.queue.is_some() {
        join(who, &mut contact, visits);
    }
    contact
}

fn of_attempt<'a>(who: &Who<'_>, visits: &[Visit], place: Place) -> Contact<'a> {
    let mut contact = Contact {
        party: None,
        agent: None,
        member: None,
        phone: None,
        number: None,
        began: place.of(visits).began,
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
    contact.began = attempt.began;
    contact.talk = visit
        .connected
        .filter(|_| attempt.answered)
        .map(|connected| Talk {
            from: connected,
            until: visit
                .talk_seconds
                .map(|talk| connected + TimeDelta::seconds(talk)),
        });
    contact.member = Some(member);
    contact.visit = Some(place.visit);
}

/// A queue's path of which the queue log has no attempt (a Local member that another
/// overtook). The first row of a channel begins with the channel, long before the ringing:
/// nobody rings before the caller has entered the queue. Who is reached after a member has
/// answered was called by a transfer, although the row still names the queue.
fn join(who: &Who<'_>, contact: &mut Contact<'_>, visits: &[Visit]) {
    let Some(path) = contact.path else { return };
    let within = |visit: &Visit| {
        Some(visit.queue.as_str()) == path.queue
            && visit.callid == path.outer.uniqueid
            && visit.entered <= path.outer.end + SLACK
            && visit
                .ended
                .is_none_or(|ended| path.outer.start <= ended + SLACK)
            && visit
                .connected
                .is_none_or(|connected| path.row.start <= connected)
    };
    let visit = visits.iter().rposition(within);
    if visit.is_some() || visits.is_empty() {
        let user = contact.party.as_ref().and_then(Party::user);
        contact.agent = linked_agent(who, user);
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
}

fn linked_agent(who: &Who<'_>, user: Option<&str>) -> Option<String> {
    user.and_then(|user| who.directory.user(user))
        .and_then(|user| user.agent_number.clone())
}

/// The number behind a trunk: what the dial string gives to it, without the PBX's own exit
/// prefix; else the extension that was dialled.
fn outside_number(row: &Cdr, to: Option<&Channel>) -> Option<String> {
    let Some(Channel::Phone { endpoint, .. }) = to else {
        return None;
    };
    let destinations = row.lastdata.split([',', '|']).next().unwrap_or_default();
    destinations
        .split('&')
        .find_map(|destination| number_in(destination.trim(), endpoint))
        .or_else(|| Some(row.dst.clone()).filter(|dst| is_dialable(dst)))
}

/// `PJSIP/0145678901@trunk`, `SIP/trunk/0145678901`, `PJSIP/trunk/sip:0145678901@host`.
fn number_in(destination: &str, endpoint: &str) -> Option<String> {
    let (technology, name) = endpoint.split_once('/')?;
    let (dialled_technology, rest) = destination.split_once('/')?;
    if !technology.eq_ignore_ascii_case(dialled_technology) {
        return None;
    }
    let number = match rest.strip_prefix(name).and_then(|r| r.strip_prefix('/')) {
        Some(address) => {
            let address = address
                .trim_start_matches("sips:")
                .trim_start_matches("sip:");
            address.split(['@', ';', '/']).next()?
        }
        None => rest.strip_suffix(name)?.strip_suffix('@')?,
    };
    is_dialable(number).then(|| number.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_outside_number_is_read_from_the_dial_string() {
        for (destination, endpoint, number) in [
            ("PJSIP/0145678901@trunk", "PJSIP/trunk", Some("0145678901")),
            (
                "SIP/trunk-ovh/0145678901",
                "SIP/trunk-ovh",
                Some("0145678901"),
            ),
            ("PJSIP/trunk/sip:+33145@host", "PJSIP/trunk", Some("+33145")),
            ("DAHDI/i1/0145678901", "DAHDI/i1", Some("0145678901")),
            ("PJSIP/1001", "PJSIP/trunk", None),
            ("PJSIP/word@trunk", "PJSIP/trunk", None),
            ("IAX2/0145@trunk", "PJSIP/trunk", None),
        ] {
            assert_eq!(
                number_in(destination, endpoint).as_deref(),
                number,
                "{destination}"
            );
        }
    }
}
