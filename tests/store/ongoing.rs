//! Calls in progress, calls that never end, and conversations that become one call.

use call_history::asterisk::{Kind, Record};
use call_history::ingest::import::Import;
use call_history::ingest::projector::{close_overdue, rebuild};
use call_history::model::{CallId, Line, Owner, Principal, Status, Time};
use call_history::store::Connection;
use call_history::store::history::{PageQuery, page};
use call_history::store::settings;
use call_history::store::sources::Zones;
use chrono::{DateTime, TimeDelta, Utc};

use crate::support::TestDatabase;

/// The second 0 of each test.
const ZERO: i64 = 1_795_000_000;
const SOURCE: &str = "default";

fn at(second: i64) -> Time {
    DateTime::from_timestamp(ZERO + second, 0).unwrap()
}

fn cel(second: i64, kind: &str, channel: &str, id: &str, link: &str, bridge: &str) -> Record {
    let mut record = Record::new(Kind::Cel);
    let extra = format!(r#"{{"bridge_id":"{bridge}"}}"#);
    for (column, value) in [
        ("eventtype", kind),
        ("eventtime", &(ZERO + second).to_string()),
        ("channame", channel),
        ("uniqueid", id),
        ("linkedid", link),
        ("extra", if bridge.is_empty() { "" } else { &extra }),
    ] {
        record.set(Kind::Cel.position(column).unwrap(), value);
    }
    record
}

/// 1000 calls 1001, and they talk from second 5 on.
fn talk(id: &str) -> Vec<Record> {
    let (a, b) = (format!("{id}.1"), format!("{id}.2"));
    vec![
        cel(0, "CHAN_START", "PJSIP/1000-1", &a, &a, ""),
        cel(0, "CHAN_START", "PJSIP/1001-2", &b, &a, ""),
        cel(5, "BRIDGE_ENTER", "PJSIP/1001-2", &b, &a, "b"),
        cel(5, "BRIDGE_ENTER", "PJSIP/1000-1", &a, &a, "b"),
    ]
}

fn log(second: i64, callid: &str, member: &str, event: &str, data: &str) -> Record {
    let mut record = Record::new(Kind::QueueLog);
    record.set(0, (ZERO + second).to_string());
    for (place, value) in [callid, "blue", member, event, data].iter().enumerate() {
        record.set(place + 1, *value);
    }
    record
}

fn import(conn: &mut Connection, records: &[Record]) {
    let mut import = Import::new(SOURCE, Zones::UNKNOWN);
    import.records(conn, records).unwrap();
    import.fold(conn).unwrap();
}

fn history(conn: &mut Connection, owner: Owner) -> Vec<Line> {
    let readable = Principal::administrator().readable([owner]);
    let query = PageQuery {
        limit: 100,
        ..PageQuery::default()
    };
    page(conn, &readable, &query).unwrap()
}

fn statuses(conn: &mut Connection, owner: Owner) -> Vec<(Status, Option<i64>)> {
    let lines = history(conn, owner).into_iter();
    lines
        .map(|line| (line.entry.status, line.entry.talk_seconds))
        .collect()
}

/// Folding everything again changes nothing.
fn is_settled(conn: &mut Connection) {
    let totals = rebuild(conn).unwrap();
    assert_eq!((totals.changed, totals.removed), (0, 0));
}

/// A call that begins and ends in this second.
fn short(second: i64, id: &str) -> Vec<Record> {
    let id = format!("{id}.1");
    ["CHAN_START", "CHAN_END", "LINKEDID_END"]
        .map(|kind| cel(second, kind, "PJSIP/1002-1", &id, &id, ""))
        .to_vec()
}

const FOUR_HOURS: i64 = 4 * 3600;

#[test]
fn a_call_that_never_ends_is_closed_without_talk() {
    let database = TestDatabase::new();
    let mut conn = database.connect();
    let mut close = {
        let mut conn = database.connect();
        move |now| close_overdue(&mut conn, now, None).unwrap().changed
    };
    import(&mut conn, &talk("7"));
    import(
        &mut conn,
        &[
            log(1, "8.1", "NONE", "ENTERQUEUE", ""),
            log(9, "8.1", "Agent/2501", "CONNECT", "8"),
            log(2, "9.1", "NONE", "ENTERQUEUE", ""),
        ],
    );
    let user = || Owner::user("1001");
    let queue = || Owner::queue("blue");
    let ongoing = (Status::Ongoing, None);
    // Rows of some time ago that came just now: nobody knows that these calls do not go on.
    let now = Utc::now();
    assert_eq!(close(now), 0);
    assert_eq!(statuses(&mut conn, user()), [ongoing]);
    assert_eq!(statuses(&mut conn, queue()), [ongoing, ongoing]);
    assert_eq!(
        history(&mut conn, user())[0].entry.talking_since,
        Some(at(5))
    );
    is_settled(&mut conn);
    // By the PBX's clock the first two have had their time, and the last has not.
    import(&mut conn, &short(FOUR_HOURS + 2, "20"));
    assert_eq!(close(now), 2);
    let answered = (Status::Answered, Some(0));
    assert_eq!(statuses(&mut conn, user()), [answered]);
    assert_eq!(statuses(&mut conn, queue()), [ongoing, answered]);
    is_settled(&mut conn);
    assert_eq!(close(now), 0);
    // Nothing was heard of the last for as long.
    assert_eq!(close(now + TimeDelta::seconds(FOUR_HOURS - 60)), 0);
    assert_eq!(close(now + TimeDelta::seconds(FOUR_HOURS + 60)), 1);
    let unknown = (Status::Unknown, Some(0));
    assert_eq!(statuses(&mut conn, queue()), [unknown, answered]);
    is_settled(&mut conn);
    // Whoever takes in another one of that time closes it as well.
    import(&mut conn, &talk("6"));
    assert_eq!(statuses(&mut conn, user()), [answered, answered]);
    is_settled(&mut conn);
    // An end that comes all the same is believed.
    import(
        &mut conn,
        &[
            cel(20_005, "BRIDGE_EXIT", "PJSIP/1001-2", "7.2", "7.1", "b"),
            cel(20_005, "CHAN_END", "PJSIP/1001-2", "7.2", "7.1", ""),
            cel(20_005, "CHAN_END", "PJSIP/1000-1", "7.1", "7.1", ""),
        ],
    );
    let mut found = statuses(&mut conn, user());
    found.sort_by_key(|(_, talk)| *talk);
    assert_eq!(found, [answered, (Status::Answered, Some(20_000))]);
    is_settled(&mut conn);
}

#[test]
fn a_row_of_the_future_closes_nothing_and_the_hours_are_configured() {
    let database = TestDatabase::new();
    let mut conn = database.connect();
    let now = Utc::now();
    let second = now.timestamp() - ZERO;
    let records = [
        cel(second, "CHAN_START", "PJSIP/1000-1", "7.1", "7.1", ""),
        cel(second, "CHAN_START", "PJSIP/1001-2", "7.2", "7.1", ""),
    ];
    import(&mut conn, &records);
    import(&mut conn, &short(second + 1_000_000_000, "8"));
    assert_eq!(close_overdue(&mut conn, now, None).unwrap().changed, 0);
    let later = now + TimeDelta::minutes(90);
    settings::put_longest_call(&mut conn, 2).unwrap();
    assert_eq!(close_overdue(&mut conn, later, None).unwrap().changed, 0);
    settings::put_longest_call(&mut conn, 1).unwrap();
    assert_eq!(close_overdue(&mut conn, later, None).unwrap().changed, 1);
    is_settled(&mut conn);
}

/// 1001 talks with 1000, asks 1002 on a second channel, and their phone joins the two: the
/// second conversation (10.4) goes on with the linkedid of the first (9.1).
fn transfer() -> Vec<Record> {
    let mut records = talk("9");
    records.extend([
        cel(30, "CHAN_START", "PJSIP/1001-4", "10.4", "10.4", ""),
        cel(30, "CHAN_START", "PJSIP/1002-5", "10.5", "10.4", ""),
        cel(35, "BRIDGE_ENTER", "PJSIP/1001-4", "10.4", "10.4", "c"),
        cel(35, "BRIDGE_ENTER", "PJSIP/1002-5", "10.5", "10.4", "c"),
        cel(60, "CHAN_END", "PJSIP/1001-4", "10.4", "10.4", ""),
        cel(60, "LINKEDID_END", "PJSIP/1001-4", "10.4", "10.4", ""),
        cel(60, "CHAN_END", "PJSIP/1001-2", "9.2", "9.1", ""),
        cel(60, "BRIDGE_EXIT", "PJSIP/1002-5", "10.5", "10.4", "c"),
        cel(60, "BRIDGE_ENTER", "PJSIP/1002-5", "10.5", "9.1", "b"),
        cel(95, "CHAN_END", "PJSIP/1002-5", "10.5", "9.1", ""),
        cel(95, "CHAN_END", "PJSIP/1000-1", "9.1", "9.1", ""),
        cel(95, "LINKEDID_END", "PJSIP/1000-1", "9.1", "9.1", ""),
    ]);
    records
}

#[test]
fn conversations_that_a_transfer_joins_are_one_call_whichever_row_comes_last() {
    let whole = transfer();
    for last in 0..whole.len() {
        let mut rest = whole.clone();
        let late = rest.remove(last);
        let database = TestDatabase::new();
        let mut conn = database.connect();
        import(&mut conn, &rest);
        import(&mut conn, &[late]);
        for (user, status, talk) in [
            ("1000", Status::Emitted, 90),
            ("1001", Status::Answered, 55),
            ("1002", Status::Answered, 60),
        ] {
            let lines = history(&mut conn, Owner::user(user));
            let told: Vec<_> = lines
                .iter()
                .map(|line| (line.call, line.entry.status, line.entry.talk_seconds))
                .collect();
            let call = CallId::of(SOURCE, "9.1");
            assert_eq!(told, [(call, status, Some(talk))], "{user}, {last} last");
        }
        is_settled(&mut conn);
    }
}
