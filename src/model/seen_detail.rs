//! What a principal sees of a call as it went: its own side, and nothing that tells who else there
//! was, how many, or when.

use std::collections::{BTreeMap, HashMap};

use super::{Detail, Leg, LegClass, Owner, Principal, Side, Time, TransferParty};

/// What a principal sees of a call. Nothing else makes one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenDetail {
    detail: Detail,
    whole: bool,
}

impl SeenDetail {
    /// What is seen.
    pub fn detail(&self) -> &Detail {
        &self.detail
    }

    /// Whether that is all of the call. Where it is not, what is said of the call as a whole
    /// (when it began, who called, its ids in the PBX) is not for the principal, either.
    pub fn is_whole(&self) -> bool {
        self.whole
    }
}

impl Principal {
    /// What this principal sees of a call: the legs, ringings, visits and transfers of the owners
    /// that it may read, and of these nothing that tells who else there was.
    pub fn seen(&self, mut detail: Detail) -> SeenDetail {
        let whole = self.may_read_everything();
        if !whole {
            self.narrow(&mut detail);
        }
        SeenDetail { detail, whole }
    }

    fn narrow(&self, detail: &mut Detail) {
        let reads = |owner: &Owner| self.may_read(owner);
        // Visits that are seen, and the places that they then have.
        let mut seen = 0..;
        let visits = detail.visits.iter();
        let places: Vec<Option<usize>> = visits
            .map(|visit| reads(&Owner::queue(&visit.queue)).then(|| seen.next())?)
            .collect();
        let place = |visit: Option<usize>| visit.and_then(|n| places[n]);
        let call = &mut detail.call;
        call.entries.retain(|entry| reads(&entry.owner));
        call.caller = Side::default();
        call.did = None;
        call.source.clear();
        call.linkedid.clear();
        call.end = None;
        detail.ringing_seconds = None;
        let visits = &mut detail.visits;
        visits.retain(|visit| reads(&Owner::queue(&visit.queue)));
        for handed_on in visits.iter_mut().filter_map(|v| v.handed_on.as_mut()) {
            handed_on.to = None;
        }
        detail.rules.retain(|(owner, _), _| reads(owner));
        detail.legs.retain_mut(|leg| self.narrow_leg(leg));
        one_leg_for_many(&mut detail.legs);
        detail.rings.retain_mut(|ring| {
            ring.visit = place(ring.visit);
            ring.owners.retain(reads);
            if !ring.owners.is_empty() {
                return true;
            }
            // Who reads the queue sees its members as the queue knows them, and what became of the
            // call in the queue.
            ring.user = None;
            ring.number = None;
            ring.channel = None;
            let connected = ring.visit.and_then(|n| visits[n].connected);
            ring.answered_elsewhere &= connected.is_some_and(|at| at >= ring.began);
            ring.visit.is_some()
        });
        detail.transfers.retain_mut(|transfer| {
            transfer.visit = place(transfer.visit);
            let own = |mut party: TransferParty| {
                party.owners.retain(reads);
                (!party.owners.is_empty()).then_some(party)
            };
            // Who answered a number that somebody dialled, that one may not know.
            transfer.by = transfer.by.take().and_then(own);
            transfer.to = transfer.to.take().and_then(own);
            transfer.by.is_some() || transfer.to.is_some() || transfer.visit.is_some()
        });
    }

    /// Leaves of a leg what is of this principal's side; false where nothing is.
    fn narrow_leg(&self, leg: &mut Leg) -> bool {
        let reads = |owner: &Owner| self.may_read(owner);
        leg.caller = leg.caller.take().filter(reads);
        leg.called.retain(reads);
        let (calls, is_called) = (leg.caller.is_some(), !leg.called.is_empty());
        // The other end is another's: what of it belongs to this side is in its entry.
        leg.from = leg.from.take().filter(|_| calls);
        leg.to = leg.to.take().filter(|_| is_called);
        // The dialplan writes into the one what it likes, and the other is made of the numbers of
        // both sides and the call's id.
        leg.userfield = None;
        leg.recording = None;
        if !calls {
            // Where the caller was before this phone rang.
            leg.application = None;
            leg.start = leg.rang.map_or(leg.start, |rang| leg.start.max(rang));
        }
        calls || is_called
    }
}

/// What has a row for each of the others is one leg here, which does not tell how many they were,
/// and who came or went when: somebody's stay in a room, and the ringing of all phones that were
/// called for somebody until one answered.
fn one_leg_for_many(legs: &mut Vec<Leg>) {
    let mut talks: HashMap<Option<String>, Vec<Time>> = HashMap::new();
    for leg in legs.iter().filter(|leg| leg.class == LegClass::Talked) {
        let begun = leg.talk.map(|talk| talk.0);
        talks.entry(leg.from.clone()).or_default().extend(begun);
    }
    talks.values_mut().for_each(|talks| talks.sort_unstable());
    let mut joined: BTreeMap<_, Leg> = BTreeMap::new();
    legs.retain_mut(|leg| {
        let answers = match leg.class {
            LegClass::Room => 0,
            LegClass::Rang if leg.to.is_none() => talks
                .get(&leg.from)
                .map_or(0, |talks| talks.partition_point(|talk| *talk <= leg.start)),
            _ => return true,
        };
        if leg.from.is_none() {
            leg.from = leg.to.take();
        }
        let key = (leg.class, leg.from.clone(), leg.to.clone(), answers);
        joined
            .entry(key)
            .and_modify(|one| one.join(leg))
            .or_insert_with(|| leg.clone());
        false
    });
    legs.extend(joined.into_values());
    legs.sort_by_key(|leg| leg.start);
}

impl Leg {
    /// Takes in another leg of the same kind.
    fn join(&mut self, other: &Leg) {
        self.start = self.start.min(other.start);
        let latest = |a: Option<Time>, b: Option<Time>| a.zip(b).map(|(a, b)| a.max(b));
        self.end = latest(self.end, other.end);
        self.application = self.application.take().or(other.application.clone());
        self.talk = match (self.talk, other.talk) {
            (Some((from, until)), Some((other_from, other_until))) => {
                Some((from.min(other_from), latest(until, other_until)))
            }
            (one, other) => one.or(other),
        };
    }
}
