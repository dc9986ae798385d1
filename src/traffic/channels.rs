//! What happened, written as channel events (CEL): the lives of all channels, and which of them
//! were in bridges together.

use std::collections::HashMap;

use super::rows::{Channel, Leg, Writer};
use crate::asterisk::Record;

/// The channels of one call, while it is played. Times are milliseconds.
#[derive(Default)]
pub(super) struct Channels {
    lives: Vec<Life>,
    of: HashMap<String, usize>,
    bridges: u64,
}

struct Life {
    channel: Channel,
    /// Another channel made it ring.
    called: bool,
    begins: i64,
    ends: i64,
    events: Vec<Event>,
}

#[derive(Clone)]
struct Event {
    at: i64,
    kind: &'static str,
    linkedid: String,
    exten: String,
    application: String,
    data: String,
    extra: String,
}

impl Channels {
    /// Somebody picks up, or comes in from outside.
    pub(super) fn begins(&mut self, channel: &Channel, at: i64) {
        self.life(channel, false, at);
    }

    fn life(&mut self, channel: &Channel, called: bool, at: i64) -> usize {
        let next = self.lives.len();
        let n = *self.of.entry(channel.uniqueid.clone()).or_insert(next);
        if n == next {
            self.lives.push(Life {
                channel: channel.clone(),
                called,
                begins: at,
                ends: at,
                events: Vec::new(),
            });
        }
        n
    }

    /// A path from one channel to another, or into an application.
    pub(super) fn leg(&mut self, leg: &Leg<'_>) {
        // The halves of a Local channel are both made by who dials it.
        let second = leg.from.name.ends_with(";2");
        let begin = if second { leg.made } else { leg.start };
        let room = leg.application == "ConfBridge";
        let from = self.life(leg.from, second, begin);
        let to = leg.to.map(|to| self.life(to, !room, leg.made));
        let event = |at, kind, application: &str| Event {
            at,
            kind,
            linkedid: leg.linkedid.to_owned(),
            exten: leg.dst.to_owned(),
            application: application.to_owned(),
            data: if application == leg.application {
                leg.data.to_owned()
            } else {
                String::new()
            },
            extra: String::new(),
        };
        let runs = event(
            leg.made.max(self.lives[from].begins),
            "APP_START",
            leg.application,
        );
        let known =
            |other: &Event| (&other.application, &other.data) == (&runs.application, &runs.data);
        let last = self.lives[from]
            .events
            .iter()
            .rfind(|e| e.kind == "APP_START");
        if !last.is_some_and(known) {
            self.lives[from].events.push(runs);
        }
        self.lives[from].ends = self.lives[from].ends.max(leg.end);
        let Some(to) = to else { return };
        self.lives[to].ends = self.lives[to].ends.max(leg.end);
        let Some((answered, until)) = leg.talk else {
            return;
        };
        self.bridges += 1;
        let bridge = if room { 0 } else { self.bridges };
        let extra =
            format!(r#"{{"bridge_id":"bridge-{bridge}","bridge_technology":"simple_bridge"}}"#);
        for n in [from, to] {
            let called = self.lives[n].called;
            let application = if called { "AppDial" } else { leg.application };
            for (at, kind) in [(answered, "BRIDGE_ENTER"), (until, "BRIDGE_EXIT")] {
                // Into a room everybody comes once.
                let events = &mut self.lives[n].events;
                let entered = events.iter_mut().find(|e| room && e.kind == kind);
                if let Some(entered) = entered {
                    let first = kind == "BRIDGE_ENTER";
                    entered.at = if first {
                        entered.at.min(at)
                    } else {
                        entered.at.max(at)
                    };
                    continue;
                }
                let mut event = event(at, kind, application);
                event.extra.clone_from(&extra);
                events.push(event);
            }
        }
    }

    /// All events, when everything has ended.
    pub(super) fn records(mut self, writer: &Writer, linkedid: &str, end: i64) -> Vec<Record> {
        let mut all: Vec<(i64, u64, Record)> = Vec::new();
        let count = self.lives.len();
        for (n, life) in self.lives.iter_mut().enumerate() {
            life.events.sort_by_key(|event| event.at);
            // The caller is there to the end.
            let ends = if n == 0 { end } else { life.ends };
            let uniqueid = life.channel.uniqueid.clone();
            let first = life.events.first();
            let own = if life.called {
                first.map_or(linkedid, |event| event.linkedid.as_str())
            } else {
                &uniqueid
            };
            let did = &life.channel.face.did;
            let dialled = first.map(|event| event.exten.clone()).unwrap_or_default();
            let exten = if did.is_empty() || life.called {
                dialled
            } else {
                did.clone()
            };
            let blank = |at, kind, linkedid: &str, exten: String| Event {
                at,
                kind,
                linkedid: linkedid.to_owned(),
                exten,
                application: String::new(),
                data: String::new(),
                extra: String::new(),
            };
            let begins = blank(
                life.begins,
                "CHAN_START",
                own,
                if life.called { "s".to_owned() } else { exten },
            );
            let last = life
                .events
                .last()
                .map_or(own, |event| event.linkedid.as_str())
                .to_owned();
            let mut events = vec![begins];
            events.append(&mut life.events);
            events.push(blank(ends, "HANGUP", &last, String::new()));
            events.push(blank(ends, "CHAN_END", &last, String::new()));
            if n + 1 == count {
                events.push(blank(
                    end.max(ends),
                    "LINKEDID_END",
                    linkedid,
                    String::new(),
                ));
            }
            for event in events {
                let micros = all.len() as u64 % 999 + 1;
                let texts = [
                    event.kind,
                    &event.exten,
                    &event.application,
                    &event.data,
                    &event.linkedid,
                    &event.extra,
                ];
                let record = writer.channel_event((event.at, micros), &life.channel, texts);
                all.push((event.at, micros, record));
            }
        }
        all.sort_by_key(|(at, micros, _)| (*at, *micros));
        all.into_iter().map(|(_, _, record)| record).collect()
    }
}
