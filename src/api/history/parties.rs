//! Each other party once: the newest entry of each, and how many there are.

use std::collections::HashMap;

use crate::model::{CallId, DiallingPlan, Line};

/// The most entries that are looked at.
pub(super) const MOST: usize = 10_000;

/// A party.
pub(super) struct Party {
    /// Its newest entry.
    pub(super) newest: Line,
    /// How many entries it has.
    pub(super) calls: u32,
}

/// The parties of these lines, which stand newest first. Who withholds the number is somebody else
/// in each call.
pub(super) fn parties(lines: Vec<Line>, numbers: &DiallingPlan) -> Vec<Party> {
    let mut parties: Vec<Party> = Vec::new();
    let mut places: HashMap<Who, usize> = HashMap::new();
    for newest in lines {
        let who = match newest.entry.peer() {
            Some(peer) => Who::Number(numbers.normal(&peer)),
            None => Who::InCall(newest.call),
        };
        let place = *places.entry(who).or_insert(parties.len());
        match parties.get_mut(place) {
            Some(party) => party.calls += 1,
            None => parties.push(Party { newest, calls: 1 }),
        }
    }
    parties
}

/// What a party is told by.
#[derive(PartialEq, Eq, Hash)]
enum Who {
    Number(String),
    InCall(CallId),
}
