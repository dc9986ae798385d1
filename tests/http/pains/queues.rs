//! Queues: who gave up, who waited how long, and who it was that answered.

use super::{after, entries, import, told};
use crate::support::TestDatabase;
use crate::support::service::{Service, succeed};

/// The queue answers to play music, so the CDR is ANSWERED; each attempt of a member is a row.
pub(super) const ABANDONED: [&str; 2] = [
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

/// The menu answered, so `billsec` holds its 12 s, and the queue's music as well.
pub(super) const WAITED: [&str; 2] = [
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
