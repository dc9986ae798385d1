//! Requests for changes and events that cannot be answered.

use serde_json::Value;

use super::key;
use super::mirror::Mirror;
use crate::support::TestDatabase;
use crate::support::events::Events;
use crate::support::service::{Answer, Service, import_capture};

fn reason(answer: &Answer) -> (u16, String, String) {
    let problem = answer.json();
    let kind = problem["type"].as_str().unwrap();
    let kind = kind.rsplit(':').next().unwrap().to_owned();
    let detail = match problem["errors"].as_array() {
        Some(errors) => {
            let each = errors.iter().map(|fault| {
                let word = |name: &str| fault[name].as_str().unwrap();
                format!("{} {}", word("parameter"), word("reason"))
            });
            each.collect::<Vec<_>>().join("; ")
        }
        None => problem["detail"].as_str().unwrap().to_owned(),
    };
    (answer.status, kind, detail)
}

#[test]
fn parameters_that_are_wrong_are_named() {
    let database = TestDatabase::new();
    import_capture(&database);
    let service = Service::start_closed(&database);
    let all = key(&database, &["history:all"]);
    let cursor = Mirror::fresh(&service, &all, "").cursor.unwrap();
    let altered = cursor.replacen(
        &cursor[10..11],
        if &cursor[10..11] == "A" { "B" } else { "A" },
        1,
    );
    let long = "x".repeat(257);
    for (path, expected) in [
        ("/changes?size=0".to_owned(), "size must be a whole number"),
        (
            "/changes?size=1001".to_owned(),
            "size must be a whole number",
        ),
        ("/changes?size=x".to_owned(), "size must be a whole number"),
        (
            "/changes?size=1&size=1".to_owned(),
            "size is given more than once",
        ),
        ("/changes?since=".to_owned(), "since is not a cursor"),
        ("/changes?since=0".to_owned(), "since is not a cursor"),
        (
            "/changes?since=2026-11-23".to_owned(),
            "since is not a cursor",
        ),
        (format!("/changes?since={altered}"), "since is not a cursor"),
        (format!("/changes?since={cursor}A"), "since is not a cursor"),
        (
            format!("/changes?since={}", &cursor[1..]),
            "since is not a cursor",
        ),
        (
            format!("/changes?since={cursor}&since={cursor}"),
            "since is given more than once",
        ),
        (
            "/changes?cursor=x".to_owned(),
            "cursor is unknown here; known are agent, queue, since, size, tz, user",
        ),
        ("/changes?user=".to_owned(), "user must not be empty"),
        (
            format!("/changes?queue={long}"),
            "queue must have at most 256 characters",
        ),
        ("/changes?tz=Mars/Olympus".to_owned(), "tz must be the name"),
        ("/events?tz=Mars/Olympus".to_owned(), "tz must be the name"),
        (
            "/events?since=x".to_owned(),
            "since is unknown here; known are agent, queue, tz, user",
        ),
        ("/events?agent=%20".to_owned(), "agent must not be empty"),
    ] {
        let answer = service.get_as(&all, &path);
        let (status, kind, detail) = reason(&answer);
        assert_eq!(
            (status, kind.as_str()),
            (400, "invalid-parameter"),
            "{path}"
        );
        assert!(detail.contains(expected), "{path}: {detail}");
    }
}

#[test]
fn a_cursor_that_does_not_hold_any_more_says_to_begin_anew() {
    let database = TestDatabase::new();
    import_capture(&database);
    let service = Service::start_closed(&database);
    let all = key(&database, &["history:all"]);
    let admin = key(&database, &["admin"]);
    let queue = key(&database, &["history:queue:blue"]);
    let cursor = Mirror::fresh(&service, &all, "").cursor.unwrap();
    let with = |service: &Service, key: &str, query: &str| {
        service.get_as(key, &format!("/changes?since={cursor}{query}"))
    };
    assert_eq!(with(&service, &all, "").status, 200);
    assert_eq!(with(&service, &all, "&size=1&tz=Asia/Kolkata").status, 200);
    assert_eq!(with(&service, &admin, "").status, 200, "who reads the same");
    let refused = |answer: Answer, expected: &str| {
        let (status, kind, detail) = reason(&answer);
        assert_eq!((status, kind.as_str()), (410, "cursor-expired"));
        assert!(
            detail.contains(expected) && detail.contains("Begin anew"),
            "{detail}"
        );
    };
    refused(with(&service, &queue, ""), "other rights");
    refused(with(&service, &all, "&queue=blue"), "other owners");
    let another = TestDatabase::new();
    import_capture(&another);
    let elsewhere = Service::start_closed(&another);
    let there = key(&another, &["history:all"]);
    refused(with(&elsewhere, &there, ""), "another database");
    // An older state of the same.
    let mut conn = database.connect();
    let older = "UPDATE `revisions` SET `value` = 1 WHERE `name` = 'calls'";
    diesel::connection::SimpleConnection::batch_execute(&mut conn, older).unwrap();
    refused(with(&service, &all, ""), "older state");
    // The stream says so in an event, since browsers would give up at an error.
    for id in [cursor.as_str(), "nonsense", "", "é"] {
        let mut events = Events::open_as(&service, &all, "/events", Some(id));
        let event = events.next().unwrap();
        assert_eq!(event.name, "reset", "{event:?}");
        assert!(event.data["reason"].is_string() && !event.id.is_empty());
        let path = format!("/changes?since={}", event.id);
        assert_eq!(service.get_as(&all, &path).status, 200);
    }
}

#[test]
fn who_may_read_nothing_is_told_so_and_strangers_learn_nothing() {
    let database = TestDatabase::new();
    import_capture(&database);
    let service = Service::start_closed(&database);
    let writer = key(&database, &["directory:write"]);
    let user = key(&database, &["history:user:usera"]);
    let body = |key: &str, path: &str| -> (u16, Value) {
        let answer = service.get_as(key, path);
        let mut problem = answer.json();
        problem.as_object_mut().unwrap().remove("requestId");
        (answer.status, problem)
    };
    for path in ["/changes", "/events"] {
        assert_eq!(service.send("GET", path).status, 401, "{path}");
        assert_eq!(body(&writer, path).0, 403, "{path}");
        // Who is there and not for them, and who is not there, look the same.
        for (there, not_there) in [
            ("user=userb", "user=nobody"),
            ("agent=2501", "agent=9999"),
            ("queue=blue", "queue=none"),
            ("user=usera&user=userb", "user=usera&user=nobody"),
        ] {
            let (status, problem) = body(&user, &format!("{path}?{there}"));
            assert_eq!(status, 404, "{path} {there}");
            assert_eq!(
                (status, problem),
                body(&user, &format!("{path}?{not_there}"))
            );
        }
        assert_eq!(service.request("POST", path, &[]).status, 405, "{path}");
    }
}

#[test]
fn who_does_not_take_what_is_made_is_told_what_that_is() {
    let database = TestDatabase::new();
    import_capture(&database);
    let service = Service::start(&database);
    let entries = service.entries("/history/user?user=usera&from=2026-11-01");
    let call = format!("/calls/{}", entries[0]["callId"].as_str().unwrap());
    for (path, made, other) in [
        ("/changes", "application/json", "text/event-stream"),
        ("/events", "text/event-stream", "application/json"),
        ("/presence/usera", "application/json", "text/csv"),
        (&call, "application/json", "application/x-ndjson"),
    ] {
        // A stream has no end: its head is enough.
        let ask = |method: &str, accept: &str| service.request(method, path, &[("Accept", accept)]);
        let kind = made.split('/').next().unwrap();
        for accept in [
            "",
            "*/*",
            made,
            &format!("{kind}/*;q=0.1"),
            &format!("{other}, {made};q=0.5"),
            &format!("{other}, */*;q=0.1"),
        ] {
            let taken = ask("HEAD", accept);
            assert_eq!(taken.status, 200, "{path} {accept}");
            assert_eq!(taken.header("content-type"), Some(made), "{path} {accept}");
        }
        for accept in [
            other,
            "text/html",
            &format!("{made};q=0"),
            &format!("*/*, {made};q=0"),
        ] {
            assert_eq!(ask("HEAD", accept).status, 406, "{path} {accept}");
            let refused = ask("GET", accept);
            let (status, kind, detail) = reason(&refused);
            assert_eq!((status, &*kind), (406, "not-acceptable"), "{path} {accept}");
            assert!(detail.contains(made), "{detail}");
            let content_type = refused.header("content-type");
            assert_eq!(content_type, Some("application/problem+json"));
        }
        // What other methods there are is told whatever is taken.
        let answer = ask("OPTIONS", "text/html");
        assert_eq!(answer.status, 405, "{path}");
        assert!(answer.header("allow").unwrap().contains("GET"), "{path}");
    }
    let refused = |accept: &str| {
        let headers = [("Accept", accept), ("Content-Type", "application/json")];
        let body = br#"{"videoStatus": "Busy"}"#;
        let answer = service.request_with("PUT", "/presence/usera", &headers, Some(body));
        answer.status == 406
    };
    assert!(refused("text/html"));
    let shown = service.get("/presence/usera").json();
    assert_eq!(shown["videoStatus"], Value::Null, "nothing was said");
    assert!(!refused("application/*"));
}
