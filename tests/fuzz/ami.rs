//! What is true of whatever a PBX's Manager Interface says.

use std::collections::HashSet;
use std::sync::Arc;

use call_history::asterisk::ami::{Message, Reader, Report, listed_channel, report};
use call_history::model::{Directory, Owner, Principal, Time};
use call_history::presence::live::{LiveCalls, Mark};
use chrono::TimeDelta;

/// The moment of the first message; each further one comes a second later.
const FIRST: i64 = 1_800_000_000;

/// The longest that a list may say a channel has lived.
const LONGEST: TimeDelta = TimeDelta::days(31);

/// Reads these bytes as what comes over a connection; what it says is calls in progress.
///
/// # Panics
/// When something is not true that should be.
pub(super) fn check(data: &[u8]) {
    let Some((piece, bytes)) = data.split_first() else {
        return;
    };
    let mut reader = Reader::default();
    let messages = reader.read(bytes);
    let mut other = Reader::default();
    let pieces = bytes.chunks(usize::from(*piece) + 1);
    let in_pieces: Vec<Message> = pieces.flat_map(|piece| other.read(piece)).collect();
    assert_eq!(messages, in_pieces, "in pieces of {piece}");
    assert_eq!(reader.greeting(), other.greeting());
    assert_eq!(reader.greeting().is_some(), bytes.contains(&b'\n'));

    let live = LiveCalls::default();
    let mut asked = live.mark("default", Time::from_timestamp(FIRST, 0).unwrap());
    let begun: usize = messages
        .iter()
        .zip(FIRST..)
        .map(|(message, second)| {
            let now = Time::from_timestamp(second, 0).unwrap();
            take(&live, message, &mut asked, now)
        })
        .sum();
    let last = Time::from_timestamp(FIRST, 0).unwrap()
        + TimeDelta::seconds(messages.len().try_into().unwrap());
    calls_hold(&live, begun, last);
    live.forget("default");
    assert!(calls(&live).is_empty());
}

/// Takes over a message, as `presence::ami` does; how many channels it may have begun.
fn take(live: &LiveCalls, message: &Message, asked: &mut Mark, now: Time) -> usize {
    assert!(message.succeeded().is_none() || !message.get("Response").is_empty());
    match message.event() {
        "CoreShowChannel" => {
            let events = listed_channel(message, |bridge| bridge.len() > 9, now);
            for event in &events {
                assert!(event.time <= now && event.time >= now - LONGEST);
                assert!(!event.uniqueid.is_empty() && !event.linkedid.is_empty());
            }
            live.list("default", events);
            1
        }
        "CoreShowChannelsComplete" => {
            let none = HashSet::new();
            live.end_list("default", &none, *asked);
            *asked = live.mark("default", now);
            0
        }
        _ => match report(message, now) {
            Some(Report::Hint { exten, .. }) => {
                assert!(!exten.is_empty());
                0
            }
            Some(report) => {
                live.take("default", report);
                1
            }
            None => 0,
        },
    }
}

/// The calls in progress: each is of a channel that has begun, and nothing of it is to come.
fn calls_hold(live: &LiveCalls, begun: usize, last: Time) {
    let calls = calls(live);
    assert!(calls.len() <= begun, "{begun} channels: {calls:#?}");
    for line in &calls {
        let detail = live.detail(line.call, &Directory::default());
        let detail = detail.unwrap().detail;
        assert_eq!(detail.call.id, line.call);
        // Who called may have hung up, and what rings not yet.
        assert!(detail.call.end.is_none_or(|end| end <= last), "{detail:#?}");
        assert!(line.entry.start <= last, "{line:#?}");
    }
}

/// One line for each call.
fn calls(live: &LiveCalls) -> Vec<call_history::model::Line> {
    let readable = Principal::administrator().readable([Owner::all()]);
    live.lines(&readable, &Arc::new(Directory::default()))
}
