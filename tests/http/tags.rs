//! Entity tags: a page that is what it was is not sent again, and costs the database nothing.

use std::fmt::Write as _;
use std::time::Duration;

use chrono::{TimeDelta, Utc};
use diesel::RunQueryDsl;
use diesel::connection::{Connection as _, SimpleConnection};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde_json::json;

use crate::support::TestDatabase;
use crate::support::mariadb::{MariaDb, until};
use crate::support::service::{Answer, Service, capture, import_capture, program, succeed};

/// As soon as that the tail knows what has changed.
const SOON: (&str, &str) = ("CHANGES_INTERVAL", "100ms");

fn import(database: &TestDatabase, log: &str) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("queue_log.csv");
    let header = "time,callid,queuename,agent,event,data1,data2,data3,data4,data5";
    std::fs::write(&file, format!("{header}\n{log}")).unwrap();
    succeed(
        database,
        &["import", "--queue-log", &file.display().to_string()],
    );
}

fn key(database: &TestDatabase, arguments: &[&str]) -> String {
    let printed = succeed(database, &[&["key", "create"], arguments].concat());
    printed.trim().to_owned()
}

fn ask(service: &Service, key: &str, path: &str, tags: &[&str]) -> Answer {
    let bearer = format!("Bearer {key}");
    let mut headers = vec![("Authorization", &*bearer)];
    headers.extend(tags.iter().map(|tag| ("If-None-Match", *tag)));
    service.request("GET", path, &headers)
}

fn tag(answer: &Answer) -> String {
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.header("etag").unwrap().to_owned()
}

#[test]
fn a_page_that_is_what_it_was_is_not_sent_again() {
    let database = TestDatabase::new();
    import_capture(&database);
    let service = Service::start_with(&database, &[SOON]);
    let key = key(&database, &["--scope", "history:all"]);
    let path = "/history/queue?name=bl&from=2026-01-01&size=2";
    let first = ask(&service, &key, path, &[]);
    let tag = tag(&first);
    assert!(tag.starts_with("W/\"") && tag.ends_with('"'), "{tag}");
    let bare = tag.trim_start_matches("W/");
    let other = "W/\"AAAAAAAAAAAAAAAAAAAAAAAAAAA\"";
    let list = format!("\"x\", {other} ,{tag}");
    for tags in [
        vec![&*tag],
        vec![bare],
        vec![&*list],
        vec![other, &*tag],
        vec!["*"],
    ] {
        for method in ["GET", "HEAD"] {
            let bearer = format!("Bearer {key}");
            let mut headers = vec![("Authorization", &*bearer), ("X-Request-Id", "of-the-test")];
            headers.extend(tags.iter().map(|tag| ("If-None-Match", *tag)));
            let again = service.request(method, path, &headers);
            assert_eq!((again.status, &*again.body), (304, ""), "{method} {tags:?}");
            for name in ["etag", "link", "vary", "cache-control"] {
                let (before, now) = (first.header(name), again.header(name));
                assert!(before.is_some(), "{name}");
                // The window of a cursor may have moved on.
                assert_eq!(now, before, "{name}");
            }
            assert_eq!(again.header("x-request-id"), Some("of-the-test"));
            assert_eq!(again.header("content-type"), None);
        }
    }
    for tags in [
        vec![],
        vec![""],
        vec!["x"],
        vec!["\"*\""],
        vec![other],
        vec!["\""],
        vec!["W/\"\""],
        vec![tag.trim_matches('"').trim_start_matches("W/\"")],
        vec!["\"é"],
        vec![&tag[..tag.len() - 2]],
        vec!["\"0\",\"0\",\"0\",\"0\",\"0\",\"0\",\"0\",\"0\",\"0\",\"0\""],
    ] {
        let answer = ask(&service, &key, path, &tags);
        assert_eq!(
            (answer.status, answer.body),
            (200, first.body.clone()),
            "{tags:?}"
        );
    }
    // Another question, another form, and what is wrong all the same.
    for (other, status) in [
        (path.replace("size=2", "size=3"), 200),
        (path.replace("name=bl", "name=blu"), 200),
        (format!("{path}&tz=Asia/Kolkata"), 200),
        (format!("{path}&status=answered"), 200),
        (first.next().unwrap(), 200),
        (format!("{path}&format=csv"), 200),
        (format!("{path}&size=0"), 400),
        ("/history/user?user=nobody".to_owned(), 404),
    ] {
        assert_eq!(
            ask(&service, &key, &other, &[&tag]).status,
            status,
            "{other}"
        );
    }
    assert_eq!(ask(&service, "wrong", path, &[&tag]).status, 401);
    assert_eq!(ask(&service, "wrong", path, &["*"]).status, 401);
    // The same question of somebody who may read other owners.
    let few = self::key(&database, &["--scope", "history:queue:black"]);
    assert_eq!(ask(&service, &few, path, &[&tag]).status, 200);
    let agent = "/history/agent?agent=2501&from=2026-01-01";
    let all = self::tag(&ask(&service, &key, agent, &[]));
    let queue_calls = self::key(&database, &["--scope", "history:agent:2501"]);
    let own = self::tag(&ask(&service, &queue_calls, agent, &[]));
    assert_ne!(own, all);
    assert_eq!(ask(&service, &queue_calls, agent, &[&all]).status, 200);
    assert_eq!(ask(&service, &queue_calls, agent, &[&own]).status, 304);
}

#[test]
fn a_page_with_a_call_that_goes_on_has_no_tag() {
    let database = TestDatabase::new();
    let now = Utc::now().timestamp();
    import(
        &database,
        &format!("{now},{now}.1,blue,NONE,ENTERQUEUE,,0611223344,1,,\n"),
    );
    let service = Service::start_with(&database, &[SOON]);
    let key = key(&database, &["--scope", "history:all"]);
    let path = "/history/queue?name=blue";
    let going_on = ask(&service, &key, path, &[]);
    assert_eq!(going_on.json()[0]["status"], "ongoing");
    assert_eq!(going_on.header("etag"), None);
    assert_eq!(
        ask(&service, &key, path, &["*"]).status,
        304,
        "there is something"
    );
    import(
        &database,
        &format!("{now},{now}.1,blue,NONE,ABANDON,1,1,0,,\n"),
    );
    until("the end of the call", Duration::from_secs(30), || {
        ask(&service, &key, path, &[]).header("etag").is_some()
    });
}

#[test]
fn a_tag_ends_when_an_entry_leaves_the_window() {
    let database = TestDatabase::new();
    let leaves = Utc::now() - TimeDelta::days(1) + TimeDelta::seconds(6);
    let (leaves, stays) = (leaves.timestamp(), leaves.timestamp() + 60);
    let full = |time: i64| format!("{time},{time}.1,blue,NONE,FULL,,,,,\n");
    import(&database, &(full(leaves) + &full(stays)));
    let service = Service::start_with(&database, &[SOON]);
    let key = key(&database, &["--scope", "history:all"]);
    let entries = |answer: &Answer| answer.json().as_array().unwrap().len();
    let path = "/history/queue?name=blue&days=1";
    let both = ask(&service, &key, path, &[]);
    let first_only = ask(&service, &key, &format!("{path}&size=1"), &[]);
    assert_eq!((entries(&both), entries(&first_only)), (2, 1));
    let (tag_of_both, tag_of_first) = (tag(&both), tag(&first_only));
    assert!(first_only.next().is_some());
    let same = ask(&service, &key, path, &[&tag_of_both]).status;
    let mut later = None;
    until("the entry to leave", Duration::from_secs(60), || {
        let answer = ask(&service, &key, path, &[&tag_of_both]);
        // What the tag keeps from being sent is what would be sent.
        if answer.status == 304 {
            let now = ask(&service, &key, path, &[]);
            // It may have left between the two.
            assert!(now.body == both.body || Utc::now().timestamp() >= leaves + 86_400);
        }
        later = Some(answer);
        later.as_ref().is_some_and(|answer| answer.status == 200)
    });
    assert_eq!(same, 304);
    let later = later.unwrap();
    assert_eq!(entries(&later), 1);
    assert_eq!(ask(&service, &key, path, &[&tag(&later)]).status, 304);
    // Nothing is behind the first page any more, so it is another.
    let first_only = ask(&service, &key, &format!("{path}&size=1"), &[&tag_of_first]);
    assert_eq!((first_only.status, first_only.next()), (200, None));
}

/// Random changes, of calls and of the directory: whoever asks again with what they have is never
/// told that it has not changed when it has.
#[test]
fn nobody_is_kept_from_a_change() {
    let database = TestDatabase::new();
    import_capture(&database);
    import(&database, "1795391000,1795391000.1,marker,NONE,FULL,,,,,\n");
    let service = Service::start_with(&database, &[SOON]);
    let key = key(&database, &["--scope", "admin"]);
    let paths = [
        "/history/queue?name=blue&from=2026-01-01&size=1000",
        "/history/queue?name=bl&from=2026-01-01&size=3",
        "/history/user?user=usera&from=2026-01-01",
        "/history/user?user=userb&from=2026-01-01&answeredElsewhere=include",
        "/history/agent?agent=2501&from=2026-01-01",
        "/history/customer?number=0699000001&from=2026-01-01",
        "/calls?from=2026-01-01&size=1000",
    ];
    let marker = "/history/queue?name=marker&from=2026-01-01";
    let mut random = StdRng::seed_from_u64(7);
    let mut held = paths.map(|path| ask(&service, &key, path, &[]));
    let mut kept = 0;
    for round in 0..24 {
        let mut log = String::new();
        let time = 1_795_392_000 + round * 60;
        match random.random_range(0..4) {
            0 => {
                let body = json!({"displayName": format!("Name {round}"), "number": "3000"});
                let answer = service.send_json("PUT", "/directory/queues/blue", &key, &body);
                assert_eq!(answer.status, 200, "{}", answer.body);
            }
            1 => {
                let user = service.get_as(&key, "/directory/users/userb").json();
                let mut user = user.as_object().unwrap().clone();
                for member in ["username", "hasPassword"] {
                    user.remove(member);
                }
                user.insert("lastName".to_owned(), json!(format!("B{round}")));
                let path = "/directory/users/userb";
                let answer = service.send_json("PUT", path, &key, &json!(user));
                assert_eq!(answer.status, 200, "{}", answer.body);
            }
            2 => writeln!(log, "{time},{time}.1,blue,NONE,FULL,,,,,").unwrap(),
            _ => {
                let caller = "0699000001";
                writeln!(log, "{time},{time}.1,black,NONE,ENTERQUEUE,,{caller},1,,").unwrap();
                writeln!(log, "{time},{time}.1,black,NONE,ABANDON,1,1,0,,").unwrap();
            }
        }
        // Whoever has seen the last change has seen all before it.
        let before = tag(&ask(&service, &key, marker, &[]));
        writeln!(log, "{time},{time}.2,marker,NONE,FULL,,,,,").unwrap();
        import(&database, &log);
        until("the change to be known", Duration::from_secs(60), || {
            ask(&service, &key, marker, &[&before]).status == 200
        });
        for (path, held) in paths.iter().zip(&mut held) {
            let before = held.header("etag").map(str::to_owned);
            let asked = ask(&service, &key, path, &[before.as_deref().unwrap_or("\"\"")]);
            let now = ask(&service, &key, path, &[]);
            if asked.status == 304 {
                assert_eq!(held.body, now.body, "{path} in round {round}");
                kept += 1;
            } else {
                *held = asked;
            }
        }
    }
    assert!(kept > 20, "{kept}");
}

/// All tables are gone, so whatever asked the database would fail.
#[test]
fn an_unchanged_page_needs_no_database() {
    let database = TestDatabase::new();
    import_capture(&database);
    let mut service = program();
    service.args(["serve", "--no-auth", "--bind", "127.0.0.1:0"]);
    service.env("DATABASE_URL", database.url_text());
    // It looks once, and lives by that for a minute.
    service.env("CHANGES_INTERVAL", "1m");
    let service = Service::spawn(&mut service);
    let path = "/history/user?user=usera&from=2026-01-01";
    let mut held = None;
    until("a tag", Duration::from_secs(30), || {
        held = service.get(path).header("etag").map(str::to_owned);
        held.is_some()
    });
    let held = held.unwrap();
    let mut connection = database.connect();
    for table in ["history", "owners", "calls", "changes"] {
        let rename = format!("ALTER TABLE {table} RENAME TO gone_{table}");
        connection.batch_execute(&rename).unwrap();
    }
    let again = || {
        service
            .request("GET", path, &[("If-None-Match", &*held)])
            .status
    };
    assert_eq!(again(), 304);
    assert_eq!(service.get(path).status, 500);
    assert_eq!(again(), 304);
}

/// What the server was asked while somebody with a key polled: nothing but by the change tail.
#[test]
fn who_polls_an_unchanged_page_with_a_key_asks_the_database_nothing() {
    let options = ["--log-output=TABLE".to_owned()];
    let Some(server) = MariaDb::start_with(&options) else {
        return;
    };
    let url = server.url("polled");
    let mut connection = diesel::MysqlConnection::establish(&server.url("mysql")).unwrap();
    connection.batch_execute("CREATE DATABASE polled").unwrap();
    let command = |arguments: &[&str]| {
        let output = program()
            .args(arguments)
            .env("DATABASE_URL", &url)
            .output()
            .unwrap();
        assert!(output.status.success(), "{arguments:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    command(&["migrate"]);
    command(&["import", "--queue-log", &capture("queue_log.csv")]);
    let key = command(&["key", "create", "--scope", "history:all"]);
    let mut service = program();
    service
        .args(["serve", "--bind", "127.0.0.1:0"])
        .env("DATABASE_URL", &url);
    let service = Service::spawn(&mut service);
    let path = "/history/queue?name=bl&from=2026-01-01";
    let mut held = None;
    until("a tag that holds", Duration::from_secs(30), || {
        let tags: Vec<&str> = held.as_deref().into_iter().collect();
        let answer = ask(&service, key.trim(), path, &tags);
        held = answer.header("etag").map(str::to_owned);
        answer.status == 304
    });
    let held = held.unwrap();
    connection
        .batch_execute("SET GLOBAL general_log = 1")
        .unwrap();
    let begun = std::time::Instant::now();
    let mut polls = 0;
    while begun.elapsed() < Duration::from_secs(4) {
        let answer = ask(&service, key.trim(), path, &[&held]);
        assert_eq!(answer.status, 304);
        polls += 1;
    }
    connection
        .batch_execute("SET GLOBAL general_log = 0")
        .unwrap();
    #[derive(diesel::QueryableByName)]
    struct Statement {
        #[diesel(sql_type = diesel::sql_types::Text)]
        text: String,
    }
    let asked = "SELECT CONVERT(argument USING utf8mb4) AS text FROM mysql.general_log \
                 WHERE command_type IN ('Query', 'Execute')";
    let asked: Vec<Statement> = diesel::sql_query(asked).load(&mut connection).unwrap();
    let others: Vec<&str> = asked
        .iter()
        .map(|statement| &*statement.text)
        .filter(|text| !text.contains("`revisions`") && !text.contains("general_log"))
        // The last use of a key, and whether a connection is alive.
        .filter(|text| !text.contains("last_used_at") && *text != "SELECT 1")
        .filter(|text| !["START TRANSACTION", "BEGIN", "COMMIT"].contains(text))
        .collect();
    assert!(others.is_empty(), "{others:#?}");
    assert!(
        asked.len() < 40 && polls > asked.len(),
        "{polls} polls, {} statements",
        asked.len()
    );
}
