//! Every form of file in which the capture's rows can come gives the same histories.

use std::io::Write;
use std::path::Path;

use crate::capture;
use crate::support::TestDatabase;
use crate::support::service::{capture as file, import_directory, succeed};

/// The rows of the capture's `cdr.csv`, by the names of their columns.
fn cdr() -> Vec<csv::StringRecord> {
    let mut reader = csv::Reader::from_path(file("cdr.csv")).unwrap();
    let header = reader.headers().unwrap().clone();
    let mut rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    rows.insert(0, header);
    rows
}

fn value<'a>(rows: &'a [csv::StringRecord], row: &'a csv::StringRecord, column: &str) -> &'a str {
    let place = rows[0].iter().position(|name| name == column).unwrap();
    &row[place]
}

fn histories_come_out(cdr: &Path, queue_log: &str) {
    let database = TestDatabase::new();
    let cdr = cdr.display().to_string();
    succeed(
        &database,
        &["import", "--cdr", &cdr, "--queue-log", queue_log],
    );
    import_directory(&database);
    capture::compare(&database);
}

/// As `cdr_csv` writes it, with all optional columns: no header, an answer, words.
#[test]
fn asterisks_master_csv() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("Master.csv");
    let mut master = csv::WriterBuilder::new()
        .has_headers(false)
        .quote_style(csv::QuoteStyle::NonNumeric)
        .from_path(&path)
        .unwrap();
    let rows = cdr();
    for row in &rows[1..] {
        let get = |column: &str| value(&rows, row, column).to_owned();
        let start = chrono::NaiveDateTime::parse_from_str(&get("calldate"), "%Y-%m-%d %H:%M:%S");
        let start = start.unwrap();
        let after = |seconds: i64| (start + chrono::TimeDelta::seconds(seconds)).to_string();
        let (duration, billsec): (i64, i64) = (
            get("duration").parse().unwrap(),
            get("billsec").parse().unwrap(),
        );
        let answer = if billsec > 0 {
            after(duration - billsec)
        } else {
            String::new()
        };
        let mut fields: Vec<String> = [
            "accountcode",
            "src",
            "dst",
            "dcontext",
            "clid",
            "channel",
            "dstchannel",
            "lastapp",
            "lastdata",
        ]
        .map(get)
        .to_vec();
        fields.extend([
            after(0),
            answer,
            after(duration),
            get("duration"),
            get("billsec"),
        ]);
        fields.extend([get("disposition"), "DOCUMENTATION".to_owned()]);
        fields.extend(
            [
                "uniqueid",
                "userfield",
                "peeraccount",
                "linkedid",
                "sequence",
            ]
            .map(get),
        );
        master.write_record(fields).unwrap();
    }
    master.flush().unwrap();
    drop(master);
    // No `did` there: the answers that are compared do not need it.
    histories_come_out(&path, &file("queue_log.csv"));
}

/// Asterisk's own table: `start`, `answer`, `end`, numbers in place of words, fractions.
#[test]
fn asterisks_own_table_with_numbers() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cdr.csv");
    let text = std::fs::read_to_string(file("cdr.csv")).unwrap();
    let text = text
        .replacen("calldate", "START", 1)
        .replace(",NO ANSWER,", ",0,")
        .replace(",ANSWERED,", ",8,")
        .replace(",BUSY,", ",4,");
    std::fs::write(&path, text).unwrap();
    histories_come_out(&path, &file("queue_log.csv"));
}

#[test]
fn the_queue_log_file_of_asterisk() {
    histories_come_out(Path::new(&file("cdr.csv")), &file("queue_log"));
}

#[test]
fn a_rotated_and_gzipped_log_in_parts() {
    let folder = tempfile::tempdir().unwrap();
    let log = std::fs::read_to_string(file("queue_log")).unwrap();
    let lines: Vec<&str> = log.lines().collect();
    let (old, new) = lines.split_at(lines.len() / 2);
    let packed = folder.path().join("queue_log.1.gz");
    let out = std::fs::File::create(&packed).unwrap();
    let mut out = flate2::write::GzEncoder::new(out, flate2::Compression::default());
    out.write_all(old.join("\n").as_bytes()).unwrap();
    out.finish().unwrap();
    let current = folder.path().join("queue_log");
    std::fs::write(&current, new.join("\n")).unwrap();

    let database = TestDatabase::new();
    let [packed, current] = [packed, current].map(|path| path.display().to_string());
    // The shell's queue_log*: the newest comes first.
    succeed(
        &database,
        &[
            "import",
            "--cdr",
            &file("cdr.csv"),
            "--queue-log",
            &current,
            &packed,
        ],
    );
    import_directory(&database);
    capture::compare(&database);
}

#[test]
fn one_data_column_and_epochs() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("queue_log.csv");
    let mut out = csv::Writer::from_path(&path).unwrap();
    out.write_record(["data", "event", "agent", "queuename", "callid", "time"])
        .unwrap();
    for line in std::fs::read_to_string(file("queue_log")).unwrap().lines() {
        let fields: Vec<&str> = line.splitn(6, '|').collect();
        out.write_record(fields.iter().rev()).unwrap();
    }
    out.flush().unwrap();
    histories_come_out(Path::new(&file("cdr.csv")), &path.display().to_string());
}

#[test]
fn the_table_and_the_log_file_together_are_not_doubled() {
    let database = TestDatabase::new();
    let (cdr, table, log) = (file("cdr.csv"), file("queue_log.csv"), file("queue_log"));
    succeed(
        &database,
        &["import", "--cdr", &cdr, "--queue-log", &log, &table],
    );
    import_directory(&database);
    capture::compare(&database);
}
