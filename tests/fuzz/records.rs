//! Any bytes, read as a file of rows of each kind.

use std::io::{self, Read};

use call_history::asterisk::file::{BadLine, Rows};
use call_history::asterisk::{Cdr, ChannelEvent, Kind, QueueEvent, Record};
use call_history::fold;
use chrono_tz::Europe::Paris;

use super::{cells, properties};

/// So many rows of a file are folded, as if they were one call.
const FOLDED: usize = 100;
/// No call and no row is longer: a month.
const LONGEST: i64 = 31 * 86_400;

type Item = Result<(u64, Record), BadLine>;
type File = Result<Vec<Item>, BadLine>;

pub(super) fn check(data: &[u8]) {
    for kind in Kind::ALL {
        let whole = read(kind, data);
        let piece = 1 + data.len() % 13;
        let pieces = read(kind, Pieces { data, piece });
        // How much comes out of a damaged gzip file before the damage is seen is its buffers'.
        if !damaged(&whole) {
            assert_eq!(whole, pieces, "pieces of {piece} bytes");
        }
        breaks(kind, data);
        if let Ok(items) = whole {
            numbered(&items);
            understand(kind, items.into_iter().flatten().map(|(_, record)| record));
        }
    }
}

fn read(kind: Kind, file: impl Read) -> File {
    Rows::new(kind, file).map(Iterator::collect)
}

/// The numbers of lines rise, also where a line was taken for the end of a broken one.
fn numbered(items: &[Item]) {
    let numbers: Vec<u64> = items
        .iter()
        .map(|item| item.as_ref().map_or_else(|bad| bad.line, |(line, _)| *line))
        .collect();
    assert!(numbers.is_sorted_by(|a, b| a < b), "{numbers:?}");
}

/// A file that cannot be read to its end is never taken for a whole one, and that is told once.
fn breaks(kind: Kind, data: &[u8]) {
    let items = read(kind, data.chain(Broken));
    if let Ok(items) = &items {
        let bad = items.iter().filter_map(|item| item.as_ref().err());
        let told = bad.filter(|bad| is_damage(bad)).count();
        assert_eq!(told, 1, "{items:?}");
    }
}

fn damaged(read: &File) -> bool {
    match read {
        Ok(items) => items
            .iter()
            .any(|item| item.as_ref().err().is_some_and(is_damage)),
        Err(bad) => is_damage(bad),
    }
}

fn is_damage(bad: &BadLine) -> bool {
    bad.reason.contains("cannot be read any further")
}

/// What is read is understood as the service does it, and folded as one call.
fn understand(kind: Kind, records: impl Iterator<Item = Record>) {
    let mut rows = fold::Rows {
        source: fold::DEFAULT_SOURCE.to_owned(),
        linkedid: "1.1".to_owned(),
        ..fold::Rows::default()
    };
    for (place, record) in (0..).zip(records) {
        assert_eq!(record.fingerprint(), record.clone().fingerprint());
        match kind {
            Kind::Cdr => rows.cdr.extend(Cdr::read(&record, Paris)),
            Kind::QueueLog => rows
                .queue_log
                .extend(QueueEvent::read(&record, place, Paris)),
            Kind::Cel => rows.cel.extend(ChannelEvent::read(&record, Paris)),
        }
    }
    for row in &rows.cdr {
        let length = (row.end - row.start).num_seconds();
        assert!((0..=LONGEST).contains(&length), "{row:?}");
        assert!((row.start..=row.end).contains(&row.answer), "{row:?}");
    }
    for event in &rows.queue_log {
        for seconds in [event.hold(), event.talk()].into_iter().flatten() {
            assert!((0..=LONGEST).contains(&seconds), "{event:?}");
        }
    }
    rows.cdr.truncate(FOLDED);
    rows.queue_log.truncate(FOLDED);
    rows.cel.truncate(FOLDED);
    properties::check(&rows, &cells::directory(4));
}

/// A file that is read in pieces of so many bytes, as a pipe is.
struct Pieces<'a> {
    data: &'a [u8],
    piece: usize,
}

impl Read for Pieces<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = self.piece.min(buffer.len());
        self.data.read(&mut buffer[..most])
    }
}

/// The end of a broken disk.
struct Broken;

impl Read for Broken {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(io::Error::other("broken disk"))
    }
}
