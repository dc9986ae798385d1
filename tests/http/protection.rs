//! What protects the service from its clients: rates, and bounds of requests.

use std::time::Duration;

use crate::support::TestDatabase;
use crate::support::service::{Answer, Service, program, succeed};

const HISTORY: &str = "/history/customer?number=0611223344";

fn key(database: &TestDatabase, arguments: &[&str]) -> String {
    let printed = succeed(database, &[&["key", "create"], arguments].concat());
    printed.trim().to_owned()
}

fn kind(answer: &Answer) -> String {
    let content_type = answer.header("content-type").unwrap_or_default();
    assert_eq!(content_type, "application/problem+json", "{}", answer.body);
    let problem = answer.json();
    assert_eq!(problem["status"], answer.status);
    let id = answer.header("x-request-id").unwrap();
    assert_eq!(problem["requestId"], id);
    let kind = problem["type"].as_str().unwrap();
    kind.replace("urn:call-history:problem:", "")
}

/// Asks until the answer is 429; fails when the limit does not hold.
fn until_limited(what: &str, mut ask: impl FnMut() -> Answer) -> (usize, Answer) {
    for before in 0..500 {
        let answer = ask();
        if answer.status == 429 {
            return (before, answer);
        }
    }
    panic!("{what}: no limit after 500 requests");
}

fn retry_after(answer: &Answer) -> Duration {
    Duration::from_secs(answer.header("retry-after").unwrap().parse().unwrap())
}

#[test]
fn a_client_has_its_rate_wherever_it_asks_from_and_is_told() {
    let database = TestDatabase::new();
    let service = Service::start_with(
        &database,
        &[("RATE_LIMIT", "1,10"), ("TRUSTED_PROXIES", "127.0.0.1")],
    );
    let one = key(&database, &["--scope", "history:all"]);
    let other = key(&database, &["--scope", "history:all"]);
    let first = service.get_as(&one, HISTORY);
    assert_eq!(first.status, 200, "{}", first.body);
    assert_eq!(
        first.header("ratelimit-policy"),
        Some("\"client\";q=10;w=10")
    );
    assert_eq!(first.header("ratelimit"), Some("\"client\";r=9;t=1"));
    let mut place = 0;
    let (before, limited) = until_limited("a key", || {
        place += 1;
        let bearer = format!("Bearer {one}");
        let from = format!("192.0.2.{place}");
        let headers = [("Authorization", &*bearer), ("X-Forwarded-For", &*from)];
        service.request("GET", HISTORY, &headers)
    });
    assert!(before >= 9, "{before}");
    assert_eq!(kind(&limited), "too-many-requests");
    assert_eq!(limited.header("ratelimit"), Some("\"client\";r=0;t=1"));
    assert_eq!(
        limited.header("ratelimit-policy"),
        Some("\"client\";q=10;w=10")
    );
    // Others are served, and everybody sees whether the service is well.
    assert_eq!(service.get_as(&other, HISTORY).status, 200);
    for path in [
        "/health/live",
        "/health/ready",
        "/openapi.json",
        "/swagger-ui/",
    ] {
        let answer = service.get_as(&one, path);
        assert_eq!(answer.status, 200, "{path}");
        assert_eq!(answer.header("ratelimit"), None, "{path}");
    }
    std::thread::sleep(retry_after(&limited));
    assert_eq!(service.get_as(&one, HISTORY).status, 200);
}

#[test]
fn who_guesses_is_slowed_at_its_address_and_nobody_else() {
    let database = TestDatabase::new();
    // A tenth for an address: one in a second, two at once.
    let settings = [("RATE_LIMIT", "10,20"), ("TRUSTED_PROXIES", "127.0.0.1")];
    let service = Service::start_with(&database, &settings);
    let good = key(&database, &["--scope", "history:all"]);
    let ask = |key: &str, from: &str| {
        let bearer = format!("Bearer {key}");
        let headers = [("Authorization", &*bearer), ("X-Forwarded-For", from)];
        service.request("GET", HISTORY, &headers)
    };
    assert_eq!(ask(&good, "192.0.2.1").status, 200);
    let mut guess = 0;
    let (_, limited) = until_limited("guesses", || {
        guess += 1;
        let answer = ask(&format!("chk_0123456789_{guess:040}"), "192.0.2.1");
        assert!([401, 429].contains(&answer.status), "{}", answer.body);
        assert!(
            answer
                .header("ratelimit")
                .unwrap()
                .starts_with("\"address\";r=")
        );
        answer
    });
    assert_eq!(kind(&limited), "too-many-requests");
    assert!(retry_after(&limited) >= Duration::from_secs(1));
    // Whoever has a key goes on, also from there.
    assert_eq!(ask(&good, "192.0.2.1").status, 200);
    assert_eq!(ask("nonsense", "192.0.2.2").status, 401);
    // Of what the client itself wrote, nothing counts.
    until_limited("another address each time", || {
        guess += 1;
        ask("nonsense", &format!("198.51.100.{guess}, 192.0.2.3"))
    });
}

#[test]
fn without_trusted_proxies_a_made_up_address_changes_nothing() {
    let database = TestDatabase::new();
    let service = Service::start_with(&database, &[("RATE_LIMIT", "10,20")]);
    let mut guess = 0;
    until_limited("addresses", || {
        guess += 1;
        let from = format!("192.0.2.{guess}");
        service.request("GET", HISTORY, &[("X-Forwarded-For", &from)])
    });
}

#[test]
fn settings_that_are_not_understood_are_refused_at_the_start() {
    for (name, value, hint) in [
        ("TRUSTED_PROXIES", "proxy.lan", "10.0.0.0/8"),
        ("TRUSTED_PROXIES", "10.0.0.1/8", "10.0.0.0/8"),
        ("RATE_LIMIT", "fast", "100,200"),
        ("CORS_ORIGINS", "*", "every web page"),
        (
            "CORS_ORIGINS",
            "https://crm.example.org/",
            "https://crm.example.org",
        ),
    ] {
        let output = program()
            .args(["serve", "--bind", "127.0.0.1:0"])
            .env(name, value)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(64), "{name}={value}: {said}");
        assert!(said.contains(hint), "{name}={value}: {said}");
    }
}

#[test]
fn a_request_that_is_too_large_is_refused_with_or_without_a_key() {
    let database = TestDatabase::new();
    let service = Service::start_closed(&database);
    let key = key(&database, &["--scope", "history:all"]);
    let long = format!("{HISTORY}&status={}", "x".repeat(20_000));
    let large = "x".repeat(64 * 1024);
    for header in [None, Some(("Authorization", format!("Bearer {key}")))] {
        let header = header.as_ref().map(|(name, value)| (*name, value.as_str()));
        let headers: Vec<_> = header.into_iter().collect();
        let answer = service.request("GET", &long, &headers);
        assert_eq!((answer.status, &*kind(&answer)), (414, "uri-too-long"));
        let with_large = [&headers[..], &[("X-Something", large.as_str())]].concat();
        let answer = service.request("GET", HISTORY, &with_large);
        assert_eq!((answer.status, &*kind(&answer)), (431, "headers-too-large"));
    }
    // In one header, in Authorization, in many, and more than the server reads at all.
    let raw = |headers: &str| {
        let answer = service.raw(format!(
            "GET {HISTORY} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{headers}\r\n"
        ));
        answer.split(' ').nth(1).unwrap_or_default().to_owned()
    };
    assert_eq!(raw(&format!("Authorization: Bearer {large}\r\n")), "431");
    assert_eq!(raw(&"A: 1\r\n".repeat(200)), "431");
    assert_eq!(raw(&format!("A: {}\r\n", "x".repeat(200 * 1024))), "431");
    let line = format!(
        "GET /{} HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "x".repeat(100_000)
    );
    let answer = service.raw(line);
    assert!(answer.starts_with("HTTP/1.1 4"), "{answer}");
    assert_eq!(service.get("/health/live").status, 200);
}

#[test]
fn other_bytes_than_text_are_refused() {
    let database = TestDatabase::new();
    let service = Service::start_closed(&database);
    let key = key(&database, &["--scope", "history:all"]);
    for query in ["user=%ff", "user=%C3%28", "%fe=1", "user=usera&size=%80"] {
        let answer = service.get_as(&key, &format!("/history/user?{query}"));
        assert_eq!(
            (answer.status, &*kind(&answer)),
            (400, "invalid-parameter"),
            "{query}"
        );
        let reason = answer.json()["errors"][0]["reason"].clone();
        assert_eq!(reason, "is not UTF-8");
    }
    let raw = |target: &[u8], header: &[u8]| {
        let parts: [&[u8]; 5] = [
            b"GET ",
            target,
            b" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n",
            header,
            b"\r\n\r\n",
        ];
        service.raw(parts.concat())
    };
    let path = b"/history/user?user=usera";
    let answer = raw(
        b"/history/user?user=\xff\xfe",
        format!("X-API-Key: {key}").as_bytes(),
    );
    assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
    for header in [
        &b"Authorization: Bearer \xff\xfe"[..],
        b"X-API-Key: \xc3\x28",
    ] {
        let answer = raw(path, header);
        assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");
        assert!(!answer.contains("usera"), "{answer}");
    }
    let answer = raw(
        path,
        format!("X-API-Key: {key}\r\nX-Request-Id: \u{fffd}").as_bytes(),
    );
    assert!(answer.starts_with("HTTP/1.1 404"), "{answer}");
}

#[test]
fn a_credential_in_the_url_is_refused_and_not_repeated() {
    let database = TestDatabase::new();
    let service = Service::start_closed(&database);
    let key = key(&database, &["--scope", "history:all"]);
    let token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ1c2VyYSJ9.c2lnbmF0dXJl";
    for (query, parameter) in [
        (format!("api_key={key}"), Some("api_key")),
        (format!("X-API-Key={key}"), Some("X-API-Key")),
        (format!("access_token={token}"), Some("access_token")),
        ("token=short".to_owned(), Some("token")),
        (format!("user={key}"), Some("user")),
        (format!("user={token}"), Some("user")),
        (format!("{key}=1"), None),
    ] {
        for path in ["/history/user", "/health/live", "/swagger-ui/", "/nowhere"] {
            let path = format!("{path}?user=usera&{query}");
            for answer in [service.get(&path), service.get_as(&key, &path)] {
                assert_eq!(answer.status, 400, "{path}: {}", answer.body);
                assert_eq!(kind(&answer), "credential-in-url", "{path}");
                let problem = answer.json();
                assert_eq!(problem["errors"][0]["parameter"].as_str(), parameter);
                assert!(
                    problem["detail"]
                        .as_str()
                        .unwrap()
                        .contains("Authorization")
                );
                for secret in [&key[15..], token, "short"] {
                    assert!(!answer.body.contains(secret), "{}", answer.body);
                }
            }
        }
    }
}

#[test]
fn a_body_that_does_not_come_holds_no_place_for_long() {
    let database = TestDatabase::new();
    let service = Service::start_closed(&database);
    // The rest never comes; the answer does, and the service is there for others meanwhile.
    let answer = service.raw(
        "POST /auth/login HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\
         Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{",
    );
    assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
    assert!(
        answer.contains("The body did not come within 5 s."),
        "{answer}"
    );
    assert_eq!(service.get("/health/live").status, 200);
}
