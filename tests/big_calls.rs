//! Calls of thousands of rows fold in a time that grows with their rows, not with the square.

#![allow(
    clippy::unwrap_used,
    reason = "a test stops where its fixture is broken"
)]

use std::time::{Duration, Instant};

use call_history::asterisk::{Cdr, Channel, ChannelEvent, Happening, Kind, QueueEvent, Record};
use call_history::fold::{DEFAULT_SOURCE, Rows, fold};
use call_history::model::Directory;
use chrono_tz::UTC;

/// Rows of each case.
const ROWS: usize = 10_000;
/// Without optimisation and beside other tests; what is quadratic takes minutes.
const ENOUGH: Duration = Duration::from_secs(20);
const ZERO: usize = 1_767_225_600;

fn cdr(values: &[(&str, String)]) -> Cdr {
    let mut record = Record::new(Kind::Cdr);
    for (column, value) in values {
        record.set(Kind::Cdr.position(column).unwrap(), value.as_str());
    }
    Cdr::read(&record, UTC).unwrap()
}

/// A row of the call `1.1` from a phone to another, `n` seconds after its beginning.
fn row(n: usize, from: String, to: String, others: &[(&str, String)]) -> Cdr {
    let mut values = vec![
        ("start", (ZERO + n).to_string()),
        ("duration", "9".to_owned()),
        ("billsec", "5".to_owned()),
        ("uniqueid", "1.1".to_owned()),
        ("sequence", n.to_string()),
        ("channel", from),
        ("dstchannel", to),
    ];
    values.extend_from_slice(others);
    cdr(&values)
}

/// Event `n` of the log; several in a second when `per_second` is more than 1.
fn event(n: usize, per_second: usize, values: [&str; 5]) -> QueueEvent {
    let mut record = Record::new(Kind::QueueLog);
    record.set(0, (ZERO + n / per_second).to_string());
    for (place, value) in values.into_iter().enumerate() {
        record.set(place + 1, value);
    }
    QueueEvent::read(&record, n as i64, UTC).unwrap()
}

/// Channel event `n`, in second `n / per_second`.
fn channel_event(n: usize, per_second: usize, values: [(&str, &str); 5]) -> ChannelEvent {
    let mut record = Record::new(Kind::Cel);
    let time = format!("{}.{:06}", ZERO + n / per_second, n % per_second);
    for (column, value) in values.into_iter().chain([("eventtime", time.as_str())]) {
        record.set(Kind::Cel.position(column).unwrap(), value);
    }
    ChannelEvent::read(&record, UTC).unwrap()
}

/// Folds channel events as one call, in time; the number of its entries.
fn entries_of_channels(what: &str, cel: Vec<ChannelEvent>) -> usize {
    let rows = Rows {
        source: DEFAULT_SOURCE.to_owned(),
        linkedid: "1.0".to_owned(),
        cel,
        ..Rows::default()
    };
    let begin = Instant::now();
    let call = fold(rows, &Directory::default());
    let took = begin.elapsed();
    assert!(took < ENOUGH, "{what} took {took:?}");
    call.map_or(0, |call| call.entries.len())
}

fn answered() -> [(&'static str, String); 1] {
    [("disposition", "ANSWERED".to_owned())]
}

/// Folds both as one call, in time; the number of its entries.
fn entries(what: &str, cdr: Vec<Cdr>, queue_log: Vec<QueueEvent>) -> usize {
    let rows = Rows {
        source: DEFAULT_SOURCE.to_owned(),
        linkedid: "1.1".to_owned(),
        cdr,
        queue_log,
        ..Rows::default()
    };
    let begin = Instant::now();
    let call = fold(rows, &Directory::default());
    let took = begin.elapsed();
    assert!(took < ENOUGH, "{what} took {took:?}");
    call.map_or(0, |call| call.entries.len())
}

#[test]
fn a_caller_who_waits_long_while_many_members_ring() {
    let rings = |n: usize| event(n, 50, ["1.1", "blue", &member(n), "RINGNOANSWER", "1000"]);
    let mut events = vec![event(0, 1, ["1.1", "blue", "NONE", "ENTERQUEUE", ""])];
    events.extend((50..ROWS).map(rings));
    let rows = (50..ROWS).map(|n| {
        let queue = [
            ("lastapp", "Queue".to_owned()),
            ("lastdata", "blue".to_owned()),
        ];
        let to = format!("PJSIP/{}-{n}", 1000 + n % 50);
        row(n / 50, "SIP/trunk-1".to_owned(), to, &queue)
    });
    assert!(entries("many rings", rows.collect(), events) > 50);
}

fn member(n: usize) -> String {
    format!("PJSIP/{}", 1000 + n % 50)
}

#[test]
fn everything_in_one_second() {
    let words = [
        "ENTERQUEUE",
        "CONNECT",
        "COMPLETEAGENT",
        "FULL",
        "ABANDON",
        "RINGNOANSWER",
    ];
    let any = |n: usize| {
        let queue = format!("q{}", n % 100);
        event(
            n,
            ROWS,
            ["1.1", &queue, &member(n), words[n % 6], &n.to_string()],
        )
    };
    entries("one second", Vec::new(), (0..ROWS).map(any).collect());
    let enter = |n: usize| event(n, ROWS, ["1.1", "q", "NONE", "ENTERQUEUE", &n.to_string()]);
    entries("only entering", Vec::new(), (0..ROWS).map(enter).collect());
}

#[test]
fn many_visits_one_after_another() {
    let any = |n: usize| {
        let word = ["ENTERQUEUE", "CONNECT", "COMPLETEAGENT"][n % 3];
        event(n, 1, ["1.1", "blue", &member(n / 3), word, ""])
    };
    let rows = (0..ROWS).map(|n| {
        let to = format!("PJSIP/{}-{n}", 1000 + n % 50);
        row(n, "SIP/trunk-1".to_owned(), to, &answered())
    });
    let events = (0..ROWS).map(any).collect();
    assert!(entries("many visits", rows.collect(), events) > ROWS / 3);
}

#[test]
fn many_callids_and_many_channels() {
    let any = |n: usize| event(n, 1, [&format!("1.{n}"), "blue", "NONE", "ENTERQUEUE", ""]);
    let rows = (0..ROWS).map(|n| {
        let id = [("uniqueid", format!("1.{n}"))];
        let outside = [("src", format!("06{n:08}"))];
        row(
            n,
            format!("SIP/trunk-{n}"),
            format!("SIP/{n}-{n}"),
            &[id, outside].concat(),
        )
    });
    let events = (0..ROWS).map(any).collect();
    assert!(entries("many channels", rows.collect(), events) > ROWS);
}

#[test]
fn local_channels_that_lead_into_each_other() {
    let half = |n: usize, half: u8| format!("Local/1@x-{n};{half}");
    let chain = (0..ROWS).map(|n| row(n, half(n, 2), half(n + 1, 1), &answered()));
    entries("a chain of Locals", chain.collect(), Vec::new());
    let same = (0..ROWS).map(|n| row(n, half(1, 2), format!("SIP/{n}-1"), &answered()));
    entries("one Local", same.collect(), Vec::new());
}

#[test]
fn a_conference_of_thousands() {
    let rows = (0..ROWS).map(|n| {
        let room = [("lastapp", "ConfBridge".to_owned())];
        let id = [("uniqueid", format!("1.{n}"))];
        row(
            n,
            format!("SIP/{n}-1"),
            format!("SIP/{}-1", n + 1),
            &[answered(), room, id].concat(),
        )
    });
    assert!(entries("a conference", rows.collect(), Vec::new()) > 1000);
}

/// Event `n` of a call whose channels each have these events, one after the other.
fn of_channels(n: usize, per_second: usize, kinds: &[(&str, &str)], own: bool) -> ChannelEvent {
    let (channel, (kind, application)) = (n / kinds.len(), kinds[n % kinds.len()]);
    let id = format!("1.{channel}");
    let link = if own && n.is_multiple_of(kinds.len()) {
        &id
    } else {
        "1.0"
    };
    let name = format!("SIP/{}-{channel}", 1000 + channel);
    let mut event = channel_event(
        n,
        per_second,
        [
            ("eventtype", kind),
            ("channame", &name),
            ("uniqueid", &id),
            ("linkedid", link),
            ("appname", application),
        ],
    );
    let bridge = "b".to_owned();
    event.happening = match kind {
        "BRIDGE_ENTER" => Happening::Enter {
            bridge,
            holding: false,
        },
        "BRIDGE_EXIT" => Happening::Exit { bridge },
        _ => event.happening,
    };
    event
}

#[test]
fn a_conference_of_thousands_of_channels() {
    // All come, and nobody leaves; and all of it within one second.
    let kinds = [
        ("CHAN_START", ""),
        ("APP_START", "ConfBridge"),
        ("BRIDGE_ENTER", "ConfBridge"),
    ];
    for per_second in [5, 10_000] {
        let all = (0..ROWS).map(|n| of_channels(n, per_second, &kinds, true));
        assert!(entries_of_channels("a room", all.collect()) > 3_000);
    }
    // A bridge that is no room.
    let kinds = [("CHAN_START", ""), ("ANSWER", ""), ("BRIDGE_ENTER", "")];
    let all = (0..ROWS).map(|n| of_channels(n, 5, &kinds, true));
    assert!(entries_of_channels("a bridge", all.collect()) > 3_000);
}

#[test]
fn a_caller_for_whom_thousands_of_channels_ring() {
    let kinds = [("CHAN_START", ""), ("HANGUP", "AppQueue"), ("CHAN_END", "")];
    let all = [0].into_iter().chain(3..ROWS);
    let all = all.map(|n| of_channels(n, 5, &kinds, false));
    assert!(entries_of_channels("one after the other", all.collect()) > 3_000);
    // All at once, without end.
    let all = (0..ROWS).map(|n| of_channels(n, ROWS, &[("CHAN_START", "")], false));
    assert!(entries_of_channels("all at once", all.collect()) > 9_000);
    // All of them dial.
    let kinds = [("CHAN_START", ""), ("APP_START", "Dial")];
    let all = (0..ROWS).map(|n| of_channels(n, ROWS, &kinds, false));
    assert!(entries_of_channels("all dial", all.collect()) > 4_000);
}

#[test]
fn two_channels_that_come_and_go() {
    let all = (0..ROWS).map(|n| {
        let kinds = [("BRIDGE_ENTER", ""), ("BRIDGE_EXIT", "")];
        let mut event = of_channels(n % 4, 1, &kinds, true);
        event.time += chrono::TimeDelta::seconds(n as i64);
        event
    });
    assert_eq!(entries_of_channels("coming and going", all.collect()), 2);
}

#[test]
fn local_channels_of_channel_events() {
    let half = |n: usize| {
        let name = format!("Local/1@x-{};{}", n / 2, n % 2 + 1);
        let id = format!("1.{n}");
        let mut event = channel_event(
            n,
            100,
            [
                ("eventtype", "CHAN_START"),
                ("channame", &name),
                ("uniqueid", &id),
                ("linkedid", "1.0"),
                ("appname", ""),
            ],
        );
        // Each pair joins two bridges into one long chain.
        if n >= ROWS / 2 {
            let n = n - ROWS / 2;
            event.uniqueid = format!("1.{n}");
            event.channel = Channel::parse(&format!("Local/1@x-{};{}", n / 2, n % 2 + 1));
            event.happening = Happening::Enter {
                bridge: format!("b{}", n.div_ceil(2)),
                holding: false,
            };
        }
        event
    };
    assert_eq!(
        entries_of_channels("a chain", (0..ROWS).map(half).collect()),
        0
    );
}
