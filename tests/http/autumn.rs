//! The capture, as if it had been made in Paris while the clock was put back: the same calls.

use std::path::Path;

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use chrono_tz::Europe::Paris;
use serde_json::Value;

use super::capture::SINCE;
use crate::support::TestDatabase;
use crate::support::service::{Service, capture, import_directory, succeed};

/// When the capture's first call began.
const FIRST: i64 = 1_795_393_087;
/// On 2025-10-26 at 01:00 UTC it is 03:00 in Paris, and then 02:00 again.
const CHANGE: i64 = 1_761_440_400;

/// A file of the capture, moved: its local times in Paris, and the epochs in its ids.
fn moved(file: &str, by: TimeDelta, folder: &Path) -> String {
    let mut reader = csv::Reader::from_path(capture(file)).unwrap();
    let path = folder.join(file);
    let mut writer = csv::Writer::from_path(&path).unwrap();
    writer.write_record(reader.headers().unwrap()).unwrap();
    for record in reader.records() {
        let record = record.unwrap();
        let fields = record.iter().map(|field| moved_field(field, by));
        writer.write_record(fields).unwrap();
    }
    writer.flush().unwrap();
    path.display().to_string()
}

fn moved_field(field: &str, by: TimeDelta) -> String {
    if let Ok(time) = NaiveDateTime::parse_from_str(field, "%Y-%m-%d %H:%M:%S%.f") {
        let local = (time.and_utc() + by).with_timezone(&Paris);
        return local.format("%Y-%m-%d %H:%M:%S%.f").to_string();
    }
    match field.split_once('.') {
        Some((epoch, counter)) if epoch.len() == 10 => {
            let epoch: i64 = epoch.parse().unwrap();
            format!("{}.{counter}", epoch + by.num_seconds())
        }
        _ => field.to_owned(),
    }
}

/// All entries of the capture's histories, in their order, with their starts moved.
fn entries(service: &Service, since: &str, by: TimeDelta) -> Vec<String> {
    let mut all = Vec::new();
    let users = ["usera", "userb", "userc", "userd", "usere", "userh"];
    let users = users.map(|user| format!("user?user={user}"));
    let agents = ["2501", "2502", "2507"].map(|agent| format!("agent?agent={agent}"));
    let numbers = ["0611223344", "0145678901", "0699000012", "0699000022"];
    let numbers = numbers.map(|number| format!("customer?number={number}"));
    let queues = [
        "queue?name=bl".to_owned(),
        "queue?name=t".to_owned(),
        "queue?name=empty".to_owned(),
    ];
    for history in users.iter().chain(&agents).chain(&numbers).chain(&queues) {
        let path = format!("/history/{history}&answeredElsewhere=include&{since}");
        let mut of_one: Vec<(DateTime<Utc>, String)> = Vec::new();
        for mut entry in service.entries(&path) {
            let fields = entry.as_object_mut().unwrap();
            let start = fields.remove("startedAt").unwrap();
            let start = DateTime::parse_from_rfc3339(start.as_str().unwrap()).unwrap();
            let at = start.to_utc() + by;
            fields.insert("at".to_owned(), at.to_rfc3339().into());
            fields.remove("start");
            fields.remove("callId");
            of_one.push((at, entry.to_string()));
        }
        assert!(of_one.is_sorted_by(|a, b| a.0 >= b.0), "{path}");
        // Of one second, ids decide: they are others here.
        of_one.sort();
        all.extend(of_one.into_iter().map(|(_, entry)| entry));
    }
    all
}

fn imported(files: &[&str], folder: Option<(&Path, TimeDelta)>) -> TestDatabase {
    let database = TestDatabase::new();
    import_directory(&database);
    let mut arguments = vec!["import".to_owned(), "--timezone".to_owned()];
    arguments.push(
        if folder.is_some() {
            "Europe/Paris"
        } else {
            "UTC"
        }
        .to_owned(),
    );
    for file in files {
        let option = file.strip_suffix(".csv").unwrap().replace('_', "-");
        arguments.push(format!("--{option}"));
        arguments.push(match folder {
            Some((folder, by)) => moved(file, by, folder),
            None => capture(file),
        });
    }
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    succeed(&database, &arguments);
    database
}

#[test]
fn calls_over_the_change_of_the_clock_are_the_same_calls() {
    let nothing = TimeDelta::zero();
    let since = "from=2025-10-20&until=2025-11-01&size=1000";
    for files in [
        &["cdr.csv", "queue_log.csv"][..],
        &["cel.csv", "queue_log.csv"],
        &["cdr.csv", "cel.csv", "queue_log.csv"],
    ] {
        let original = imported(files, None);
        // Over the change; all in the first pass, and all in the second.
        for second in [CHANGE - 130, CHANGE - 3_500, CHANGE + 600] {
            let by = TimeDelta::seconds(second - FIRST);
            let expected = entries(&Service::start(&original), SINCE, by);
            assert!(expected.len() > 90, "{}", expected.len());
            let folder = tempfile::tempdir().unwrap();
            let database = imported(files, Some((folder.path(), by)));
            let found = entries(&Service::start(&database), since, nothing);
            for (found, expected) in found.iter().zip(&expected) {
                assert_eq!(found, expected, "{files:?} from {second}");
            }
            assert_eq!(found.len(), expected.len(), "{files:?} from {second}");
        }
    }
}

#[test]
fn a_zone_of_a_request_shows_the_offset_of_each_moment() {
    let folder = tempfile::tempdir().unwrap();
    let by = TimeDelta::seconds(CHANGE - 130 - FIRST);
    let database = imported(&["cdr.csv", "queue_log.csv"], Some((folder.path(), by)));
    let service = Service::start(&database);
    let all = |parameters: &str| {
        let path = format!("/history/user?user=usera&size=1000&{parameters}");
        service.entries(&path)
    };
    let found = all("from=2025-10-20&until=2025-11-01&tz=Europe/Paris");
    let mut before = None;
    let mut offsets = std::collections::BTreeSet::new();
    for entry in &found {
        let (start, at) = (
            entry["start"].as_str().unwrap(),
            entry["startedAt"].as_str().unwrap(),
        );
        let at = DateTime::parse_from_rfc3339(at).unwrap();
        // The same clock, and newest first by the moment, though the clock ran back.
        assert_eq!(at.naive_local().to_string(), start);
        assert!(before.is_none_or(|before| at <= before));
        before = Some(at);
        offsets.insert(at.offset().local_minus_utc());
    }
    assert_eq!(offsets.into_iter().collect::<Vec<_>>(), [3_600, 7_200]);
    // Local days of this zone: the day of the change has 25 hours.
    let day = all("from=2025-10-26&until=2025-10-27&tz=Europe/Paris");
    assert_eq!(day, found);
    assert_eq!(
        all("from=2025-10-27&until=2025-10-28&tz=Europe/Paris"),
        Vec::<Value>::new()
    );
}

#[test]
fn days_are_24_hours_each_over_the_change() {
    // Not the capture's: a call 23, 25 hours before now, with the zone set to one that changes
    // its clock makes no difference to what "one day" is.
    let database = TestDatabase::new();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cdr.csv");
    let now = Utc::now();
    let mut rows =
        "start,channel,dstchannel,disposition,duration,billsec,src,dst,uniqueid\n".to_owned();
    for (n, hours) in [23, 25].into_iter().enumerate() {
        let start = (now - TimeDelta::hours(hours)).format("%Y-%m-%d %H:%M:%S");
        rows += &format!("{start},PJSIP/1000-{n},PJSIP/1001-{n},ANSWERED,5,4,1000,1001,{n}.1\n");
    }
    std::fs::write(&path, rows).unwrap();
    succeed(&database, &["import", "--cdr", &path.display().to_string()]);
    let service = Service::start(&database);
    for (days, count) in [(1, 1), (2, 2)] {
        for zone in ["UTC", "Europe/Paris", "America/New_York", "Pacific/Apia"] {
            let path = format!("/history/user?user=1000&days={days}&tz={zone}");
            assert_eq!(service.entries(&path).len(), count, "{path}");
        }
    }
}
