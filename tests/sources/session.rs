//! The session: it reads, and nothing else.

use std::time::Duration;

use call_history::store::pbx::{Pbx, Session, may_write};

use crate::support::pbx::PbxDatabase;
use crate::{Following, ago, call};

#[test]
fn the_server_refuses_writes_of_a_user_who_could() {
    let pbx = PbxDatabase::freepbx();
    let mut session = Session::open(&pbx.url().parse().unwrap()).unwrap();
    for statement in [
        &call(&ago(0), "1.1"),
        "DELETE FROM `cdr`",
        "CREATE INDEX `x` ON `cdr` (`linkedid`)",
        "DROP TABLE `cdr`",
        "TRUNCATE TABLE `cdr`",
    ] {
        let refused = session.execute(statement).unwrap_err().to_string();
        assert!(
            refused.contains("READ ONLY transaction"),
            "{statement}: {refused}"
        );
    }
    // That it does so by itself, and not because of a transaction that we began.
    session.execute("COMMIT").unwrap();
    assert!(session.execute("DELETE FROM `cdr`").is_err());
    assert!(may_write(&mut session).unwrap());
}

#[test]
fn a_user_who_may_only_select_is_enough() {
    let pbx = PbxDatabase::freepbx();
    pbx.run(&call(&ago(5), "1795393139.1"));
    let url = pbx.url_of_user("SELECT");
    let mut session = Session::open(&url.parse().unwrap()).unwrap();
    assert!(!may_write(&mut session).unwrap());
    let mut following = Following::database(&url);
    let mut task = following.task();
    assert_eq!(following.settle(&mut task), 1);
}

#[test]
fn a_host_that_is_silent_is_given_up() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let mut pbx = Pbx::new(
        format!("mysql://me:secret@127.0.0.1:{port}/x")
            .parse()
            .unwrap(),
    );
    let fault = pbx.ask(|_| Ok(())).unwrap_err();
    assert!(fault.is_of_connection(), "{fault}");
    assert!(!fault.to_string().contains("secret"), "{fault}");
}

#[test]
fn statements_that_take_long_are_given_up_by_the_server() {
    let pbx = PbxDatabase::new();
    let mut session = Session::open(&pbx.url().parse().unwrap()).unwrap();
    let begun = std::time::Instant::now();
    let refused = session
        .execute("SELECT COUNT(*) FROM seq_1_to_1000000 a, seq_1_to_1000000 b")
        .unwrap_err();
    assert!(
        refused.to_string().contains("max_statement_time"),
        "{refused}"
    );
    assert!(begun.elapsed() < Duration::from_secs(60));
}
