//! `/calls/{callId}`: each call as it went, on what the capture of a real Asterisk tells.

use serde_json::{Value, json};

use super::import_cdr;
use crate::capture::SINCE;
use crate::support::TestDatabase;
use crate::support::service::{Service, capture, import_capture, import_directory, succeed};

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_default()
}

fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value[name].as_array().unwrap()
}

/// These members of each item.
fn members(items: &[Value], names: &[&str]) -> Value {
    let item = |item: &Value| names.iter().map(|name| item[name].clone()).collect();
    items.iter().map(item).collect::<Vec<Vec<Value>>>().into()
}

fn detail(service: &Service, id: &str) -> Value {
    let answer = service.get(&format!("/calls/{id}"));
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.json()
}

#[test]
fn every_call_of_the_capture_is_told_and_agrees_with_the_histories() {
    let database = TestDatabase::new();
    succeed(&database, &["import", "--cel", &capture("cel.csv")]);
    import_capture(&database);
    let service = Service::start(&database);
    let calls = service.entries(&format!("/calls?{SINCE}"));
    assert!(calls.len() > 40, "{}", calls.len());
    let mut transfers = Vec::new();
    for line in &calls {
        let call = detail(&service, text(line, "callId"));
        assert_eq!(call["summary"]["entry"], *line);
        assert_eq!(call["whole"], true);
        assert_eq!(call["settled"], true, "{call:#}");
        assert_eq!(call["notes"], json!([]));
        assert_eq!(call["phases"]["talkSeconds"], line["durationSeconds"]);
        transfers.extend_from_slice(list(&call, "transfers"));
        // Each entry says why, and stands in its owner's history as it stands here.
        for entry in list(&call, "entries").iter().chain([&call["summary"]]) {
            assert!(entry["why"]["text"].is_string(), "{entry:#}");
        }
        let user = |entry: &&Value| entry["owner"]["kind"] == "user";
        for entry in list(&call, "entries").iter().filter(user) {
            let path = format!(
                "/history/user?user={}&answeredElsewhere=include&{SINCE}",
                text(&entry["owner"], "name")
            );
            assert!(
                service.entries(&path).contains(&entry["entry"]),
                "{entry:#}"
            );
        }
        // Somebody talked when a ringing was answered or a room was shared.
        let rings = list(&call, "rings");
        let answered = rings.iter().any(|ring| ring["outcome"] == "answered");
        let rooms = list(&call, "legs").iter().any(|leg| leg["class"] == "room");
        if line["durationSeconds"].as_i64().unwrap() > 0 {
            assert!(answered || rooms, "{call:#}");
        }
        for leg in list(&call, "legs") {
            let counts = ["talked", "rang", "room"].contains(&text(leg, "class"));
            assert_eq!(leg["counted"], counts, "{leg:#}");
        }
    }
    // Two of them stand in the queue log as well.
    let mut told = transfers.iter().map(|transfer| {
        assert_eq!(transfer["kind"], "blind", "{transfer:#}");
        assert_eq!(transfer["witness"], "cel", "{transfer:#}");
        assert_eq!(transfer["byUsername"], "userb", "{transfer:#}");
        ["toNumber", "toUsername", "toQueue"].map(|name| text(transfer, name))
    });
    let expected = [
        ["3001", "", "black"],
        ["1007", "userh", ""],
        ["1007", "userh", ""],
    ];
    assert!(told.by_ref().eq(expected), "{transfers:#?}");
}

/// A customer waits, the first member does not answer, the second does, and transfers.
pub(super) fn a_queue_call(database: &TestDatabase) -> String {
    import_directory(database);
    import_cdr(
        database,
        "
        7.1 7.1 0  6  0  NO_ANSWER PJSIP/trunk-1 PJSIP/1002-2 0611223344 3000 Queue blue
        7.1 7.1 6  34 30 ANSWERED  PJSIP/trunk-1 PJSIP/1001-3 0611223344 1003 Queue blue
        7.1 7.1 40 20 15 ANSWERED  PJSIP/trunk-1 PJSIP/1003-4 0611223344 1003 Dial  PJSIP/1003
        7.1 7.5 20 9  5  ANSWERED  PJSIP/1001-5  PJSIP/1007-6 1001       1007 Dial  PJSIP/1007
        ",
    );
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("queue_log");
    // Second 0 of the rows.
    let zero = 1_795_424_400;
    let lines = [
        (0, "NONE|ENTERQUEUE||0611223344|1"),
        (6, "Agent/2502|RINGNOANSWER|5000"),
        (10, "Agent/2501|CONNECT|10|7.3|3"),
        (40, "Agent/2501|BLINDTRANSFER|1003|default|10|30|1"),
    ];
    let lines = lines.map(|(second, rest)| format!("{}|7.1|blue|{rest}\n", zero + second));
    std::fs::write(&log, lines.concat()).unwrap();
    succeed(database, &["import", "--queue-log", log.to_str().unwrap()]);
    let service = Service::start(database);
    let calls = service.entries("/calls?from=2026-11-01");
    assert_eq!(calls.len(), 1, "{calls:#?}");
    text(&calls[0], "callId").to_owned()
}

#[test]
fn a_call_of_a_queue_is_told_from_waiting_to_transfer() {
    let database = TestDatabase::new();
    let id = a_queue_call(&database);
    let service = Service::start(&database);
    let call = detail(&service, &id);
    assert_eq!(
        members(
            list(&call, "visits"),
            &["queueName", "status", "waitSeconds", "talkSeconds"]
        ),
        json!([["blue", "answered", 10, 30]])
    );
    assert_eq!(call["visits"][0]["why"]["code"], "blind-transferred");
    assert_eq!(
        members(
            list(&call, "rings"),
            &["agentNum", "number", "ringSeconds", "outcome", "visit"]
        ),
        json!([
            ["2502", "1002", 5, "unanswered", 0],
            ["2501", "1001", 3, "answered", 0],
            [null, "1007", 4, "answered", null],
            [null, "1003", 5, "answered", null],
        ])
    );
    assert_eq!(
        members(
            list(&call, "transfers"),
            &["kind", "byUsername", "toUsername", "witness"]
        ),
        json!([["blind", "userb", "userd", "queue_log"]])
    );
    let phases = &call["phases"];
    assert_eq!(phases["waitingSeconds"], 10);
    assert_eq!(phases["untilAnswerSeconds"], 10);
    assert_eq!(phases["talkSeconds"], 45);
    assert_eq!(phases["totalSeconds"], 60);
    let why = |kind: &str, name: &str| {
        let entries = list(&call, "entries").iter();
        let mut own = entries.filter(|e| e["owner"] == json!({"kind": kind, "name": name}));
        text(&own.next().unwrap()["why"], "code").to_owned()
    };
    assert_eq!(why("customer", "0611223344"), "somebody-talked");
    assert_eq!(why("agent", "2502"), "answered-elsewhere");
    assert_eq!(why("agent", "2501"), "talked");
    assert_eq!(why("queue", "blue"), "blind-transferred");

    // Rows that come late change it, and so does the revision.
    import_cdr(
        &database,
        "7.1 7.1 60 8 0 BUSY PJSIP/trunk-1 PJSIP/1004-9 0611223344 1003 Dial PJSIP/1004",
    );
    let later = detail(&service, &id);
    assert!(later["revision"].as_i64() > call["revision"].as_i64());
    let last = list(&later, "rings").last().unwrap();
    assert_eq!(last["outcome"], "busy", "{last:#}");
    assert_eq!(later["phases"]["totalSeconds"], 68);
}

#[test]
fn the_rows_of_a_call_are_shown_as_they_came() {
    let database = TestDatabase::new();
    let id = a_queue_call(&database);
    let service = Service::start(&database);
    let answer = service.get(&format!("/calls/{id}?include=rows&tz=Europe/Paris"));
    assert_eq!(answer.status, 200, "{}", answer.body);
    let call = answer.json();
    assert_eq!(call["startedAt"], "2026-11-23T10:00:00.000+01:00");
    let rows = &call["rows"];
    assert_eq!(rows["cdr"].as_array().unwrap().len(), 4);
    assert_eq!(rows["queueLog"].as_array().unwrap().len(), 4);
    assert_eq!(rows["cel"], json!([]));
    assert_eq!(rows["cdr"][0]["disposition"], "NO ANSWER");
    assert_eq!(rows["queueLog"][3]["data1"], "1003");
    assert!(detail(&service, &id).get("rows").is_none());
}

#[test]
fn what_is_no_call_is_a_problem() {
    let database = TestDatabase::new();
    let id = a_queue_call(&database);
    let service = Service::start(&database);
    for (path, status, parameter) in [
        ("/calls/0123".to_owned(), 400, "callId"),
        (format!("/calls/{}", "g".repeat(32)), 400, "callId"),
        (format!("/calls/{id}?include=all"), 400, "include"),
        (format!("/calls/{id}?size=3"), 400, "size"),
        (format!("/calls/{id}?tz=Mars/Olympus"), 400, "tz"),
        (format!("/calls/{}", "0".repeat(32)), 404, ""),
    ] {
        let answer = service.get(&path);
        assert_eq!(answer.status, status, "{path}: {}", answer.body);
        if status == 400 {
            assert_eq!(answer.json()["errors"][0]["parameter"], parameter, "{path}");
        }
    }
    // Digits may be written either way.
    assert_eq!(detail(&service, &id.to_uppercase())["callId"], id);
}

#[test]
fn a_call_that_goes_on_is_counted_until_now() {
    let database = TestDatabase::new();
    let folder = tempfile::tempdir().unwrap();
    let cel = folder.path().join("cel.csv");
    let now = chrono::Utc::now() - chrono::TimeDelta::seconds(100);
    let time = |seconds| {
        let time = now + chrono::TimeDelta::seconds(seconds);
        time.format("%Y-%m-%d %H:%M:%S").to_string()
    };
    let bridge = r#""{""bridge_id"":""b1"",""bridge_technology"":""simple_bridge""}""#;
    let rows = [
        format!("CHAN_START,{},PJSIP/1000-1,9.1,9.1,1000,1001,,,", time(0)),
        format!(
            "CHAN_START,{},PJSIP/1001-2,9.2,9.1,1001,,AppDial,(Outgoing Line),",
            time(1)
        ),
        format!(
            "CHAN_START,{},PJSIP/1002-3,9.3,9.1,1002,,AppDial,(Outgoing Line),",
            time(1)
        ),
        format!(
            "APP_START,{},PJSIP/1000-1,9.1,9.1,1000,1001,Dial,PJSIP/1001&PJSIP/1002,",
            time(1)
        ),
        format!(
            "BRIDGE_ENTER,{},PJSIP/1001-2,9.2,9.1,1001,,AppDial,(Outgoing Line),{bridge}",
            time(5)
        ),
        format!(
            "BRIDGE_ENTER,{},PJSIP/1000-1,9.1,9.1,1000,1001,Dial,PJSIP/1001&PJSIP/1002,{bridge}",
            time(5)
        ),
    ];
    let header =
        "eventtype,eventtime,channame,uniqueid,linkedid,cid_num,exten,appname,appdata,extra";
    std::fs::write(&cel, format!("{header}\n{}\n", rows.join("\n"))).unwrap();
    succeed(&database, &["import", "--cel", cel.to_str().unwrap()]);
    let service = Service::start(&database);
    let calls = service.entries("/calls?days=1");
    let call = detail(&service, text(&calls[0], "callId"));
    assert_eq!(call["settled"], false);
    assert!(call.get("endedAt").is_none(), "{call:#}");
    assert_eq!(call["summary"]["why"]["code"], "goes-on");
    let phases = &call["phases"];
    for (name, least) in [("talkSeconds", 95), ("totalSeconds", 100)] {
        let seconds = phases[name].as_i64().unwrap();
        assert!((least..least + 600).contains(&seconds), "{name}: {seconds}");
    }
    assert!(phases.get("ringingSeconds").is_none(), "{call:#}");
    let rings = list(&call, "rings");
    assert_eq!(
        members(rings, &["number", "outcome"]),
        json!([["1001", "answered"], ["1002", "ringing"]])
    );
    assert!(rings[1]["ringSeconds"].as_i64().unwrap() >= 99);
}

#[test]
fn a_call_of_ten_thousand_rows_is_told_in_part() {
    let database = TestDatabase::new();
    let rows: Vec<String> = (0..10_000)
        .map(|n| {
            let second = n % 3000;
            format!("8.1 8.1 {second} 1 0 NO_ANSWER PJSIP/1000-1 PJSIP/1001-{n} 1000 1001 Dial x\n")
        })
        .collect();
    import_cdr(&database, &rows.concat());
    let service = Service::start(&database);
    let calls = service.entries("/calls?from=2026-11-01");
    let id = text(&calls[0], "callId");
    let answer = service.get(&format!("/calls/{id}?include=rows"));
    assert_eq!(answer.status, 200, "{}", answer.body);
    let call = answer.json();
    assert_eq!(list(&call, "legs").len(), 5000);
    assert_eq!(list(&call["rows"], "cdr").len(), 1000);
    let notes = list(&call, "notes");
    assert_eq!(notes.len(), 2, "{notes:?}");
    assert!(notes[0].as_str().unwrap().contains("5000"), "{notes:?}");
    // What stands in the histories is right all the same.
    assert_eq!(call["summary"]["entry"], calls[0]);
}
