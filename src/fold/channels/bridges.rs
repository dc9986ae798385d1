//! Who heard whom: the channels that were in bridges together, Local channels' halves joined.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use chrono::TimeDelta;

use super::life::Lives;
use crate::asterisk::{ChannelEvent, Happening};
use crate::model::Time;

/// More than these at once meet in a room, where everybody is with all and not with each.
const MANY: usize = 8;

/// Local channels behind Local channels: further than this nobody looks.
const DEEPEST: usize = 8;

/// Channels that change bridges (a Local channel between them is taken out) are apart for less.
pub(super) const MOMENT: TimeDelta = TimeDelta::seconds(1);

/// Who met, and from when till when; None while they still do.
pub(super) type Span = (Time, Option<Time>);

/// Who met whom.
#[derive(Debug, Default)]
pub(super) struct Meetings {
    /// When two channels talked, the one that began earlier first.
    pub(super) pairs: BTreeMap<(usize, usize), Vec<Span>>,
    /// When a channel was in a conference room, or with many, and not alone.
    pub(super) rooms: BTreeMap<usize, Vec<Span>>,
}

impl Meetings {
    pub(super) fn of_pair(&self, a: usize, b: usize) -> &[Span] {
        let pair = self.pairs.get(&(a.min(b), a.max(b)));
        pair.map_or(&[], Vec::as_slice)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Meeting {
    Pair(usize, usize),
    Room(usize),
}

impl Meeting {
    /// When it was over at the latest. Talk that has lost its end is none.
    fn ended(self, lives: &Lives<'_>, from: Time) -> Option<Time> {
        let channels = match self {
            Self::Pair(a, b) => [a, b],
            Self::Room(channel) => [channel, channel],
        };
        let ends = channels.iter().filter_map(|n| match lives[*n].lost {
            true => Some(from),
            false => lives[*n].ended,
        });
        ends.min().map(|ended| ended.max(from))
    }
}

/// One channel's coming (1) or going (-1), in a bridge; None for its end.
type Step = (Time, usize, Option<(usize, i32)>);

/// All meetings, from events that stand in their order.
pub(super) fn meetings(events: &[ChannelEvent], lives: &Lives<'_>) -> Meetings {
    let (steps, bridges, rooms) = steps(events, lives);
    let mut state = State {
        lives,
        members: vec![BTreeSet::new(); bridges],
        inside: vec![BTreeSet::new(); lives.len()],
        rooms,
        looked_at: vec![0; bridges],
        looked: 0,
    };
    let mut since: HashMap<Meeting, Time> = HashMap::new();
    let mut meetings = Meetings::default();
    for instant in steps.chunk_by(|a, b| a.0 == b.0) {
        let now = instant[0].0;
        let mut touched: BTreeSet<usize> = BTreeSet::new();
        for (_, channel, step) in instant {
            touched.extend(step.map(|(bridge, _)| bridge));
            touched.extend(&state.inside[*channel]);
        }
        let before = state.around(&touched);
        state.take(instant);
        let after = state.around(&touched);
        for meeting in without(&before, &after) {
            if let Some(from) = since.remove(&meeting) {
                meetings.add(meeting, (from, Some(now)));
            }
        }
        for meeting in without(&after, &before) {
            since.insert(meeting, now);
        }
    }
    for (meeting, from) in since {
        meetings.add(meeting, (from, meeting.ended(lives, from)));
    }
    for spans in meetings
        .pairs
        .values_mut()
        .chain(meetings.rooms.values_mut())
    {
        join(spans);
    }
    meetings
}

/// The comings and goings in order, how many bridges there are, and which of them are rooms.
/// Bridges in which nobody hears anybody are left out.
fn steps(events: &[ChannelEvent], lives: &Lives<'_>) -> (Vec<Step>, usize, Vec<bool>) {
    let holding: HashSet<&str> = events
        .iter()
        .filter_map(|event| match &event.happening {
            Happening::Enter { bridge, holding } if *holding => Some(bridge.as_str()),
            _ => None,
        })
        .collect();
    let mut numbers: HashMap<&str, usize> = HashMap::new();
    let mut rooms = Vec::new();
    let mut steps: Vec<Step> = Vec::new();
    for event in events {
        let (bridge, step) = match &event.happening {
            Happening::Enter { bridge, .. } => (bridge.as_str(), 1),
            Happening::Exit { bridge } => (bridge.as_str(), -1),
            _ => continue,
        };
        let Some(channel) = lives.with_uniqueid(&event.uniqueid) else {
            continue;
        };
        // Who is gone does not come back.
        let gone = lives[channel].ended.is_some_and(|ended| ended < event.time);
        if gone || holding.contains(bridge) {
            continue;
        }
        let number = *numbers.entry(bridge).or_insert_with(|| {
            rooms.push(false);
            rooms.len() - 1
        });
        rooms[number] |= ["ConfBridge", "MeetMe"]
            .iter()
            .any(|room| event.application.eq_ignore_ascii_case(room));
        steps.push((event.time, channel, Some((number, step))));
    }
    let ends = lives.iter().enumerate().filter(|(_, life)| !life.lost);
    steps.extend(ends.filter_map(|(n, life)| Some((life.ended?, n, None))));
    steps.sort_by_key(|(time, ..)| *time);
    (steps, rooms.len(), rooms)
}

/// Who is where.
struct State<'a> {
    lives: &'a Lives<'a>,
    members: Vec<BTreeSet<usize>>,
    inside: Vec<BTreeSet<usize>>,
    rooms: Vec<bool>,
    /// In which look around each bridge was seen last, and which one this is.
    looked_at: Vec<u32>,
    looked: u32,
}

impl State<'_> {
    /// What happens in one instant. Its order is not known: whoever comes and goes is out
    /// after it, unless they were in before.
    fn take(&mut self, instant: &[Step]) {
        let mut sums: BTreeMap<(usize, usize), i32> = BTreeMap::new();
        for (_, channel, step) in instant {
            if let Some((bridge, step)) = step {
                *sums.entry((*channel, *bridge)).or_default() += step;
            }
        }
        for ((channel, bridge), sum) in sums {
            let was_in = self.inside[channel].contains(&bridge);
            if i32::from(was_in) + sum > 0 {
                self.inside[channel].insert(bridge);
                self.members[bridge].insert(channel);
            } else {
                self.leave(channel, bridge);
            }
        }
        for (_, channel, _) in instant.iter().filter(|(.., step)| step.is_none()) {
            for bridge in self.inside[*channel].clone() {
                self.leave(*channel, bridge);
            }
        }
    }

    fn leave(&mut self, channel: usize, bridge: usize) {
        self.inside[channel].remove(&bridge);
        self.members[bridge].remove(&channel);
    }

    /// The meetings in these bridges and in those that Local channels join to them. In order.
    fn around(&mut self, bridges: &BTreeSet<usize>) -> Vec<Meeting> {
        self.looked += 1;
        let mut meetings = Vec::new();
        for bridge in bridges {
            if self.looked_at[*bridge] == self.looked {
                continue;
            }
            self.looked_at[*bridge] = self.looked;
            let mut joined = vec![(*bridge, 0)];
            let mut phones: Vec<usize> = Vec::new();
            let mut is_room = false;
            let mut next = 0;
            while let Some((bridge, depth)) = joined.get(next).copied() {
                next += 1;
                is_room |= self.rooms[bridge];
                for member in &self.members[bridge] {
                    if self.lives[*member].half().is_none() {
                        phones.push(*member);
                    } else if let Some(other) = self.lives.other_half(*member)
                        && depth < DEEPEST
                    {
                        for bridge in &self.inside[other] {
                            if self.looked_at[*bridge] != self.looked {
                                self.looked_at[*bridge] = self.looked;
                                joined.push((*bridge, depth + 1));
                            }
                        }
                    }
                }
            }
            phones.sort_unstable();
            phones.dedup();
            match phones.len() {
                0 | 1 => {}
                many if is_room || many > MANY => {
                    // Also when some have left: what was no pair does not become one.
                    joined
                        .iter()
                        .for_each(|(bridge, _)| self.rooms[*bridge] = true);
                    meetings.extend(phones.into_iter().map(Meeting::Room));
                }
                _ => {
                    for (n, a) in phones.iter().enumerate() {
                        let others = phones[n + 1..].iter();
                        meetings.extend(others.map(|b| Meeting::Pair(*a, *b)));
                    }
                }
            }
        }
        meetings.sort_unstable();
        meetings
    }
}

/// Those of a list in order that another, in order too, does not have.
fn without(these: &[Meeting], others: &[Meeting]) -> Vec<Meeting> {
    let mut others = others.iter().peekable();
    let mut rest = Vec::new();
    for meeting in these {
        while others.next_if(|other| *other < meeting).is_some() {}
        if others.peek() != Some(&meeting) {
            rest.push(*meeting);
        }
    }
    rest
}

impl Meetings {
    fn add(&mut self, meeting: Meeting, span: Span) {
        match meeting {
            Meeting::Pair(a, b) => self.pairs.entry((a, b)).or_default().push(span),
            Meeting::Room(channel) => self.rooms.entry(channel).or_default().push(span),
        }
    }
}

/// Puts spans into order, and joins those that a moment parts.
fn join(spans: &mut Vec<Span>) {
    spans.sort_unstable_by_key(|(from, _)| *from);
    spans.dedup_by(|next, before| match before.1 {
        Some(until) if next.0 - until < MOMENT => {
            before.1 = next.1;
            true
        }
        _ => false,
    });
}
