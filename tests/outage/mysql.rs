//! A MariaDB server that is away, dies, freezes, and comes back on its port.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use super::{HISTORY, SOON, assert_away, assert_heals, is_unavailable, migrate, serve, timely};
use crate::support::mariadb::{MariaDb, signal, until};
use crate::support::service::Service;

/// A server with our tables, and its URL.
pub(super) fn server() -> Option<(MariaDb, String)> {
    let server = MariaDb::start()?;
    create(&server, "history");
    let url = server.url("history");
    migrate(&url);
    Some((server, url))
}

pub(super) fn create(server: &MariaDb, name: &str) {
    use diesel::connection::SimpleConnection;
    use diesel::{Connection, MysqlConnection};
    let mut root = MysqlConnection::establish(&server.url("")).unwrap();
    root.batch_execute(&format!("CREATE DATABASE `{name}`"))
        .unwrap();
}

/// A line of `/proc/<pid>/status`, as a number.
fn kernel_says(service: &Service, what: &str) -> u64 {
    let path = format!("/proc/{}/status", service.pid());
    let status = std::fs::read_to_string(path).unwrap();
    let line = status.lines().find(|line| line.starts_with(what)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[test]
fn a_server_that_is_away_at_start_is_waited_for() {
    let Some((mut server, url)) = server() else {
        return;
    };
    server.kill();
    let service = serve(&url);
    assert_away(&service);
    server.launch();
    assert_heals(&service);
}

#[test]
fn a_server_that_is_killed_while_serving_is_a_503_until_it_is_back() {
    let Some((mut server, url)) = server() else {
        return;
    };
    let service = serve(&url);
    assert_heals(&service);
    server.kill();
    assert_away(&service);
    // Refused at once, as nobody waits for a host that is known to be away.
    let begun = Instant::now();
    assert!(is_unavailable(&service.get(HISTORY)));
    assert!(begun.elapsed() < Duration::from_secs(2));
    server.launch();
    assert_heals(&service);
}

#[test]
fn a_server_that_freezes_in_mid_query_hangs_few_threads_and_nobody_else() {
    let Some((server, url)) = server() else {
        return;
    };
    let service = serve(&url);
    assert_heals(&service);
    server.freeze();
    std::thread::scope(|scope| {
        for _ in 0..60 {
            scope.spawn(|| {
                let begun = Instant::now();
                assert!(is_unavailable(&timely(&service, HISTORY)));
                eprintln!("503 after {:?}", begun.elapsed());
            });
        }
    });
    assert_away(&service);
    // Many more requests: none waits, none is kept.
    let begun = Instant::now();
    for _ in 0..500 {
        assert!(is_unavailable(&service.get(HISTORY)));
    }
    eprintln!("500 answers of 503 in {:?}", begun.elapsed());
    assert!(begun.elapsed() < SOON);
    let (threads, memory) = (
        kernel_says(&service, "Threads:"),
        kernel_says(&service, "VmRSS:"),
    );
    eprintln!("{threads} threads, {memory} kB");
    assert!(threads < 60, "{threads} threads");
    assert!(memory < 100 * 1024, "{memory} kB");
    server.thaw();
    assert_heals(&service);
}

#[test]
fn a_server_that_is_killed_while_frozen_and_started_again_is_used_again() {
    let Some((mut server, url)) = server() else {
        return;
    };
    let service = serve(&url);
    assert_heals(&service);
    for _ in 0..2 {
        server.freeze();
        assert_away(&service);
        server.kill();
        assert_away(&service);
        server.launch();
        assert_heals(&service);
    }
}

#[test]
fn a_service_whose_database_is_frozen_can_be_stopped() {
    let Some((server, url)) = server() else {
        return;
    };
    let mut service = serve(&url);
    assert_heals(&service);
    server.freeze();
    assert!(is_unavailable(&timely(&service, HISTORY)));
    signal("TERM", service.pid());
    assert_eq!(service.exit_within(SOON), Some(0));
}

#[test]
fn a_host_that_accepts_and_stays_silent_is_a_503() {
    if std::env::var_os("TEST_MYSQL_URL").is_none() {
        return;
    }
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    let service = serve(&format!("mysql://root@127.0.0.1:{port}/history"));
    assert_away(&service);
    let requests = || service.get(HISTORY).status == 503;
    let took = until("a 503", SOON, requests);
    eprintln!("503 after {took:?}");
    // A command gives up as well.
    let begun = Instant::now();
    let output = crate::support::service::program()
        .arg("rebuild")
        .env(
            "DATABASE_URL",
            format!("mysql://root@127.0.0.1:{port}/history"),
        )
        .output()
        .unwrap();
    assert!(!output.status.success());
    assert!(begun.elapsed() < SOON);
}
