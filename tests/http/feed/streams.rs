//! How streams of events end, and how many there may be.

use std::time::Duration;

use call_history::auth::keys::ApiKey;
use call_history::auth::password;
use call_history::model::Scope;
use call_history::store::keys::{self, StoredKey};
use call_history::store::passwords;
use chrono::{TimeDelta, Utc};
use serde_json::{Value, json};

use super::{SOON, database_with_users, key, put};
use crate::support::events::Events;
use crate::support::mariadb::{signal, until};
use crate::support::service::{Service, import_directory, succeed};

/// Far longer than it takes to see that a client is gone, and shorter than the time between signs
/// of life.
const SOON_ENOUGH: Duration = Duration::from_secs(10);

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
    // Clients that go away give their places back before a sign of life could be missed: nothing
    // is to be told, and the next heartbeat is 15 s away.
    drop(streams);
    let mut streams: Vec<Events> = Vec::new();
    until("all places", SOON_ENOUGH, || {
        let events = Events::open(&service, "/events", &[("X-API-Key", &one)]);
        if events.status() == 200 {
            streams.push(events);
        }
        streams.len() == 200
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
