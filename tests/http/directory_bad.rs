//! Bad input to the directory over HTTP: each gets its problem, and nothing is written.

use serde_json::{Value, json};

use crate::support::TestDatabase;
use crate::support::service::{Answer, Service};

const USER: &str = "/directory/users/ann";

fn problem(answer: &Answer) -> Value {
    assert_eq!(
        answer.header("content-type"),
        Some("application/problem+json")
    );
    let problem = answer.json();
    assert_eq!(problem["status"], answer.status);
    problem
}

fn put_text(service: &Service, body: &[u8]) -> Answer {
    let headers = [("Content-Type", "application/json")];
    service.request_with("PUT", USER, &headers, Some(body))
}

#[test]
fn a_field_that_is_wrong_is_named() {
    let database = TestDatabase::new();
    let service = Service::start(&database);
    let wide = "é".repeat(256);
    let number = |number: Value| json!({"numbers": [{"number": "1"}, number]});
    let phone = |phone: Value| json!({"endpoints": [phone]});
    for (body, field) in [
        (json!({"username": "ben"}), "username"),
        (json!({"username": ""}), "username"),
        (json!({"firstname": "Ann"}), "firstname"),
        (json!({"firstName": 5}), "firstName"),
        (json!({"firstName": null}), "firstName"),
        (json!({"firstName": wide}), "firstName"),
        (json!({"lastName": "a\nb"}), "lastName"),
        (json!({"agentNumber": ""}), "agentNumber"),
        (json!({"agentNumber": "\u{7f}"}), "agentNumber"),
        (json!({"agentNumber": 2501}), "agentNumber"),
        (json!({"numbers": "1000"}), "numbers"),
        (json!({"numbers": [["1000"]]}), "numbers[0]"),
        (json!([]), "body"),
        (json!({"numbers": ["1000"]}), "numbers[0]"),
        (number(json!({})), "numbers[1]"),
        (number(json!({"number": 1000})), "numbers[1].number"),
        (number(json!({"number": ""})), "numbers[1].number"),
        (number(json!({"number": "x"})), "numbers[1].number"),
        (
            number(json!({"number": "1".repeat(256)})),
            "numbers[1].number",
        ),
        (
            number(json!({"number": "1", "source": ""})),
            "numbers[1].source",
        ),
        (
            number(json!({"number": "1", "source": "p".repeat(65)})),
            "numbers[1].source",
        ),
        (
            number(json!({"number": "1", "validFrom": "today"})),
            "numbers[1].validFrom",
        ),
        (
            number(json!({"number": "1", "validFrom": "2026-01-01"})),
            "numbers[1].validFrom",
        ),
        (
            number(json!({"number": "1", "validUntil": 5})),
            "numbers[1].validUntil",
        ),
        (
            number(json!({"number": "1", "validFrom": "2026-01-01T00:00:00Z",
                          "validUntil": "2026-01-01T01:00:00+01:00"})),
            "numbers[1].validUntil",
        ),
        (
            number(json!({"number": "1", "until": "2026"})),
            "numbers[1].until",
        ),
        (phone(json!({"endpoint": "1000"})), "endpoints[0].endpoint"),
        (
            phone(json!({"endpoint": format!("PJSIP/{wide}")})),
            "endpoints[0].endpoint",
        ),
        (json!({"scopes": ["root"]}), "scopes[0]"),
        (
            json!({"scopes": [format!("history:user:{wide}")]}),
            "scopes[0]",
        ),
        (json!({"scopes": "admin"}), "scopes"),
    ] {
        let answer = service.send_json("PUT", USER, "", &body);
        assert_eq!(answer.status, 400, "{body}: {}", answer.body);
        let problem = problem(&answer);
        assert_eq!(problem["errors"][0]["parameter"], field, "{problem}");
    }
    let queue = service.send_json("PUT", "/directory/queues/q", "", &json!({"number": "x"}));
    assert_eq!(problem(&queue)["errors"][0]["parameter"], "number");
    let agent = service.send_json("PUT", "/directory/agents/1", "", &json!({"number": "2"}));
    assert_eq!(problem(&agent)["errors"][0]["parameter"], "number");
    // All faults are told together.
    let body = json!({"firstName": "\n", "numbers": [{"number": "x", "source": ""}]});
    let answer = service.send_json("PUT", USER, "", &body);
    assert_eq!(problem(&answer)["errors"].as_array().unwrap().len(), 3);
    for list in ["users", "agents", "queues"] {
        assert_eq!(service.get(&format!("/directory/{list}")).body, "[]");
    }
}

#[test]
fn a_body_that_is_no_json_is_told_where() {
    let database = TestDatabase::new();
    let service = Service::start(&database);
    for (body, words) in [
        (&b""[..], "EOF"),
        (b"{", "line 1 column 1"),
        (b"{\"firstName\":\n \"Ann\",,}", "line 2 column 8"),
        (b"{} x", "trailing"),
        (b"\xef\xbb\xbf{}", "line 1"),
        (b"{\"firstName\": \"\xff\"}", "unicode"),
        (b"{\"firstName\": \"\\ud800\"}", "line 1"),
        (b"{\"firstName\": \"a\", \"firstName\": \"b\"}", "duplicate"),
        (b"null", "line 1"),
        (b"[[[[", "line 1"),
    ] {
        let answer = put_text(&service, body);
        assert_eq!(answer.status, 400, "{}", answer.body);
        let reason = problem(&answer)["errors"][0]["reason"].to_string();
        assert!(reason.contains(words), "{reason}");
    }
    let deep = "[".repeat(50_000);
    assert_eq!(put_text(&service, deep.as_bytes()).status, 400);
    assert_eq!(service.get("/directory/users").body, "[]");
}

#[test]
fn a_large_body_and_another_type_are_refused() {
    let database = TestDatabase::new();
    let service = Service::start(&database);
    let large = format!("{{\"firstName\": \"{}\"}}", "x".repeat(64 * 1024));
    let answer = put_text(&service, large.as_bytes());
    assert_eq!(answer.status, 413, "{}", answer.body);
    assert_eq!(
        problem(&answer)["type"],
        "urn:call-history:problem:payload-too-large"
    );
    // Without a length, too.
    let raw = service.raw(format!(
        "PUT {USER} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
         Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n{:x}\r\n{large}\r\n0\r\n\r\n",
        large.len()
    ));
    assert!(raw.starts_with("HTTP/1.1 413"), "{raw}");
    for headers in [
        &[][..],
        &[("Content-Type", "text/plain")],
        &[("Content-Type", "application/x-www-form-urlencoded")],
        &[("Content-Type", "application/jsonx")],
        &[
            ("Content-Type", "application/json"),
            ("Content-Encoding", "gzip"),
        ],
    ] {
        let answer = service.request_with("PUT", USER, headers, Some(b"{}"));
        assert_eq!(answer.status, 415, "{headers:?}: {}", answer.body);
        let detail = problem(&answer)["detail"].to_string();
        assert!(detail.contains("application/json"), "{detail}");
    }
    let headers = [("Content-Type", "application/json; charset=utf-8")];
    let answer = service.request_with("PUT", USER, &headers, Some(b"{}"));
    assert_eq!(answer.status, 201, "{}", answer.body);
}

#[test]
fn a_path_that_names_nobody_is_refused() {
    let database = TestDatabase::new();
    let service = Service::start(&database);
    for name in ["%FF", "%C3", "%20", "%00", "a%0Ab", &"x".repeat(256)] {
        let raw = |method: &str, body: &str| {
            service.raw(format!(
                "{method} /directory/users/{name} HTTP/1.1\r\nHost: localhost\r\n\
                 Content-Type: application/json\r\nContent-Length: {}\r\n\
                 Connection: close\r\n\r\n{body}",
                body.len()
            ))
        };
        for answer in [raw("GET", ""), raw("PUT", "{}"), raw("DELETE", "")] {
            assert!(answer.starts_with("HTTP/1.1 400"), "{name}: {answer}");
            assert!(answer.contains("\"parameter\":\"username\""), "{answer}");
        }
    }
    for path in ["/directory/users/", "/directory/users/a/b", "/directory"] {
        assert_eq!(service.get(path).status, 404, "{path}");
    }
    let answer = service.send("POST", "/directory/users/ann");
    assert_eq!(answer.status, 405);
    assert_eq!(answer.header("allow"), Some("GET, HEAD, PUT, DELETE"));
    for query in ["size=0", "size=x", "after=a&after=b", "page=2"] {
        let answer = service.get(&format!("/directory/users?{query}"));
        assert_eq!(answer.status, 400, "{query}");
        assert!(problem(&answer)["errors"][0]["parameter"].is_string());
    }
    assert_eq!(service.get("/directory/users?after=%00zz").body, "[]");
    assert_eq!(service.get("/directory/users").body, "[]");
}
