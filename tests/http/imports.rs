//! Imports beside each other, imports that were cut off, and folding everything again.

use std::fmt::Write;

use call_history::store::sources::{Zones, put_zones};
use call_history::store::{directory, migrate};
use diesel::connection::SimpleConnection;
use tempfile::TempDir;

use crate::support::TestDatabase;
use crate::support::service::{Service, capture, import_capture, program, succeed};

/// More than the projector folds at once, several times.
const CALLS: usize = 1100;

/// Files of made-up calls: every third through a queue, its phone known from the queue log only
/// together with the call's row.
struct Files {
    _folder: TempDir,
    cdr: String,
    queue_log: String,
}

fn files() -> Files {
    let folder = TempDir::new().unwrap();
    let mut cdr = "calldate,channel,dstchannel,lastapp,lastdata,disposition,duration,billsec,\
                   uniqueid,linkedid,src,dst\n"
        .to_owned();
    let mut log = "time,callid,queuename,agent,event,data1,data2,data3,data4,data5\n".to_owned();
    for n in 0..CALLS {
        let time = |seconds: usize| {
            let (minute, hour) = (n % 60, n / 60);
            format!(
                "2026-11-{:02} {:02}:{minute:02}:{seconds:02}",
                1 + hour / 24,
                hour % 24
            )
        };
        let id = format!("{}.{n}", 1_793_491_200 + n * 60);
        let phone = 100 + n % 17;
        if n % 3 == 0 {
            let caller = format!("06{n:08}");
            writeln!(cdr, "{},PJSIP/trunk-{n:x},PJSIP/{phone}-{n:x},Queue,\"blue,,,,30\",ANSWERED,20,15,{id},{id},{caller},blue", time(0)).unwrap();
            writeln!(log, "{},{id},blue,NONE,ENTERQUEUE,,{caller},1,,", time(1)).unwrap();
            writeln!(log, "{},{id},blue,PJSIP/{phone},CONNECT,4,x,3,,", time(5)).unwrap();
            writeln!(
                log,
                "{},{id},blue,PJSIP/{phone},COMPLETECALLER,4,15,1,,",
                time(20)
            )
            .unwrap();
        } else {
            writeln!(
                cdr,
                "{},PJSIP/200-{n:x},PJSIP/{phone}-{n:x},Dial,x,ANSWERED,9,5,{id},{id},200,{phone}",
                time(0)
            )
            .unwrap();
        }
    }
    let write = |name: &str, text: String| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    Files {
        cdr: write("cdr.csv", cdr),
        queue_log: write("queue_log.csv", log),
        _folder: folder,
    }
}

/// Runs these commands at the same time; all must succeed.
fn together(database: &TestDatabase, commands: &[&[&str]]) {
    std::thread::scope(|scope| {
        for arguments in commands {
            scope.spawn(|| succeed(database, arguments));
        }
    });
}

fn count(service: &Service, path: &str) -> usize {
    service.walk(&format!("{path}&size=1000")).len()
}

#[test]
fn imports_at_the_same_time_give_what_they_give_one_after_the_other() {
    let database = TestDatabase::new();
    let Files { cdr, queue_log, .. } = &files();
    let users = capture("directory-users.csv");
    let all = ["import", "--cdr", cdr, "--queue-log", queue_log];
    let directory = ["directory", "import", "--users", &users];
    together(
        &database,
        &[
            &["import", "--cdr", cdr],
            &["import", "--queue-log", queue_log],
            &all,
            &all,
            &directory,
            &directory,
            &["rebuild"],
        ],
    );
    let said = succeed(&database, &["rebuild"]);
    let nothing = format!("calls: 0 new or changed, {CALLS} unchanged, 0 removed");
    assert!(said.contains(&nothing), "{said}");
    let service = Service::start(&database);
    let visits = count(&service, "/history/queue?name=blue");
    assert_eq!(visits, CALLS.div_ceil(3));
    assert_eq!(count(&service, "/history/user?user=200"), CALLS - visits);
}

#[test]
fn who_reads_while_everything_is_folded_again_sees_every_call() {
    let database = TestDatabase::new();
    let Files { cdr, queue_log, .. } = &files();
    succeed(
        &database,
        &["import", "--cdr", cdr, "--queue-log", queue_log],
    );
    let service = Service::start(&database);
    let visits = count(&service, "/history/queue?name=blue");
    let mut zones = ["Europe/Paris", "UTC"].iter().cycle();
    std::thread::scope(|scope| {
        let changes = scope.spawn(|| {
            for _ in 0..4 {
                let zone = zones.next().unwrap();
                succeed(&database, &["import", "--cdr", cdr, "--timezone", zone]);
            }
        });
        while !changes.is_finished() {
            // One statement a page: a page of everything is all or nothing of each batch.
            let path = "/history/queue?name=blue&size=1000&from=2026-01-01";
            assert_eq!(service.entries(path).len(), visits);
        }
    });
}

#[test]
fn rebuilding_brings_back_what_is_missing_and_then_changes_nothing() {
    let database = TestDatabase::new();
    let Files { cdr, queue_log, .. } = &files();
    succeed(
        &database,
        &["import", "--cdr", cdr, "--queue-log", queue_log],
    );
    for lost in ["1 = 1", "linkedid > '1793515200.400'", "linkedid LIKE '%7'"] {
        let mut conn = database.connect();
        conn.batch_execute(&format!("DELETE FROM calls WHERE {lost}"))
            .unwrap();
        conn.batch_execute("DELETE FROM history WHERE call_id NOT IN (SELECT call_id FROM calls)")
            .unwrap();
        let said = succeed(&database, &["rebuild"]);
        assert!(said.contains(" 0 removed"), "{lost}: {said}");
        let said = succeed(&database, &["rebuild"]);
        let nothing = format!("calls: 0 new or changed, {CALLS} unchanged, 0 removed");
        assert!(said.contains(&nothing), "{lost}: {said}");
    }
}

#[test]
fn rebuilding_removes_calls_whose_rows_are_gone() {
    let database = TestDatabase::new();
    let Files { cdr, queue_log, .. } = &files();
    succeed(
        &database,
        &["import", "--cdr", cdr, "--queue-log", queue_log],
    );
    let mut conn = database.connect();
    for table in ["cdr", "queue_log"] {
        let id = if table == "cdr" { "uniqueid" } else { "callid" };
        conn.batch_execute(&format!("DELETE FROM {table} WHERE {id} > '1793515200'"))
            .unwrap();
    }
    let said = succeed(&database, &["rebuild"]);
    assert!(
        said.contains("calls: 0 new or changed, 400 unchanged, 700 removed"),
        "{said}"
    );
    let service = Service::start(&database);
    assert_eq!(count(&service, "/history/queue?name=blue"), 134);
}

#[test]
fn a_change_of_zone_that_was_cut_off_is_made_good_by_the_next_import() {
    let database = TestDatabase::new();
    let cdr = capture("cdr.csv");
    succeed(&database, &["import", "--cdr", &cdr]);
    // This far came an import that was killed.
    let paris = Zones::all(chrono_tz::Europe::Paris);
    put_zones(&mut database.connect(), "default", paris).unwrap();
    let folder = TempDir::new().unwrap();
    let one = folder.path().join("one.csv");
    let text = std::fs::read_to_string(&cdr).unwrap();
    std::fs::write(&one, text.lines().take(2).collect::<Vec<_>>().join("\n")).unwrap();
    let one = one.display().to_string();
    let said = succeed(&database, &["import", "--cdr", &one]);
    assert!(said.contains("calls: 41 new or changed"), "{said}");
    let again = succeed(&database, &["import", "--cdr", &one]);
    assert!(
        again.contains("calls: 0 new or changed, 1 unchanged"),
        "{again}"
    );
}

#[test]
fn a_change_of_the_directory_that_was_cut_off_is_made_good_by_the_next_import() {
    let database = TestDatabase::new();
    let (cdr, users) = (capture("cdr.csv"), capture("directory-users.csv"));
    succeed(&database, &["import", "--cdr", &cdr]);
    let file = std::fs::File::open(&users).unwrap();
    let read = call_history::ingest::directory::users(file, "default", chrono_tz::UTC);
    directory::put_users(&mut database.connect(), &read.items).unwrap();
    let said = succeed(&database, &["directory", "import", "--users", &users]);
    assert!(said.contains("directory: 0 new or changed"), "{said}");
    let service = Service::start(&database);
    assert!(
        !service
            .entries("/history/user?user=usera&size=5")
            .is_empty()
    );
}

#[test]
fn an_import_that_was_killed_is_made_good_by_repeating_it() {
    let database = TestDatabase::new();
    let Files { cdr, queue_log, .. } = &files();
    let arguments = ["import", "--cdr", cdr, "--queue-log", queue_log];
    for patience in [30, 90, 200] {
        let mut import = program()
            .args(arguments)
            .env("DATABASE_URL", database.url_text())
            .stdout(std::process::Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(std::time::Duration::from_millis(patience));
        import.kill().unwrap();
        import.wait().unwrap();
    }
    succeed(&database, &arguments);
    let said = succeed(&database, &["rebuild"]);
    let nothing = format!("calls: 0 new or changed, {CALLS} unchanged, 0 removed");
    assert!(said.contains(&nothing), "{said}");
}

#[test]
fn commands_that_start_together_on_a_new_database_all_find_its_tables() {
    for _ in 0..5 {
        let database = TestDatabase::empty();
        if !database.url().is_sqlite() {
            migrate(&mut database.connect()).unwrap();
        }
        let (cdr, log) = (capture("cdr.csv"), capture("queue_log.csv"));
        let commands: [&[&str]; 4] = [
            &["rebuild"],
            &["import", "--cdr", &cdr],
            &["import", "--queue-log", &log],
            &["import", "--cdr", &cdr],
        ];
        together(&database, &commands);
    }
}

#[test]
fn rows_that_stand_in_two_files_are_there_once() {
    let database = TestDatabase::new();
    import_capture(&database);
    let text = std::fs::read_to_string(capture("cdr.csv")).unwrap();
    let half: Vec<&str> = text.lines().take(30).collect();
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("half.csv").display().to_string();
    std::fs::write(&path, half.join("\r\n")).unwrap();
    let said = succeed(&database, &["import", "--cdr", &path, "--cdr", &path]);
    assert!(said.contains("29 rows, 0 of them new"), "{said}");
    assert!(said.contains("calls: 0 new or changed"), "{said}");
}
