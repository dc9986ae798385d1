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

mod queues;
mod reading;

use serde_json::Value;

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
