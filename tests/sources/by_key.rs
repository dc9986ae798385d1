//! Tables whose rows the database numbers.

use call_history::asterisk::Kind;
use diesel::connection::SimpleConnection;

use crate::support::pbx::{FREEPBX_CDR, PbxDatabase};
use crate::{Following, ago, call};

fn numbered() -> (PbxDatabase, Following) {
    let pbx = PbxDatabase::with(&[FREEPBX_CDR]);
    // Invisible, so that FreePBX's own statements go on working.
    pbx.run(
        "ALTER TABLE `cdr` ADD COLUMN `id` BIGINT NOT NULL AUTO_INCREMENT INVISIBLE PRIMARY KEY",
    );
    let following = Following::database(&pbx.url());
    (pbx, following)
}

#[test]
fn rows_of_any_age_are_found_at_once() {
    let (pbx, mut following) = numbered();
    for n in 0..10 {
        pbx.run(&call(&ago(n * 86_400 * 30), &format!("{n}.1")));
    }
    let mut task = following.task();
    assert_eq!(following.settle(&mut task), 10);
    for n in 10..15 {
        pbx.run(&call(&ago(n * 86_400 * 30), &format!("{n}.1")));
        assert_eq!(following.settle(&mut task), 1, "{n}");
    }
    let mut task = following.task();
    assert_eq!(following.settle(&mut task), 0);
}

#[test]
fn a_row_whose_transaction_commits_late_is_found_also_after_a_restart() {
    let (pbx, mut following) = numbered();
    let mut task = following.task();
    assert_eq!(following.settle(&mut task), 0);
    let mut late = pbx.connect();
    late.batch_execute("BEGIN").unwrap();
    late.batch_execute(&call(&ago(3), "1.1")).unwrap();
    let mut later = pbx.connect();
    later.batch_execute("BEGIN").unwrap();
    later.batch_execute(&call(&ago(3), "2.1")).unwrap();
    let mut never = pbx.connect();
    never.batch_execute("BEGIN").unwrap();
    never.batch_execute(&call(&ago(3), "3.1")).unwrap();
    pbx.run(&call(&ago(1), "4.1"));
    assert_eq!(following.settle(&mut task), 1);
    late.batch_execute("COMMIT").unwrap();
    never.batch_execute("ROLLBACK").unwrap();
    assert_eq!(following.settle(&mut task), 1);
    let mut task = following.task();
    assert_eq!(following.settle(&mut task), 0);
    later.batch_execute("COMMIT").unwrap();
    assert_eq!(following.settle(&mut task), 1);
    assert_eq!(
        following.values(Kind::Cdr, "uniqueid"),
        ["1.1", "2.1", "4.1"]
    );
}

#[test]
fn keys_in_steps_as_in_a_cluster_are_followed() {
    let (pbx, mut following) = numbered();
    let mut task = following.task();
    following.settle(&mut task);
    let mut conn = pbx.connect();
    conn.batch_execute("SET auto_increment_increment = 7")
        .unwrap();
    for n in 0..300 {
        conn.batch_execute(&call(&ago(n), &format!("{n}.1")))
            .unwrap();
    }
    assert_eq!(following.settle(&mut task), 300);
}

#[test]
fn a_table_that_is_restored_from_a_backup_gives_its_keys_anew() {
    let (pbx, mut following) = numbered();
    for n in 0..100 {
        pbx.run(&call(&ago(1000 - n), &format!("{n}.1")));
    }
    let mut task = following.task();
    assert_eq!(following.settle(&mut task), 100);
    // Forty rows are lost, and their keys are given again: fewer, as many, and more.
    for (lost, fresh) in [(40, 10), (10, 10), (5, 30)] {
        let restore = |pbx: &PbxDatabase| {
            pbx.run(&format!(
                "SET @keep = (SELECT MAX(`id`) FROM `cdr`) - {lost}; \
                 DELETE FROM `cdr` WHERE `id` > @keep; ALTER TABLE `cdr` AUTO_INCREMENT = 1"
            ));
            for _ in 0..fresh {
                pbx.run(&call(&ago(5), &uuid::Uuid::new_v4().simple().to_string()));
            }
        };
        restore(&pbx);
        assert_eq!(following.settle(&mut task), fresh, "{lost}");
        // The same while nobody followed.
        restore(&pbx);
        let mut again = following.task();
        assert_eq!(following.settle(&mut again), fresh, "{lost}");
        task = again;
    }
    pbx.run("TRUNCATE TABLE `cdr`");
    assert_eq!(following.settle(&mut task), 0);
    pbx.run(&call(&ago(5), "900.1"));
    assert_eq!(following.settle(&mut task), 1);
}

#[test]
fn a_stop_at_any_moment_loses_and_doubles_nothing() {
    let (pbx, mut following) = numbered();
    pbx.run(
        "INSERT INTO `cdr` (`calldate`, `channel`, `disposition`, `uniqueid`, `linkedid`) \
         SELECT NOW(), 'PJSIP/1-1', 'ANSWERED', seq, seq FROM seq_1_to_15000",
    );
    let mut rows = 0;
    for n in 0..20 {
        let mut task = following.task();
        rows += following.step(&mut task).unwrap().rows;
        pbx.run(&call(&ago(0), &format!("new-{n}")));
        rows += following.step(&mut task).unwrap().rows;
    }
    let mut task = following.task();
    rows += following.settle(&mut task);
    assert_eq!(rows, 15_020);
    assert_eq!(following.rows(Kind::Cdr).len(), 15_020);
}

#[test]
fn new_rows_do_not_wait_for_the_past() {
    let (pbx, mut following) = numbered();
    pbx.run(
        "INSERT INTO `cdr` (`calldate`, `channel`, `disposition`, `uniqueid`, `linkedid`) \
         SELECT NOW(), 'PJSIP/1-1', 'ANSWERED', seq, seq FROM seq_1_to_15000",
    );
    let mut task = following.task();
    following.step(&mut task).unwrap();
    pbx.run(&call(&ago(0), "new"));
    following.step(&mut task).unwrap();
    let ids = following.values(Kind::Cdr, "uniqueid");
    assert!(ids.len() < 10_000);
    assert!(ids.contains(&"new".to_owned()));
}
