//! Entries as clients read them.

use std::collections::{BTreeSet, HashSet};
use std::time::Duration;

use chrono::TimeDelta;
use chrono_tz::Europe::Paris;
use serde_json::json;

use super::convert::hours_minutes_seconds;
use super::*;
use crate::api::names::Names;
use crate::model::{
    Agent, CallId, Direction, Directory, Entry, Line, Owner, Queue, Side, Status, Time, User,
};
use crate::presence::{Hint, Presence};

fn start() -> Time {
    "2026-11-23T09:32:50.987654Z".parse().unwrap()
}

fn names() -> Names {
    let user = |username: &str, first: &str, last: &str, agent: Option<&str>| User {
        username: username.to_owned(),
        first_name: first.to_owned(),
        last_name: last.to_owned(),
        agent_number: agent.map(str::to_owned),
        ..User::default()
    };
    let users = [
        user("usera", "User", "A", None),
        user("userb", "User", "B", Some("2501")),
        user("single", "", "Prince", None),
    ];
    let agent = Agent {
        number: "2502".to_owned(),
        first_name: "Agent".to_owned(),
        last_name: "C".to_owned(),
    };
    let queue = |name: &str, display_name: &str, number: &str| Queue {
        name: name.to_owned(),
        display_name: display_name.to_owned(),
        number: number.to_owned(),
    };
    let queues = [
        queue("blue", "Customer care", "3000"),
        queue("bare", "", ""),
    ];
    Names::new(
        Directory::new(users, [agent], queues),
        HashSet::new(),
        HashSet::new(),
        BTreeSet::new(),
    )
}

fn entry(owner: Owner) -> Entry {
    Entry {
        owner,
        ordinal: 0,
        start: start(),
        status: Status::Answered,
        talk_seconds: Some(25),
        talking_since: None,
        wait_seconds: None,
        answered_elsewhere: false,
        src: Side::default(),
        dst: Side::default(),
        dialed: None,
        queue: None,
        agent: None,
        member_user: None,
        direction: Direction::Internal,
        account_code: None,
        has_recording: false,
        also_agent: false,
    }
}

fn side(number: &str, user: Option<&str>, name: Option<&str>) -> Side {
    Side {
        number: Some(number.to_owned()),
        user: user.map(str::to_owned),
        name: name.map(str::to_owned),
    }
}

fn wire(entry: Entry) -> CallHistory {
    wire_with(entry, &Presence::default())
}

fn wire_with(entry: Entry, presence: &Presence) -> CallHistory {
    let call = CallId::of("pbx", "1");
    let view = View {
        names: &names(),
        presence: &presence.look(),
        zone: Paris,
        now: start() + TimeDelta::seconds(60),
    };
    call_history(&Line { call, entry }, &view)
}

#[test]
fn both_sides_have_the_states_of_now_where_they_are_known() {
    let presence = Presence::default();
    let hints = vec![Hint::new("1004", "default", "PJSIP/1004", 9)];
    presence.set_hints("default", hints);
    presence.set_video("usera", "Busy".parse().unwrap(), Duration::from_secs(60));
    let mut entry = entry(Owner::user("usera"));
    entry.src = side("1004", Some("1004"), None);
    entry.dst = side("1000", Some("usera"), None);
    let wire = wire_with(entry, &presence);
    assert_eq!(
        (wire.src_phone_status, wire.dst_phone_status),
        (Some(9), None)
    );
    assert_eq!(wire.src_video_status, None);
    assert_eq!(wire.dst_video_status.as_deref(), Some("Busy"));
}

#[test]
fn a_call_between_users_has_their_names_and_nothing_that_is_unknown() {
    let mut entry = entry(Owner::user("usera"));
    entry.src = side("1000", Some("usera"), None);
    entry.dst = side("1001", Some("single"), None);
    entry.dialed = Some("4002".to_owned());
    assert_eq!(
        serde_json::to_value(wire(entry)).unwrap(),
        json!({
            "start": "2026-11-23 10:32:50",
            "duration": "00:00:25",
            "status": "answered",
            "callId": CallId::of("pbx", "1").to_string(),
            "srcNum": "1000",
            "dstNum": "1001",
            "srcUsername": "usera",
            "dstUsername": "single",
            "srcFirstName": "User",
            "srcLastName": "A",
            "dstLastName": "Prince",
            "startedAt": "2026-11-23T10:32:50+01:00",
            "dialedNum": "4002",
            "direction": "internal",
            "durationSeconds": 25,
        })
    );
}

#[test]
fn a_visit_has_its_queue_its_waiting_and_the_outside_callers_name() {
    let mut entry = entry(Owner::queue("blue"));
    entry.src = side("0699000012", None, Some("ACME"));
    entry.dst = side("3000", None, None);
    entry.queue = Some("blue".to_owned());
    entry.agent = Some("2501".to_owned());
    entry.wait_seconds = Some(3661);
    entry.direction = Direction::Inbound;
    let wire = serde_json::to_value(wire(entry)).unwrap();
    for (field, expected) in [
        ("srcLastName", json!("ACME")),
        ("dstNum", json!("3000")),
        ("waitTime", json!("01:01:01")),
        ("waitSeconds", json!(3661)),
        ("queueName", json!("blue")),
        ("queueDisplayName", json!("Customer care")),
        ("queueNum", json!("3000")),
        ("agentNum", json!("2501")),
        ("agentName", json!("User B")),
    ] {
        assert_eq!(wire[field], expected, "{field}");
    }
}

#[test]
fn the_agents_name_comes_from_whoever_knows_it() {
    for (agent, member, expected) in [
        (Some("2502"), None, Some("Agent C")),
        (Some("2501"), None, Some("User B")),
        (Some("2503"), Some("usera"), None),
        (None, Some("usera"), Some("User A")),
        (None, Some("1004"), None),
        (None, None, None),
    ] {
        let mut entry = entry(Owner::queue("bare"));
        entry.agent = agent.map(str::to_owned);
        entry.member_user = member.map(str::to_owned);
        entry.queue = Some("bare".to_owned());
        let wire = wire(entry);
        assert_eq!(wire.agent_name.as_deref(), expected);
        assert_eq!((wire.queue_display_name, wire.queue_num), (None, None));
    }
}

#[test]
fn a_user_whom_the_directory_does_not_know_has_a_username_only() {
    let mut entry = entry(Owner::user("1004"));
    entry.src = side("1004", Some("1004"), Some("caller id"));
    entry.answered_elsewhere = true;
    let wire = wire(entry);
    assert_eq!(wire.src_username.as_deref(), Some("1004"));
    assert_eq!((wire.src_first_name, wire.src_last_name), (None, None));
    assert_eq!(wire.answered_elsewhere, Some(true));
}

#[test]
fn what_goes_on_is_counted_until_now() {
    let open = |owner, wait_seconds, talking: Option<i64>| {
        let entry = entry(owner);
        Entry {
            status: Status::Ongoing,
            talk_seconds: None,
            talking_since: talking.map(|talk| entry.start + TimeDelta::seconds(60 - talk)),
            wait_seconds,
            ..entry
        }
    };
    for (entry, talk, wait) in [
        (open(Owner::user("usera"), None, Some(50)), 50, None),
        (open(Owner::user("usera"), None, None), 0, None),
        (open(Owner::agent("2501"), Some(7), Some(53)), 53, Some(7)),
        (open(Owner::queue("blue"), None, None), 0, Some(60)),
        (open(Owner::queue("blue"), Some(7), Some(53)), 53, Some(7)),
    ] {
        let wire = wire(entry);
        assert_eq!((wire.duration_seconds, wire.wait_seconds), (talk, wait));
    }
    let future = open(Owner::user("usera"), None, Some(-86_400));
    assert_eq!(wire(future).duration, "00:00:00");
}

#[test]
fn hours_go_beyond_99() {
    assert_eq!(hours_minutes_seconds(0), "00:00:00");
    assert_eq!(hours_minutes_seconds(86_399), "23:59:59");
    assert_eq!(hours_minutes_seconds(360_000 + 61), "100:01:01");
}
