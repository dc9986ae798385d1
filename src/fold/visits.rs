//! Queue events → visits: who entered which queue, who rang there, how it ended.
//!
//! Rules: `docs/ARCHITECTURE.md`, "Folding"; the events are described in Asterisk's
//! documentation of the queue log.

use std::collections::BTreeMap;

use chrono::TimeDelta;

use super::queue_order::in_order;
use crate::asterisk::{Event, HungUp, QueueEvent};
use crate::model::{Attempt, HandedOn, Outcome, Rule, Status, Time, Visit};

/// LEAVEEMPTY follows EXITEMPTY of the same visit within this many seconds.
const SAME_LEAVING: i64 = 10;

/// The visits of all callers, in the order in which they began.
///
/// `hung_up` tells when the caller's channel with this uniqueid ended, if a CDR row says so:
/// a visit that is still open then has lost its end. Without it, it goes on.
pub(super) fn visits(events: &[QueueEvent], hung_up: impl Fn(&str) -> Option<Time>) -> Vec<Visit> {
    let mut callids: BTreeMap<&str, Vec<&QueueEvent>> = BTreeMap::new();
    for event in events {
        callids.entry(&event.callid).or_default().push(event);
    }
    let mut visits = Vec::new();
    for (callid, own) in callids {
        let mut stay = Stay::default();
        for event in in_order(own) {
            stay.take(event);
        }
        visits.extend(stay.finish(hung_up(callid)));
    }
    // Stable: visits of one caller that began together stay in the order of their events.
    visits.sort_by(|a, b| (a.entered, &a.callid).cmp(&(b.entered, &b.callid)));
    visits
}

/// The way of one caller through queues: at most one visit is open at a time.
#[derive(Default)]
struct Stay {
    /// The time of the last event. It never runs back: where the order within a second is by
    /// the sense of the events, a time without a fraction may be the earlier one.
    now: Time,
    done: Vec<Visit>,
    open: Option<Open>,
}

struct Open {
    visit: Visit,
    /// The hold time that CONNECT told.
    hold: Option<i64>,
}

impl Stay {
    fn take(&mut self, event: &QueueEvent) {
        // What a dialplan logs of its own may come when the caller has gone.
        if !matches!(event.event, Event::Other(_)) {
            self.now = self.now.max(event.time);
        }
        match &event.event {
            Event::EnterQueue => {
                self.lose(self.now);
                let mut visit = begin(event, self.now);
                visit.caller_number = Some(event.data[1].clone()).filter(|n| !n.is_empty());
                visit.caller_name = Some(event.data[3].clone()).filter(|n| !n.is_empty());
                self.open = Some(Open { visit, hold: None });
            }
            Event::Full => self.refuse(event, Status::Full),
            Event::Closed => self.refuse(event, Status::Closed),
            Event::JoinEmpty => self.refuse(event, Status::Joinempty),
            Event::DivertCaRatio => self.refuse(event, Status::DivertCaRatio),
            Event::DivertHoldtime => self.refuse(event, Status::DivertWaittime),
            Event::RingNoAnswer | Event::RingCanceled | Event::AgentDump => self.ring(event),
            Event::Connect => self.connect(event),
            Event::Complete(_) | Event::BlindTransfer | Event::AttendedTransfer => {
                self.complete(event);
            }
            Event::Abandon => self.leave(event, Status::Abandoned, Rule::Abandoned),
            Event::ExitWithTimeout => self.leave(event, Status::Timeout, Rule::TimedOut),
            Event::ExitWithKey => self.leave(event, Status::Exitwithkey, Rule::LeftByKey),
            Event::Withdraw => self.leave(event, Status::Withdrawn, Rule::Withdrawn),
            Event::SysCompat => self.leave(event, Status::Unknown, Rule::Incompatible),
            Event::ExitEmpty | Event::LeaveEmpty => self.leave_empty(event),
            Event::Other(_) => {}
        }
    }

    fn open_in(&mut self, queue: &str) -> Option<&mut Open> {
        self.open.as_mut().filter(|open| open.visit.queue == queue)
    }

    /// Refused at the door: a whole visit, which never was open.
    fn refuse(&mut self, event: &QueueEvent, status: Status) {
        self.lose(self.now);
        let mut visit = begin(event, self.now);
        visit.ended = Some(self.now);
        visit.status = status;
        visit.rule = Rule::Refused;
        visit.wait_seconds = Some(0);
        visit.talk_seconds = Some(0);
        self.done.push(visit);
    }

    /// A member was tried and did not talk. The time that the ringing took stands in some of
    /// these events only.
    fn ring(&mut self, event: &QueueEvent) {
        let rang = match event.event {
            Event::RingNoAnswer | Event::RingCanceled => event.number(1).unwrap_or(0),
            _ => 0,
        };
        let rang = TimeDelta::milliseconds(rang);
        let now = self.now;
        if let Some(open) = self.open_in(&event.queue) {
            open.visit.attempts.push(Attempt {
                member: event.member.clone(),
                began: (now - rang).max(open.visit.entered),
                ended: now,
                outcome: match event.event {
                    Event::RingNoAnswer => Outcome::Unanswered,
                    Event::RingCanceled => Outcome::Cancelled,
                    _ => Outcome::Dropped,
                },
            });
        }
    }

    fn connect(&mut self, event: &QueueEvent) {
        let hold = event.hold();
        if self.open_in(&event.queue).is_none() {
            // Its ENTERQUEUE was lost; somebody was in the queue all the same.
            self.lose(self.now);
            let entered = self.now - TimeDelta::seconds(hold.unwrap_or(0));
            let visit = begin(event, entered);
            self.open = Some(Open { visit, hold });
        }
        if let Some(open) = &mut self.open {
            open.hold = hold;
            open.visit.connected = Some(self.now);
            open.visit.rule = Rule::Connected;
            let rang = TimeDelta::seconds(event.number(3).unwrap_or(0));
            open.visit.attempts.push(Attempt {
                member: event.member.clone(),
                began: (self.now - rang).max(open.visit.entered),
                ended: self.now,
                outcome: Outcome::Answered,
            });
        }
    }

    fn complete(&mut self, event: &QueueEvent) {
        if self.open_in(&event.queue).is_none() {
            let length = event.talk().unwrap_or(0) + event.hold().unwrap_or(0);
            let began = self.now - TimeDelta::seconds(length);
            if self.is_told_again(event, began) {
                return;
            }
            self.lose(self.now);
            let visit = begin(event, began);
            self.open = Some(Open { visit, hold: None });
        }
        let Some(Open { mut visit, hold }) = self.open.take() else {
            return;
        };
        let end = self.now;
        let talk = event.talk();
        let connected = *visit.connected.get_or_insert_with(|| {
            (end - TimeDelta::seconds(talk.unwrap_or(0))).max(visit.entered)
        });
        if visit.answered_by().is_none() {
            visit.attempts.push(Attempt {
                member: event.member.clone(),
                began: connected,
                ended: connected,
                outcome: Outcome::Answered,
            });
        }
        visit.ended = Some(end);
        visit.status = Status::Answered;
        (visit.rule, visit.handed_on) = completion(event);
        visit.wait_seconds = event
            .hold()
            .or(hold)
            .or(Some(whole_seconds(visit.entered, connected)));
        visit.talk_seconds = talk.or(Some(whole_seconds(connected, end)));
        self.done.push(visit);
    }

    /// A second end of a visit that an earlier event has ended: after a transfer Asterisk may
    /// log COMPLETE* too, when the caller hangs up. What it tells began within that visit.
    fn is_told_again(&self, event: &QueueEvent, began: Time) -> bool {
        let last = self.done.iter().rfind(|done| done.queue == event.queue);
        last.is_some_and(|last| {
            last.status == Status::Answered && last.ended.is_some_and(|ended| began < ended)
        })
    }

    /// ABANDON, EXIT*, WITHDRAW, SYSCOMPAT: they end an open visit and prove none. A member
    /// that they name had picked up, but was not put through.
    fn leave(&mut self, event: &QueueEvent, status: Status, rule: Rule) {
        if let Some(open) = self.open_in(&event.queue) {
            if !event.member.is_empty() && open.visit.connected.is_none() {
                self.ring(event);
            }
            self.close(self.now, status, rule, event.hold());
        }
    }

    /// EXITEMPTY is Asterisk's and LEAVEEMPTY is XiVO's word for the same leaving.
    fn leave_empty(&mut self, event: &QueueEvent) {
        if self.open_in(&event.queue).is_some() {
            self.close(self.now, Status::Leaveempty, Rule::Emptied, event.hold());
            return;
        }
        if let (Some(last), Some(hold)) = (self.done.last_mut(), event.hold()) {
            let ended = last.ended.unwrap_or(last.entered);
            if last.queue == event.queue
                && last.status == Status::Leaveempty
                && (self.now - ended).num_seconds() <= SAME_LEAVING
            {
                last.wait_seconds = Some(hold);
            }
        }
    }

    /// The open visit has lost its end: at `time` the caller was somewhere else.
    fn lose(&mut self, time: Time) {
        self.close(time, Status::Unknown, Rule::EndLost, None);
    }

    fn close(&mut self, time: Time, status: Status, rule: Rule, wait: Option<i64>) {
        let Some(Open { mut visit, hold }) = self.open.take() else {
            return;
        };
        visit.ended = Some(time);
        if let Some(connected) = visit.connected {
            // Whatever became of the end: a member did answer.
            visit.status = Status::Answered;
            visit.rule = Rule::ConnectedEndLost;
            visit.wait_seconds = hold.or(Some(whole_seconds(visit.entered, connected)));
            visit.talk_seconds = Some(whole_seconds(connected, time));
        } else {
            visit.status = status;
            visit.rule = rule;
            visit.wait_seconds = wait.or(Some(whole_seconds(visit.entered, time)));
            visit.talk_seconds = Some(0);
        }
        self.done.push(visit);
    }

    fn finish(mut self, hung_up: Option<Time>) -> Vec<Visit> {
        if let Some(time) = hung_up {
            self.lose(time.max(self.now));
        }
        if let Some(Open { mut visit, hold }) = self.open.take() {
            visit.wait_seconds = hold.or_else(|| {
                visit
                    .connected
                    .map(|connected| whole_seconds(visit.entered, connected))
            });
            self.done.push(visit);
        }
        self.done
    }
}

/// A visit that goes on.
fn begin(event: &QueueEvent, entered: Time) -> Visit {
    Visit {
        callid: event.callid.clone(),
        queue: event.queue.clone(),
        entered,
        ended: None,
        status: Status::Ongoing,
        rule: Rule::Waits,
        handed_on: None,
        wait_seconds: None,
        talk_seconds: None,
        connected: None,
        caller_number: None,
        caller_name: None,
        attempts: Vec::new(),
    }
}

/// How a visit ended whose member talked, and whom the member handed the caller to.
fn completion(event: &QueueEvent) -> (Rule, Option<HandedOn>) {
    let (rule, attended) = match event.event {
        Event::BlindTransfer => (Rule::BlindTransferred, false),
        Event::AttendedTransfer => (Rule::AttendedTransferred, true),
        Event::Complete(Some(HungUp::Caller)) => return (Rule::CallerHungUp, None),
        Event::Complete(Some(HungUp::Member)) => return (Rule::MemberHungUp, None),
        _ => return (Rule::Completed, None),
    };
    let to = Some(event.data[0].clone()).filter(|to| !attended && !to.is_empty());
    (rule, Some(HandedOn { attended, to }))
}

fn whole_seconds(from: Time, to: Time) -> i64 {
    (to - from).num_seconds().max(0)
}
