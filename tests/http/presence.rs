//! What users' clients say of their video, and where it is shown.

use serde_json::{Value, json};

use crate::support::TestDatabase;
use crate::support::service::{Answer, Service, import_capture, succeed};

fn put(service: &Service, username: &str, body: &Value) -> Answer {
    service.send_json("PUT", &format!("/presence/{username}"), "", body)
}

/// The video states of both sides of a call from usera to userb.
fn videos(service: &Service) -> (Value, Value) {
    let entries = service.entries("/history/user?user=userb&from=2026-11-01");
    let both = |entry: &&Value| entry["srcUsername"] == "usera" && entry["dstUsername"] == "userb";
    let entry = entries.iter().find(both).unwrap();
    (
        entry["srcVideoStatus"].clone(),
        entry["dstVideoStatus"].clone(),
    )
}

#[test]
fn a_video_status_is_shown_with_every_entry_until_it_ends() {
    let database = TestDatabase::new();
    import_capture(&database);
    let service = Service::start(&database);
    assert_eq!(videos(&service), (Value::Null, Value::Null));

    let answer = put(&service, "usera", &json!({"videoStatus": "Busy"}));
    assert_eq!(
        answer.json(),
        json!({"username": "usera", "videoStatus": "Busy"})
    );
    put(
        &service,
        "userb",
        &json!({"videoStatus": "Available", "ttlSeconds": 86400}),
    );
    assert_eq!(videos(&service), (json!("Busy"), json!("Available")));

    put(
        &service,
        "userb",
        &json!({"videoStatus": "Occupé", "ttlSeconds": 60}),
    );
    assert_eq!(videos(&service), (json!("Busy"), json!("Occupé")));
    let shown = service.get("/presence/userb").json();
    assert_eq!(shown, json!({"username": "userb", "videoStatus": "Occupé"}));

    for _ in 0..2 {
        assert_eq!(service.send("DELETE", "/presence/usera").status, 204);
        assert_eq!(videos(&service), (Value::Null, json!("Occupé")));
    }
    // Nothing of it is kept.
    let other = Service::start(&database);
    assert_eq!(videos(&other), (Value::Null, Value::Null));
}

#[test]
fn a_status_ends_when_its_time_is_over() {
    let database = TestDatabase::new();
    import_capture(&database);
    let service = Service::start(&database);
    put(
        &service,
        "usera",
        &json!({"videoStatus": "Busy", "ttlSeconds": 1}),
    );
    crate::support::mariadb::until("its end", std::time::Duration::from_secs(40), || {
        videos(&service).0 == Value::Null
    });
}

#[test]
fn what_is_no_status_is_refused_with_the_field_that_is_wrong() {
    let database = TestDatabase::new();
    import_capture(&database);
    let service = Service::start(&database);
    for (body, field) in [
        (json!({}), "body"),
        (json!({"videoStatus": ""}), "videoStatus"),
        (json!({"videoStatus": "a\u{202e}b"}), "videoStatus"),
        (json!({"videoStatus": "<b>Busy</b>"}), "videoStatus"),
        (json!({"videoStatus": "x".repeat(33)}), "videoStatus"),
        (json!({"videoStatus": 1}), "videoStatus"),
        (json!({"videoStatus": null}), "videoStatus"),
        (
            json!({"videoStatus": "Busy", "ttlSeconds": 0}),
            "ttlSeconds",
        ),
        (
            json!({"videoStatus": "Busy", "ttlSeconds": 86401}),
            "ttlSeconds",
        ),
        (
            json!({"videoStatus": "Busy", "ttlSeconds": -1}),
            "ttlSeconds",
        ),
        (
            json!({"videoStatus": "Busy", "ttlSeconds": "9"}),
            "ttlSeconds",
        ),
        (
            json!({"videoStatus": "Busy", "phoneStatus": 1}),
            "phoneStatus",
        ),
    ] {
        let answer = put(&service, "usera", &body);
        assert_eq!(answer.status, 400, "{body}");
        assert_eq!(
            answer.json()["errors"][0]["parameter"],
            field,
            "{}",
            answer.body
        );
    }
    assert_eq!(videos(&service), (Value::Null, Value::Null));
    assert_eq!(
        put(&service, "nobody", &json!({"videoStatus": "Busy"})).status,
        404
    );
    assert_eq!(
        put(&service, "%FF", &json!({"videoStatus": "Busy"})).status,
        400
    );
    assert_eq!(service.send("POST", "/presence/usera").status, 405);
    // A user who is new.
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "username\nnew\n").unwrap();
    let file = file.path().to_str().unwrap();
    succeed(&database, &["directory", "import", "--users", file]);
    assert_eq!(
        put(&service, "new", &json!({"videoStatus": "Busy"})).status,
        200
    );
}
