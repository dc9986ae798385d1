//! Made-up calls and entries.

use call_history::model::{Call, CallId, Direction, Entry, Owner, Side, Status, Time};

/// A time, in seconds after some morning.
pub(crate) fn time(seconds: i64) -> Time {
    Time::from_timestamp_micros((1_700_000_000 + seconds) * 1_000_000).unwrap()
}

pub(crate) fn entry(owner: Owner, start: i64) -> Entry {
    Entry {
        owner,
        ordinal: 0,
        start: time(start),
        status: Status::Answered,
        talk_seconds: Some(25),
        talking_since: None,
        wait_seconds: None,
        answered_elsewhere: false,
        src: Side {
            number: Some("0611223344".to_owned()),
            user: None,
            name: Some("José".to_owned()),
        },
        dst: Side {
            number: Some("1000".to_owned()),
            user: Some("alice".to_owned()),
            name: None,
        },
        dialed: None,
        queue: Some("blue".to_owned()),
        agent: None,
        member_user: Some("alice".to_owned()),
        direction: Direction::Inbound,
        account_code: None,
        has_recording: false,
        also_agent: false,
    }
}

pub(crate) fn call(linkedid: &str, start: i64, entries: Vec<Entry>) -> Call {
    Call {
        id: CallId::of("pbx", linkedid),
        source: "pbx".to_owned(),
        linkedid: linkedid.to_owned(),
        start: time(start),
        end: Some(time(start + 30)),
        end_seen: false,
        direction: Direction::Inbound,
        caller: Side::default(),
        did: Some("0145000000".to_owned()),
        entries,
        summary: entry(Owner::all(), start),
    }
}
