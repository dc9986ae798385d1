//! Rows from files, in every form in which they are found: CSV with a header line, Asterisk's
//! header-less `Master.csv`, its `queue_log` text file; gzipped or not.
//!
//! ```text
//! bytes ─lines─► lines ─fields─► fields ─layout─► records
//! ```
//!
//! A line that is broken costs that line and no other, and no line, however long, costs more
//! memory than 256 KiB.

mod fields;
mod layout;
mod lines;

use std::io::{self, BufRead, BufReader, Read};

use flate2::bufread::MultiGzDecoder;

use super::record::{Kind, Record};
use super::text::decoded;
use fields::{Fields, Parser};
use layout::Layout;
use lines::{Line, Lines};

/// So many lines a quoted field may go over.
const MOST_LINES: usize = 16;

/// A line that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadLine {
    /// Its number in the file, from 1.
    pub line: u64,
    /// What is wrong with it, for a person.
    pub reason: String,
}

impl BadLine {
    fn new(line: u64, reason: impl Into<String>) -> Self {
        Self {
            line,
            reason: reason.into(),
        }
    }
}

/// The rows of one kind in a file.
pub struct Rows<'a> {
    layout: Layout,
    lines: Lines<Box<dyn BufRead + 'a>>,
    parser: Parser,
    fields: Fields,
}

impl<'a> Rows<'a> {
    /// Begins to read; the first line tells the form of the file.
    ///
    /// # Errors
    /// The file is empty, or in no form in which rows of this kind come.
    pub fn new(kind: Kind, file: impl Read + 'a) -> Result<Self, BadLine> {
        let lines = Lines::new(unpacked(file).map_err(|error| unreadable(1, &error))?);
        let mut rows = Self {
            layout: Layout::QueueLogText,
            lines,
            parser: Parser::new(),
            fields: Fields::default(),
        };
        let Some(first) = rows.next_line() else {
            let table = kind.table();
            return Err(BadLine::new(
                1,
                format!("the file is empty; rows of {table} are expected"),
            ));
        };
        let first = first?;
        let text = decoded(&first.bytes);
        if kind == Kind::QueueLog && Layout::is_queue_log_text(&text) {
            rows.lines.push_back(Ok(first));
            return Ok(rows);
        }
        let number = first.number;
        rows.fields_of(&first)?;
        if let Some(layout) = Layout::of_header(kind, &rows.fields) {
            rows.layout = layout.map_err(|reason| BadLine::new(number, reason))?;
        } else if kind == Kind::Cdr && Layout::is_master(&rows.fields) {
            rows.layout = Layout::Master;
            rows.lines.push_back(Ok(first));
        } else {
            return Err(BadLine::new(number, Layout::unknown(kind)));
        }
        Ok(rows)
    }

    /// The lines of a part of Asterisk's `queue_log` file.
    pub fn of_queue_log(part: &'a [u8]) -> Self {
        Self {
            layout: Layout::QueueLogText,
            lines: Lines::new(Box::new(part)),
            parser: Parser::new(),
            fields: Fields::default(),
        }
    }

    /// The next line that is not blank.
    fn next_line(&mut self) -> Option<Result<Line, BadLine>> {
        loop {
            match self.lines.next()? {
                Ok(line) if line.bytes.iter().all(u8::is_ascii_whitespace) => {}
                other => return Some(other),
            }
        }
    }

    /// Takes a line apart into `self.fields`; with the lines behind it, where a quoted field
    /// goes on there.
    fn fields_of(&mut self, line: &Line) -> Result<(), BadLine> {
        if self.parser.parse(&line.bytes, &mut self.fields) {
            return Ok(());
        }
        let mut whole = line.bytes.clone();
        let mut taken = Vec::new();
        while taken.len() < MOST_LINES && whole.len() < lines::LONGEST {
            let Some(next) = self.lines.next() else {
                break;
            };
            taken.push(next);
            let Some(Ok(next)) = taken.last() else {
                break;
            };
            // A whole row is no part of a field: the quote was cut off with the rest of its
            // line.
            let is_row = self.parser.parse(&next.bytes, &mut self.fields)
                && self.layout.takes(self.fields.len());
            if is_row {
                break;
            }
            whole.push(b'\n');
            whole.extend_from_slice(&next.bytes);
            if self.parser.parse(&whole, &mut self.fields) {
                return Ok(());
            }
        }
        // It never ends: this line is bad, and the next ones are lines, or bad, of their own.
        for line in taken.into_iter().rev() {
            self.lines.push_back(line);
        }
        Err(BadLine::new(
            line.number,
            "a quote is opened and not closed",
        ))
    }

    fn record(&mut self, line: &Line) -> Result<Record, BadLine> {
        if matches!(self.layout, Layout::QueueLogText) {
            self.fields.split(&decoded(&line.bytes), '|');
        } else {
            self.fields_of(line)?;
        }
        self.layout
            .record(&self.fields)
            .map_err(|reason| BadLine::new(line.number, reason))
    }
}

impl Iterator for Rows<'_> {
    /// A row with the number of its line.
    type Item = Result<(u64, Record), BadLine>;

    fn next(&mut self) -> Option<Self::Item> {
        Some(match self.next_line()? {
            Ok(line) => self.record(&line).map(|record| (line.number, record)),
            Err(bad) => Err(bad),
        })
    }
}

/// The file's own bytes, also where it is gzipped (rotated logs are).
fn unpacked<'a>(mut file: impl Read + 'a) -> io::Result<Box<dyn BufRead + 'a>> {
    // A pipe may give one byte first: the two that tell are waited for.
    let mut first = Vec::with_capacity(2);
    file.by_ref().take(2).read_to_end(&mut first)?;
    let is_packed = first == [0x1f, 0x8b];
    let file = BufReader::with_capacity(64 * 1024, io::Cursor::new(first).chain(file));
    Ok(if is_packed {
        Box::new(BufReader::with_capacity(
            64 * 1024,
            MultiGzDecoder::new(file),
        ))
    } else {
        Box::new(file)
    })
}

fn unreadable(line: u64, error: &io::Error) -> BadLine {
    BadLine::new(
        line,
        format!("the file cannot be read any further: {error}"),
    )
}

#[cfg(test)]
mod tests;
