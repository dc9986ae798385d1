//! Requests that are sent before the last is answered: one after the other, and at no cost.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::thread;

use crate::support::TestDatabase;
use crate::support::service::Service;

const LIVE: &str = "GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n";
const BODY: &str = r#"{"videoStatus": "Busy"}"#;

/// A request with a body, which somebody reads only at the first path.
fn put(path: &str, is_chunked: bool) -> String {
    let (header, body) = match is_chunked {
        true => {
            let body = format!("3\r\n{}\r\n14\r\n{}\r\n0\r\n\r\n", &BODY[..3], &BODY[3..]);
            ("Transfer-Encoding: chunked".to_owned(), body)
        }
        false => (format!("Content-Length: {}", BODY.len()), BODY.to_owned()),
    };
    format!(
        "PUT {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
         {header}\r\n\r\n{body}"
    )
}

/// The statuses of what is answered up to the end of the connection.
fn statuses(answers: &str) -> Vec<u16> {
    let lines = answers.split("HTTP/1.1 ").skip(1);
    lines.map(|line| line[..3].parse().unwrap()).collect()
}

/// Memory that a process has had at most, in MiB.
fn peak(service: &Service) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", service.pid())).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    let kib: u64 = line
        .unwrap()
        .split_whitespace()
        .nth(1)
        .unwrap()
        .parse()
        .unwrap();
    kib / 1024
}

#[test]
fn requests_that_come_at_once_are_answered_in_their_order() {
    let database = TestDatabase::new();
    let service = Service::start(&database);
    let user = "/presence/nobody";
    let requests = [
        (LIVE.to_owned(), 200),
        (put(user, false), 404),
        (put(user, true), 404),
        // Bodies that nobody reads.
        (put("/nothing", false), 404),
        (put("/nothing", true), 404),
        (put("/health/live", false), 405),
        (
            LIVE.replace("\r\n\r\n", "\r\nContent-Length: 4\r\n\r\n\n\r\n\n"),
            200,
        ),
        // As some write them.
        (LIVE.replace("\r\n", "\n"), 200),
        (format!("{}{LIVE}", "\r\n".repeat(1000)), 200),
        (LIVE.replace("GET", "HEAD"), 200),
        (LIVE.replace("/health/live", "/health/ready"), 200),
        (put(user, true), 404),
    ];
    let (texts, expected): (Vec<String>, Vec<u16>) = requests.into_iter().unzip();
    let all = texts.concat().repeat(5);
    let last = LIVE.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n");
    let expected = [expected.repeat(5), vec![200]].concat();
    assert_eq!(statuses(&service.raw(format!("{all}{last}"))), expected);
    // Wherever what comes is cut. What nobody reads is left out: while it has not come, an answer
    // ends the connection.
    let texts = [LIVE, &put(user, false), &put(user, true)];
    let all = texts.concat().repeat(3) + &last;
    for length in [1, 2, 3, 7, 50] {
        let mut stream = TcpStream::connect(service.address()).unwrap();
        stream.set_nodelay(true).unwrap();
        for piece in all.as_bytes().chunks(length) {
            stream.write_all(piece).unwrap();
            thread::yield_now();
        }
        let mut answers = String::new();
        stream.read_to_string(&mut answers).unwrap();
        let expected = [[200, 404, 404].repeat(3), vec![200]].concat();
        assert_eq!(statuses(&answers), expected, "{length}");
    }
}

#[test]
fn who_has_sent_all_and_still_reads_gets_all_answers() {
    let database = TestDatabase::new();
    let service = Service::start(&database);
    let mut stream = TcpStream::connect(service.address()).unwrap();
    stream.write_all(LIVE.repeat(100).as_bytes()).unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    let mut answers = String::new();
    stream.read_to_string(&mut answers).unwrap();
    assert_eq!(statuses(&answers), [200].repeat(100));
}

#[test]
fn requests_that_wait_behind_another_take_no_memory() {
    const CONNECTIONS: usize = 100;
    let database = TestDatabase::new();
    let service = Service::start(&database);
    // The first is answered without end. All of them lie within what is read at once: each took
    // 6 KiB, more than a GiB together.
    let first = LIVE.replace("/health/live", "/events");
    let waiting = LIVE.repeat(2000);
    let before = peak(&service);
    let connections: Vec<TcpStream> = (0..CONNECTIONS)
        .map(|_| {
            let mut stream = TcpStream::connect(service.address()).unwrap();
            stream.write_all(first.as_bytes()).unwrap();
            stream.write_all(waiting.as_bytes()).unwrap();
            stream
        })
        .collect();
    for mut stream in &connections {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
    }
    assert_eq!(service.get("/health/live").status, 200);
    let more = peak(&service) - before;
    assert!(more < 300, "{more} MiB");
}
