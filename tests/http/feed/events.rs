//! What streams of events tell.

use call_history::model::Owner;
use call_history::store::calls::replace;
use serde_json::json;

use super::mirror::Mirror;
use super::{database_with_users, import_rows, key, put};
use crate::support::TestDatabase;
use crate::support::events::{Event, Events};
use crate::support::made_up::{call, entry};
use crate::support::service::{Service, import_capture, import_directory};

fn owners(event: &Event) -> Vec<&str> {
    let entries = event.data["entries"].as_array().unwrap().iter();
    entries
        .filter(|entry| entry["owner"]["kind"] != "all")
        .map(|entry| entry["owner"]["name"].as_str().unwrap())
        .collect()
}

#[test]
fn entries_come_as_they_appear_and_change_to_whoever_may_read_them() {
    let database = database_with_users();
    let service = Service::start_closed(&database);
    let (one, all) = (
        key(&database, &["history:user:a"]),
        key(&database, &["history:all"]),
    );
    let mut one = Events::open_as(&service, &one, "/events", None).begun();
    let mut all = Events::open_as(&service, &all, "/events?tz=Asia/Kolkata", None).begun();
    for (name, value) in [
        ("content-type", "text/event-stream"),
        ("cache-control", "no-store"),
        ("x-accel-buffering", "no"),
    ] {
        assert_eq!(one.header(name), Some(value));
    }
    let id = put(&database, "1", &["a", "b"]).to_string();
    let event = one.next().unwrap();
    assert_eq!(event.name, "change");
    assert_eq!(event.data["callId"], id.as_str());
    assert_eq!(owners(&event), ["a"]);
    let shown = &event.data["entries"][0]["entry"];
    assert_eq!(shown["startedAt"], "2023-11-14T22:13:21+00:00");
    let event = all.next().unwrap();
    assert_eq!(owners(&event), ["a", "b"]);
    let shown = &event.data["entries"][0]["entry"];
    assert_eq!(shown["startedAt"], "2023-11-15T03:43:21+05:30");
    // What is nothing of theirs they never see.
    put(&database, "2", &["c"]);
    put(&database, "1", &["b"]);
    let event = one.next().unwrap();
    assert_eq!(
        (&event.data["callId"], &event.data["removed"]),
        (&json!(id), &json!(true))
    );
    assert_eq!(owners(&all.next().unwrap()), ["c"]);
    assert_eq!(owners(&all.next().unwrap()), ["b"]);
    // `/changes` goes on from an event, and says the same.
    put(&database, "3", &["a"]);
    let next = one.next().unwrap();
    let path = format!("/changes?since={}", event.id);
    let key = key(&database, &["history:user:a"]);
    let page = service.get_as(&key, &path).json();
    assert_eq!(page["changes"], json!([next.data]));
    assert_eq!(page["cursor"], next.id.as_str());
}

#[test]
fn a_stream_that_is_lost_goes_on_where_it_was_without_a_gap() {
    let database = TestDatabase::new();
    import_rows(&database);
    let service = Service::start_closed(&database);
    let all = key(&database, &["history:all"]);
    let mut copy = Mirror::fresh(&service, &all, "");
    // A few events of each connection, from the end of the copy on; calls change before, between
    // and while somebody reads.
    import_directory(&database);
    let mut last = copy.cursor.clone().unwrap();
    for round in 0..6 {
        let mut events = Events::open_as(&service, &all, "/events", Some(&last)).begun();
        assert_eq!(events.id, last);
        put(&database, &format!("extra {round}"), &["a"]);
        for _ in 0..5 {
            let event = events.next().unwrap();
            assert_eq!(event.name, "change");
            copy.apply(&event.data);
        }
        last = events.id;
    }
    let mut events = Events::open_as(&service, &all, "/events", Some(&last)).begun();
    let marker = put(&database, "the last", &["a"]).to_string();
    while !copy.calls.contains_key(&marker) {
        copy.apply(&events.next().unwrap().data);
    }
    let fresh = Mirror::fresh(&service, &all, "");
    assert_eq!(copy.state(), fresh.state());
}

#[test]
fn a_quiet_stream_gives_signs_of_life_that_move_its_id_on() {
    let database = database_with_users();
    let service = Service::start_closed(&database);
    let one = key(&database, &["history:user:a"]);
    let mut events = Events::open_as(&service, &one, "/events", None).begun();
    let begun = events.id.clone();
    put(&database, "1", &["c"]);
    let block = events.block().unwrap();
    assert_eq!(block[0], ": heartbeat");
    let id = block[1].strip_prefix("id: ").unwrap();
    assert_ne!(id, begun);
    let page = service.get_as(&one, &format!("/changes?since={id}")).json();
    assert_eq!(page["changes"], json!([]));
}

#[test]
fn a_stream_outlives_the_database_and_another_in_its_place() {
    let database = database_with_users();
    let service = Service::start_closed(&database);
    let all = key(&database, &["history:all"]);
    put(&database, "1", &["a"]);
    let mut events = Events::open_as(&service, &all, "/events", None).begun();
    // The log is lost: calls are read from their tables.
    let mut conn = database.connect();
    let execute = |conn: &mut _, sql: &str| {
        diesel::connection::SimpleConnection::batch_execute(conn, sql).unwrap();
    };
    let call = call("2", 1, vec![entry(Owner::user("b"), 1)]);
    call_history::store::write(&mut conn, |conn| {
        replace(conn, std::slice::from_ref(&call), &[])?;
        diesel::connection::SimpleConnection::batch_execute(conn, "DELETE FROM `changes`")
    })
    .unwrap();
    let event = events.next().unwrap();
    assert_eq!((event.name.as_str(), owners(&event)), ("change", vec!["b"]));
    // An older state of the database.
    execute(
        &mut conn,
        "DELETE FROM `calls` WHERE `revision` > 1; \
         UPDATE `revisions` SET `value` = 1 WHERE `name` = 'calls'",
    );
    let event = events.next().unwrap();
    assert_eq!(event.name, "reset");
    put(&database, "3", &["c"]);
    assert_eq!(events.next().unwrap().name, "change");
}

#[test]
fn without_access_control_everybody_may_watch() {
    let database = TestDatabase::new();
    import_capture(&database);
    let service = Service::start(&database);
    let page = service.get("/changes").json();
    let cursor = page["cursor"].as_str().unwrap();
    assert!(!page["changes"].as_array().unwrap().is_empty());
    let headers = [("Last-Event-ID", cursor)];
    let mut events = Events::open(&service, "/events", &headers).begun();
    let id = put(&database, "1", &["a"]).to_string();
    assert_eq!(events.next().unwrap().data["callId"], id.as_str());
}
