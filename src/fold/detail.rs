//! The way a call went, told for people: legs, ringings, and which rule decided what. All of it
//! was found out by folding; here it is only put into words.

use std::collections::HashMap;

use super::attempts::SLACK;
use super::callers;
use super::contacts::Contact;
use super::entries::{Parts, owners_of};
use super::paths::Path;
use super::talk::{Talk, union_seconds};
use super::who::Party;
use super::{LeftOut, Way};
use crate::asterisk::{Cdr, Channel};
use crate::model::{Call, Detail, Leg, LegClass, Outcome, Owner, Ring, Side, customer_key};

impl Way<'_> {
    pub(super) fn detail(mut self, call: Call) -> Detail {
        let rules = call.lines().zip(&self.rules);
        let rules = rules.map(|(entry, rule)| ((entry.owner.clone(), entry.ordinal), *rule));
        let rules = rules.collect();
        let mut legs = self.legs();
        let left_out = std::mem::take(&mut self.left_out);
        legs.extend(left_out.iter().map(left_out_leg));
        // Stable: rows that began together stay in the order of the call.
        legs.sort_by_key(|leg| leg.start);
        let rings = self.rings();
        let ringing = rings.iter().map(|ring| Talk {
            from: ring.began,
            until: ring.ended,
        });
        Detail {
            rules,
            legs,
            ringing_seconds: union_seconds(&ringing.collect::<Vec<_>>()),
            rings,
            transfers: self.transfers(),
            visits: self.parts.visits.to_vec(),
            call,
        }
    }

    fn legs(&self) -> Vec<Leg> {
        let mut contacts: HashMap<*const Path<'_>, Vec<&Contact<'_>>> = HashMap::new();
        for contact in self.parts.contacts {
            if let Some(path) = contact.path {
                let own = contacts.entry(std::ptr::from_ref(path)).or_default();
                own.push(contact);
            }
        }
        let paths = self.paths.iter();
        paths
            .map(|path| {
                let contacts = contacts.remove(&std::ptr::from_ref(path));
                self.leg(path, &contacts.unwrap_or_default())
            })
            .collect()
    }

    fn leg(&self, path: &Path<'_>, contacts: &[&Contact<'_>]) -> Leg {
        let who = &self.parts.who;
        let class = path.class();
        // A row of a room may name nobody else.
        let to = path.to.filter(|to| path.from != Some(to));
        let mut called: Vec<Owner> = contacts.iter().flat_map(|c| owners_of(c)).collect();
        if matches!(class, LegClass::Room | LegClass::Originated) {
            let party = who.at_channel(to, &[], path.row.start);
            called.extend(party.user().map(Owner::user));
        }
        let (party, side) = callers::side(who, path.outer, path.from);
        // Whoever asked for the call is at the phone that was rung; what it shows is another's.
        let caller = owner(&party, &side).filter(|_| class != LegClass::Originated);
        called.retain(|owner| Some(owner) != caller.as_ref());
        called.sort_unstable();
        called.dedup();
        // The row may count the waiting in a queue as talk, and be only a part of the talk.
        let talk = contacts.iter().find_map(|contact| contact.talk);
        let talk = talk.map(|talk| within(talk, path.row));
        let talk = talk.or_else(|| path.talk());
        Leg {
            from: path.from.map(name),
            to: to.map(name),
            talk: talk.map(|talk| (talk.from, talk.until)),
            rang: contacts.iter().map(|contact| contact.began).min(),
            caller,
            called,
            ..bare(class, path.row)
        }
    }

    /// Each ringing, which has a channel of its own. A phone that was up already when the caller
    /// came to it (an attended transfer) did not ring again: its talk goes on. Nor did one that
    /// rings on while the caller is handed over to it.
    fn rings(&self) -> Vec<Ring> {
        let mut rings: Vec<Ring> = Vec::with_capacity(self.parts.contacts.len());
        let mut last: HashMap<&Channel, usize> = HashMap::new();
        for contact in self.parts.contacts {
            let next = ring(self.parts, contact);
            if let Some(phone) = contact.phone {
                let place = *last.get(phone).unwrap_or(&rings.len());
                if rings
                    .get_mut(place)
                    .is_some_and(|ring| goes_on(ring, &next))
                {
                    continue;
                }
                last.insert(phone, rings.len());
            }
            rings.push(next);
        }
        rings
    }
}

/// Whether the ringing that comes next of the same channel is this one still; then it is.
fn goes_on(ring: &mut Ring, next: &Ring) -> bool {
    let same_visit = next.visit == ring.visit;
    match (ring.talk, next.talk) {
        (Some((from, until)), Some((again, later))) => {
            let was_up = next.visit.is_none() && again <= next.began;
            if was_up || (same_visit && next.visit.is_some() && again == from) {
                ring.talk = Some((from, until.zip(later).map(|(a, b)| a.max(b))));
                return true;
            }
            false
        }
        (None, Some(talk)) if same_visit && next.visit.is_none() => {
            let rings_on = ring.ended.is_none_or(|ended| next.began <= ended + SLACK);
            if rings_on {
                ring.ended = next.ended;
                ring.outcome = next.outcome;
                ring.answered_elsewhere = next.answered_elsewhere;
                ring.talk = Some(talk);
                ring.owners.extend(next.owners.iter().cloned());
                ring.owners.sort_unstable();
                ring.owners.dedup();
            }
            rings_on
        }
        _ => false,
    }
}

/// The part of a talk that is in this row, which has whole seconds where the queue log has none.
fn within(talk: Talk, row: &Cdr) -> Talk {
    let begins_before = talk.from + SLACK < row.start;
    let ends_after = talk.until.is_none_or(|until| until > row.end + SLACK) && !row.open;
    Talk {
        from: if begins_before { row.start } else { talk.from },
        until: if ends_after {
            Some(row.end.max(talk.from))
        } else {
            talk.until
        },
    }
}

fn ring(parts: &Parts<'_>, contact: &Contact<'_>) -> Ring {
    let side = parts.side_of(contact);
    let member = contact.member.clone().unwrap_or_default();
    let unanswered = contact.outcome != Outcome::Answered;
    Ring {
        owners: owners_of(contact),
        user: side.user,
        number: side.number,
        channel: contact.phone.map(name),
        agent: member.agent,
        member_user: member.user,
        visit: contact.visit,
        began: contact.began,
        ended: contact.ended.map(|ended| ended.max(contact.began)),
        outcome: match contact.outcome {
            Outcome::Unanswered if parts.overtaken(contact) => Outcome::Cancelled,
            outcome => outcome,
        },
        answered_elsewhere: unanswered && parts.answered_since(contact),
        talk: contact.talk.map(|talk| (talk.from, talk.until)),
    }
}

/// A row that was left out: who it was of is told by the one that counts.
fn left_out_leg((class, row): &LeftOut<'_>) -> Leg {
    Leg {
        from: row.channel.as_ref().map(name),
        to: row.dstchannel.as_ref().map(name),
        ..bare(*class, row)
    }
}

fn bare(class: LegClass, row: &Cdr) -> Leg {
    let text = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    Leg {
        class,
        from: None,
        to: None,
        application: text(&row.lastapp),
        start: row.start,
        end: (!row.open).then_some(row.end),
        talk: None,
        rang: None,
        from_events: row.exact,
        recording: text(&row.recordingfile),
        userfield: text(&row.userfield),
        caller: None,
        called: Vec::new(),
    }
}

/// In whose history somebody is who is shown like this.
pub(super) fn owner(party: &Party, side: &Side) -> Option<Owner> {
    match party {
        Party::User(user) => Some(Owner::user(user)),
        Party::Outside => side
            .number
            .as_deref()
            .and_then(customer_key)
            .map(Owner::customer),
        Party::Inside => None,
    }
}

fn name(channel: &Channel) -> String {
    channel.name().to_owned()
}
