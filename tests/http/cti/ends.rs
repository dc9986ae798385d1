//! How connections end: with the right to have one, with the service, and with the client.

use std::io::Read;
use std::net::TcpStream;
use std::time::{Duration, Instant};

use call_history::auth::jwt::LEEWAY;
use chrono::TimeDelta;
use serde_json::{Value, json};
use tungstenite::Message;

use super::calls::{Row, import};
use super::{capture, capture_with, set_password, soon, token, token_for};
use crate::support::TestDatabase;
use crate::support::cti::{Cti, PATH, command};
use crate::support::mariadb::signal;
use crate::support::service::{Service, succeed};

/// What somebody is told whose right has ended, before the connection is closed.
fn logged_off(cti: &mut Cti) {
    let (told, code) = cti.last_words();
    assert_eq!(told.unwrap()["msgType"], "LoggedOnError");
    assert_eq!(code, 1008);
}

fn log_in(service: &Service, user: &str) -> Cti {
    let body = json!({"username": user, "password": "correct horse"});
    let answer = service.send_json("POST", "/auth/login", "", &body);
    Cti::open(service, answer.json()["token"].as_str().unwrap())
}

fn user_history() -> Value {
    command("getUserCallHistory", &json!({"size": 1}))
}

#[test]
fn a_connection_ends_with_what_opened_it() {
    let (database, service) = capture();
    for user in ["usera", "userb"] {
        set_password(&database, user, "correct horse");
    }
    let admin = succeed(&database, &["key", "create", "--scope", "admin"]);
    // Another password.
    let mut cti = log_in(&service, "usera");
    cti.history(&user_history());
    set_password(&database, "usera", "another horse");
    logged_off(&mut cti);
    // A user who is deleted.
    cti = log_in(&service, "userb");
    let mut other = Cti::open(&service, &token("userb", "history:self"));
    let deleted = service.send_json("DELETE", "/directory/users/userb", admin.trim(), &json!({}));
    assert_eq!(deleted.status, 204, "{}", deleted.body);
    logged_off(&mut cti);
    logged_off(&mut other);
    // A key that is revoked.
    let key = succeed(&database, &["key", "create", "--user", "usera"]);
    cti = Cti::connect(&service, PATH, &[("X-API-Key", key.trim())]).unwrap();
    assert_eq!(cti.next()["msgType"], "LoggedOn");
    cti.history(&user_history());
    let id = key.split('_').nth(1).unwrap();
    succeed(&database, &["key", "revoke", id]);
    logged_off(&mut cti);
}

#[test]
fn a_token_that_runs_out_ends_its_connection() {
    let (_database, service) = capture();
    // Tokens made elsewhere hold a little longer than they say, since clocks differ.
    let leeway = i64::try_from(LEEWAY).unwrap();
    let holds = TimeDelta::seconds(2 - leeway);
    let mut cti = Cti::open(&service, &token_for("usera", "history:self", holds));
    logged_off(&mut cti);
}

#[test]
fn a_scope_that_is_taken_away_is_gone_from_an_open_connection() {
    let (database, service) = capture();
    set_password(&database, "usera", "correct horse");
    let admin = succeed(&database, &["key", "create", "--scope", "admin"]);
    let queue = command("getQueueCallHistory", &json!({"queue": "blue", "size": 1}));
    let put = |scopes: Value| {
        let body = json!({"scopes": scopes, "firstName": "User"});
        let answer = service.send_json("PUT", "/directory/users/usera", admin.trim(), &body);
        assert_eq!(answer.status, 200, "{}", answer.body);
    };
    put(json!(["history:queue:blue"]));
    let mut cti = log_in(&service, "usera");
    assert_ne!(cti.history(&queue), json!([]));
    put(json!([]));
    soon("the scope is gone", || cti.history(&queue) == json!([]));
    put(json!(["history:queue:blue"]));
    soon("the scope is back", || cti.history(&queue) != json!([]));
    cti.history(&user_history());
}

#[test]
fn a_service_that_stops_tells_clients_to_come_back_and_does_not_wait_for_them() {
    let (_database, mut service) = capture();
    let token = token("usera", "history:self");
    let mut all: Vec<Cti> = (0..10).map(|_| Cti::open(&service, &token)).collect();
    signal("TERM", service.pid());
    for cti in &mut all {
        assert_eq!(cti.closed(), 1012);
    }
    // With the clients still there, sooner than requests in progress are given up.
    assert_eq!(service.exit_within(Duration::from_secs(9)), Some(0));
}

#[test]
fn a_silent_client_is_put_out_and_one_that_answers_stays() {
    let (_database, service) = capture_with(&[("PING_INTERVAL", "200ms")]);
    let token = token("usera", "history:self");
    let mut silent = Cti::open(&service, &token);
    let mut there = Cti::open(&service, &token);
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(2) {
        // Reading answers pings.
        assert!(matches!(there.socket.read().unwrap(), Message::Ping(_)));
    }
    there.history(&user_history());
    // It was put out long ago: what it finds ends with the end of a WebSocket, with its code.
    let mut found = Vec::new();
    let _ = silent.socket.get_mut().read_to_end(&mut found);
    let end = found.iter().rposition(|byte| *byte == 0x88).unwrap();
    assert_eq!(u16::from_be_bytes([found[end + 2], found[end + 3]]), 1001);
}

#[test]
fn a_client_that_does_not_read_is_given_up_and_holds_nobody_up() {
    let folder = tempfile::tempdir().unwrap();
    let audit = folder.path().join("audit.log");
    let settings = [
        ("PING_INTERVAL", "500ms"),
        ("AUDIT_LOG", audit.to_str().unwrap()),
    ];
    let (database, service) = capture_with(&settings);
    many_calls(&database);
    let token = token("usera", "history:self");
    let mut slow = Cti::open(&service, &token);
    let history = command("getUserCallHistory", &json!({"size": 1000}));
    let long = slow.ask(&history).to_string().len();
    assert!(long > 200_000, "{long}");
    // More than all buffers hold.
    let asked = 90;
    for _ in 0..asked {
        let _ = slow.socket.send(Message::text(history.to_string()));
    }
    let mut quick = Cti::open(&service, &token);
    let answered = || std::fs::read_to_string(&audit).unwrap().lines().count();
    let mut last = (0, Instant::now());
    while last.1.elapsed() < Duration::from_secs(3) {
        assert_eq!(quick.ask(&json!({"claz": "ping"})), json!({"claz": "ping"}));
        if answered() != last.0 {
            last = (answered(), Instant::now());
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    assert!(last.0 < asked, "{} answers", last.0);
    let resident = resident_mib(service.pid());
    assert!(resident < 100, "{resident} MiB");
    // What was on its way still comes, and no end as there is between those who talk.
    let mut read = 0;
    while let Ok(message) = slow.socket.read() {
        assert!(!message.is_close(), "{message:?}");
        read += usize::from(message.is_text());
        assert!(read < asked, "{read} answers");
    }
}

fn resident_mib(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    let kib = line.unwrap().split_whitespace().nth(1).unwrap();
    kib.parse::<u64>().unwrap() / 1024
}

/// A thousand calls of usera.
fn many_calls(database: &TestDatabase) {
    let call = |n: u32| {
        let row = Row {
            id: 1_790_000_000 + n,
            ..Row::answered(n, "1000", "1001")
        };
        row.text()
    };
    import(database, (0..1100).map(call));
}

#[test]
fn a_caller_has_so_many_connections_and_gets_them_back() {
    let (_database, service) = capture();
    let (usera, userb) = (
        token("usera", "history:self"),
        token("userb", "history:self"),
    );
    let mut held: Vec<Cti> = (0..20).map(|_| Cti::open(&service, &usera)).collect();
    let one_more = || Cti::connect(&service, &format!("{PATH}?token={usera}"), &[]).unwrap();
    let (told, code) = one_more().last_words();
    assert_eq!(
        (told.unwrap()["msgType"].as_str(), code),
        (Some("Error"), 1013)
    );
    held.push(Cti::open(&service, &userb));
    // One that says goodbye, and one that is simply gone.
    held.remove(0).socket.close(None).unwrap();
    drop::<TcpStream>(held.remove(0).socket.into_inner());
    soon("two places are free again", || {
        let mut two = [one_more(), one_more()];
        two.iter_mut()
            .all(|cti| cti.next()["msgType"] == "LoggedOn")
    });
    for cti in &mut held {
        cti.history(&user_history());
    }
}

#[test]
fn open_connections_take_no_places_of_requests() {
    let (_database, service) = capture();
    let held: Vec<Cti> = (0..600)
        .map(|n| Cti::open(&service, &token(&format!("user{}", n / 20), "history:self")))
        .collect();
    let token = token("usera", "history:self");
    assert_eq!(service.get_as(&token, "/history/user").status, 200);
    Cti::open(&service, &token).history(&user_history());
    drop(held);
}
