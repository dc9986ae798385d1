//! The commands: their exit codes, and what they print.

use crate::audit::start_in_vain;
use crate::support::TestDatabase;
use crate::support::service::{Service, capture, import_capture, program, run, succeed};

fn code(arguments: &[&str]) -> (Option<i32>, String) {
    let output = program().args(arguments).output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    (output.status.code(), errors)
}

#[test]
fn a_command_line_that_is_wrong_exits_64() {
    for arguments in [
        vec![],
        vec!["nonsense"],
        vec!["import"],
        vec!["import", "--source", "paris", "--timezone", "UTC"],
        vec!["import", "--cdr", "x.csv", "--source", ""],
        vec!["directory", "import"],
        vec!["directory", "import", "--source", "paris"],
        vec!["serve", "--bind", "nowhere"],
        vec!["serve", "--bind", "localhost:8080"],
        vec!["serve", "--timezone", "Mars/Olympus"],
        vec!["import", "--cdr", "x.csv", "--timezone", "nowhere"],
    ] {
        assert_eq!(code(&arguments).0, Some(64), "{arguments:?}");
    }
    assert_eq!(code(&["--help"]).0, Some(0));
    assert_eq!(code(&["--version"]).0, Some(0));
}

#[test]
fn a_flag_comes_before_the_environment_and_the_message_names_the_database() {
    let rebuild = |flags: &[&str], environment: &[(&str, &str)]| {
        let mut command = program();
        command.arg("rebuild").args(flags);
        command.envs(environment.iter().copied());
        let output = command.output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| {
        let path = folder.path().join(name).display().to_string();
        std::fs::write(&path, format!("sqlite:///no/such/{name}.db\n")).unwrap();
        path
    };
    let (flag, variable) = (file("flag-file"), file("variable-file"));
    let both = [
        ("DATABASE_URL", "sqlite:///no/such/variable.db"),
        ("DATABASE_URL_FILE", variable.as_str()),
    ];
    let url = ["--database-url", "sqlite:///no/such/flag.db"];
    for (said, expected) in [
        (rebuild(&url, &both), "flag.db"),
        (
            rebuild(&["--database-url-file", &flag], &both),
            "flag-file.db",
        ),
        (rebuild(&[], &both), "variable-file.db"),
        (rebuild(&[], &both[..1]), "variable.db"),
    ] {
        let place = format!("sqlite:///no/such/{expected}");
        assert!(said.contains(&place), "{said}");
    }
}

#[test]
fn no_auth_is_refused_where_others_could_reach_it() {
    let (code, errors) = code(&["serve", "--no-auth", "--bind", "0.0.0.0:0"]);
    assert_eq!(code, Some(1));
    assert!(errors.contains("loopback"), "{errors}");
}

#[test]
fn without_no_auth_every_history_is_closed() {
    let database = TestDatabase::new();
    import_capture(&database);
    let url = database.url_text();
    let arguments = ["serve", "--bind", "127.0.0.1:0"];
    let service = Service::spawn(program().args(arguments).env("DATABASE_URL", url));
    for path in [
        "/history/user?user=usera",
        "/history/user?user=nobody",
        "/history/user?size=0",
        "/history/agent?agent=2501",
        "/history/queue?name=bl",
        "/history/customer?number=0611223344",
    ] {
        let answer = service.get(path);
        assert_eq!(answer.status, 401, "{path}: {}", answer.body);
        assert!(
            answer
                .header("www-authenticate")
                .unwrap()
                .starts_with("Bearer")
        );
    }
    assert_eq!(service.get("/health/ready").status, 200);
}

#[test]
fn importing_twice_changes_nothing() {
    let database = TestDatabase::new();
    import_capture(&database);
    let (cdr, log, cel) = (
        capture("cdr.csv"),
        capture("queue_log.csv"),
        capture("cel.csv"),
    );
    succeed(
        &database,
        &["import", "--cdr", &cdr, "--queue-log", &log, "--cel", &cel],
    );
    let again = succeed(
        &database,
        &["import", "--cdr", &cdr, "--queue-log", &log, "--cel", &cel],
    );
    assert_eq!(
        again.matches(" 0 of them new, 0 bad lines").count(),
        3,
        "{again}"
    );
    assert!(again.contains("calls: 0 new or changed"), "{again}");
    assert!(again.contains("0 removed"), "{again}");
    let users = capture("directory-users.csv");
    let again = succeed(&database, &["directory", "import", "--users", &users]);
    assert!(again.contains("directory: 0 new or changed"), "{again}");
}

#[test]
fn a_zone_is_kept_with_its_source_and_a_new_one_moves_the_calls() {
    let database = TestDatabase::new();
    let cdr = capture("cdr.csv");
    succeed(
        &database,
        &["import", "--cdr", &cdr, "--timezone", "Europe/Paris"],
    );
    let first = || {
        let service = Service::start(&database);
        let entries = service.entries("/history/user?user=1003&size=1");
        entries[0]["start"].as_str().unwrap().to_owned()
    };
    assert_eq!(first(), "2026-11-22 23:18:18");
    succeed(&database, &["import", "--cdr", &cdr]);
    succeed(&database, &["rebuild"]);
    assert_eq!(first(), "2026-11-22 23:18:18");
    succeed(
        &database,
        &["import", "--cdr", &cdr, "--cdr-timezone", "UTC"],
    );
    assert_eq!(first(), "2026-11-23 00:18:18");
}

#[test]
fn standard_input_is_a_file_too() {
    let database = TestDatabase::new();
    let file = std::fs::File::open(capture("cdr.csv")).unwrap();
    let output = program()
        .args(["import", "--cdr", "-"])
        .env("DATABASE_URL", database.url_text())
        .stdin(file)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("62 rows, 62 of them new"), "{said}");
}

#[test]
fn a_database_without_tables_is_told_how_to_get_them() {
    let database = TestDatabase::empty();
    let output = run(&database, &["rebuild"]);
    if database.url().is_sqlite() {
        assert!(output.status.success());
    } else {
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(errors.contains("call-history migrate"), "{errors}");
        succeed(&database, &["migrate"]);
        succeed(&database, &["rebuild"]);
    }
}

#[test]
fn two_sources_with_the_same_linkedids_and_endpoints_do_not_mix() {
    let database = TestDatabase::new();
    import_capture(&database);
    let cdr = capture("cdr.csv");
    succeed(&database, &["import", "--cdr", &cdr, "--source", "paris"]);
    let service = Service::start(&database);
    let count = |user: &str| {
        service
            .entries(&format!("/history/user?user={user}&size=100"))
            .len()
    };
    assert_eq!(count("usera"), 17);
    assert_eq!(count("1003@paris"), 1);
    let here = service.entries("/history/user?user=userd&size=9");
    let there = service.entries("/history/user?user=1003@paris&size=9");
    assert_ne!(here[0]["callId"], there[0]["callId"]);
}

/// OpenSSL is gone when libc's `exit` has run, which a thread that connects to MariaDB meanwhile did
/// not survive (one start of 23).
#[test]
fn a_start_that_fails_ends_with_its_exit_code_while_connections_are_being_made() {
    let database = TestDatabase::new();
    for _ in 0..100 {
        let output = start_in_vain(&database);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{:?}: {said}", output.status);
    }
}
