//! Rows of CSV files, understood and grouped into conversations without a database.

use std::collections::BTreeMap;
use std::path::Path;

use call_history::asterisk::{Cdr, Kind, QueueEvent, Record, csv};
use call_history::fold::{DEFAULT_SOURCE, Rows};

/// The path of a file of the capture.
pub fn capture(file: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures/asterisk")
        .join(file)
}

/// The records of a CSV file.
pub fn records(kind: Kind, file: &Path) -> Vec<Record> {
    let file = std::fs::File::open(file).unwrap();
    let rows = csv::Rows::new(kind, file).unwrap();
    rows.map(|row| row.unwrap().1).collect()
}

/// The conversations of these records, as the store would hand them to folding.
pub fn conversations(cdr: &[Record], queue_log: &[Record]) -> Vec<Rows> {
    let mut rows: BTreeMap<String, Rows> = BTreeMap::new();
    let mut linkedids = BTreeMap::new();
    for record in cdr {
        let linkedid = record.get("linkedid").to_owned();
        linkedids.insert(record.get("uniqueid").to_owned(), linkedid.clone());
        let cdr = Cdr::read(record, chrono_tz::UTC).unwrap();
        rows.entry(linkedid).or_default().cdr.push(cdr);
    }
    for (place, record) in queue_log.iter().enumerate() {
        let event = QueueEvent::read(record, place as i64, chrono_tz::UTC).unwrap();
        if ["NONE", "MANAGER"].contains(&event.callid.as_str()) {
            continue;
        }
        let linkedid = linkedids.get(&event.callid).unwrap_or(&event.callid);
        rows.entry(linkedid.clone()).or_default().queue_log.push(event);
    }
    rows.into_iter()
        .map(|(linkedid, rows)| Rows {
            source: DEFAULT_SOURCE.to_owned(),
            linkedid,
            ..rows
        })
        .collect()
}
