//! Several hosts of one database.

use std::net::TcpListener;

use super::mysql::create;
use super::{HISTORY, assert_heals, migrate, serve, timely};
use crate::support::TestDatabase;
use crate::support::mariadb::{MariaDb, until};

#[test]
fn hosts_that_refuse_or_stay_silent_are_passed_over() {
    if std::env::var_os("TEST_MYSQL_URL").is_none() {
        return;
    }
    let database = TestDatabase::new();
    let good = database.url_text();
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    for bad in [1, port] {
        let service = serve(&format!("mysql://root@127.0.0.1:{bad}/x,{good}"));
        // The very first request finds the host that works.
        assert_eq!(timely(&service, HISTORY).status, 200, "port {bad}");
        assert_heals(&service);
    }
}

#[test]
fn when_the_first_host_freezes_the_second_answers_and_the_first_is_used_again() {
    let Some(first) = MariaDb::start() else {
        return;
    };
    create(&first, "history");
    migrate(&first.url("history"));
    let second = TestDatabase::new();
    let service = serve(&format!("{},{}", first.url("history"), second.url_text()));
    assert_heals(&service);
    first.freeze();
    until("the second host", super::SOON, || {
        timely(&service, HISTORY).status == 200
    });
    for _ in 0..20 {
        assert_eq!(timely(&service, HISTORY).status, 200);
    }
    first.thaw();
    assert_heals(&service);
}
