//! Compressed answers, and by what answers differ.

use std::io::Read;

use crate::support::TestDatabase;
use crate::support::service::{Service, import_capture, succeed};

fn service() -> (TestDatabase, Service, String) {
    let database = TestDatabase::new();
    import_capture(&database);
    let service = Service::start_with(&database, &[("CORS_ORIGINS", "https://crm.example.org")]);
    let printed = succeed(&database, &["key", "create", "--scope", "history:all"]);
    (database, service, printed.trim().to_owned())
}

/// The answer's head in lower case, and its body as it came.
fn ask(service: &Service, path: &str, headers: &str) -> (String, Vec<u8>) {
    use std::io::Write;
    let mut stream = std::net::TcpStream::connect(service.address()).unwrap();
    let request =
        format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{headers}\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let end = answer
        .windows(4)
        .position(|four| four == b"\r\n\r\n")
        .unwrap();
    let head = String::from_utf8_lossy(&answer[..end]).to_lowercase();
    (head, answer[end + 4..].to_vec())
}

/// A body without its division into chunks.
pub(crate) fn unchunked(mut rest: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    loop {
        let end = rest.windows(2).position(|two| two == b"\r\n").unwrap();
        let length = std::str::from_utf8(&rest[..end]).unwrap();
        let length = usize::from_str_radix(length, 16).unwrap();
        if length == 0 {
            return body;
        }
        body.extend(&rest[end + 2..end + 2 + length]);
        rest = &rest[end + 4 + length..];
    }
}

fn encoding(head: &str) -> Option<&str> {
    head.lines()
        .find_map(|line| line.strip_prefix("content-encoding: "))
}

const LONG: &str = "/history/queue?name=bl&from=2026-01-01";
const SHORT: &str = "/history/queue?name=bl&from=2026-01-01&size=1";

#[test]
fn long_answers_are_compressed_as_the_client_takes_them() {
    let (_database, service, key) = service();
    let ask = |path: &str, accept: &str| {
        let headers = format!("Authorization: Bearer {key}\r\n{accept}");
        ask(&service, path, &headers)
    };
    let (plain, body) = ask(LONG, "");
    assert_eq!(encoding(&plain), None);
    assert!(body.len() > 2000);
    for (accept, expected) in [
        ("gzip", Some("gzip")),
        ("zstd", Some("zstd")),
        ("deflate", Some("deflate")),
        ("br", None),
        ("identity", None),
        ("", None),
        ("gzip;q=0", None),
        ("nonsense;;;q=x", None),
        ("gzip;q=0.1, zstd;q=0.9", Some("zstd")),
    ] {
        let (head, body) = ask(LONG, &format!("Accept-Encoding: {accept}\r\n"));
        assert!(head.starts_with("http/1.1 200"), "{accept}: {head}");
        assert_eq!(encoding(&head), expected, "{accept}");
        assert_eq!(
            head.contains("content-length: "),
            expected.is_none(),
            "{accept}"
        );
        assert!(head.contains("vary: accept, accept-encoding, authorization, x-api-key"));
        assert!(head.contains("etag: w/"), "{head}");
        assert_eq!(body.starts_with(b"[{"), expected.is_none(), "{accept}");
    }
    let (head, body) = ask(LONG, "Accept-Encoding: identity;q=0\r\n");
    assert!(
        head.starts_with("http/1.1 200") || head.starts_with("http/1.1 406"),
        "{head}"
    );
    assert!(!body.starts_with(b"[{"), "what was refused");
    let (head, body) = ask(LONG, "Accept-Encoding: br, identity;q=0\r\n");
    assert!(head.starts_with("http/1.1 406"), "{head}");
    assert!(
        head.contains("content-type: application/problem+json"),
        "{head}"
    );
    assert!(head.contains("x-request-id: "), "{head}");
    let problem: serde_json::Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(problem["type"], "urn:call-history:problem:not-acceptable");
    // What is short, or a problem, is left as it is.
    for path in [
        SHORT,
        "/history/user?user=nobody",
        "/nowhere",
        "/health/live",
    ] {
        let (head, body) = ask(path, "Accept-Encoding: gzip\r\n");
        assert_eq!(encoding(&head), None, "{path}");
        assert!(head.contains("content-length: "), "{path}: {head}");
        assert!(body.starts_with(b"{") || body.starts_with(b"["), "{path}");
    }
}

#[test]
fn what_is_told_of_a_call_and_what_changed_is_the_same_when_compressed() {
    let (_database, service, key) = service();
    let bearer = format!("Authorization: Bearer {key}\r\n");
    let calls = service.get_as(&key, "/calls?size=1&status=answered").json();
    let id = calls[0]["callId"].as_str().unwrap();
    for path in [
        &*format!("/calls/{id}?include=rows"),
        "/changes",
        "/calls?size=1000",
    ] {
        let (plain, expected) = ask(&service, path, &bearer);
        assert!(plain.starts_with("http/1.1 200"), "{path}: {plain}");
        assert_eq!(encoding(&plain), None, "{path}");
        let gzip = format!("{bearer}Accept-Encoding: gzip\r\nX-Request-Id: of-the-test\r\n");
        let (head, packed) = ask(&service, path, &gzip);
        assert_eq!(encoding(&head), Some("gzip"), "{path}: {head}");
        assert!(head.contains("x-request-id: of-the-test"), "{path}: {head}");
        assert!(packed.len() < expected.len(), "{path}");
        let body = unchunked(&packed);
        let mut unpacked = Vec::new();
        flate2::read::GzDecoder::new(&*body)
            .read_to_end(&mut unpacked)
            .unwrap();
        assert!(unpacked == expected, "{path}");
    }
}

#[test]
fn answers_say_by_what_they_differ() {
    let (_database, service, key) = service();
    let bearer = format!("Authorization: Bearer {key}\r\n");
    let histories = "accept, accept-encoding, authorization, x-api-key";
    let others = "accept-encoding, authorization, x-api-key";
    for (path, expected) in [
        (LONG, histories),
        ("/calls?size=1", histories),
        ("/history/user?user=nobody", histories),
        ("/history/queue?name=bl&format=csv", histories),
        ("/calls/00000000000000000000000000000000", others),
        ("/changes", others),
        ("/changes?since=x", others),
        ("/keys", others),
        ("/nowhere", others),
        ("/health/live", "accept-encoding"),
        ("/openapi.json", "accept-encoding"),
    ] {
        let (head, _) = ask(&service, path, &bearer);
        let vary = |head: &str| {
            let lines: Vec<_> = head
                .lines()
                .filter_map(|line| line.strip_prefix("vary: "))
                .collect();
            assert_eq!(lines.len(), 1, "{path}: {head}");
            lines[0].to_owned()
        };
        let plain = vary(&head);
        assert!(plain.starts_with(expected), "{path}: {plain}");
        let more = format!("{bearer}Accept-Encoding: gzip\r\nOrigin: https://crm.example.org\r\n");
        let (head, _) = ask(&service, path, &more);
        let vary = vary(&head);
        assert!(
            vary.starts_with(expected) && vary.contains("origin"),
            "{path}: {vary}"
        );
        assert_eq!(vary.matches("accept-encoding").count(), 1, "{path}: {vary}");
        assert!(head.contains("x-request-id: "), "{path}: {head}");
    }
}

/// Whoever listens is told at once, also when answers are compressed.
#[test]
fn what_is_live_is_not_compressed() {
    use std::io::Write;
    let (_database, service, key) = service();
    let mut stream = std::net::TcpStream::connect(service.address()).unwrap();
    let request = format!(
        "GET /events HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {key}\r\n\
         Accept-Encoding: gzip, zstd\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    let mut buffer = [0; 512];
    while !answer.windows(4).any(|four| four == b"\r\n\r\n") {
        let read = stream.read(&mut buffer).unwrap();
        assert!(read > 0);
        answer.extend(&buffer[..read]);
    }
    let head = String::from_utf8_lossy(&answer).to_lowercase();
    assert!(head.contains("content-type: text/event-stream"), "{head}");
    assert_eq!(encoding(&head), None, "{head}");
}
