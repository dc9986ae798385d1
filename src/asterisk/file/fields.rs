//! A line of CSV → its fields.

use csv_core::{ReadRecordResult, Reader};

use crate::asterisk::text::decoded;

/// The fields of one line, in one buffer that is used again for the next.
#[derive(Debug, Default)]
pub(super) struct Fields {
    text: String,
    ends: Vec<usize>,
}

impl Fields {
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    pub(super) fn get(&self, n: usize) -> Option<&str> {
        let end = *self.ends.get(n)?;
        let start = n.checked_sub(1).map_or(0, |before| self.ends[before]);
        self.text.get(start..end)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.len()).map(|n| self.get(n).unwrap_or_default())
    }

    fn clear(&mut self) {
        self.text.clear();
        self.ends.clear();
    }

    fn push(&mut self, field: &[u8]) {
        match std::str::from_utf8(field) {
            Ok(field) => self.text.push_str(field),
            Err(_) => self.text.push_str(&decoded(field)),
        }
        self.ends.push(self.text.len());
    }

    /// Takes a text apart at a separator that is never quoted.
    pub(super) fn split(&mut self, text: &str, separator: char) {
        self.clear();
        for field in text.split(separator) {
            self.push(field.as_bytes());
        }
    }
}

/// A reader of CSV lines.
pub(super) struct Parser {
    reader: Reader,
    output: Vec<u8>,
    ends: Vec<usize>,
}

impl Parser {
    pub(super) fn new() -> Self {
        Self {
            reader: Reader::new(),
            output: vec![0; 4096],
            ends: vec![0; 64],
        }
    }

    /// Takes a line apart; false when a quoted field is not closed at its end.
    pub(super) fn parse(&mut self, line: &[u8], fields: &mut Fields) -> bool {
        fields.clear();
        self.reader.reset();
        // No more fields, and no more text, than the line has bytes.
        if self.output.len() <= line.len() {
            self.output.resize(line.len() + 1, 0);
        }
        let mut separators = line.iter().filter(|byte| **byte == b',').count() + 2;
        separators = separators.max(self.ends.len());
        self.ends.resize(separators, 0);
        let (mut read, mut written, mut ended) = (0, 0, 0);
        for input in [line, b"\n"] {
            let (result, r, w, e) = self.reader.read_record(
                input,
                &mut self.output[written..],
                &mut self.ends[ended..],
            );
            read += r;
            written += w;
            ended += e;
            match result {
                ReadRecordResult::Record => {
                    let mut start = 0;
                    for end in &self.ends[..ended] {
                        fields.push(&self.output[start..*end]);
                        start = *end;
                    }
                    return read >= line.len();
                }
                ReadRecordResult::InputEmpty => {}
                _ => return false,
            }
        }
        false
    }
}
