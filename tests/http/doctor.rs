//! `doctor`: what it finds, what it hides, and its exit code.

use diesel::connection::SimpleConnection;

use crate::support::TestDatabase;
use crate::support::service::{capture, import_capture, program, run, succeed};

/// What it says, and its exit code.
fn doctor(database: &TestDatabase) -> (String, Option<i32>) {
    let output = run(database, &["doctor"]);
    let said = String::from_utf8(output.stdout).unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(!errors.contains("call-history:"), "{errors}");
    (said, output.status.code())
}

/// Puts rows into a table, the way that Asterisk does.
fn insert(database: &TestDatabase, statement: &str) {
    database.connect().batch_execute(statement).unwrap();
}

#[test]
fn of_a_database_that_is_well_it_says_so() {
    let database = TestDatabase::new();
    import_capture(&database);
    succeed(&database, &["import", "--cel", &capture("cel.csv")]);
    let (said, code) = doctor(&database);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.ends_with("all is well\n"), "{said}");
    for part in [
        "cdr: 62 rows, zone UTC",
        "queue_log: 69 rows",
        "cel: 593 rows",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert!(said.contains("newest row 2026-11-23 "), "{said}");
    let kind = if database.url().is_sqlite() {
        "version: SQLite 3"
    } else {
        "version: MariaDB "
    };
    assert!(said.contains(kind), "{said}");
    if !database.url().is_sqlite() {
        assert!(said.contains("connection: plain"), "{said}");
    }
}

#[test]
fn it_finds_rows_that_cannot_be_used_and_shows_nobodys_number() {
    let database = TestDatabase::new();
    import_capture(&database);
    insert(
        &database,
        "INSERT INTO `cdr` (`start`, `src`, `channel`, `disposition`, `uniqueid`) VALUES \
         ('yesterday', '0611223344', 'PJSIP/0611223344-1', 'ANSWERED', '1795393139.1'), \
         ('+33 6 11 22 33 44', '0611223344', 'PJSIP/1000-1', 'ANSWERED', '1795393139.2')",
    );
    insert(
        &database,
        "INSERT INTO `cdr` (`start`, `channel`, `disposition`, `uniqueid`) VALUES \
         ('2026-11-23 00:30:00', 'PJSIP/1000-1', 'ANSWERED', '1795393140.7'), \
         ('2026-11-23 00:30:00', 'PJSIP/1000-1', 'ANSWERED', NULL)",
    );
    insert(
        &database,
        "INSERT INTO `queue_log` (`time`, `callid`, `queuename`, `agent`, `event`) VALUES \
         ('2026-11-23 00:30:00', '1795393999.1', 'blue', 'NONE', 'CONNECT')",
    );
    let (said, code) = doctor(&database);
    assert_eq!(code, Some(1), "{said}");
    for part in [
        "!!   cdr: 2 rows are not understood",
        r#"start: "yesterday" is no time"#,
        r#"start: "…" is no time"#,
        "!!   cdr: 1 row has neither linkedid nor uniqueid",
        "!!   1 conversation is not folded yet; run: call-history rebuild",
        " ?   3 conversations make no call",
        "1795393140.7",
        "3 things are wrong",
    ] {
        assert!(said.contains(part), "{part}\n{said}");
    }
    for number in ["0611223344", "11 22 33"] {
        assert!(!said.contains(number), "{said}");
    }
    // It changed nothing, and what it advises helps.
    succeed(&database, &["rebuild"]);
    let (said, _) = doctor(&database);
    assert!(!said.contains("not folded"), "{said}");
}

#[test]
fn it_misses_indexes_that_somebody_dropped() {
    let database = TestDatabase::new();
    let statement = if database.url().is_sqlite() {
        "DROP INDEX `queue_log_callid`"
    } else {
        "DROP INDEX `queue_log_callid` ON `queue_log`"
    };
    insert(&database, statement);
    let (said, code) = doctor(&database);
    assert_eq!(code, Some(1), "{said}");
    assert!(
        said.contains("!! index missing: queue_log (source, callid)"),
        "{said}"
    );
    assert!(said.contains("no rows at all"), "{said}");
}

#[test]
fn a_database_without_tables_or_away_is_no_crash() {
    let database = TestDatabase::empty();
    if !database.url().is_sqlite() {
        let (said, code) = doctor(&database);
        assert_eq!(code, Some(1), "{said}");
        assert!(said.contains("run: call-history migrate"), "{said}");
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("none.db");
    for url in [
        format!("sqlite://{}", file.display()),
        "mysql://me:secret@127.0.0.1:1/history".to_owned(),
    ] {
        let output = program().arg("doctor").env("DATABASE_URL", &url).output();
        let output = output.unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.starts_with("!! database "), "{said}");
        assert!(!said.contains("secret"), "{said}");
    }
    assert!(!file.exists(), "it made a database");
}
