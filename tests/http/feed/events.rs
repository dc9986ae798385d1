//! Streams of events.

use std::time::Duration;

use call_history::auth::keys::ApiKey;
use call_history::auth::password;
use call_history::model::{CallId, Owner, Scope};
use call_history::store::calls::replace;
use call_history::store::keys::{self, StoredKey};
use call_history::store::passwords;
use chrono::{TimeDelta, Utc};
use serde_json::{Value, json};

use super::mirror::Mirror;
use super::{import_rows, key};
use crate::support::TestDatabase;
use crate::support::events::{Event, Events};
use crate::support::made_up::{call, entry};
use crate::support::mariadb::{signal, until};
use crate::support::service::{Service, import_capture, import_directory, succeed};

/// Far longer than anything here takes.
const SOON: Duration = Duration::from_secs(40);

/// Puts a call of these users.
fn put(database: &TestDatabase, linkedid: &str, users: &[&str]) -> CallId {
    let entries = users.iter().map(|name| entry(Owner::user(*name), 1));
    let call = call(linkedid, 1, entries.collect());
    replace(&mut database.connect(), std::slice::from_ref(&call), &[]).unwrap();
    call.id
}

fn owners(event: &Event) -> Vec<&str> {
    let entries = event.data["entries"].as_array().unwrap().iter();
    entries
        .filter(|entry| entry["owner"]["kind"] != "all")
        .map(|entry| entry["owner"]["name"].as_str().unwrap())
        .collect()
}

/// The users are known by name as soon as they have entries.
fn database_with_users() -> TestDatabase {
    let database = TestDatabase::new();
    put(&database, "first", &["a", "b", "c"]);
    database
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
fn who_may_not_read_any_more_is_cut_off() {
    let database = database_with_users();
    let mut conn = database.connect();
    import_directory(&database);
    assert!(
        passwords::put(
            &mut conn,
            "usera",
            &password::keep("correct horse").unwrap()
        )
        .unwrap()
    );
    let service = Service::start_closed(&database);
    let session = || {
        let body = json!({"username": "usera", "password": "correct horse"});
        let answer = service.send_json("POST", "/auth/login", "", &body);
        answer.json()["token"].as_str().unwrap().to_owned()
    };
    let end = |mut events: Events| {
        let event = events.next().unwrap();
        assert_eq!(
            (event.name.as_str(), &event.data["reason"]),
            ("end", &json!("rights"))
        );
        assert_eq!(events.next(), None);
    };
    // A key is revoked.
    let revoked = key(&database, &["history:user:a"]);
    let events = Events::open_as(&service, &revoked, "/events", None).begun();
    let id = revoked.split('_').nth(1).unwrap();
    succeed(&database, &["key", "revoke", id]);
    end(events);
    assert_eq!(service.get_as(&revoked, "/events").status, 401);
    // A key expires.
    let short = ApiKey::generate().unwrap();
    let stored = StoredKey {
        id: short.id().to_owned(),
        secret_hash: short.hash(),
        username: None,
        agent_number: None,
        scopes: vec![Scope::All],
        created_at: Utc::now(),
        expires_at: Some(Utc::now() + TimeDelta::seconds(3)),
        revoked_at: None,
        last_used_at: None,
    };
    assert!(keys::insert(&mut conn, &stored).unwrap());
    end(Events::open_as(&service, &short.reveal(), "/events", None).begun());
    // The password is changed; a scope is given, and taken away.
    let token = session();
    let events = Events::open_as(&service, &token, "/events", None).begun();
    let other = password::keep("another horse").unwrap();
    assert!(passwords::put(&mut conn, "usera", &other).unwrap());
    end(events);
    assert!(
        passwords::put(
            &mut conn,
            "usera",
            &password::keep("correct horse").unwrap()
        )
        .unwrap()
    );
    let token = session();
    let admin = key(&database, &["admin"]);
    for scopes in [json!(["history:all"]), json!([])] {
        let events = Events::open_as(&service, &token, "/events", None).begun();
        let mut user = service.get_as(&admin, "/directory/users/usera").json();
        let user = user.as_object_mut().unwrap();
        user.remove("username");
        user.insert("scopes".to_owned(), scopes);
        let answer = service.send_json("PUT", "/directory/users/usera", &admin, &json!(user));
        assert_eq!(answer.status, 200, "{}", answer.body);
        end(events);
    }
    // Others go on.
    let still = key(&database, &["history:user:a"]);
    let mut events = Events::open_as(&service, &still, "/events", None).begun();
    put(&database, "1", &["a"]);
    assert_eq!(events.next().unwrap().name, "change");
}

#[test]
fn the_end_of_the_service_is_announced_and_no_stream_holds_it_up() {
    let database = database_with_users();
    let mut service = Service::start_closed(&database);
    let all = key(&database, &["history:all"]);
    let mut streams: Vec<Events> = (0..20)
        .map(|_| Events::open_as(&service, &all, "/events", None).begun())
        .collect();
    signal("TERM", service.pid());
    for events in &mut streams {
        let event = events.next().unwrap();
        assert_eq!(
            (event.name.as_str(), &event.data["reason"]),
            ("end", &json!("shutdown"))
        );
        assert_eq!(events.next(), None);
    }
    // Clients that keep their connections make a server wait; these are ended.
    drop(streams);
    assert_eq!(service.exit_within(SOON), Some(0));
}

#[test]
fn streams_of_a_caller_are_bounded_and_take_no_place_of_requests() {
    let database = database_with_users();
    let service = Service::start_closed(&database);
    let one = key(&database, &["history:all"]);
    let other = key(&database, &["history:all"]);
    let mut streams: Vec<Events> = (0..200)
        .map(|_| Events::open_as(&service, &one, "/events", None).begun())
        .collect();
    let refused = service.get_as(&one, "/events");
    assert_eq!(refused.status, 429, "{}", refused.body);
    assert!(refused.header("retry-after").is_some());
    assert!(
        refused.json()["detail"]
            .as_str()
            .unwrap()
            .contains("200 streams")
    );
    for key in [&one, &other] {
        assert_eq!(
            service.get_as(key, "/history/user?user=a&size=1").status,
            200
        );
    }
    drop(Events::open_as(&service, &other, "/events", None).begun());
    put(&database, "1", &["a"]);
    for events in &mut streams {
        assert_eq!(events.next().unwrap().name, "change");
    }
    // A client that goes away gives its place back, as soon as that is noticed.
    streams.truncate(150);
    let mut calls = 0;
    until("a place", SOON, || {
        calls += 1;
        put(&database, &format!("more {calls}"), &["a"]);
        Events::open(&service, "/events", &[("X-API-Key", &one)]).status() == 200
    });
}

#[test]
fn head_is_answered_without_a_stream() {
    let database = database_with_users();
    let service = Service::start_closed(&database);
    let all = key(&database, &["history:all"]);
    let bearer = format!("Bearer {all}");
    // More often than there are streams.
    for _ in 0..250 {
        let answer = service.request("HEAD", "/events", &[("Authorization", &bearer)]);
        assert_eq!((answer.status, answer.body.as_str()), (200, ""));
        assert_eq!(answer.header("content-type"), Some("text/event-stream"));
    }
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
fn the_audit_tells_who_watched_what_and_how_many_entries_were_sent() {
    let database = database_with_users();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("audit.jsonl");
    let place = path.display().to_string();
    let service = Service::start_with(&database, &[("AUDIT_LOG", &*place)]);
    let all = key(&database, &["history:all"]);
    let lines = || -> Vec<Value> {
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    };
    let query = "?user=a&user=b";
    assert_eq!(
        service.get_as(&all, &format!("/changes{query}")).status,
        200
    );
    let mut events = Events::open_as(&service, &all, &format!("/events{query}"), None).begun();
    put(&database, "1", &["a", "b", "c"]);
    assert_eq!(events.next().unwrap().name, "change");
    until("two lines", SOON, || lines().len() == 2);
    drop(events);
    let mut calls = 0;
    until("the end of the stream", SOON, || {
        calls += 1;
        put(&database, &format!("more {calls}"), &["c"]);
        put(&database, &format!("again {calls}"), &["a"]);
        lines().len() == 3
    });
    let lines = lines();
    let owner = |kind: &str| json!({"kind": kind, "name": "user a, user b"});
    assert_eq!(lines[0]["owner"], owner("changes"));
    assert_eq!(
        (&lines[0]["endpoint"], &lines[0]["entries"]),
        (&json!("GET /changes"), &json!(2))
    );
    assert_eq!(lines[1]["owner"], owner("events"));
    assert_eq!(lines[1]["endpoint"], "GET /events");
    assert_eq!(lines[2]["owner"], owner("events"));
    assert_eq!(lines[2]["endpoint"], "end of GET /events");
    assert!(lines[2]["entries"].as_i64().unwrap() >= 2);
    assert_eq!(lines[1]["requestId"], lines[2]["requestId"]);
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
