//! The queue log as a file, through all that happens to such files.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::PathBuf;

use call_history::asterisk::Kind;
use call_history::store::bad_lines;
use tempfile::TempDir;

use crate::Following;

struct Log {
    folder: TempDir,
    path: PathBuf,
}

impl Log {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("queue_log");
        File::create(&path).unwrap();
        Self { folder, path }
    }

    /// Writes the events of these numbers, as Asterisk does.
    fn write(&self, numbers: std::ops::Range<u32>) {
        let lines: String = numbers.map(event).collect();
        self.append(&lines);
    }

    fn append(&self, text: &str) {
        let mut file = OpenOptions::new()
            .append(true)
            .create(true)
            .open(&self.path)
            .unwrap();
        file.write_all(text.as_bytes()).unwrap();
    }

    fn beside(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// As logrotate does it: another name, and a new empty file.
    fn rename(&self, name: &str) {
        fs::rename(&self.path, self.beside(name)).unwrap();
        File::create(&self.path).unwrap();
    }

    fn gzip(&self, name: &str) {
        let from = self.beside(name);
        let to = File::create(self.beside(&format!("{name}.gz"))).unwrap();
        let mut packed = flate2::write::GzEncoder::new(to, flate2::Compression::fast());
        packed.write_all(&fs::read(&from).unwrap()).unwrap();
        let to = packed.finish().unwrap();
        to.set_modified(fs::metadata(&from).unwrap().modified().unwrap())
            .unwrap();
        fs::remove_file(from).unwrap();
    }
}

fn event(n: u32) -> String {
    format!(
        "{}|1795393139.{n}|blue|NONE|ENTERQUEUE||0611223344|1\n",
        1_795_393_139 + n
    )
}

/// Which events were copied: all of these, once.
fn assert_copied(following: &mut Following, numbers: std::ops::Range<u32>) {
    let rows = following.rows(Kind::QueueLog);
    let mut found: Vec<u32> = rows
        .iter()
        .map(|row| {
            row.get("callid")
                .rsplit('.')
                .next()
                .unwrap()
                .parse()
                .unwrap()
        })
        .collect();
    found.sort_unstable();
    assert_eq!(found, numbers.collect::<Vec<_>>());
}

#[test]
fn lines_are_copied_once_and_half_a_line_waits() {
    let log = Log::new();
    log.write(0..3);
    let mut following = Following::file(&log.path);
    let mut task = following.task();
    assert_eq!(following.settle(&mut task), 3);
    let line = event(3);
    let (first, second) = line.split_at(20);
    log.append(first);
    assert_eq!(following.settle(&mut task), 0);
    let mut task = following.task();
    assert_eq!(following.settle(&mut task), 0);
    log.append(second);
    assert_eq!(following.settle(&mut task), 1);
    log.write(4..9);
    let mut task = following.task();
    assert_eq!(following.settle(&mut task), 5);
    assert_copied(&mut following, 0..9);
}

#[test]
fn rotation_by_another_name_loses_nothing() {
    let log = Log::new();
    let mut following = Following::file(&log.path);
    let mut task = following.task();
    log.write(0..3);
    assert_eq!(following.settle(&mut task), 3);
    // Asterisk goes on with the old file until it is told.
    fs::rename(&log.path, log.beside("queue_log.1")).unwrap();
    File::create(&log.path).unwrap();
    let mut old = OpenOptions::new()
        .append(true)
        .open(log.beside("queue_log.1"))
        .unwrap();
    assert_eq!(following.settle(&mut task), 0);
    old.write_all(event(3).as_bytes()).unwrap();
    assert_eq!(following.settle(&mut task), 1);
    old.write_all(event(4).as_bytes()).unwrap();
    log.write(5..9);
    assert_eq!(following.settle(&mut task), 5);
    assert_copied(&mut following, 0..9);
}

#[test]
fn several_rotations_while_nobody_followed_lose_nothing() {
    for packed in [false, true] {
        let log = Log::new();
        let mut following = Following::file(&log.path);
        log.write(0..10);
        let mut task = following.task();
        following.settle(&mut task);
        log.write(10..15);
        // The times of files tell their order.
        let age = |name: &str, hours: u64| {
            let file = OpenOptions::new()
                .write(true)
                .open(log.beside(name))
                .unwrap();
            file.set_modified(
                std::time::SystemTime::now() - std::time::Duration::from_secs(3600 * hours),
            )
            .unwrap();
        };
        log.rename("queue_log-20261121");
        age("queue_log-20261121", 48);
        log.write(15..20);
        log.rename("queue_log-20261122");
        age("queue_log-20261122", 24);
        log.write(20..22);
        if packed {
            log.gzip("queue_log-20261121");
            log.gzip("queue_log-20261122");
        }
        let mut task = following.task();
        assert_eq!(following.settle(&mut task), 12, "packed: {packed}");
        assert_copied(&mut following, 0..22);
    }
}

#[test]
fn a_file_that_is_copied_and_truncated_loses_nothing() {
    let log = Log::new();
    let mut following = Following::file(&log.path);
    let mut task = following.task();
    log.write(0..10);
    following.settle(&mut task);
    log.write(10..12);
    fs::copy(&log.path, log.beside("queue_log.1")).unwrap();
    OpenOptions::new()
        .write(true)
        .truncate(true)
        .open(&log.path)
        .unwrap();
    following.step(&mut task).unwrap();
    log.write(12..40);
    following.settle(&mut task);
    assert_copied(&mut following, 0..40);
    // Without a copy what was not read yet is lost, and the rest is not.
    OpenOptions::new()
        .write(true)
        .truncate(true)
        .open(&log.path)
        .unwrap();
    log.write(40..45);
    following.settle(&mut task);
    assert_copied(&mut following, 0..45);
}

#[test]
fn a_file_that_is_replaced_is_read_from_its_beginning() {
    let log = Log::new();
    let mut following = Following::file(&log.path);
    let mut task = following.task();
    log.write(0..10);
    following.settle(&mut task);
    fs::remove_file(&log.path).unwrap();
    assert!(following.step(&mut task).is_err());
    let text: String = (10..13).map(event).collect();
    fs::write(&log.path, text).unwrap();
    following.settle(&mut task);
    assert_copied(&mut following, 0..13);
}

#[test]
fn lines_that_are_none_are_kept_for_doctor_and_cost_no_other() {
    let log = Log::new();
    let mut following = Following::file(&log.path);
    log.write(0..2);
    log.append("nonsense\n\nx|y\n");
    log.append(&"z".repeat(1_200_000));
    log.append("\n");
    log.append("1795393139|1795393139.2|blue|NONE|ENTER\u{0}QUEUE\u{1f}|J\n");
    log.write(3..5);
    let mut task = following.task();
    following.settle(&mut task);
    assert_copied(&mut following, 0..5);
    let mut conn = following.database.connect();
    let (count, lines) = bad_lines::list(&mut conn, 10).unwrap();
    assert!(count >= 3, "{lines:?}");
    assert_eq!(
        (lines[0].source.as_str(), lines[0].line),
        ("pbx", 3),
        "{lines:?}"
    );
}

#[test]
fn bytes_of_any_encoding_are_read() {
    let log = Log::new();
    let mut bytes = b"1795393139|1795393139.1|bl".to_vec();
    bytes.extend([0xe9, b'|']);
    bytes.extend(b"NONE|ENTERQUEUE||1|1\n");
    fs::write(&log.path, bytes).unwrap();
    let mut following = Following::file(&log.path);
    let mut task = following.task();
    following.settle(&mut task);
    assert_eq!(following.values(Kind::QueueLog, "queuename"), ["blé"]);
}
