//! Rows from CSV files with a header line, in any order of columns.

use std::io::Read;

use super::record::{Kind, Record};

/// A line that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadLine {
    /// Its number in the file, from 1.
    pub line: u64,
    /// What is wrong with it, for a person.
    pub reason: String,
}

/// Rows of one kind from a CSV file.
pub struct Rows<R> {
    kind: Kind,
    csv: csv::Reader<R>,
    /// For each column of the file, its place in a [`Record`].
    places: Vec<Option<usize>>,
    raw: csv::ByteRecord,
}

impl<R: Read> Rows<R> {
    /// Begins to read, with the header line.
    ///
    /// # Errors
    /// The header line is missing, or lacks columns without which rows say nothing.
    pub fn new(kind: Kind, file: R) -> Result<Self, BadLine> {
        let at_header = |reason: String| BadLine { line: 1, reason };
        let mut csv = csv::ReaderBuilder::new().flexible(true).from_reader(file);
        let header = csv
            .byte_headers()
            .map_err(|error| at_header(format!("cannot be read: {error}")))?;
        if header.is_empty() {
            return Err(at_header(format!(
                "the file is empty; a header line with the columns of {} is expected",
                kind.table()
            )));
        }
        let places: Vec<Option<usize>> = header
            .iter()
            .map(|name| kind.position(text(name).trim().trim_start_matches('\u{feff}')))
            .collect();
        let missing: Vec<&str> = kind
            .required()
            .iter()
            .copied()
            .filter(|name| !places.contains(&kind.position(name)))
            .collect();
        if !missing.is_empty() {
            return Err(at_header(format!(
                "this is no CSV of {}: its header line has no column {}",
                kind.table(),
                missing.join(", ")
            )));
        }
        Ok(Self {
            kind,
            csv,
            places,
            raw: csv::ByteRecord::new(),
        })
    }

    fn record(&self) -> Result<Record, String> {
        if self.raw.len() != self.places.len() {
            return Err(format!(
                "{} fields where the header line has {}",
                self.raw.len(),
                self.places.len()
            ));
        }
        let mut record = Record::new(self.kind);
        for (value, place) in self.raw.iter().zip(&self.places) {
            let (Some(place), false) = (*place, value.is_empty()) else {
                continue;
            };
            let value = text(value);
            let column = &self.kind.columns()[place];
            let width = value.chars().count();
            if width > column.width {
                return Err(format!(
                    "{} has {width} characters, more than {}",
                    column.name, column.width
                ));
            }
            record.set(place, value);
        }
        Ok(record)
    }
}

impl<R: Read> Iterator for Rows<R> {
    /// A row with the number of its line.
    type Item = Result<(u64, Record), BadLine>;

    fn next(&mut self) -> Option<Self::Item> {
        let line = self.csv.position().line();
        match self.csv.read_byte_record(&mut self.raw) {
            Ok(false) => None,
            Ok(true) => {
                let line = self.raw.position().map_or(line, csv::Position::line);
                Some(match self.record() {
                    Ok(record) => Ok((line, record)),
                    Err(reason) => Err(BadLine { line, reason }),
                })
            }
            Err(error) => Some(Err(BadLine {
                line,
                reason: error.to_string(),
            })),
        }
    }
}

/// The text of these bytes; what is no UTF-8 is shown by a replacement character.
fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(file: &str) -> Vec<Result<(u64, Record), BadLine>> {
        match Rows::new(Kind::QueueLog, file.as_bytes()) {
            Ok(rows) => rows.collect(),
            Err(bad) => vec![Err(bad)],
        }
    }

    const HEADER: &str = "event,time,callid,queuename,agent,data1,nonsense\n";

    #[test]
    fn columns_come_in_any_order_and_unknown_ones_are_left_out() {
        let rows = read(&format!(
            "{HEADER}ABANDON,2026-01-01 00:00:00,1.2,\"bl\"\"ue, x\",NONE,1,?\n"
        ));
        let (line, record) = rows[0].clone().unwrap();
        assert_eq!(line, 2);
        assert_eq!(record.get("event"), "ABANDON");
        assert_eq!(record.get("queuename"), "bl\"ue, x");
        assert_eq!(record.get("data2"), "");
    }

    #[test]
    fn a_bad_line_has_its_number_and_the_rest_is_kept() {
        let rows = read(&format!(
            "{HEADER}a,b\nx,t,1.2,q,NONE,1,2\ny,t,1.2,q,NONE,{},2\n",
            "1".repeat(300)
        ));
        assert_eq!(rows[0].as_ref().unwrap_err().line, 2);
        assert!(rows[1].is_ok());
        let bad = rows[2].as_ref().unwrap_err();
        assert_eq!(bad.line, 4);
        assert!(bad.reason.contains("data1 has 300 characters"), "{bad:?}");
    }

    #[test]
    fn a_file_without_the_columns_is_refused_by_name() {
        for file in ["", "\n", "hello world\nfoo\n", "time,callid\n1,2\n"] {
            let bad = read(file)[0].clone().unwrap_err();
            assert_eq!(bad.line, 1, "{file:?}");
            assert!(bad.reason.contains("queue_log"), "{bad:?}");
        }
    }
}
