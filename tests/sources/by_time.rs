//! FreePBX's `cdr`: no key, rows in the order of their end.

use call_history::asterisk::Kind;
use call_history::asterisk::table::{Names, layout};
use call_history::store::pbx::{Range, Session, Table, tables};

use crate::support::pbx::{FREEPBX_CDR, PbxDatabase};
use crate::{Following, ago, call};

fn freepbx() -> (PbxDatabase, Following) {
    let pbx = PbxDatabase::with(&[FREEPBX_CDR]);
    let following = Following::database(&pbx.url());
    (pbx, following)
}

#[test]
fn rows_of_the_past_and_new_ones_are_copied_once() {
    let (pbx, mut following) = freepbx();
    let mut task = following.task();
    assert_eq!(following.settle(&mut task), 0);
    pbx.run(&call(&ago(400 * 86_400), "1.1"));
    drop(task);
    let mut task = following.task();
    for n in 2..10 {
        pbx.run(&call(&ago(n * 100_000), &format!("{n}.1")));
    }
    // Before the first row was there nothing was known: all is copied.
    assert_eq!(following.settle(&mut task), 9);
    for n in 10..20 {
        pbx.run(&call(&ago(n), &format!("{n}.1")));
        assert_eq!(following.settle(&mut task), 1, "{n}");
    }
    assert_eq!(following.rows(Kind::Cdr).len(), 19);
    // As after a restart.
    let mut task = following.task();
    assert_eq!(following.settle(&mut task), 0);
}

#[test]
fn a_row_appears_when_its_call_ends() {
    let (pbx, mut following) = freepbx();
    let mut task = following.task();
    pbx.run(&call(&ago(1), "1.1"));
    assert_eq!(following.settle(&mut task), 1);
    // Nine minutes: by the shortest window.
    pbx.run(&call(&ago(540), "2.1"));
    assert_eq!(following.settle(&mut task), 1);
    // Two hours, and a day: a start of the program looks at all windows.
    pbx.run(&call(&ago(7200), "3.1"));
    pbx.run(&call(&ago(86_400), "4.1"));
    assert_eq!(following.settle(&mut task), 0);
    let mut task = following.task();
    assert_eq!(following.settle(&mut task), 2);
}

#[test]
fn long_windows_are_looked_at_as_well() {
    let (pbx, mut following) = freepbx();
    for (window, every) in following.settings.windows.iter_mut().zip([100, 300, 900]) {
        window.every = std::time::Duration::from_millis(every);
    }
    let mut task = following.task();
    pbx.run(&call(&ago(1), "0.1"));
    assert_eq!(following.settle(&mut task), 1);
    pbx.run(&call(&ago(4 * 3600), "1.1"));
    pbx.run(&call(&ago(47 * 3600), "2.1"));
    let begun = std::time::Instant::now();
    while following.rows(Kind::Cdr).len() < 3 {
        following.step(&mut task).unwrap();
        assert!(begun.elapsed().as_secs() < 60);
    }
}

#[test]
fn more_rows_of_one_second_than_a_chunk_are_neither_skipped_nor_read_for_ever() {
    let (pbx, mut following) = freepbx();
    let values = |start: &str, from: u32, count: u32| {
        let row = |n| format!("('{start}', 'PJSIP/1-1', 'ANSWERED', '{n}.1', '{n}.1')");
        let rows: Vec<String> = (from..from + count).map(row).collect();
        format!(
            "INSERT INTO `cdr` (`calldate`, `channel`, `disposition`, `uniqueid`, `linkedid`) VALUES {}",
            rows.join(",")
        )
    };
    // In the past, in the second after it, in a year that is none, and now.
    pbx.run(&values("2024-05-05 05:05:05", 0, 5000));
    pbx.run(&values("2024-05-05 05:05:06", 5000, 1999));
    pbx.run(&values("2024-05-05 05:05:07", 7000, 2));
    pbx.run(&values("1000-01-01 00:00:00", 8000, 2500));
    let mut task = following.task();
    assert_eq!(following.settle(&mut task), 9501);
    pbx.run(&values(&ago(0), 20_000, 4100));
    assert_eq!(following.settle(&mut task), 4100);
    assert_eq!(following.rows(Kind::Cdr).len(), 13_601);
}

#[test]
fn a_stop_at_any_moment_of_the_past_loses_and_doubles_nothing() {
    let (pbx, mut following) = freepbx();
    let start = "DATE_ADD('2025-01-01', INTERVAL seq DIV 3 MINUTE)";
    pbx.run(&format!(
        "INSERT INTO `cdr` (`calldate`, `channel`, `disposition`, `uniqueid`, `linkedid`) \
         SELECT {start}, 'PJSIP/1-1', 'ANSWERED', seq, seq FROM seq_1_to_20000"
    ));
    let mut rows = 0;
    for _ in 0..30 {
        // A new task each time, as after a kill.
        let mut task = following.task();
        for _ in 0..2 {
            rows += following.step(&mut task).unwrap().rows;
        }
    }
    let mut task = following.task();
    rows += following.settle(&mut task);
    assert_eq!(rows, 20_000);
    assert_eq!(following.rows(Kind::Cdr).len(), 20_000);
}

#[test]
fn another_table_under_the_same_name_is_copied_from_its_beginning() {
    let (pbx, mut following) = freepbx();
    pbx.run(&call(&ago(100), "1.1"));
    let mut task = following.task();
    assert_eq!(following.settle(&mut task), 1);
    pbx.run("DELETE FROM `cdr`");
    for n in 0..5 {
        pbx.run(&call(&ago(n * 40 * 86_400), &format!("{n}.2")));
    }
    let mut task = following.task();
    assert_eq!(following.settle(&mut task), 5);
}

#[test]
fn rows_of_the_future_hide_no_others() {
    let (pbx, mut following) = freepbx();
    pbx.run(&call("2099-01-01 00:00:00", "1.1"));
    let mut task = following.task();
    assert_eq!(following.settle(&mut task), 1);
    pbx.run(&call(&ago(60), "2.1"));
    assert_eq!(following.settle(&mut task), 1);
    pbx.run(&call(&ago(30), "3.1"));
    let mut task = following.task();
    assert_eq!(following.settle(&mut task), 1);
}

#[test]
fn a_zone_that_is_wrong_by_hours_delays_nothing() {
    for hours in [-6, 6] {
        let (pbx, mut following) = freepbx();
        let mut task = following.task();
        pbx.run(&call(&ago(hours * 3600 + 40), "1.1"));
        following.settle(&mut task);
        pbx.run(&call(&ago(hours * 3600 + 10), "2.1"));
        following.settle(&mut task);
        // The first may need a longer window, to show where the PBX's clock stands.
        let mut task = following.task();
        following.settle(&mut task);
        pbx.run(&call(&ago(hours * 3600), "3.1"));
        assert_eq!(following.settle(&mut task), 1, "{hours}");
        assert_eq!(following.rows(Kind::Cdr).len(), 3, "{hours}");
    }
}

#[test]
fn a_table_that_is_restored_or_emptied_loses_and_doubles_nothing() {
    let (pbx, mut following) = freepbx();
    for n in 0..50 {
        pbx.run(&call(&ago(200 - n), &format!("{n}.1")));
    }
    let mut task = following.task();
    assert_eq!(following.settle(&mut task), 50);
    pbx.run(&format!(
        "DELETE FROM `cdr` WHERE `calldate` > '{}'",
        ago(180)
    ));
    pbx.run(&call(&ago(2), "100.1"));
    assert_eq!(following.settle(&mut task), 1);
    pbx.run("TRUNCATE TABLE `cdr`");
    following.settle(&mut task);
    pbx.run(&call(&ago(1), "101.1"));
    pbx.run(&call(&ago(199), "0.1"));
    assert_eq!(following.settle(&mut task), 1 + 1);
    assert_eq!(following.rows(Kind::Cdr).len(), 53);
}

#[test]
fn the_queries_read_no_more_than_their_window() {
    let (pbx, _) = freepbx();
    pbx.run(
        "INSERT INTO `cdr` (`calldate`, `channel`, `disposition`, `uniqueid`, `linkedid`) \
         SELECT NOW() - INTERVAL seq MINUTE, 'PJSIP/1-1', 'ANSWERED', seq, seq FROM seq_1_to_20000; \
         ANALYZE TABLE `cdr`",
    );
    let mut session = Session::open(&pbx.url().parse().unwrap()).unwrap();
    let facts = tables(&mut session).unwrap();
    let cdr = facts.iter().find(|table| table.name == "cdr").unwrap();
    let table = Table::new(layout(Kind::Cdr, &Names::default(), cdr).0.unwrap());
    let window = table.explain_counts(&mut session, &ago(600)).unwrap();
    let past = Range::Times(Some(ago(86_400)), ago(86_400 - 3600));
    let times = Range::At((1..=20).map(|n| ago(n * 60)).collect());
    for (what, plan, most) in [
        ("a look", window, 20),
        (
            "rows of some times",
            table.explain(&mut session, &times).unwrap(),
            40,
        ),
        ("the past", table.explain(&mut session, &past).unwrap(), 200),
    ] {
        let [plan] = plan.as_slice() else {
            panic!("{what}: {plan:?}");
        };
        assert_eq!(plan.key.as_deref(), Some("calldate"), "{what}: {plan:?}");
        assert_eq!(plan.access.as_deref(), Some("range"), "{what}: {plan:?}");
        let rows: u64 = plan.rows.as_deref().unwrap().parse().unwrap();
        assert!(rows <= most, "{what}: {plan:?}");
    }
}
