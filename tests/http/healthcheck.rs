//! `healthcheck`, as containers call it: exit code 0 when the service is ready, else 1 and one
//! line that says why.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::process::Command;

use crate::support::TestDatabase;
use crate::support::service::{Service, program};

/// The exit code, and what was said.
fn healthcheck(arguments: &[&str], bind: Option<&str>) -> (Option<i32>, String) {
    let mut command = program();
    command.arg("healthcheck").args(arguments);
    // It goes nowhere: the service itself is asked.
    command.env("http_proxy", "http://127.0.0.1:1");
    if let Some(bind) = bind {
        command.env("BIND", bind);
    }
    let output = command.output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(said).unwrap())
}

/// A service with access control that listens on this address.
fn service(database: &TestDatabase, bind: &str) -> Service {
    let mut command: Command = program();
    command.args(["serve", "--bind", bind]);
    Service::spawn(command.env("DATABASE_URL", database.url_text()))
}

#[test]
fn a_service_that_listens_everywhere_is_asked_on_loopback() {
    let database = TestDatabase::new();
    for all in ["0.0.0.0:0", "[::]:0"] {
        let service = service(&database, all);
        let (code, said) = healthcheck(&[], Some(service.address()));
        assert_eq!((code, said.as_str()), (Some(0), "ready\n"), "{all}");
    }
    let service = Service::start(&database);
    let (code, said) = healthcheck(&["--bind", service.address()], Some("0.0.0.0:1"));
    assert_eq!((code, said.as_str()), (Some(0), "ready\n"));
    let url = format!("http://{}/", service.address());
    assert_eq!(healthcheck(&["--url", &url], None).0, Some(0));
}

#[test]
fn a_service_that_is_not_ready_is_told_in_one_line() {
    let database = TestDatabase::new();
    let service = service(&database, "127.0.0.1:0");
    assert_eq!(healthcheck(&[], Some(service.address())).0, Some(0));
    let mut conn = database.connect();
    let drop = "DELETE FROM __diesel_schema_migrations";
    diesel::connection::SimpleConnection::batch_execute(&mut conn, drop).unwrap();
    let (code, said) = healthcheck(&[], Some(service.address()));
    assert_eq!(code, Some(1));
    assert!(said.contains("is not ready: status 503 "), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
}

#[test]
fn whoever_else_answers_or_nobody_is_not_ready() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let other = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let _ = stream.read(&mut [0; 4096]);
        let answer = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\nyes";
        stream.write_all(answer.as_bytes()).unwrap();
    });
    let (code, said) = healthcheck(&[], Some(&address));
    assert_eq!(code, Some(1));
    assert!(said.contains("no call-history"), "{said}");
    other.join().unwrap();
    // Its listener is gone.
    let (code, said) = healthcheck(&[], Some(&address));
    assert_eq!((code, said.lines().count()), (Some(1), 1), "{said}");
    assert_eq!(healthcheck(&["--url", "nowhere"], None).0, Some(64));
}
