//! Who gets a connection, and what others are told.

use std::io::{Read, Write};
use std::net::TcpStream;

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::{SECRET, capture, capture_with, token, token_for};
use crate::support::cti::{Cti, PATH, PATIENCE, command};
use crate::support::service::{Service, succeed};

const UPGRADE: [(&str, &str); 4] = [
    ("Upgrade", "websocket"),
    ("Connection", "Upgrade"),
    ("Sec-WebSocket-Version", "13"),
    ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
];

fn history() -> Value {
    command("getUserCallHistory", &json!({"size": 1}))
}

/// What somebody is told whose token is refused.
fn refusal(service: &Service, path: &str, headers: &[(&str, &str)]) -> (Option<Value>, u16) {
    Cti::connect(service, path, headers).unwrap().last_words()
}

#[test]
fn a_login_of_xivos_clients_opens_a_connection() {
    let (database, service) = capture();
    super::set_password(&database, "usera", "correct horse");
    let body = json!({"login": "usera", "password": "correct horse"});
    let answer = service.send_json("POST", "/xuc/api/2.0/auth/login", "", &body);
    let mut cti = Cti::open(&service, answer.json()["token"].as_str().unwrap());
    assert_eq!(cti.history(&history()).as_array().unwrap().len(), 1);
    let refused = cti.refused(&command("getAgentCallHistory", &json!({})));
    assert_eq!(refused, "the user is no agent");
}

#[test]
fn a_token_that_is_refused_is_told_so_before_the_connection_closes() {
    let (database, service) = capture();
    let key = succeed(&database, &["key", "create", "--user", "usera"]);
    let key = key.trim();
    let expired = token_for("usera", "history:self", TimeDelta::seconds(-3600));
    let error = json!({"msgType": "LoggedOnError", "ctiMessage": {"Error": "loggedOnFailed"}});
    for query in [
        String::new(),
        "?".to_owned(),
        "?token=".to_owned(),
        "?token=x".to_owned(),
        "?token=a.b.c".to_owned(),
        format!("?token={expired}"),
        // Keys hold for long, and a URL is kept in logs.
        format!("?token={key}"),
        format!("?Token={}", token("usera", "history:self")),
    ] {
        let told = refusal(&service, &format!("{PATH}{query}"), &[]);
        assert_eq!(told, (Some(error.clone()), 1008), "{query}");
    }
    // Programs that are no web pages can send headers.
    for headers in [
        vec![("X-API-Key", key.to_owned())],
        vec![("Authorization", format!("Bearer {key}"))],
    ] {
        let headers: Vec<_> = headers.iter().map(|(n, v)| (*n, v.as_str())).collect();
        let mut cti = Cti::connect(&service, PATH, &headers).unwrap();
        assert_eq!(cti.next()["msgType"], "LoggedOn");
        cti.history(&history());
    }
    let twice = format!("{PATH}?token={0}&token={0}", token("usera", ""));
    assert_eq!(Cti::connect(&service, &twice, &[]).err(), Some(400));
    let both = format!("{PATH}?token={}", token("usera", ""));
    let status = Cti::connect(&service, &both, &[("X-API-Key", key)]).err();
    assert_eq!(status, Some(400));
}

#[test]
fn who_is_no_user_asks_for_others_only() {
    let (database, service) = capture();
    let key = succeed(&database, &["key", "create", "--scope", "history:queue:*"]);
    let mut cti = Cti::connect(&service, PATH, &[("X-API-Key", key.trim())]).unwrap();
    assert_eq!(cti.next()["msgType"], "LoggedOn");
    let no_user = "the token is no user's";
    assert_eq!(cti.refused(&history()), no_user);
    let video = command("videoEvent", &json!({"status": "Busy"}));
    assert_eq!(cti.refused(&video), no_user);
    let queue = command("getQueueCallHistory", &json!({"queue": "blue", "size": 3}));
    assert_eq!(cti.history(&queue).as_array().unwrap().len(), 3);
}

#[test]
fn without_access_control_there_is_a_connection_and_no_user() {
    let (database, _) = capture();
    let service = Service::start(&database);
    let mut cti = Cti::connect(&service, PATH, &[]).unwrap();
    assert_eq!(cti.next()["msgType"], "LoggedOn");
    assert!(cti.refused(&history()).contains("no user"));
    let queue = command("getQueueCallHistory", &json!({"queue": "blue", "size": 3}));
    assert_eq!(cti.history(&queue).as_array().unwrap().len(), 3);
    // Not even then for the page of another origin.
    let evil = [("Origin", "https://evil.example")];
    assert_eq!(Cti::connect(&service, PATH, &evil).err(), Some(403));
}

#[test]
fn pages_of_other_origins_get_no_connection() {
    let settings = [("CORS_ORIGINS", "https://crm.example.org")];
    let (_database, service) = capture_with(&settings);
    let path = format!("{PATH}?token={}", token("usera", "history:self"));
    let own = format!("http://{}", service.address());
    for origin in ["https://crm.example.org", &own] {
        let mut cti = Cti::connect(&service, &path, &[("Origin", origin)]).unwrap();
        assert_eq!(cti.next()["msgType"], "LoggedOn", "{origin}");
    }
    for origin in ["https://evil.example", "null", "http://127.0.0.1:1"] {
        let mut headers = UPGRADE.to_vec();
        headers.push(("Origin", origin));
        let answer = service.request("GET", &path, &headers);
        assert_eq!(answer.status, 403, "{origin}");
        let kind = &answer.json()["type"];
        assert_eq!(*kind, "urn:call-history:problem:origin-not-allowed");
    }
}

#[test]
fn what_is_no_request_for_a_websocket_is_told_what_is_needed() {
    let (_database, service) = capture();
    let path = format!("{PATH}?token={}", token("usera", "history:self"));
    let without = |name: &str| -> Vec<(&str, &str)> {
        let others = UPGRADE.iter().filter(|(given, _)| *given != name);
        others.copied().collect()
    };
    let mut old = without("Sec-WebSocket-Version");
    old.push(("Sec-WebSocket-Version", "8"));
    for headers in [
        vec![],
        without("Upgrade"),
        without("Sec-WebSocket-Version"),
        old,
    ] {
        let answer = service.request("GET", &path, &headers);
        assert_eq!(answer.status, 426, "{headers:?}: {}", answer.body);
        assert_eq!(answer.header("upgrade"), Some("websocket"));
        assert_eq!(answer.header("sec-websocket-version"), Some("13"));
        let kind = &answer.json()["type"];
        assert_eq!(*kind, "urn:call-history:problem:websocket-required");
        assert!(!answer.body.contains("token="), "{}", answer.body);
    }
    assert_eq!(service.request("HEAD", &path, &[]).status, 426);
    let answer = service.request("GET", &path, &without("Sec-WebSocket-Key"));
    assert_eq!(answer.status, 400, "{}", answer.body);
    let answer = service.request("POST", &path, &[]);
    assert_eq!(answer.status, 405, "{}", answer.body);
    assert_eq!(answer.header("allow"), Some("GET, HEAD"));
    // Elsewhere a token in the URL is refused as ever.
    let other = format!("/history/user?token={}", token("usera", "history:self"));
    assert_eq!(service.get(&other).status, 400);
}

#[test]
fn what_a_client_says_before_it_is_answered_counts() {
    let (_database, service) = capture();
    let address = service.address();
    let token = token("usera", "history:self");
    let mut request = format!("GET {PATH}?token={token} HTTP/1.1\r\nHost: {address}\r\n");
    for (name, value) in UPGRADE {
        request += &format!("{name}: {value}\r\n");
    }
    let mut bytes = format!("{request}\r\n").into_bytes();
    // A text of 15 bytes, under a mask of zeros.
    bytes.extend(b"\x81\x8f\0\0\0\0{\"claz\":\"ping\"}");
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.write_all(&bytes).unwrap();
    let mut heard = Vec::new();
    while !heard.ends_with(br#"{"claz":"ping"}"#) {
        let mut piece = [0; 1024];
        let length = stream.read(&mut piece).unwrap();
        assert!(length > 0, "{}", String::from_utf8_lossy(&heard));
        heard.extend(&piece[..length]);
    }
    let heard = String::from_utf8_lossy(&heard);
    assert!(heard.starts_with("HTTP/1.1 101"), "{heard}");
    assert!(heard.contains("LoggedOn"), "{heard}");
}

#[test]
fn who_guesses_tokens_is_slowed_down() {
    let (_database, service) = capture_with(&[("RATE_LIMIT", "20,20"), ("JWT_SECRET", SECRET)]);
    let path = format!("{PATH}?token=a.b.c");
    let statuses: Vec<_> = (0..5)
        .map(|_| Cti::connect(&service, &path, &[]).err())
        .collect();
    assert_eq!(statuses[..2], [None, None]);
    assert_eq!(statuses[4], Some(429));
}
