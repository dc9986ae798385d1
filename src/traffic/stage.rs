//! Where one call is played: it hands out channels, takes down what happens, and knows who is
//! on the telephone.

use std::sync::Arc;

use rand::Rng;
use rand::rngs::StdRng;

use super::channels::Channels;
use super::customers::Customer;
use super::people::People;
use super::rows::{Channel, Disposition, Face, Leg, Writer};
use super::truth::{Caller, Party, Ring, Truth};
use crate::asterisk::Record;

/// What Asterisk counts from its start on.
#[derive(Default)]
pub(super) struct Counters {
    channel: u64,
    suffix: u32,
    local: u32,
    sequence: u64,
    event: u64,
}

/// The stage of one call.
pub(super) struct Stage<'a> {
    pub(super) random: &'a mut StdRng,
    pub(super) people: &'a Arc<People>,
    pub(super) counters: &'a mut Counters,
    /// Until when each of the people telephones.
    pub(super) busy: &'a mut [i64],
    pub(super) writer: &'a Writer,
    /// How long talks are, against the usual.
    pub(super) talks: f64,
    pub(super) cdr: Vec<Record>,
    pub(super) queue_log: Vec<Record>,
    /// The lives of the channels, if they are asked for.
    pub(super) channels: Option<Channels>,
    /// What happens, in the conversation that is played.
    pub(super) truth: Truth,
    /// What happened in others.
    pub(super) aside: Vec<Truth>,
    /// The last moment that a row tells of.
    pub(super) end: i64,
}

/// A dialling of phones, or of the outside.
pub(super) struct Dial<'a> {
    pub(super) from: &'a Channel,
    /// Where the row begins: at the creation of a channel that has none yet.
    pub(super) since: i64,
    pub(super) at: i64,
    /// Whether the caller is connected already, and so every second is billed.
    pub(super) up: bool,
    pub(super) dst: &'a str,
    pub(super) context: &'a str,
}

impl Stage<'_> {
    // ---- chance ---------------------------------------------------------------------------

    /// Happens in so many of 100 cases.
    pub(super) fn chance(&mut self, percent: f64) -> bool {
        self.random.random::<f64>() * 100.0 < percent
    }

    /// So many seconds and fractions, in milliseconds.
    pub(super) fn between(&mut self, least: f64, most: f64) -> i64 {
        (self.random.random_range(least..most) * 1000.0) as i64
    }

    /// The length of a talk: mostly short, now and then very long.
    pub(super) fn talk(&mut self, mean: f64) -> i64 {
        let mean = self.talks * if self.chance(1.0) { mean * 8.0 } else { mean };
        let seconds = -(1.0 - self.random.random::<f64>()).ln() * mean;
        ((seconds + 4.0).min(9_000.0) * 1000.0) as i64
    }

    // ---- people ---------------------------------------------------------------------------

    /// Somebody who is not on the telephone, if there is anybody. A few telephone a lot;
    /// agents, who come first, are not among them.
    pub(super) fn somebody(&mut self, at: i64, but: &[usize]) -> usize {
        let count = self.people.users.len();
        let mut user = 0;
        for _ in 0..8 {
            let skewed = self.random.random::<f64>().powf(1.6) * count as f64;
            user = (skewed as usize + self.people.agents) % count;
            if !but.contains(&user) && self.busy[user] < at {
                return user;
            }
        }
        (0..count)
            .map(|n| (user + n) % count)
            .find(|user| !but.contains(user))
            .unwrap_or(user)
    }

    pub(super) fn occupy(&mut self, user: usize, until: i64) {
        self.busy[user] = self.busy[user].max(until);
    }

    // ---- channels -------------------------------------------------------------------------

    /// A new channel of this endpoint.
    pub(super) fn channel(&mut self, endpoint: &str, face: &Arc<Face>, at: i64) -> Channel {
        let suffix = self.counters.suffix;
        self.counters.suffix = suffix.wrapping_add(1);
        Channel {
            name: format!("{endpoint}-{suffix:08x}"),
            uniqueid: self.uniqueid(at),
            face: Arc::clone(face),
        }
    }

    /// The two halves of a new Local channel.
    pub(super) fn local(
        &mut self,
        exten: &str,
        context: &str,
        face: &Arc<Face>,
        at: i64,
    ) -> [Channel; 2] {
        let number = self.counters.local;
        self.counters.local += 1;
        [1, 2].map(|half| Channel {
            name: format!("Local/{exten}@{context}-{number:08x};{half}"),
            uniqueid: self.uniqueid(at),
            face: Arc::clone(face),
        })
    }

    fn uniqueid(&mut self, at: i64) -> String {
        let counter = self.counters.channel;
        self.counters.channel += 1;
        format!("{}.{counter}", at.div_euclid(1000))
    }

    pub(super) fn face(&self, user: usize) -> Arc<Face> {
        let person = &self.people.users[user];
        Arc::new(Face {
            number: person.number.clone(),
            name: person.full_name.clone(),
            ..Face::default()
        })
    }

    /// A user picks up and dials: the conversation's caller.
    pub(super) fn user_calls(&mut self, user: usize, face: &Arc<Face>, at: i64) -> Channel {
        let phones = self.people.users[user].phones.clone();
        let phone = &phones[self.random.random_range(0..phones.len())];
        let channel = self.channel(phone, face, at);
        self.begins(Party::User(user), &channel, at);
        channel
    }

    /// A customer calls this outside number of the company.
    pub(super) fn customer_calls(&mut self, did: &str, at: i64) -> Channel {
        let customer = if self.chance(3.0) {
            Customer {
                number: "anonymous".to_owned(),
                name: "Anonymous".to_owned(),
            }
        } else {
            super::customers::draw(self.random)
        };
        let face = Arc::new(Face {
            number: customer.number.clone(),
            name: customer.name,
            shown: None,
            did: did.to_owned(),
        });
        let trunk = self.trunk();
        let channel = self.channel(trunk, &face, at);
        self.begins(Party::Outside(customer.number), &channel, at);
        channel
    }

    pub(super) fn trunk(&mut self) -> &'static str {
        if self.chance(90.0) {
            "PJSIP/trunk"
        } else {
            "PJSIP/trunk-backup"
        }
    }

    /// A user calls into the conversation with a call of their own.
    pub(super) fn joins(&mut self, user: usize, face: &Arc<Face>, at: i64) -> Channel {
        let phone = self.people.users[user].phones[0].clone();
        let channel = self.channel(&phone, face, at);
        if let Some(channels) = &mut self.channels {
            channels.begins(&channel, at);
        }
        self.truth.callers.push(Caller {
            who: Party::User(user),
            since: at,
            talk: Vec::new(),
        });
        channel
    }

    fn begins(&mut self, who: Party, channel: &Channel, at: i64) {
        self.truth.linkedid.clone_from(&channel.uniqueid);
        if let Some(channels) = &mut self.channels {
            channels.begins(channel, at);
        }
        self.truth.callers.push(Caller {
            who,
            since: at,
            talk: Vec::new(),
        });
    }

    // ---- rows -----------------------------------------------------------------------------

    /// Writes a path down.
    pub(super) fn leg(&mut self, leg: &Leg<'_>) {
        let sequence = self.counters.sequence;
        // The called channel has a record of its own, which Asterisk discards.
        self.counters.sequence += if leg.to.is_some() { 2 } else { 1 };
        self.end = self.end.max(leg.end);
        self.cdr.push(self.writer.cdr(leg, sequence));
        if let Some(channels) = &mut self.channels {
            channels.leg(leg);
        }
    }

    /// An application that answers and is nobody: a menu, an announcement, voicemail.
    pub(super) fn application(
        &mut self,
        dial: &Dial<'_>,
        application: &'static str,
        data: &str,
        until: i64,
    ) {
        let linkedid = self.truth.linkedid.clone();
        self.leg(&Leg {
            from: dial.from,
            to: None,
            start: dial.since,
            answer: Some(if dial.up { dial.since } else { dial.at }),
            end: until,
            disposition: Disposition::Answered,
            application,
            data,
            context: dial.context,
            dst: dial.dst,
            dst_name: "",
            linkedid: &linkedid,
            made: dial.at,
            talk: None,
        });
    }

    /// Writes an event of a queue down.
    pub(super) fn event(
        &mut self,
        at: i64,
        who: (&str, &str, &str),
        event: &str,
        data: [String; 5],
    ) {
        self.counters.event += 1;
        let micros = self.counters.event * 137 % 999 + 1;
        self.end = self.end.max(at);
        let event = self.writer.event((at, micros), who, event, data);
        self.queue_log.push(event);
    }

    /// Rings all phones of these users. One of them, if any is `taken`, talks for so long, and
    /// the others stop ringing then. Returns when it is over.
    pub(super) fn ring(
        &mut self,
        dial: &Dial<'_>,
        users: &[usize],
        rings: i64,
        taken: Option<(usize, i64)>,
    ) -> i64 {
        let people = Arc::clone(self.people);
        let picked_up = dial.at + rings;
        let over = picked_up + taken.map_or(0, |(_, talk)| talk);
        let linkedid = self.truth.linkedid.clone();
        let phones: Vec<(usize, &String)> = users
            .iter()
            .flat_map(|user| {
                people.users[*user]
                    .phones
                    .iter()
                    .map(|phone| (*user, phone))
            })
            .collect();
        let names: Vec<&str> = phones.iter().map(|(_, phone)| phone.as_str()).collect();
        let data = format!("{},25,tr", names.join("&"));
        let face = Arc::new(Face::default());
        let mut answering = taken;
        for (n, (user, phone)) in phones.iter().enumerate() {
            let channel = self.channel(phone, &face, dial.at);
            let answers = answering.is_some_and(|(who, _)| who == *user);
            let start = if n == 0 { dial.since } else { dial.at };
            let answer = match (dial.up, answers) {
                (true, _) => Some(start),
                (false, true) => Some(picked_up),
                (false, false) => None,
            };
            if answers {
                answering = None;
            }
            self.leg(&Leg {
                from: dial.from,
                to: Some(&channel),
                start,
                answer,
                end: if answers { over } else { picked_up },
                disposition: if answers {
                    Disposition::Answered
                } else {
                    Disposition::NoAnswer
                },
                application: "Dial",
                data: &data,
                context: dial.context,
                dst: dial.dst,
                dst_name: &people.users[users[0]].full_name,
                linkedid: &linkedid,
                made: dial.at,
                talk: answers.then_some((picked_up, over)),
            });
        }
        for (n, user) in users.iter().enumerate() {
            let talk = taken
                .filter(|(who, _)| who == user)
                .map(|_| (picked_up, over));
            self.occupy(*user, if talk.is_some() { over } else { picked_up });
            self.truth.rings.push(Ring {
                who: Party::User(*user),
                visit: None,
                since: if n == 0 { dial.since } else { dial.at },
                from: dial.at,
                talk,
            });
        }
        over
    }
}
