//! What the service writes into its log while it serves.

use std::fs::File;
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::support::TestDatabase;
use crate::support::service::{import_capture, program};

/// The log of a service that was sent these bytes, each on a connection of its own.
fn log_of(database: &TestDatabase, requests: &[&str]) -> String {
    use std::io::{Read, Write};
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log");
    let mut child = program()
        .args(["serve", "--no-auth", "--bind", "127.0.0.1:0"])
        .env_remove("RUST_LOG")
        .env("DATABASE_URL", database.url_text())
        .stderr(Stdio::from(File::create(&path).unwrap()))
        .spawn()
        .unwrap();
    let patience = Instant::now() + Duration::from_secs(20);
    let address = loop {
        let log = std::fs::read_to_string(&path).unwrap();
        if let Some((_, rest)) = log.split_once("listening on http://")
            && let Some((address, _)) = rest.split_once(',')
        {
            break address.to_owned();
        }
        assert!(Instant::now() < patience, "{log}");
        std::thread::sleep(Duration::from_millis(10));
    };
    for request in requests {
        let mut stream = std::net::TcpStream::connect(&address).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 "), "{answer}");
    }
    child.kill().unwrap();
    child.wait().unwrap();
    std::fs::read_to_string(&path).unwrap()
}

#[test]
fn a_login_leaves_neither_name_nor_password_in_the_log() {
    let database = TestDatabase::new();
    import_capture(&database);
    let post = |path: &str, body: &str| {
        format!(
            "POST {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
    };
    let requests = [
        post(
            "/auth/login",
            r#"{"username":"usera","password":"open sesame"}"#,
        ),
        post(
            "/auth/login",
            r#"{"username":"usera","password":"open sesame""#,
        ),
        post(
            "/auth/login",
            r#"{"username":"usera","sesame":"open sesame"}"#,
        ),
        post(
            "/xuc/api/2.0/auth/login",
            r#"{"login":"usera","password":"open sesame"}"#,
        ),
    ];
    let requests: Vec<&str> = requests.iter().map(String::as_str).collect();
    let log = log_of(&database, &requests);
    assert_eq!(log.matches("method=POST").count(), 4, "{log}");
    for word in ["usera", "sesame", "ERROR"] {
        assert!(!log.contains(word), "{word}: {log}");
    }
}

#[test]
fn the_log_holds_neither_names_nor_numbers_and_blames_nobody_for_nonsense() {
    let database = TestDatabase::new();
    import_capture(&database);
    let get =
        |path: &str| format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    let requests = [
        get("/history/user?user=usera&size=5"),
        get("/history/user?user=nobody-of-that-name"),
        get("/history/customer?number=0611223344&size=5"),
        get("/history/customer?number=0611223344&size=0"),
        get("/0611223344"),
        get("/swagger-ui/0611223344"),
        get("/history/user?api_key=chk_0123456789_thisisasecretofnobodyatall"),
        get("/history/user?chk_0123456789_thisisasecretofnobodyatall"),
        "GET /0611223344\r\n\r\n".to_owned(),
        "\0\0\r\n\r\n".to_owned(),
    ];
    let requests: Vec<&str> = requests.iter().map(String::as_str).collect();
    let log = log_of(&database, &requests);
    assert_eq!(log.matches("method=GET").count(), 8, "{log}");
    for word in ["usera", "nobody", "0611223344", "chk_", "ERROR"] {
        assert!(!log.contains(word), "{word}: {log}");
    }
}
