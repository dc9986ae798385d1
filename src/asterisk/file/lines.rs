//! The lines of a file: numbered, without their ends, none longer than can be held.

use std::collections::VecDeque;
use std::io::BufRead;

use super::{BadLine, unreadable};

/// A line of more bytes is bad; its rest is read over.
pub(super) const LONGEST: usize = 256 * 1024;

/// A line of a file.
#[derive(Debug)]
pub(super) struct Line {
    /// From 1.
    pub(super) number: u64,
    /// Without the end of the line.
    pub(super) bytes: Vec<u8>,
}

pub(super) struct Lines<R> {
    file: R,
    number: u64,
    returned: VecDeque<Result<Line, BadLine>>,
    broken: bool,
}

impl<R: BufRead> Lines<R> {
    pub(super) fn new(file: R) -> Self {
        Self {
            file,
            number: 0,
            returned: VecDeque::new(),
            broken: false,
        }
    }

    /// Gives a line back, or what was wrong with it: it comes next again.
    pub(super) fn push_back(&mut self, line: Result<Line, BadLine>) {
        self.returned.push_front(line);
    }

    fn read(&mut self) -> std::io::Result<Option<Result<Vec<u8>, usize>>> {
        let mut bytes = Vec::new();
        let mut length = 0;
        loop {
            let available = match self.file.fill_buf() {
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
                other => other?,
            };
            let end = available.iter().position(|byte| *byte == b'\n');
            let part = &available[..end.unwrap_or(available.len())];
            if available.is_empty() && length == 0 {
                return Ok(None);
            }
            length += part.len();
            if length <= LONGEST {
                bytes.extend_from_slice(part);
            }
            let finished = end.is_some() || available.is_empty();
            let used = part.len() + usize::from(end.is_some());
            self.file.consume(used);
            if finished {
                return Ok(Some(if length <= LONGEST {
                    Ok(bytes)
                } else {
                    Err(length)
                }));
            }
        }
    }
}

impl<R: BufRead> Iterator for Lines<R> {
    type Item = Result<Line, BadLine>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(line) = self.returned.pop_front() {
            return Some(line);
        }
        if self.broken {
            return None;
        }
        self.number += 1;
        let number = self.number;
        match self.read() {
            Ok(None) => None,
            Ok(Some(Ok(mut bytes))) => {
                if bytes.last() == Some(&b'\r') {
                    bytes.pop();
                }
                if number == 1 && bytes.starts_with("\u{feff}".as_bytes()) {
                    bytes.drain(..3);
                }
                Some(Ok(Line { number, bytes }))
            }
            Ok(Some(Err(length))) => Some(Err(BadLine::new(
                number,
                format!("the line has {length} bytes, more than {LONGEST}"),
            ))),
            Err(error) => {
                self.broken = true;
                Some(Err(unreadable(number, &error)))
            }
        }
    }
}
