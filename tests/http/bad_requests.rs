//! Requests that cannot be answered: each says which parameter, what is wrong, and the way out.

use crate::support::TestDatabase;
use crate::support::service::{Answer, Service, import_capture};

fn problem(answer: &Answer, status: u16, what: &str) {
    assert_eq!(answer.status, status, "{what}: {}", answer.body);
    let kind = answer.header("content-type").unwrap_or_default();
    assert_eq!(kind, "application/problem+json", "{what}");
    let body = answer.json();
    for member in ["type", "title", "detail", "requestId"] {
        assert!(body[member].is_string(), "{what}: no {member} in {body}");
    }
    assert_eq!(body["status"], status, "{what}");
    let id = answer.header("x-request-id").unwrap();
    assert_eq!(body["requestId"], id, "{what}");
    let text = answer.body.to_lowercase();
    for secret in ["select", "sqlite", "mysql", "/tmp", "panicked"] {
        assert!(
            !text.contains(secret),
            "{what} shows {secret}: {}",
            answer.body
        );
    }
}

#[test]
fn a_parameter_that_is_wrong_is_named() {
    let database = TestDatabase::new();
    import_capture(&database);
    let service = Service::start(&database);
    let long = format!("name={}", "x".repeat(10_000));
    for (path, query, parameter) in [
        ("user", "user=usera&size=0", "size"),
        ("user", "user=usera&size=-1", "size"),
        ("user", "user=usera&size=1001", "size"),
        ("user", "user=usera&size=abc", "size"),
        ("user", "user=usera&size=", "size"),
        ("user", "user=usera&size=5&size=5", "size"),
        ("user", "user=usera&days=0", "days"),
        ("user", "user=usera&days=3661", "days"),
        (
            "user",
            "user=usera&from=2026-11-24&until=2026-11-23",
            "from",
        ),
        ("user", "user=usera&from=yesterday", "from"),
        ("user", "user=usera&until=2026-13-01", "until"),
        ("user", "user=usera&tz=Mars/Olympus", "tz"),
        ("user", "user=usera&sizes=5", "sizes"),
        ("user", "user=usera&name=blue", "name"),
        ("user", "user=usera&status=nonsense", "status"),
        ("user", "user=usera&status=full", "status"),
        ("user", "user=usera&status=Missed", "status"),
        (
            "user",
            "user=usera&answeredElsewhere=yes",
            "answeredElsewhere",
        ),
        ("user", "user=usera&cursor=nonsense", "cursor"),
        ("user", "", "user"),
        ("user", "user=", "user"),
        ("agent", "", "agent"),
        ("queue", "", "name"),
        ("queue", "name=", "name"),
        ("queue", &long, "name"),
        ("queue", "name=bl&status=missed", "status"),
        ("customer", "", "number"),
        ("customer", "number=", "number"),
    ] {
        let path = format!("/history/{path}?{query}");
        let answer = service.get(&path);
        let what = path.get(..80).unwrap_or(&path).to_owned();
        problem(&answer, 400, &what);
        let errors = answer.json()["errors"].clone();
        let named = errors.as_array().unwrap().iter();
        let named: Vec<&str> = named.map(|e| e["parameter"].as_str().unwrap()).collect();
        assert!(named.contains(&parameter), "{what}: {errors}");
        assert!(
            errors[0]["reason"].as_str().unwrap().len() > 10,
            "{what}: {errors}"
        );
    }
}

#[test]
fn everything_that_is_wrong_is_told_at_once() {
    let database = TestDatabase::new();
    let service = Service::start(&database);
    let answer = service.get("/history/queue?size=0&days=x&what=ever");
    problem(&answer, 400, "four faults");
    assert_eq!(
        answer.json()["errors"].as_array().unwrap().len(),
        4,
        "{}",
        answer.body
    );
}

#[test]
fn special_characters_in_a_name_are_ordinary() {
    let database = TestDatabase::new();
    import_capture(&database);
    let service = Service::start(&database);
    for name in [
        "%25",
        "_",
        "b_ue",
        "'",
        "%00",
        "%C3%A9",
        "%22",
        "%5C",
        "bl%00",
        "%F0%9F%90%98",
    ] {
        let answer = service.get(&format!("/history/queue?name={name}&from=2026-11-01"));
        assert_eq!((answer.status, answer.body.as_str()), (200, "[]"), "{name}");
        let number = format!("/history/customer?number={name}&from=2026-11-01");
        problem(&service.get(&number), 400, name);
        problem(
            &service.get(&format!("/history/user?user={name}")),
            404,
            name,
        );
    }
}

#[test]
fn an_owner_that_does_not_exist_is_404_and_one_without_calls_is_empty() {
    let database = TestDatabase::new();
    import_capture(&database);
    let service = Service::start(&database);
    for path in [
        "/history/user?user=nobody",
        "/history/user?user=USERA",
        "/history/agent?agent=1",
    ] {
        problem(&service.get(path), 404, path);
    }
    // Nobody's phone; an agent who never rang; a number that never called; one that is withheld.
    for path in [
        "/history/user?user=userg",
        "/history/agent?agent=2506",
        "/history/customer?number=0100000000",
        "/history/customer?number=anonymous",
        "/history/queue?name=nothing",
    ] {
        let answer = service.get(path);
        assert_eq!((answer.status, answer.body.as_str()), (200, "[]"), "{path}");
    }
    // What is no number, or many.
    for number in ["--", "abc", "0611*", "*3344", "*", "0611x"] {
        let path = format!("/history/customer?number={number}");
        let answer = service.get(&path);
        problem(&answer, 400, &path);
        let fault = &answer.json()["errors"][0];
        assert_eq!(fault["parameter"], "number", "{fault}");
        let reason = fault["reason"].as_str().unwrap();
        assert!(reason.starts_with("must be one number: "), "{reason}");
        assert!(reason.contains("the filter number of /calls"), "{reason}");
    }
}

#[test]
fn paths_and_methods_that_are_not_there_are_problems_too() {
    let database = TestDatabase::new();
    let service = Service::start(&database);
    for path in [
        "/nowhere",
        "/history",
        "/history/user/usera",
        "/history/users",
        "//",
    ] {
        problem(&service.get(path), 404, path);
    }
    for method in ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"] {
        for path in ["/history/user?user=usera", "/health/live", "/openapi.json"] {
            let answer = service.send(method, path);
            problem(&answer, 405, &format!("{method} {path}"));
            assert!(
                answer.header("allow") == Some("GET, HEAD"),
                "{method} {path}"
            );
        }
    }
}

#[test]
fn without_access_control_only_names_of_this_machine_are_answered() {
    let database = TestDatabase::new();
    let service = Service::start(&database);
    let ask = |host: &str| {
        service.raw(format!(
            "GET /health/live HTTP/1.1\r\n{host}Connection: close\r\n\r\n"
        ))
    };
    for host in [
        "localhost",
        "LOCALHOST:8080",
        "127.0.0.1:1",
        "127.8.9.1",
        "[::1]:99",
    ] {
        let answer = ask(&format!("Host: {host}\r\n"));
        assert!(answer.starts_with("HTTP/1.1 200"), "{host}: {answer}");
    }
    for host in [
        "evil.example",
        "localhost.evil.example",
        "192.168.1.1",
        "127.0.0.1.evil.example",
    ] {
        let answer = ask(&format!("Host: {host}\r\n"));
        assert!(answer.starts_with("HTTP/1.1 403"), "{host}: {answer}");
        assert!(
            answer.contains("application/problem+json"),
            "{host}: {answer}"
        );
    }
    for hosts in ["", "Host: localhost\r\nHost: localhost\r\n"] {
        assert!(ask(hosts).starts_with("HTTP/1.1 400"), "{hosts}");
    }
}
