//! What hurts people who read Asterisk's records, in their words, and what the service tells them.
//!
//! | pain | where it is shown |
//! | --- | --- |
//! | a page takes minutes, an index is missing | `tests/store/plans.rs`, `make bench` |
//! | `%` and `_` in a search, filters that read everything | `bad_requests.rs`, `filters/` |
//! | several rows for one call, also of transfers and queues | here |
//! | abandoned in the queue, and "answered" all the same | here |
//! | voicemail and menus count as answered; ringing and music as talk | here; hold: `tests/golden/channels.txt` |
//! | a ring group is many missed calls | here |
//! | calls that nobody answered are nowhere | here; what the PBX must be told: `doctor.rs`, `tests/sources/` |
//! | `CANCEL` and `NO ANSWER` | here |
//! | the call ended an hour later: who reads on by time never sees it | here; under load: `feed/`, `follow/` |
//! | the queue log and the CDR name different people | here |
//! | numbers with names in them, hidden numbers | here; forms of one number: `filters/numbers.rs` |
//! | the CSV says something else than the screen | here; all characters: `export/` |
//! | time zones, the hour that autumn repeats | `zones.rs`, `autumn.rs` |
//! | pages double or lose calls while rows come | `paging.rs`, `imports.rs` |
//! | who was offline has missed something | `feed/`, `tests/http/follow/` |
//! | a user's key reads the whole company | `access.rs`, `leaks/`, `matrix.rs` |
//! | nobody knows who read what; numbers in the log | `audit.rs`, `log.rs` |
//! | which recording belongs to the call | `calls/detail.rs`, `filters/numbers.rs` |

use serde_json::Value;

use crate::export::all_forms_are_alike;
use crate::support::TestDatabase;
use crate::support::service::{Service, succeed};

const CDR: &str = "calldate,clid,src,dst,channel,dstchannel,lastapp,lastdata,duration,billsec,\
                   disposition,linkedid,uniqueid";
const QUEUE_LOG: &str = "time,callid,queuename,agent,event,data1,data2,data3,data4,data5";
const WINDOW: &str = "from=2026-01-01&size=100";

/// Takes in what the PBX has written on a Monday. Rows begin with the time of day, and are as in
/// its tables otherwise.
fn import(database: &TestDatabase, cdr: &str, queue_log: &str) {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, header: &str, rows: &str| {
        let rows = rows.lines().map(str::trim).filter(|row| !row.is_empty());
        let rows = rows.map(|row| format!("\n2026-01-05 {row}"));
        let path = folder.path().join(name);
        std::fs::write(&path, header.to_owned() + &rows.collect::<String>()).unwrap();
        path.display().to_string()
    };
    let (cdr, log) = (
        file("cdr.csv", CDR, cdr),
        file("queue_log.csv", QUEUE_LOG, queue_log),
    );
    succeed(database, &["import", "--cdr", &cdr, "--queue-log", &log]);
}

fn after(cdr: &str, queue_log: &str) -> (TestDatabase, Service) {
    let database = TestDatabase::new();
    import(&database, cdr, queue_log);
    let service = Service::start(&database);
    (database, service)
}

fn entries(service: &Service, path: &str) -> Vec<Value> {
    let separator = if path.contains('?') { '&' } else { '?' };
    service.entries(&format!("{path}{separator}{WINDOW}"))
}

/// What is told of each call: how it ended, after how many seconds of waiting and of talk.
fn told(service: &Service, path: &str) -> Vec<String> {
    let text = |entry: &Value| {
        let (status, talk) = (entry["status"].as_str().unwrap(), &entry["durationSeconds"]);
        match &entry["waitSeconds"] {
            Value::Null => format!("{status}, talk {talk}"),
            wait => format!("{status}, wait {wait}, talk {talk}"),
        }
    };
    entries(service, path).iter().map(text).collect()
}

/// 1001 asks 1002 first, then hands the customer over: the second row tells of minutes of the first.
const TRANSFER: &str = r#"
    09:00:00,0611223344,0611223344,1001,PJSIP/trunk-1,PJSIP/1001-2,Dial,PJSIP/1001,70,60,ANSWERED,1767603600.1,1767603600.1
    09:00:40,"""Ann"" <1001>",1001,1002,PJSIP/1001-3,PJSIP/1002-4,Dial,PJSIP/1002,30,25,ANSWERED,1767603600.1,1767603640.3
    09:01:10,0611223344,0611223344,1001,PJSIP/trunk-1,PJSIP/1002-4,Dial,PJSIP/1001,90,90,ANSWERED,1767603600.1,1767603600.1
"#;

#[test]
fn a_transferred_call_is_counted_once() {
    let (_database, service) = after(TRANSFER, "");
    // "Three rows, 175 seconds." It is one call, in which people talked for 150.
    let customer = "/history/customer?number=0611223344";
    assert_eq!(told(&service, "/calls"), ["answered, talk 150"]);
    assert_eq!(told(&service, customer), ["answered, talk 150"]);
    assert_eq!(
        told(&service, "/history/user?user=1001"),
        ["answered, talk 60"]
    );
    assert_eq!(
        told(&service, "/history/user?user=1002"),
        ["answered, talk 115"]
    );
}

/// The queue answers to play music, so the CDR is ANSWERED; each attempt of a member is a row.
const ABANDONED: [&str; 2] = [
    r#"
    09:10:00,0622334455,0622334455,3000,PJSIP/trunk-11,PJSIP/1001-12,Queue,"sales,t",15,15,NO ANSWER,1767604200.11,1767604200.11
    09:10:00,0622334455,0622334455,3000,PJSIP/trunk-11,PJSIP/1002-13,Queue,"sales,t",30,30,NO ANSWER,1767604200.11,1767604200.11
    09:10:00,0622334455,0622334455,3000,PJSIP/trunk-11,,Queue,"sales,t",31,31,ANSWERED,1767604200.11,1767604200.11
    "#,
    "
    09:10:00.5,1767604200.11,sales,NONE,ENTERQUEUE,,0622334455,1,,
    09:10:15.5,1767604200.11,sales,PJSIP/1001,RINGNOANSWER,15000,,,,
    09:10:30.5,1767604200.11,sales,PJSIP/1002,RINGNOANSWER,15000,,,,
    09:10:31.5,1767604200.11,sales,NONE,ABANDON,1,1,31,,
    ",
];

#[test]
fn who_gave_up_in_a_queue_was_not_answered_whatever_the_cdr_says() {
    let (_database, service) = after(ABANDONED[0], ABANDONED[1]);
    for path in [
        "/history/queue?name=sales",
        "/history/customer?number=0622334455",
        "/calls",
    ] {
        assert_eq!(
            told(&service, path),
            ["abandoned, wait 31, talk 0"],
            "{path}"
        );
        let answered = format!(
            "{path}{}status=answered",
            if path.contains('?') { '&' } else { '?' }
        );
        assert_eq!(told(&service, &answered), [""; 0], "{answered}");
    }
    // Who let it ring missed it, once.
    for user in [1001, 1002] {
        let path = format!("/history/user?user={user}");
        assert_eq!(told(&service, &path), ["missed, wait 31, talk 0"], "{user}");
    }
}

/// A group of three phones rings twice; each ringing of a phone is a row.
const GROUP: &str = "
    09:20:00,0633445566,0633445566,600,PJSIP/trunk-21,PJSIP/1001-22,Dial,PJSIP/1001&PJSIP/1002&PJSIP/1003,20,0,NO ANSWER,1767604800.21,1767604800.21
    09:20:00,0633445566,0633445566,600,PJSIP/trunk-21,PJSIP/1002-23,Dial,PJSIP/1001&PJSIP/1002&PJSIP/1003,20,0,NO ANSWER,1767604800.21,1767604800.21
    09:20:00,0633445566,0633445566,600,PJSIP/trunk-21,PJSIP/1003-24,Dial,PJSIP/1001&PJSIP/1002&PJSIP/1003,20,0,BUSY,1767604800.21,1767604800.21
    09:20:21,0633445566,0633445566,600,PJSIP/trunk-21,PJSIP/1001-25,Dial,PJSIP/1001&PJSIP/1002&PJSIP/1003,20,0,NO ANSWER,1767604800.21,1767604800.21
    09:20:21,0633445566,0633445566,600,PJSIP/trunk-21,PJSIP/1002-26,Dial,PJSIP/1001&PJSIP/1002&PJSIP/1003,20,0,NO ANSWER,1767604800.21,1767604800.21
    09:20:21,0633445566,0633445566,600,PJSIP/trunk-21,PJSIP/1003-27,Dial,PJSIP/1001&PJSIP/1002&PJSIP/1003,20,0,NO ANSWER,1767604800.21,1767604800.21
";

#[test]
fn a_ring_group_is_one_missed_call_each_and_none_when_a_colleague_answers() {
    let users = [1001, 1002, 1003].map(|user| format!("/history/user?user={user}"));
    let (_database, service) = after(GROUP, "");
    for path in users.iter().map(String::as_str).chain(["/calls"]) {
        assert_eq!(told(&service, path), ["missed, talk 0"], "{path}");
    }
    // The second time, 1003 takes it.
    let (start, _) = GROUP.trim_end().rsplit_once("20,0,NO ANSWER").unwrap();
    let taken = format!("{start}80,60,ANSWERED,1767604800.21,1767604800.21");
    let (_database, service) = after(&taken, "");
    assert_eq!(told(&service, "/calls"), ["answered, talk 60"]);
    assert_eq!(told(&service, &users[2]), ["answered, talk 60"]);
    for path in &users[..2] {
        assert_eq!(told(&service, path), [""; 0], "{path}");
        let asked = format!("{path}&answeredElsewhere=include");
        let entries = entries(&service, &asked);
        assert_eq!(entries.len(), 1, "{path}");
        assert_eq!(entries[0]["answeredElsewhere"], true, "{path}");
    }
}

/// A menu, then a phone in vain, then its mailbox, which records for 35 s.
const MAILBOX: &str = "
    09:30:00,0644556677,0644556677,s,PJSIP/trunk-31,,BackGround,welcome,12,12,ANSWERED,1767605400.31,1767605400.31
    09:30:12,0644556677,0644556677,1001,PJSIP/trunk-31,PJSIP/1001-32,Dial,PJSIP/1001,20,20,NO ANSWER,1767605400.31,1767605400.31
    09:30:32,0644556677,0644556677,vmu1001,PJSIP/trunk-31,,VoiceMail,1001@default,35,35,ANSWERED,1767605400.31,1767605400.31
";

#[test]
fn a_menu_and_a_mailbox_are_nobody() {
    let (_database, service) = after(MAILBOX, "");
    for path in [
        "/calls",
        "/history/user?user=1001",
        "/history/customer?number=0644556677",
    ] {
        assert_eq!(told(&service, path), ["missed, talk 0"], "{path}");
    }
}

/// The menu answered, so `billsec` holds its 12 s, and the queue's music as well.
const WAITED: [&str; 2] = [
    r#"
    09:40:00,0655667788,0655667788,3000,PJSIP/trunk-41,PJSIP/1001-42,Queue,"sales,t",82,82,ANSWERED,1767606000.41,1767606000.41
    "#,
    "
    09:40:12,1767606000.41,sales,NONE,ENTERQUEUE,,0655667788,1,,
    09:40:42,1767606000.41,sales,PJSIP/1001,CONNECT,30,1767606036.42,6,,
    09:41:22,1767606000.41,sales,PJSIP/1001,COMPLETECALLER,30,40,1,,
    ",
];

#[test]
fn talk_is_neither_the_menu_nor_the_ringing_nor_the_music() {
    let (_database, service) = after(WAITED[0], WAITED[1]);
    for path in [
        "/history/queue?name=sales",
        "/history/user?user=1001",
        "/history/customer?number=0655667788",
        "/calls",
    ] {
        assert_eq!(
            told(&service, path),
            ["answered, wait 30, talk 40"],
            "{path}"
        );
    }
}

#[test]
fn callers_of_whom_there_is_no_cdr_are_there_and_only_once_when_it_comes() {
    // `unanswered = no` in cdr.conf: the queue log alone tells of them.
    let (database, service) = after("", ABANDONED[1]);
    let expected = ["abandoned, wait 31, talk 0"];
    assert_eq!(told(&service, "/calls"), expected);
    assert_eq!(
        told(&service, "/history/customer?number=0622334455"),
        expected
    );
    import(&database, ABANDONED[0], "");
    assert_eq!(told(&service, "/calls"), expected);
    assert_eq!(told(&service, "/history/queue?name=sales"), expected);
}

#[test]
fn a_caller_who_hung_up_while_it_rang_is_missed_in_the_words_of_any_version() {
    // Asterisk 22 and 23 write CANCEL where older ones wrote NO ANSWER; ODBC may write a number.
    for word in ["NO ANSWER", "NOANSWER", "CANCEL", "0"] {
        let row = format!(
            "09:50:00,0666778899,0666778899,1001,PJSIP/trunk-51,PJSIP/1001-52,Dial,PJSIP/1001,9,0,{word},1767606600.51,1767606600.51"
        );
        let (_database, service) = after(&row, "");
        for path in ["/history/user?user=1001", "/calls"] {
            assert_eq!(told(&service, path), ["missed, talk 0"], "{word}: {path}");
        }
    }
}

#[test]
fn a_long_call_whose_row_comes_after_many_others_is_not_lost_to_who_reads_on() {
    let short = |minute: u32| {
        let id = 1_767_600_000 + minute * 60;
        format!(
            "10:{minute:02}:00,1001,1001,1002,PJSIP/1001-{minute},PJSIP/1002-{minute},Dial,PJSIP/1002,9,5,ANSWERED,{id}.1,{id}.1\n"
        )
    };
    let (database, service) = after(&(1..20).map(short).collect::<String>(), "");
    let first = service.get("/changes").json();
    assert_eq!(first["changes"].as_array().unwrap().len(), 19);
    // It began before all of them; its row is written when it ends.
    let long = "08:30:00,0677889900,0677889900,1001,PJSIP/trunk-61,PJSIP/1001-62,Dial,PJSIP/1001,7300,7290,ANSWERED,1767601800.61,1767601800.61";
    import(&database, long, "");
    let since = first["cursor"].as_str().unwrap();
    let next = service.get(&format!("/changes?since={since}")).json();
    let changes = next["changes"].as_array().unwrap();
    assert_eq!(changes.len(), 1, "{next}");
    assert_eq!(
        changes[0]["entries"][0]["entry"]["start"], "2026-01-05 08:30:00",
        "{next}"
    );
    // In the list it stands where it belongs.
    assert_eq!(
        told(&service, "/calls").last().unwrap(),
        "answered, talk 7290"
    );
}

#[test]
fn the_queue_logs_agent_and_the_cdrs_phone_are_one_person() {
    let folder = tempfile::tempdir().unwrap();
    let users = folder.path().join("users.csv");
    let header = "username,first_name,last_name,numbers,endpoints,agent_number";
    std::fs::write(
        &users,
        format!("{header}\nann,Ann,Smith,1001,PJSIP/1001,2501"),
    )
    .unwrap();
    let users = users.display().to_string();
    // The number of the agent, the member's name, or the phone: however the queue is configured.
    for member in [
        "Agent/2501",
        "Ann Smith",
        "PJSIP/1001",
        "Local/1001@from-queue/n",
    ] {
        let database = TestDatabase::new();
        succeed(&database, &["directory", "import", "--users", &users]);
        import(
            &database,
            WAITED[0],
            &WAITED[1].replace("PJSIP/1001", member),
        );
        let service = Service::start(&database);
        let expected = ["answered, wait 30, talk 40"];
        for path in ["/history/user?user=ann", "/history/agent?agent=2501"] {
            assert_eq!(told(&service, path), expected, "{member}: {path}");
        }
        let customer = &entries(&service, "/history/customer?number=0655667788")[0];
        assert_eq!(customer["dstUsername"], "ann", "{member}: {customer}");
    }
}

/// Names as callers send them: with quotes and commas, as a formula; and no number at all.
const NAMES: &str = r#"
    10:00:00,"""Zoé, ""Café"" Noir"" <+33688990011>",+33688990011,1001,PJSIP/trunk-71,PJSIP/1001-72,Dial,PJSIP/1001,20,10,ANSWERED,1767607200.71,1767607200.71
    10:01:00,"""=HYPERLINK(A1)"" <0699001122>",0699001122,1001,PJSIP/trunk-73,PJSIP/1001-74,Dial,PJSIP/1001,20,10,ANSWERED,1767607260.73,1767607260.73
    10:02:00,"""Anonymous"" <anonymous>",anonymous,1001,PJSIP/trunk-75,PJSIP/1001-76,Dial,PJSIP/1001,20,10,ANSWERED,1767607320.75,1767607320.75
"#;

#[test]
fn a_number_is_a_number_a_name_is_a_name_and_hidden_callers_are_nobodys_history() {
    let (_database, service) = after(NAMES, "");
    let seen: Vec<[String; 2]> = entries(&service, "/history/user?user=1001")
        .iter()
        .map(|entry| {
            ["srcNum", "srcLastName"]
                .map(|name| entry[name].as_str().unwrap_or_default().to_owned())
        })
        .collect();
    let expected = [
        ["anonymous", "Anonymous"],
        ["0699001122", "=HYPERLINK(A1)"],
        ["+33688990011", "Zoé, \"Café\" Noir"],
    ];
    assert_eq!(seen, expected);
    assert_eq!(
        told(&service, "/history/customer?number=33688990011").len(),
        1
    );
    assert_eq!(
        told(&service, "/history/customer?number=anonymous").len(),
        0
    );
}

#[test]
fn a_csv_is_what_the_screen_shows() {
    let cdr = [TRANSFER, ABANDONED[0], GROUP, MAILBOX, WAITED[0], NAMES].concat();
    let (_database, service) = after(&cdr, &[ABANDONED[1], WAITED[1]].concat());
    // Every field of every entry, in whatever zone, with whatever filter.
    let mut compared = 0;
    for path in [
        "/calls?from=2026-01-01",
        "/calls?from=2026-01-01&status=missed&tz=America/New_York",
        "/history/user?user=1001&from=2026-01-01&answeredElsewhere=include",
        "/history/user?user=1002&from=2026-01-01&order=asc",
        "/history/queue?name=sal&from=2026-01-01&minWait=31",
        "/history/customer?number=0611223344&from=2026-01-01",
    ] {
        compared += all_forms_are_alike(&service, path);
    }
    assert_eq!(compared, 8 + 2 + 8 + 3 + 1 + 1);
}
