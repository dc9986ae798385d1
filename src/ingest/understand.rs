//! Records, which are texts, → rows that folding understands. What cannot be understood is
//! counted and left out; it stays in the landing table.

use super::row_order;
use crate::asterisk::{Cdr, ChannelEvent, Kind, QueueEvent, Record};
use crate::fold::Rows;
use crate::store::landing::CallRecords;
use crate::store::sources::Zones;

/// Whether a record can be understood.
///
/// # Errors
/// The reason why it cannot.
pub fn check(record: &Record, zones: Zones) -> Result<(), String> {
    match record.kind() {
        Kind::Cdr => Cdr::read(record, zones.cdr).map(drop),
        Kind::QueueLog => QueueEvent::read(record, 0, zones.queue_log).map(drop),
        Kind::Cel => ChannelEvent::read(record, zones.cel).map(drop),
    }
}

/// The rows of one conversation, and how many records were not understood.
pub(super) fn understand(source: &str, records: CallRecords, zones: Zones) -> (Rows, usize) {
    let mut skipped = 0;
    let mut rows = Rows {
        source: source.to_owned(),
        linkedid: records.conversation,
        ..Rows::default()
    };
    for stored in &records.cdr {
        match Cdr::read(&stored.record, zones.cdr) {
            Ok(cdr) => rows.cdr.push(cdr),
            Err(reason) => skip(&mut skipped, "cdr", stored.id, &reason),
        }
    }
    for stored in &records.queue_log {
        match QueueEvent::read(&stored.record, stored.id, zones.queue_log) {
            Ok(event) => rows.queue_log.push(event),
            Err(reason) => skip(&mut skipped, "queue_log", stored.id, &reason),
        }
    }
    for stored in &records.cel {
        match ChannelEvent::read(&stored.record, zones.cel) {
            Ok(event) => rows.cel.push(event),
            Err(reason) => skip(&mut skipped, "cel", stored.id, &reason),
        }
    }
    row_order::decide(&mut rows.cdr);
    row_order::decide(&mut rows.queue_log);
    row_order::decide(&mut rows.cel);
    (rows, skipped)
}

/// The reason may quote what stands in the row, so only its place is logged above debug level.
fn skip(skipped: &mut usize, table: &str, id: i64, reason: &str) {
    *skipped += 1;
    log::debug!("{table} row {id} is not understood: {reason}");
}
