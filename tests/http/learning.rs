//! Whom the directory does not know, and what changes when it learns.

use serde_json::Value;

use crate::support::TestDatabase;
use crate::support::service::{Service, capture, import_directory, succeed};

fn statuses(entries: &[Value]) -> Vec<&str> {
    entries
        .iter()
        .map(|entry| entry["status"].as_str().unwrap())
        .collect()
}

#[test]
fn histories_are_there_without_a_directory_and_move_when_it_comes() {
    let database = TestDatabase::new();
    let (cdr, log) = (capture("cdr.csv"), capture("queue_log.csv"));
    succeed(&database, &["import", "--cdr", &cdr, "--queue-log", &log]);
    let service = Service::start(&database);
    let all = "from=2026-11-01&size=100";
    assert_eq!(
        service
            .entries(&format!("/history/user?user=1000&{all}"))
            .len(),
        17
    );
    assert_eq!(
        statuses(&service.entries(&format!("/history/user?user=1003&{all}"))),
        ["missed"]
    );
    let agent = service.entries(&format!("/history/agent?agent=2501&{all}"));
    assert_eq!(
        agent.len(),
        7,
        "without a link, queue calls under the agent's number only"
    );
    assert_eq!(
        service
            .entries(&format!("/history/queue?name=bl&{all}"))
            .len(),
        17
    );
    assert_eq!(service.get("/history/user?user=usera").status, 404);

    import_directory(&database);
    // The running service notices.
    assert_eq!(
        service
            .entries(&format!("/history/user?user=usera&{all}"))
            .len(),
        17
    );
    let gone = service.get("/history/user?user=1000");
    assert_eq!(
        gone.status, 404,
        "the learned user is somebody now: {}",
        gone.body
    );
    let agent = service.entries(&format!("/history/agent?agent=2501&{all}"));
    assert_eq!(
        agent
            .iter()
            .filter(|entry| entry["queueName"].is_string())
            .count(),
        8
    );
}

#[test]
fn a_number_that_changes_hands_takes_no_history_along() {
    let database = TestDatabase::new();
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let file = folder.path().join(name);
        std::fs::write(&file, text).unwrap();
        file.display().to_string()
    };
    let users = write(
        "users.csv",
        "username,numbers,endpoints,valid_from,valid_until\n\
         old,100,PJSIP/100,,2026-07-01 00:00:00\n\
         new,100,PJSIP/100,2026-07-01 00:00:00,\n\
         old,200,PJSIP/200,2026-07-01 00:00:00,\n",
    );
    let cdr = write(
        "cdr.csv",
        "calldate,src,dst,channel,dstchannel,lastapp,duration,billsec,disposition,uniqueid\n\
         2026-06-30 23:59:59,100,101,PJSIP/100-1,PJSIP/101-2,Dial,9,5,ANSWERED,1.1\n\
         2026-07-01 00:00:00,100,101,PJSIP/100-3,PJSIP/101-4,Dial,9,5,ANSWERED,1.2\n\
         2026-07-02 00:00:00,200,101,PJSIP/200-5,PJSIP/101-6,Dial,9,5,ANSWERED,1.3\n",
    );
    succeed(&database, &["directory", "import", "--users", &users]);
    succeed(&database, &["import", "--cdr", &cdr]);
    let service = Service::start(&database);
    let starts = |user: &str| -> Vec<String> {
        let entries = service.entries(&format!("/history/user?user={user}&size=9"));
        entries
            .iter()
            .map(|entry| entry["start"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(
        starts("old"),
        ["2026-07-02 00:00:00", "2026-06-30 23:59:59"]
    );
    assert_eq!(starts("new"), ["2026-07-01 00:00:00"]);
}

#[test]
fn trunks_are_guessed_until_they_are_configured() {
    let database = TestDatabase::new();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("cdr.csv");
    std::fs::write(
        &file,
        "calldate,src,dst,channel,dstchannel,lastapp,lastdata,duration,billsec,disposition,uniqueid\n\
         2026-07-01 10:00:00,0611223344,101,SIP/5000-1,PJSIP/101-2,Dial,,9,5,ANSWERED,1.1\n\
         2026-07-01 11:00:00,101,0145678901,PJSIP/101-3,SIP/5000-4,Dial,SIP/5000/0145678901,9,5,ANSWERED,1.2\n\
         2026-07-01 12:00:00,reception,101,PJSIP/reception-5,PJSIP/101-6,Dial,,9,5,ANSWERED,1.3\n",
    )
    .unwrap();
    let file = file.display().to_string();
    succeed(&database, &["import", "--cdr", &file]);
    let service = Service::start(&database);
    let count = |path: &str| match service.get(path) {
        answer if answer.status == 404 => 0,
        answer => answer.json().as_array().unwrap().len(),
    };
    // Guessed: 5000 looks like a phone, and "reception" like a trunk.
    assert_eq!(count("/history/user?user=5000&size=9"), 2);
    assert_eq!(count("/history/customer?number=0611223344&size=9"), 0);

    let said = succeed(&database, &["rebuild", "--trunks", "SIP/5*"]);
    assert!(said.contains("calls: 3 new or changed"), "{said}");
    assert_eq!(count("/history/user?user=5000&size=9"), 0);
    assert_eq!(count("/history/customer?number=0611223344&size=9"), 1);
    assert_eq!(count("/history/customer?number=0145678901&size=9"), 1);
    let entries = service.entries("/history/user?user=101&size=9");
    let directions: Vec<&str> = entries
        .iter()
        .map(|e| e["direction"].as_str().unwrap())
        .collect();
    assert_eq!(directions, ["internal", "outbound", "inbound"]);
    // It is kept: a rebuild without the flag gives the same.
    let said = succeed(&database, &["rebuild"]);
    assert!(said.contains("calls: 0 new or changed"), "{said}");
}

#[test]
fn agents_of_the_directory_have_names() {
    let database = TestDatabase::new();
    let folder = tempfile::tempdir().unwrap();
    let agents = folder.path().join("agents.csv");
    std::fs::write(
        &agents,
        "number,first_name,last_name\n2501,Ada,Martin\n9999,New,Agent\n",
    )
    .unwrap();
    succeed(
        &database,
        &["import", "--queue-log", &capture("queue_log.csv")],
    );
    succeed(
        &database,
        &[
            "directory",
            "import",
            "--agents",
            &agents.display().to_string(),
        ],
    );
    let service = Service::start(&database);
    let entries = service.entries("/history/agent?agent=2501&size=1");
    assert_eq!(entries[0]["agentName"], "Ada Martin");
    assert_eq!(service.get("/history/agent?agent=9999").body, "[]");
}
