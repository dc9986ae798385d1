//! Who rang whom. Events do not say it: a channel that is made to ring has the linkedid of the
//! channel that did it, which ran `Dial`, `Queue` or the like at that moment.

use std::collections::HashMap;

use super::life::{Life, Lives, State};
use crate::asterisk::{Channel, endpoint_name};
use crate::model::Time;

/// Local channels inside Local channels: deeper than this they are a loop.
const DEEPEST: usize = 8;

/// Applications that make phones ring.
const DIALLING: [&str; 6] = [
    "Dial",
    "Queue",
    "RetryDial",
    "FollowMe",
    "Page",
    "Originate",
];

/// Of so many channels that may have made another ring, the last ones are looked at.
const LOOKED_AT: usize = 64;

/// Who rang whom.
pub(super) struct Ways<'a> {
    lives: &'a Lives<'a>,
    /// For each channel the one that made it ring, if one did.
    dialling: Vec<Option<usize>>,
    /// The phone that a Local channel rang first, by its halves' name.
    first_rung: HashMap<&'a str, usize>,
}

impl<'a> Ways<'a> {
    pub(super) fn of(lives: &'a Lives<'a>) -> Self {
        let dialling = dialling(lives);
        let mut first_rung = HashMap::new();
        for (n, by) in dialling.iter().enumerate() {
            let pair = by.and_then(|by| lives[by].half()).map(|(pair, _)| pair);
            if let (Some(pair), None) = (pair, lives[n].half()) {
                first_rung.entry(pair).or_insert(n);
            }
        }
        Self {
            lives,
            dialling,
            first_rung,
        }
    }

    /// The way to this phone.
    pub(super) fn to(&self, phone: usize) -> Way {
        let lives = self.lives;
        let mut way = Way {
            from: None,
            steps: Vec::new(),
            originated: None,
        };
        let mut rung = phone;
        for _ in 0..DEEPEST {
            let Some(by) = self.dialling[rung] else { break };
            way.steps.push((by, rung));
            let Some((pair, _)) = lives[by].half() else {
                way.from = Some(by);
                break;
            };
            let other = lives.other_half(by);
            if let Some(other) = other.filter(|other| self.dialling[*other].is_some()) {
                rung = other;
                continue;
            }
            let first = self.first_rung.get(pair).copied();
            way.originated = Some(if first == Some(rung) { 1 } else { 2 });
            way.from = first.filter(|first| *first != rung);
            break;
        }
        way
    }
}

/// For each channel the one that made it ring.
fn dialling(lives: &Lives<'_>) -> Vec<Option<usize>> {
    let may_dial: Vec<bool> = lives
        .iter()
        .map(|life| {
            // The first half of a Local channel is a phone's stead, and rings nobody.
            let stands_in = life.half().is_some_and(|(_, half)| half == 1);
            !life.called || !stands_in
        })
        .collect();
    let mut alive: Vec<usize> = Vec::new();
    let mut dialling = vec![None; lives.len()];
    let mut began = 0;
    for n in 0..lives.len() {
        let life = &lives[n];
        // Of one instant nobody knows who was first.
        while began < lives.len() && lives[began].began <= life.began {
            if may_dial[began] {
                alive.push(began);
            }
            began += 1;
        }
        if !life.called || life.half().is_some_and(|(_, half)| half == 2) {
            continue;
        }
        alive.retain(|other| lives[*other].lives_at(life.began));
        let other_half = lives.other_half(n);
        let last = alive.iter().rev().take(LOOKED_AT);
        // Whoever has called all of them is the first.
        let all = last.chain(alive.first()).copied();
        let candidates = all.filter(|other| *other != n && Some(*other) != other_half);
        let best = candidates.max_by_key(|other| rank(&lives[*other], *other, life));
        // The first of the conversation, of which the end may have been told too early.
        let first = || lives.with_uniqueid(life.first_linkedid);
        dialling[n] = best.or_else(first).filter(|other| *other != n);
    }
    dialling
}

/// How likely it is that a channel made another one ring.
fn rank(life: &Life<'_>, n: usize, ringing: &Life<'_>) -> impl Ord + use<> {
    let at = ringing.began;
    let state = dialling_state(life, ringing.channel, at);
    let state = state.filter(|state| !life.moves.talks(state.since, at));
    let kind = match state {
        Some(state) if names(state.data, ringing.channel) => 4,
        Some(state) if is_dialling(state.application) => 3,
        // Whoever consults a third party leaves the other one alone for that.
        _ if life.moves.left_at(at) => 2,
        // Whoever runs nothing was called, and may consult somebody.
        _ => i32::from(!life.called),
    };
    (kind, state.map(|state| state.since), std::cmp::Reverse(n))
}

/// What a channel ran when it made another one ring: of all within the last instant that which
/// names the phone, else what makes phones ring.
pub(super) fn dialling_state<'a, 'b>(
    life: &'b Life<'a>,
    ringing: &Channel,
    at: Time,
) -> Option<&'b State<'a>> {
    let named = life.states_at(at).find(|state| names(state.data, ringing));
    let dialling = || {
        life.states_at(at)
            .find(|state| is_dialling(state.application))
    };
    named
        .or_else(dialling)
        .or_else(|| life.states_at(at).next())
}

/// Whether an application makes phones ring.
pub(super) fn is_dialling(application: &str) -> bool {
    DIALLING
        .iter()
        .any(|name| application.eq_ignore_ascii_case(name))
}

/// Whether a dial string names this channel's endpoint.
fn names(data: &str, channel: &Channel) -> bool {
    let destinations = data.split([',', '|']).next().unwrap_or_default();
    destinations
        .split('&')
        .map(str::trim)
        .any(|destination| match channel {
            Channel::Local { pair, .. } => {
                let dialled = pair
                    .rsplit_once('-')
                    .map_or(pair.as_str(), |(name, _)| name);
                let rest = destination.strip_prefix(dialled);
                rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            }
            Channel::Phone { endpoint, .. } => {
                let rest = destination.strip_prefix(endpoint.as_str());
                let name = endpoint_name(endpoint);
                rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
                    || destination
                        .rsplit_once('@')
                        .is_some_and(|(_, trunk)| trunk == name)
            }
        })
}

/// The way from who calls to a phone that rings.
pub(super) struct Way {
    /// Who calls; None when nobody is known to.
    pub(super) from: Option<usize>,
    /// Who made whom ring, the phone first: more than one where Local channels are between.
    pub(super) steps: Vec<(usize, usize)>,
    /// A Local channel without a caller was on the way, and the phone is the first (1) or the
    /// second (2) that it rang: click-to-call.
    pub(super) originated: Option<u8>,
}
