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

/// Which attempts of queue members each path is: first those whose member's user is known and
/// has the phone, then those that leave no doubt. A path is one attempt at most of each queue
/// that it leads through, the nearest one first.
pub(super) fn matches<'a>(
    who: &Who<'_>,
    dialled: &[Dialled<'a>],
    visits: &[Visit],
) -> Vec<Vec<(Place, &'a Cdr)>> {
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
    let mut matches = vec![Vec::new(); dialled.len()];
    let mut matched: HashSet<Place> = HashSet::new();
    for known in [true, false] {
        for place in places(visits) {
            let attempt = place.of(visits);
            let visit = &visits[place.visit];
            let Some(group) = groups.get_mut(&(visit.queue.as_str(), visit.callid.as_str())) else {
                continue;
            };
            let user = who.member(&attempt.member, None, attempt.began).user;
            if matched.contains(&place) || (known && user.is_none()) {
                continue;
            }
            if !known && user.is_some() && !attempt.answered {
                continue;
            }
            let has_phone = |n: usize| !known || dialled[n].party.user() == user.as_deref();
            let begin = group.partition_point(|c| c.row.end + SLACK < attempt.ended);
            let mut fitting = group[begin..]
                .iter_mut()
                .take_while(|c| attempt.answered || c.row.end <= attempt.ended + SLACK)
                .filter(|c| !c.taken && dialled[c.path].path.answered == attempt.answered)
                .filter(|c| c.row.start <= attempt.ended + SLACK && has_phone(c.path));
            let nearest = if known {
                fitting.min_by_key(|c| ((c.row.end - attempt.ended).abs(), c.path))
            } else {
                fitting.next().filter(|_| fitting.next().is_none())
            };
            if let Some(candidate) = nearest {
                candidate.taken = true;
                matches[candidate.path].push((place, candidate.row));
                matched.insert(place);
            }
        }
    }
    for (places, dialled) in matches.iter_mut().zip(dialled) {
        let depth = |row: &Cdr| {
            dialled
                .path
                .queues
                .iter()
                .position(|r| std::ptr::eq(*r, row))
        };
        places.sort_by_key(|(_, row)| depth(row));
    }
    matches
}
