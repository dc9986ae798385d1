//! Who may read what: each kind of caller against each history.

use std::collections::BTreeSet;

use crate::support::TestDatabase;
use crate::support::service::{Service, import_capture, run, succeed};

const SINCE: &str = "from=2026-11-01&size=1000";

fn key(database: &TestDatabase, arguments: &[&str]) -> String {
    let arguments = [&["key", "create"], arguments].concat();
    let printed = succeed(database, &arguments);
    assert_eq!(
        printed.lines().count(),
        1,
        "the key stands alone: {printed}"
    );
    printed.trim().to_owned()
}

fn service() -> (TestDatabase, Service) {
    let database = TestDatabase::new();
    import_capture(&database);
    let service = Service::start_closed(&database);
    (database, service)
}

/// What a caller gets: a status, and for 200 of queues which of them.
fn outcome(service: &Service, key: &str, path: &str) -> String {
    let answer = service.get_as(key, &format!("/history/{path}&{SINCE}"));
    if answer.status != 200 {
        return answer.status.to_string();
    }
    let entries = answer.json();
    let queues: BTreeSet<String> = entries
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|entry| entry["queueName"].as_str().map(str::to_owned))
        .collect();
    if path.starts_with("queue") {
        return queues.into_iter().collect::<Vec<_>>().join(" ");
    }
    entries.as_array().unwrap().len().to_string()
}

#[test]
fn each_key_reads_what_it_was_given_and_nothing_else() {
    let (database, service) = service();
    let paths = [
        "user?user=usera",
        "user?user=userb",
        "user?user=nobody",
        "agent?agent=2501",
        "agent?agent=2502",
        "queue?name=bl",
        "queue?name=tiny",
        "customer?number=0699000001",
    ];
    let all = [
        "17",
        "16",
        "404",
        "16",
        "13",
        "black blow blue",
        "tiny",
        "1",
    ];
    for (arguments, expected) in [
        (
            vec!["--user", "usera"],
            ["17", "404", "404", "404", "404", "", "", "0"],
        ),
        (
            vec!["--user", "userb"],
            ["404", "16", "404", "16", "404", "", "", "0"],
        ),
        (
            vec!["--agent", "2501"],
            ["404", "404", "404", "8", "404", "", "", "0"],
        ),
        (
            vec!["--scope", "history:user:userb"],
            ["404", "16", "404", "404", "404", "", "", "0"],
        ),
        (
            vec!["--scope", "history:agent:2501"],
            ["404", "404", "404", "8", "404", "", "", "0"],
        ),
        (
            vec![
                "--scope",
                "history:agent:2501",
                "--scope",
                "history:user:userb",
            ],
            ["404", "16", "404", "16", "404", "", "", "0"],
        ),
        (
            vec!["--scope", "history:queue:blue"],
            ["404", "404", "404", "404", "404", "blue", "", "0"],
        ),
        (
            vec!["--scope", "history:queue:bl"],
            ["404", "404", "404", "404", "404", "", "", "0"],
        ),
        (
            vec!["--scope", "history:queue:*"],
            [
                "404",
                "404",
                "404",
                "404",
                "404",
                "black blow blue",
                "tiny",
                "0",
            ],
        ),
        (
            vec!["--scope", "history:customer"],
            ["404", "404", "404", "404", "404", "", "", "1"],
        ),
        (vec!["--scope", "history:all"], all),
        (vec!["--scope", "admin"], all),
        (
            vec!["--scope", "directory:write"],
            ["404", "404", "404", "404", "404", "", "", "0"],
        ),
    ] {
        let key = key(&database, &arguments);
        let found = paths.map(|path| outcome(&service, &key, path));
        assert_eq!(found, expected, "{arguments:?}");
    }
}

#[test]
fn a_foreign_owner_and_one_that_does_not_exist_look_the_same() {
    let (database, service) = service();
    let key = key(&database, &["--user", "usera"]);
    let body = |path: &str| {
        let answer = service.get_as(&key, path);
        let mut body = answer.json();
        body.as_object_mut().unwrap().remove("requestId");
        (answer.status, body)
    };
    assert_eq!(
        body("/history/user?user=userb"),
        body("/history/user?user=nobody")
    );
    assert_eq!(
        body("/history/agent?agent=2501"),
        body("/history/agent?agent=1")
    );
}

#[test]
fn ones_own_history_needs_no_name() {
    let (database, service) = service();
    let userb = key(&database, &["--user", "userb"]);
    let own = service.get_as(&userb, &format!("/history/user?{SINCE}"));
    assert_eq!(own.json().as_array().unwrap().len(), 16, "{}", own.body);
    // userb works as agent 2501.
    let own = service.get_as(&userb, &format!("/history/agent?{SINCE}"));
    assert_eq!(own.json().as_array().unwrap().len(), 16, "{}", own.body);
    let other = key(&database, &["--scope", "history:all"]);
    assert_eq!(service.get_as(&other, "/history/user").status, 400);
}

#[test]
fn a_cursor_gives_no_right() {
    let (database, service) = service();
    let all = key(&database, &["--scope", "history:all"]);
    let usera = key(&database, &["--user", "usera"]);
    let page = service.get_as(&all, "/history/user?user=userb&size=2");
    let next = page.next().unwrap();
    assert_eq!(service.get_as(&all, &next).status, 200);
    assert_eq!(service.get_as(&usera, &next).status, 404);
    let page = service.get_as(&all, "/history/queue?name=bl&size=2");
    let answer = service.get_as(&usera, &page.next().unwrap());
    assert_eq!((answer.status, answer.body.as_str()), (200, "[]"));
}

#[test]
fn what_opens_nothing_is_401_and_tells_nothing() {
    let (database, service) = service();
    let valid = key(&database, &["--scope", "history:all"]);
    let (id, secret) = (&valid[4..14], &valid[15..]);
    let other = key(&database, &["--scope", "history:all"]);
    for key in [
        "",
        "x",
        "chk_",
        &valid[..valid.len() - 1],
        &format!("{valid}x"),
        &format!("chk_{id}_{}", &other[15..]),
        &format!("chk_0000000000_{secret}"),
        &valid.to_uppercase(),
    ] {
        for path in [
            "/history/user?user=usera",
            "/history/user?user=nobody",
            "/history/user?size=0",
        ] {
            let answer = service.get_as(key, path);
            assert_eq!(answer.status, 401, "{key} {path}: {}", answer.body);
            let challenge = Some(r#"Bearer error="invalid_token""#);
            assert_eq!(answer.header("www-authenticate"), challenge);
            assert!(answer.body.contains("opens nothing"), "{}", answer.body);
            assert!(!answer.body.contains("usera"), "{}", answer.body);
        }
    }
    let path = "/history/user?user=usera";
    let without = service.get(path);
    assert_eq!(without.status, 401);
    assert_eq!(without.header("www-authenticate"), Some("Bearer"));
    assert!(without.body.contains("Send an API key"), "{}", without.body);
    let by_header = service.request("GET", path, &[("X-API-Key", &valid)]);
    assert_eq!(by_header.status, 200);
    let bearer = format!("Bearer {valid}");
    let both = [
        ("X-API-Key", valid.as_str()),
        ("Authorization", bearer.as_str()),
    ];
    assert_eq!(service.request("GET", path, &both).status, 400);
    let in_query = service.get(&format!("{path}&api_key={valid}"));
    assert_eq!(in_query.status, 400);
    let in_query = service.get_as(&valid, &format!("{path}&access_token={valid}"));
    assert_eq!(in_query.status, 400);
    // The public paths answer everybody, with whatever credential.
    for path in [
        "/health/live",
        "/health/ready",
        "/openapi.json",
        "/swagger-ui/",
    ] {
        assert_eq!(service.get_as("nonsense", path).status, 200, "{path}");
    }
}

#[test]
fn a_revoked_key_stops_within_two_seconds_and_an_expired_one_does_not_begin() {
    let (database, service) = service();
    let key = key(&database, &["--scope", "history:all", "--expires", "30d"]);
    let path = "/history/user?user=usera";
    assert_eq!(service.get_as(&key, path).status, 200);
    let id = &key[4..14];
    let listed = succeed(&database, &["key", "list"]);
    assert!(
        listed.contains(id) && listed.contains("expires"),
        "{listed}"
    );
    assert!(!listed.contains(&key[15..]), "{listed}");
    succeed(&database, &["key", "revoke", id]);
    let revoked = std::time::Instant::now();
    while service.get_as(&key, path).status == 200 {
        assert!(
            revoked.elapsed() < std::time::Duration::from_secs(10),
            "it still works"
        );
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    assert!(succeed(&database, &["key", "list"]).contains("revoked"));
    assert_eq!(
        run(&database, &["key", "revoke", "0000000000"])
            .status
            .code(),
        Some(1)
    );
    let past = run(
        &database,
        &[
            "key",
            "create",
            "--user",
            "usera",
            "--expires",
            "2020-01-01",
        ],
    );
    assert_eq!(past.status.code(), Some(1));
    for (user, is_noted) in [("usera", false), ("nobody", true)] {
        let made = run(&database, &["key", "create", "--user", user]);
        let (key, note) = (made.stdout, String::from_utf8(made.stderr).unwrap());
        assert!(key.starts_with(b"chk_") && made.status.success());
        assert_eq!(note.contains(user), is_noted, "{note}");
    }
    assert_eq!(run(&database, &["key", "create"]).status.code(), Some(64));
    assert_eq!(
        run(&database, &["key", "create", "--scope", "root"])
            .status
            .code(),
        Some(64)
    );
}
