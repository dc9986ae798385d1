//! Tables that disappear, are locked, or change; users who may not; hosts that are not there.

use std::time::{Duration, Instant};

use call_history::asterisk::Kind;
use diesel::connection::SimpleConnection;

use crate::support::pbx::PbxDatabase;
use crate::{Following, ago, call};

/// Steps until something was copied; the complaints on the way.
fn until_copied(
    following: &mut Following,
    task: &mut Box<dyn call_history::ingest::follow::Task>,
) -> Vec<String> {
    let begun = Instant::now();
    let mut complaints = Vec::new();
    loop {
        let step = following.step(task).unwrap();
        complaints.extend(step.complaint);
        if step.rows > 0 {
            return complaints;
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "{complaints:?}");
        std::thread::sleep(step.again.min(Duration::from_millis(200)));
    }
}

fn event(callid: &str) -> String {
    format!(
        "INSERT INTO `queue_log` (`time`, `callid`, `queuename`, `agent`, `event`) \
         VALUES (NOW(), '{callid}', 'blue', 'NONE', 'ENTERQUEUE')"
    )
}

#[test]
fn a_table_that_disappears_stops_no_other_and_is_followed_again() {
    let pbx = PbxDatabase::freepbx();
    let mut following = Following::database(&pbx.url());
    pbx.run(&call(&ago(1), "1.1"));
    let mut task = following.task();
    assert_eq!(following.settle(&mut task), 1);
    pbx.run("RENAME TABLE `cdr` TO `away`");
    pbx.run(&event("1.1"));
    until_copied(&mut following, &mut task);
    assert_eq!(following.rows(Kind::QueueLog).len(), 1);
    let complaint = loop {
        if let Some(complaint) = following.step(&mut task).unwrap().complaint {
            break complaint;
        }
    };
    assert_eq!(
        complaint,
        "cdr: a table or a column of the PBX is not there"
    );
    pbx.run("RENAME TABLE `away` TO `cdr`");
    pbx.run(&call(&ago(1), "2.1"));
    until_copied(&mut following, &mut task);
    assert_eq!(following.values(Kind::Cdr, "uniqueid"), ["1.1", "2.1"]);
    assert_eq!(following.step(&mut task).unwrap().complaint, None);
}

#[test]
fn a_table_that_is_locked_stops_no_other() {
    let pbx = PbxDatabase::freepbx();
    let mut following = Following::database(&pbx.url());
    let mut task = following.task();
    following.settle(&mut task);
    let mut locking = pbx.connect();
    locking.batch_execute("LOCK TABLES `cdr` WRITE").unwrap();
    pbx.run(&event("1.1"));
    let complaints = until_copied(&mut following, &mut task);
    assert!(
        complaints.contains(&"cdr: a table of the PBX is locked".to_owned()),
        "{complaints:?}"
    );
    locking.batch_execute(&call(&ago(1), "1.1")).unwrap();
    locking.batch_execute("UNLOCK TABLES").unwrap();
    until_copied(&mut following, &mut task);
    assert_eq!(following.rows(Kind::Cdr).len(), 1);
}

#[test]
fn columns_that_come_and_go_are_noticed() {
    let pbx = PbxDatabase::freepbx();
    let mut following = Following::database(&pbx.url());
    pbx.run(&call(&ago(9), "1.1"));
    let mut task = following.task();
    assert_eq!(following.settle(&mut task), 1);
    pbx.run("ALTER TABLE `cdr` DROP COLUMN `did`, DROP COLUMN `sequence`");
    pbx.run(&call(&ago(1), "2.1"));
    until_copied(&mut following, &mut task);
    pbx.run("ALTER TABLE `cdr` ADD COLUMN `did` VARCHAR(50) NOT NULL DEFAULT ''");
    pbx.run(&call(&ago(1), "3.1").replace("`duration`", "`did`"));
    until_copied(&mut following, &mut task);
    // A start, or a minute, and the new column is read.
    let mut task = following.task();
    following.settle(&mut task);
    let dids = following.values(Kind::Cdr, "did");
    assert!(dids.contains(&"30".to_owned()), "{dids:?}");
    let ids: std::collections::BTreeSet<String> = following
        .values(Kind::Cdr, "uniqueid")
        .into_iter()
        .collect();
    assert_eq!(ids.len(), 3);
}

#[test]
fn whoever_may_not_is_told_in_one_line_without_the_password() {
    let pbx = PbxDatabase::freepbx();
    pbx.run(&call(&ago(1), "1.1"));
    let good = pbx.url_of_user("SELECT");
    for (url, summary) in [
        (
            good.replace(":secret", ":wrong-secret"),
            "the PBX's database refuses the login",
        ),
        (pbx.url_of_user(""), "the PBX's database refuses the login"),
        (
            pbx.url_of_user("CREATE"),
            "a table or a column of the PBX is not there",
        ),
        (
            "mysql://u:secret@127.0.0.1:1/x".to_owned(),
            "the PBX's database cannot be reached",
        ),
        (
            "mysql://u:secret@nowhere.invalid/x".to_owned(),
            "the PBX's database cannot be reached",
        ),
    ] {
        let mut following = Following::database(&url);
        let mut task = following.task();
        let trouble = following.step(&mut task).unwrap_err();
        assert_eq!(trouble.summary, summary, "{}", trouble.detail);
        assert!(!trouble.detail.contains("secret"), "{}", trouble.detail);
        assert!(!trouble.detail.contains('\n'), "{}", trouble.detail);
    }
}

#[test]
fn whoever_may_read_one_table_follows_that_one() {
    let pbx = PbxDatabase::freepbx();
    pbx.run(&call(&ago(1), "1.1"));
    pbx.run(&event("1.1"));
    let url = pbx.url_of_user("CREATE");
    let user = url.split(['/', ':']).nth(3).unwrap().to_owned();
    pbx.run(&format!(
        "GRANT SELECT ON `{}`.`cdr` TO `{user}`@'%'",
        pbx.name()
    ));
    let mut following = Following::database(&url);
    let mut task = following.task();
    let complaints = until_copied(&mut following, &mut task);
    assert_eq!(following.rows(Kind::Cdr).len(), 1);
    assert!(following.rows(Kind::QueueLog).is_empty());
    assert!(
        complaints.iter().all(|line| line.contains("may not read")),
        "{complaints:?}"
    );
}

#[test]
fn a_pbx_that_was_away_is_followed_again() {
    let pbx = PbxDatabase::freepbx();
    let mut following = Following::database(&pbx.url());
    pbx.run(&call(&ago(9), "1.1"));
    let mut task = following.task();
    assert_eq!(following.settle(&mut task), 1);
    // All its connections are lost.
    pbx.run(
        "BEGIN NOT ATOMIC FOR c IN (SELECT id FROM information_schema.processlist \
         WHERE db = DATABASE() AND id <> CONNECTION_ID()) DO KILL c.id; END FOR; END",
    );
    pbx.run(&call(&ago(1), "2.1"));
    let trouble = following.step(&mut task).unwrap_err();
    assert_eq!(
        trouble.summary, "the PBX's database cannot be reached",
        "{}",
        trouble.detail
    );
    until_copied(&mut following, &mut task);
    assert_eq!(following.rows(Kind::Cdr).len(), 2);
}
