//! Calls in progress that nothing but a PBX's Manager Interface tells of.

use std::time::Duration;

use call_history::asterisk::{Kind, Record};
use call_history::ingest::import::Import;
use call_history::store::sources::Zones;
use chrono::{TimeDelta, Utc};
use serde_json::Value;

use crate::support::TestDatabase;
use crate::support::ami::Manager;
use crate::support::mariadb::until;
use crate::support::service::{Service, import_directory, program, succeed};

/// Far longer than anything here takes, on a machine that is busy.
const SOON: Duration = Duration::from_secs(40);

/// The name, uniqueid and linkedid of a channel.
type Channel = [(&'static str, &'static str); 3];

const CALLER: Channel = [
    ("Channel", "PJSIP/1000-00000001"),
    ("Uniqueid", "1795393139.1"),
    ("Linkedid", "1795393139.1"),
];
const CALLED: Channel = [
    ("Channel", "PJSIP/1001-00000002"),
    ("Uniqueid", "1795393139.2"),
    ("Linkedid", "1795393139.1"),
];

fn listening(database: &TestDatabase, manager: &Manager) -> Service {
    listening_with(database, manager, &["--no-auth"])
}

fn listening_with(database: &TestDatabase, manager: &Manager, arguments: &[&str]) -> Service {
    let service = Service::spawn(
        program()
            .args(["serve", "--bind", "127.0.0.1:0"])
            .args(arguments)
            .env("DATABASE_URL", database.url_text())
            .envs(manager.settings()),
    );
    until("the list of channels", SOON, || {
        manager.count("CoreShowChannels") > 0
    });
    service
}

fn prepared() -> (TestDatabase, Manager) {
    let database = TestDatabase::new();
    import_directory(&database);
    (database, Manager::start())
}

fn tell(manager: &Manager, event: &str, channel: Channel, more: &[(&str, &str)]) {
    manager.tell(event, &[&channel, more].concat());
}

/// usera calls userb, and both talk.
fn talk(manager: &Manager) {
    let exten = [
        ("Exten", "1001"),
        ("CallerIDNum", "1000"),
        ("CallerIDName", "<unknown>"),
    ];
    tell(manager, "Newchannel", CALLER, &exten);
    tell(manager, "Newchannel", CALLED, &[("Exten", "")]);
    let dest = [("DestChannel", CALLED[0].1), ("DestUniqueid", CALLED[1].1)];
    tell(manager, "DialBegin", CALLER, &dest);
    for channel in [CALLED, CALLER] {
        let bridge = [
            ("BridgeUniqueid", "b1"),
            ("BridgeTechnology", "simple_bridge"),
        ];
        tell(manager, "BridgeEnter", channel, &bridge);
    }
}

fn hang_up(manager: &Manager) {
    for channel in [CALLED, CALLER] {
        tell(manager, "Hangup", channel, &[("Cause", "16")]);
    }
}

/// The statuses in a history.
fn statuses(service: &Service, path: &str) -> Vec<Value> {
    let entries = service.entries(path);
    entries
        .iter()
        .map(|entry| entry["status"].clone())
        .collect()
}

fn until_statuses(service: &Service, path: &str, expected: &[&str]) {
    until(&format!("{path}: {expected:?}"), SOON, || {
        statuses(service, path) == expected
    });
}

const USERA: &str = "/history/user?user=usera";
const USERB: &str = "/history/user?user=userb";

/// The CDR row of the call, which Asterisk writes when it is over.
fn record() -> Record {
    let mut record = Record::new(Kind::Cdr);
    let now = Utc::now().format("%Y-%m-%d %H:%M:%S").to_string();
    for (column, value) in [
        ("start", now.as_str()),
        ("answer", &now),
        ("end", &now),
        ("duration", "5"),
        ("billsec", "5"),
        ("disposition", "ANSWERED"),
        ("src", "1000"),
        ("dst", "1001"),
        ("channel", CALLER[0].1),
        ("dstchannel", CALLED[0].1),
        ("lastapp", "Dial"),
        ("uniqueid", CALLER[1].1),
        ("linkedid", CALLER[2].1),
    ] {
        record.set(Kind::Cdr.position(column).unwrap(), value);
    }
    record
}

#[test]
fn a_call_is_ongoing_until_it_has_records_and_is_there_once() {
    let (database, manager) = prepared();
    let service = listening(&database, &manager);
    assert_eq!(service.get(USERA).body, "[]");
    talk(&manager);
    for path in [USERA, USERB, "/calls"] {
        until_statuses(&service, path, &["ongoing"]);
    }
    let [entry] = &service.entries(USERB)[..] else {
        panic!("one call")
    };
    let call = entry["callId"].as_str().unwrap().to_owned();
    for (field, value) in [
        ("srcUsername", "usera"),
        ("dstUsername", "userb"),
        ("srcNum", "1000"),
        ("dstNum", "1001"),
        ("direction", "internal"),
    ] {
        assert_eq!(entry[field], value, "{entry}");
    }
    // The talk goes on.
    until("a second", SOON, || {
        service.entries(USERA)[0]["durationSeconds"].as_i64() > Some(0)
    });
    // Parameters hold for it as for what is stored.
    for (parameter, found) in [
        ("status=ongoing", 1),
        ("status=missed", 0),
        ("until=2026-01-01", 0),
        ("days=1", 1),
        ("size=1", 1),
    ] {
        let path = format!("{USERA}&{parameter}");
        assert_eq!(service.entries(&path).len(), found, "{parameter}");
    }
    // Nobody else has it.
    assert_eq!(service.get("/history/user?user=userc").body, "[]");

    let mut import = Import::new("default", Zones::all(chrono_tz::Tz::UTC));
    let mut conn = database.connect();
    import.records(&mut conn, &[record()]).unwrap();
    import.fold(&mut conn).unwrap();
    // The records tell, although the channels are still there.
    for (path, status) in [
        (USERA, "emitted"),
        (USERB, "answered"),
        ("/calls", "answered"),
    ] {
        until_statuses(&service, path, &[status]);
        assert_eq!(service.entries(path)[0]["callId"], call);
    }
    hang_up(&manager);
    assert_eq!(statuses(&service, USERA), ["emitted"]);
}

#[test]
fn a_history_with_a_call_in_progress_is_no_page_that_is_known_again() {
    let (database, manager) = prepared();
    let service = listening(&database, &manager);
    let tag = |path: &str| service.get(path).header("etag").map(str::to_owned);
    until("a tag", SOON, || tag(USERA).is_some());
    let quiet = tag(USERA).unwrap();
    let again = |path: &str| {
        let known = [("If-None-Match", quiet.as_str())];
        service.request("GET", path, &known).status
    };
    assert_eq!(again(USERA), 304);
    talk(&manager);
    until("the call", SOON, || again(USERA) == 200);
    assert_eq!(statuses(&service, USERA), ["ongoing"]);
    assert_eq!(tag(USERA), None);
    // Whoever has no part in it is not concerned.
    assert!(tag("/history/user?user=userc").is_some());
    hang_up(&manager);
    until("the end", SOON, || again(USERA) == 304);
}

#[test]
fn a_call_that_ends_without_records_is_gone() {
    let (database, manager) = prepared();
    let service = listening(&database, &manager);
    talk(&manager);
    until_statuses(&service, USERA, &["ongoing"]);
    hang_up(&manager);
    until_statuses(&service, USERA, &[]);
}

#[test]
fn what_goes_on_already_is_listed_and_a_lost_connection_forgets_it() {
    let (database, manager) = prepared();
    let of = |channel: Channel, duration: &'static str| {
        [
            &channel[..],
            &[
                ("Duration", duration),
                ("BridgeId", "b1"),
                ("Exten", "1001"),
            ],
        ]
        .concat()
    };
    let (caller, called) = (of(CALLER, "00:01:10"), of(CALLED, "00:01:05"));
    manager.has_channels(&[&caller, &called]);
    manager.has_bridges(&[("b1", "simple_bridge")]);
    let service = listening(&database, &manager);
    until_statuses(&service, USERB, &["ongoing"]);
    manager.has_channels(&[]);
    manager.cut();
    until_statuses(&service, USERB, &[]);

    // Whoever is parked talks with nobody.
    manager.has_channels(&[&caller, &called]);
    manager.has_bridges(&[("b1", "holding_bridge")]);
    until("a login", SOON, || manager.logins() > 1);
    manager.cut();
    until_statuses(&service, USERB, &["ongoing"]);
    let begun = Utc::now();
    until("two seconds of silence", SOON, || {
        assert_eq!(service.entries(USERB)[0]["durationSeconds"], 0);
        Utc::now() - begun > TimeDelta::seconds(2)
    });
}

#[test]
fn pages_go_on_past_a_call_in_progress() {
    let (database, manager) = prepared();
    let mut import = Import::new("default", Zones::all(chrono_tz::Tz::UTC));
    let mut conn = database.connect();
    let records = (0..5).map(|n| {
        let mut record = record();
        for column in ["uniqueid", "linkedid"] {
            let id = format!("17953{n}0000.7");
            record.set(Kind::Cdr.position(column).unwrap(), id.as_str());
        }
        record
    });
    import
        .records(&mut conn, &records.collect::<Vec<_>>())
        .unwrap();
    import.fold(&mut conn).unwrap();
    let service = listening(&database, &manager);
    talk(&manager);
    until("the call", SOON, || service.entries(USERA).len() == 6);
    for size in [1, 2, 3, 5, 6, 7] {
        let all = service.walk(&format!("{USERA}&size={size}"));
        let mut calls: Vec<&str> = all.iter().map(|e| e["callId"].as_str().unwrap()).collect();
        assert_eq!(calls.len(), 6, "size {size}");
        calls.sort_unstable();
        calls.dedup();
        assert_eq!(calls.len(), 6, "each once, size {size}");
        assert_eq!(all[0]["status"], "ongoing");
    }
}

#[test]
fn a_call_in_progress_is_told_to_each_as_far_as_it_is_theirs() {
    let (database, manager) = prepared();
    let service = listening_with(&database, &manager, &[]);
    let key = |scope| succeed(&database, &["key", "create", "--scope", scope]);
    let key = |scope| key(scope).trim().to_owned();
    let everything = key("history:all");
    talk(&manager);
    let calls = || service.get_as(&everything, "/calls").json();
    until("the call", SOON, || calls()[0]["durationSeconds"].is_i64());
    let path = format!("/calls/{}", calls()[0]["callId"].as_str().unwrap());
    let call = service.get_as(&everything, &path).json();
    assert_eq!(
        (&call["whole"], &call["settled"]),
        (&true.into(), &false.into())
    );
    assert!(
        call.get("revision").is_none() && call.get("endedAt").is_none(),
        "{call:#}"
    );
    assert_eq!(call["rings"][0]["username"], "userb", "{call:#}");
    assert!(
        call["notes"][0].as_str().unwrap().contains("records"),
        "{call:#}"
    );
    let side = service.get_as(&key("history:user:userb"), &path);
    assert_eq!(
        side.json()["rings"][0]["outcome"],
        "answered",
        "{}",
        side.body
    );
    assert!(!side.body.contains("PJSIP/1000"), "{}", side.body);
    assert_eq!(
        service.get_as(&key("history:user:userc"), &path).status,
        404
    );
    // Without records nothing is left of it.
    hang_up(&manager);
    until("the end", SOON, || {
        service.get_as(&everything, &path).status == 404
    });
}
