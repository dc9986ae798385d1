//! Which path of the CDR rows is which attempt of a queue's member in the queue log.

use std::collections::{HashMap, HashSet};

use chrono::TimeDelta;

use super::contacts::Dialled;
use super::who::Who;
use crate::asterisk::Cdr;
use crate::model::{Attempt, Visit};

/// Rows have whole seconds, events have fractions: they agree within this.
pub(super) const SLACK: TimeDelta = TimeDelta::seconds(2);

/// Where an attempt stands: the visit, and its place among the visit's attempts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Place {
    pub(super) visit: usize,
    pub(super) attempt: usize,
}

impl Place {
    pub(super) fn of(self, visits: &[Visit]) -> &Attempt {
        &visits[self.visit].attempts[self.attempt]
    }
}

pub(super) fn places(visits: &[Visit]) -> impl Iterator<Item = Place> {
    visits
        .iter()
        .enumerate()
        .flat_map(|(visit, v)| (0..v.attempts.len()).map(move |attempt| Place { visit, attempt }))
}

/// A path that may be an attempt of a queue's member, by the row that was in the queue.
struct Candidate<'a> {
    path: usize,
    row: &'a Cdr,
    taken: bool,
}

/// What was found out about paths and attempts.
#[derive(Default)]
pub(super) struct Matches<'a> {
    /// Of each path the attempts that it is, one at most of each queue that it leads through,
    /// the nearest queue first, with the row that was in the queue.
    pub(super) of_path: Vec<Vec<(Place, &'a Cdr)>>,
    /// All attempts that are a path.
    pub(super) places: HashSet<Place>,
    /// The users on whose phones members were tried of whom their name did not tell it.
    pub(super) users: HashMap<String, String>,
}

/// Which attempts of queue members each path is: first those whose member's user is known and
/// has the phone, then those that leave no doubt. These may tell who a member is, and so
/// decide more.
pub(super) fn matches<'a>(who: &Who<'_>, dialled: &[Dialled<'a>], visits: &[Visit]) -> Matches<'a> {
    let mut groups: HashMap<(&str, &str), Vec<Candidate<'a>>> = HashMap::new();
    for (path, dialled) in dialled.iter().enumerate() {
        for row in dialled.path.queues.iter().copied() {
            let queue = row.queue().unwrap_or_default();
            let group = groups.entry((queue, &row.uniqueid)).or_default();
            let taken = false;
            group.push(Candidate { path, row, taken });
        }
    }
    for group in groups.values_mut() {
        group.sort_by_key(|candidate| candidate.row.end);
    }
    let mut matches = Matches {
        of_path: vec![Vec::new(); dialled.len()],
        ..Matches::default()
    };
    for known in [true, false, true, false] {
        for place in places(visits) {
            let attempt = place.of(visits);
            let visit = &visits[place.visit];
            let group = groups.get_mut(&(visit.queue.as_str(), visit.callid.as_str()));
            let Some(group) = group.filter(|_| !matches.places.contains(&place)) else {
                continue;
            };
            let told = matches.users.get(&attempt.member).cloned();
            let user = told.or_else(|| who.member(&attempt.member, None, attempt.began).user);
            if match user {
                None => known,
                Some(_) => !known && !attempt.answered(),
            } {
                continue;
            }
            let user = user.as_deref().filter(|_| known);
            let party = |candidate: &Candidate<'_>| dialled[candidate.path].party.user();
            let begin = group.partition_point(|c| c.row.end + SLACK < attempt.ended);
            let mut fitting = group[begin..]
                .iter_mut()
                .take_while(|c| attempt.answered() || c.row.end <= attempt.ended + SLACK)
                .filter(|c| !c.taken && dialled[c.path].path.answered == attempt.answered())
                .filter(|c| dialled[c.path].path.row.start <= attempt.ended + SLACK)
                .filter(|c| user.is_none() || party(c) == user);
            let nearest = if known {
                fitting.min_by_key(|c| ((c.row.end - attempt.ended).abs(), c.path))
            } else {
                fitting.next().filter(|_| fitting.next().is_none())
            };
            if let Some(candidate) = nearest {
                candidate.taken = true;
                matches.of_path[candidate.path].push((place, candidate.row));
                matches.places.insert(place);
                if let (false, Some(user)) = (known, party(candidate)) {
                    let member = attempt.member.clone();
                    matches.users.entry(member).or_insert(user.to_owned());
                }
            }
        }
    }
    for (places, dialled) in matches.of_path.iter_mut().zip(dialled) {
        let queues = &dialled.path.queues;
        let depth = |row: &Cdr| queues.iter().position(|queue| std::ptr::eq(*queue, row));
        places.sort_by_key(|(_, row)| depth(row));
    }
    matches
}
