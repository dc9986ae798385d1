//! A stay in a queue, step by step: entering, members that ring, and how it ends.

use std::sync::Arc;

use rand::Rng;

use crate::model::Status;
use crate::traffic::rows::{Channel, Disposition, Face, Leg};
use crate::traffic::stage::{Dial, Stage};
use crate::traffic::truth::{Party, Ring, Stay};

/// A caller who is in a queue, or on the way to one.
pub(super) struct Waiting {
    pub(super) caller: Channel,
    /// Position among the queues.
    pub(super) queue: usize,
    pub(super) name: String,
    pub(super) dst: String,
    pub(super) entered: i64,
    pub(super) now: i64,
    /// Where the caller's row begins that was not written yet; None once a ringing ended it.
    pub(super) since: Option<i64>,
    /// How many waited, the caller included.
    position: u32,
}

/// How a ringing ends.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Ringing {
    /// The members do not pick up.
    Missed,
    /// The caller is gone.
    Canceled,
    /// This one picks up, and talks for so long.
    Taken(usize, i64),
}

impl Waiting {
    /// A caller who comes to a queue's door.
    pub(super) fn new(stage: &Stage<'_>, caller: Channel, since: i64, queue: usize) -> Self {
        let line = &stage.people.queues[queue];
        Self {
            caller,
            queue,
            name: line.name.clone(),
            dst: line.number.clone(),
            entered: since,
            now: since,
            since: Some(since),
            position: 1,
        }
    }

    /// The same caller at another queue's door.
    pub(super) fn onward(self, stage: &Stage<'_>, queue: usize) -> Self {
        let next = Self::new(stage, self.caller, self.now, queue);
        Self {
            since: self.since,
            ..next
        }
    }

    fn data(&self) -> String {
        format!("{},tC,,,300", self.name)
    }

    /// An event of this visit.
    pub(super) fn event<const N: usize>(
        &self,
        stage: &mut Stage<'_>,
        member: &str,
        event: &str,
        data: [String; N],
    ) {
        let mut data = data.into_iter();
        let data = std::array::from_fn(|_| data.next().unwrap_or_default());
        let who = (self.caller.uniqueid.as_str(), self.name.as_str(), member);
        stage.event(self.now, who, event, data);
    }

    /// Whole seconds since the caller entered, as app_queue counts them.
    pub(super) fn waited(&self) -> i64 {
        self.now.div_euclid(1000) - self.entered.div_euclid(1000)
    }

    /// Refused at the door.
    pub(super) fn refused(&mut self, stage: &mut Stage<'_>, event: &str, status: Status) {
        self.event(stage, "NONE", event, []);
        stage.truth.stays.push(Stay {
            queue: self.queue,
            status,
            entered: self.now,
            wait: 0,
            talk: 0,
        });
    }

    /// Enters.
    pub(super) fn enter(&mut self, stage: &mut Stage<'_>) {
        self.entered = self.now;
        self.position = 1 + stage.random.random_range(0..4) * stage.random.random_range(0..2);
        let face = Arc::clone(&self.caller.face);
        let number = face.number.clone();
        let position = self.position.to_string();
        self.event(
            stage,
            "NONE",
            "ENTERQUEUE",
            [String::new(), number, position, face.name.clone()],
        );
        stage.truth.stays.push(Stay {
            queue: self.queue,
            status: Status::Ongoing,
            entered: self.now,
            wait: 0,
            talk: 0,
        });
        self.now += stage.between(0.05, 0.3);
    }

    /// Leaves without an answer: the event, and what it says beside the wait.
    pub(super) fn leave(&mut self, stage: &mut Stage<'_>, event: &str, status: Status) {
        let wait = self.waited();
        let left = 1 + stage.random.random_range(0..self.position);
        let (left, position) = (left.to_string(), self.position.to_string());
        let seconds = wait.to_string();
        match event {
            "EXITWITHKEY" => self.event(
                stage,
                "NONE",
                event,
                ["1".to_owned(), left, position, seconds],
            ),
            "WITHDRAW" => self.event(
                stage,
                "NONE",
                event,
                [left, position, seconds, "operator".to_owned()],
            ),
            _ => self.event(stage, "NONE", event, [left, position, seconds]),
        }
        if event == "EXITEMPTY" {
            self.now += 2;
            self.event(stage, "NONE", "LEAVEEMPTY", []);
        }
        self.ends(stage, status, wait, 0);
    }

    fn ends(&self, stage: &mut Stage<'_>, status: Status, wait: i64, talk: i64) {
        if let Some(stay) = stage.truth.stays.last_mut() {
            stay.status = status;
            stay.wait = wait;
            stay.talk = talk;
        }
    }

    /// The end of an answered visit: its event has hold, talk and position in this order,
    /// after what else it has.
    pub(super) fn complete<const N: usize>(
        &mut self,
        stage: &mut Stage<'_>,
        (member, answered): (usize, i64),
        event: &str,
        first: [String; N],
    ) {
        let hold = answered.div_euclid(1000) - self.entered.div_euclid(1000);
        let talk = self.now.div_euclid(1000) - answered.div_euclid(1000);
        let rest = [hold, talk, i64::from(self.position)].map(|number| number.to_string());
        let mut data = first.into_iter().chain(rest);
        let data: [String; 5] = std::array::from_fn(|_| data.next().unwrap_or_default());
        let name = self.member_name(stage, member);
        self.event(stage, &name, event, data);
        self.ends(stage, Status::Answered, hold, talk);
    }

    /// Members who could be rung now: one of them, or all where the queue rings all.
    pub(super) fn members(&self, stage: &mut Stage<'_>) -> Vec<usize> {
        let line = &stage.people.queues[self.queue];
        let free = line.members.iter().copied();
        let free: Vec<usize> = free.filter(|m| stage.busy[*m] < self.now).collect();
        if line.rings_all || free.is_empty() {
            return free;
        }
        vec![free[stage.random.random_range(0..free.len())]]
    }

    fn member_name(&self, stage: &Stage<'_>, member: usize) -> String {
        let person = &stage.people.users[member];
        match &person.agent {
            Some(agent) if !stage.people.queues[self.queue].local => format!("Agent/{agent}"),
            _ => person.full_name.clone(),
        }
    }

    /// Rings these members for so long. `dst` is what stands in the row of who picks up.
    pub(super) fn ring(
        &mut self,
        stage: &mut Stage<'_>,
        members: &[usize],
        length: i64,
        ringing: Ringing,
        dst: &str,
    ) {
        let began = self.now;
        let first = self.since.take();
        self.now += length;
        for (n, member) in members.iter().enumerate() {
            let taken = match ringing {
                Ringing::Taken(who, talk) if who == *member => Some(talk),
                _ => None,
            };
            let since = first.filter(|_| n == 0).unwrap_or(began);
            let uniqueid = self.row(stage, *member, (since, began), taken, dst);
            let name = self.member_name(stage, *member);
            let event = match ringing {
                Ringing::Missed => Some("RINGNOANSWER"),
                Ringing::Canceled => Some("RINGCANCELED"),
                Ringing::Taken(..) => None,
            };
            if let Some(event) = event {
                self.event(stage, &name, event, [length.to_string()]);
            }
            if taken.is_some() {
                let data = [
                    self.waited().to_string(),
                    uniqueid,
                    (length / 1000).to_string(),
                ];
                self.event(stage, &name, "CONNECT", data);
            }
            stage.occupy(*member, self.now + taken.unwrap_or(0));
            stage.truth.rings.push(Ring {
                who: Party::User(*member),
                visit: stage.truth.stays.len().checked_sub(1),
                since: if n == 0 { self.entered } else { began },
                from: began,
                talk: taken.map(|talk| (self.now, self.now + talk)),
            });
        }
        if let Ringing::Taken(_, talk) = ringing {
            self.now += talk;
        }
    }

    /// The row of one member's ringing, and the one behind a Local channel. Returns the
    /// member's channel's uniqueid.
    fn row(
        &self,
        stage: &mut Stage<'_>,
        member: usize,
        (since, began): (i64, i64),
        taken: Option<i64>,
        dst: &str,
    ) -> String {
        let people = Arc::clone(stage.people);
        let person = &people.users[member];
        let nobody = Arc::new(Face::default());
        let linkedid = stage.truth.linkedid.clone();
        let end = self.now + taken.unwrap_or(0);
        let disposition = match taken {
            Some(_) => Disposition::Answered,
            None => Disposition::NoAnswer,
        };
        let mut to = None;
        if people.queues[self.queue].local {
            let face = Arc::clone(&self.caller.face);
            let face = Arc::new(Face {
                number: face.number.clone(),
                name: face.name.clone(),
                ..Face::default()
            });
            let [first, second] = stage.local(&person.number, "from-queue", &face, began);
            let phone = stage.channel(&person.phones[0], &nobody, began);
            stage.leg(&Leg {
                from: &second,
                to: Some(&phone),
                start: began,
                answer: taken.map(|_| self.now),
                end,
                disposition,
                application: "Dial",
                data: &format!("{},15", person.phones[0]),
                context: "from-queue",
                dst: &person.number,
                dst_name: &person.full_name,
                linkedid: &linkedid,
                made: began,
                talk: taken.map(|_| (self.now, end)),
            });
            to = Some(first);
        }
        let to = to.unwrap_or_else(|| stage.channel(&person.phones[0], &nobody, began));
        stage.leg(&Leg {
            from: &self.caller,
            to: Some(&to),
            start: since,
            answer: Some(since),
            end,
            disposition,
            application: "Queue",
            data: &self.data(),
            context: "ext-queues",
            dst,
            dst_name: "",
            linkedid: &linkedid,
            made: began,
            talk: taken.map(|_| (self.now, end)),
        });
        to.uniqueid
    }

    /// The caller hangs up in the queue. Only who never heard a phone ring has a row of it.
    pub(super) fn gone(&mut self, stage: &mut Stage<'_>) {
        if let Some(since) = self.since.take() {
            let dst = self.dst.clone();
            let data = self.data();
            let dial = self.up(since, &dst);
            stage.application(&dial, "Queue", &data, self.now);
        }
    }

    /// The caller hears that nobody can help, and is hung up on.
    pub(super) fn announcement(&mut self, stage: &mut Stage<'_>) {
        let since = self.since.take().unwrap_or(self.now);
        let until = self.now + stage.between(2.0, 7.0);
        let dst = self.dst.clone();
        let dial = self.up(since, &dst);
        stage.application(&dial, "Playback", "all-reps-busy", until);
        self.now = until;
    }

    fn up<'a>(&'a self, since: i64, dst: &'a str) -> Dial<'a> {
        Dial {
            from: &self.caller,
            since,
            at: since,
            up: true,
            dst,
            context: "ext-queues",
        }
    }
}
