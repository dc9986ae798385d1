//! How long a queue's member was with the caller, where the rows know more than the queue log,
//! or tell one talk in several rows.

use std::collections::HashMap;

use chrono::TimeDelta;

use super::attempts::{Place, SLACK};
use super::contacts::Dialled;
use super::paths::Path;
use crate::asterisk::{Cdr, Channel};
use crate::model::Visit;

/// A phone's own transfer may not be in the queue log: then the end comes when the caller
/// hangs up, and its talk time holds the time with the third party as well. The rows show it:
/// the last row of the member's phone ended, and one of the same caller with another followed.
/// What the log says of a transfer that it knows is right, and a phone that is led to the caller
/// anew (a Local channel is taken out, a consultation led nowhere) has not left.
pub(super) fn shorten(visit: &mut Visit, path: &Path<'_>, paths: &[Path<'_>]) {
    let (Some(connected), Some(talk)) = (visit.connected, visit.talk_seconds) else {
        return;
    };
    let until = connected + TimeDelta::seconds(talk);
    let end = |path: &Path<'_>| path.row.end.min(path.outer.end);
    if !path.answered || visit.handed_on.is_some() || end(path) + SLACK >= until {
        return;
    }
    let own = || {
        let of_caller = |other: &&Path<'_>| other.outer.uniqueid == path.outer.uniqueid;
        paths.iter().filter(of_caller)
    };
    let with_member = own().filter(|other| other.to == path.to && other.answered);
    let Some(left) = with_member.map(end).max() else {
        return;
    };
    let handed_on = own().any(|other| {
        other.to.is_some()
            && other.to != path.to
            && other.row.start + SLACK >= left
            && other.row.start + SLACK < until
    });
    if handed_on {
        visit.talk_seconds = Some((left - connected).num_seconds().max(0));
    }
}

/// The phones of the members who answered, each with its caller's channel, and which attempt
/// that was.
pub(super) type Members<'a> = HashMap<(&'a Channel, &'a str), Place>;

/// Whose phones answered.
pub(super) fn members<'a>(
    dialled: &[Dialled<'a>],
    attempts: &[Vec<(Place, &'a Cdr)>],
    visits: &[Visit],
) -> Members<'a> {
    let mut members = Members::new();
    for (dialled, places) in dialled.iter().zip(attempts) {
        let path = dialled.path;
        if let (Some(phone), Some((place, _))) = (path.to, places.first())
            && place.of(visits).answered()
        {
            members.insert((phone, &path.outer.uniqueid), *place);
        }
    }
    members
}

/// The attempt of which this path is no other one: the same phone and the same caller, while the
/// queue log lets them talk. They were bridged anew, when a Local channel between them was taken
/// out or the member had asked a third party.
pub(super) fn talking_on(
    path: &Path<'_>,
    members: &Members<'_>,
    visits: &[Visit],
) -> Option<Place> {
    let place = *members.get(&(path.to?, path.outer.uniqueid.as_str()))?;
    let visit = &visits[place.visit];
    let connected = visit.connected?;
    let talk = visit.talk_seconds.map(TimeDelta::seconds);
    let goes_on = talk.is_none_or(|talk| path.row.start < connected + talk);
    (path.answered && goes_on).then_some(place)
}
