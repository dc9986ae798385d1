//! Following Asterisk's `queue_log` file, through rotation.
//!
//! Rotated parts lie beside the file: `queue_log.1`, `queue_log-20261123`, either also gzipped.
//! All parts together are one log: the position is in one of them, told by its first bytes, and
//! what is read next is the rest of that one, then the next one, and in the end the file itself.

mod parts;

use std::path::PathBuf;
use std::time::Duration;

use diesel::result::Error;
use serde::{Deserialize, Serialize};

use super::settings::Settings;
use super::task::{Source, Step, Task, Trouble};
use crate::asterisk::file::{BadLine, Rows};
use crate::asterisk::{Kind, Record};
use crate::store::lease::{Fence, fenced};
use crate::store::{Connection, bad_lines, landing, positions};
use parts::{Head, Part};

/// The part of a source whose position this is.
const PART: &str = "queue_log file";

/// So much of the file is read in one step. A longer line is no line.
const BLOCK: usize = 512 * 1024;

/// How often it is looked whether the file has grown.
const EVERY: Duration = Duration::from_millis(300);

/// The source that follows a log file.
pub fn source(settings: &Settings) -> Option<Source> {
    let path = settings.queue_log_file.clone()?;
    let source = settings.name.clone();
    let task = move || -> Box<dyn Task> {
        Box::new(LogFile {
            source: source.clone(),
            path: path.clone(),
            position: None,
        })
    };
    Some(Source {
        name: format!("{} (log file)", settings.name),
        task: Box::new(task),
    })
}

struct LogFile {
    source: String,
    path: PathBuf,
    /// None until it was read from our database.
    position: Option<Position>,
}

/// How far the log was copied.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Position {
    /// The part that was read last.
    head: Head,
    /// Its inode.
    inode: u64,
    /// When it was written last, in seconds since 1970.
    modified: i64,
    /// So many of its bytes were copied: whole lines.
    offset: u64,
    /// So many lines.
    line: u64,
}

impl Task for LogFile {
    fn step(&mut self, target: &mut Connection, fence: &Fence) -> Result<Step, Trouble> {
        let stored = match self.position.take() {
            Some(position) => Some(position),
            None => self.stored(target)?,
        };
        let mut parts = self
            .parts(stored.as_ref())
            .map_err(|error| self.trouble(&error))?;
        // What came before the first look is for `import`.
        let (mut part, mut position) = match stored {
            Some(position) => match find(&parts, &position) {
                Some(part) => (part, position),
                None => self.lost(&parts, &position),
            },
            None => (parts.len() - 1, Position::default()),
        };
        let (block, is_over) = loop {
            let block = parts[part]
                .read(position.offset, BLOCK)
                .map_err(|error| self.trouble(&error))?;
            // A part that was rotated away may still be written until the next one is.
            let is_over = parts.get(part + 1).is_some_and(|next| next.size > 0);
            if !block.is_empty() || !is_over {
                break (block, is_over);
            }
            part += 1;
            position = Position::default();
        };
        let before = position.offset;
        let rows = self.copy(&parts[part], &block, is_over, &mut position, target, fence)?;
        let is_more = is_over || block.len() == BLOCK && position.offset > before;
        self.position = Some(position);
        Ok(Step {
            rows,
            again: if is_more { Duration::ZERO } else { EVERY },
            complaint: None,
        })
    }
}

impl LogFile {
    fn stored(&self, target: &mut Connection) -> Result<Option<Position>, Trouble> {
        let stored = positions::get(target, &self.source, PART)?;
        Ok(stored.and_then(|text| serde_json::from_str(&text).ok()))
    }

    /// The parts that are to be looked at: the file itself, when it is what was read last.
    fn parts(&self, position: Option<&Position>) -> std::io::Result<Vec<Part>> {
        let current = parts::current(&self.path)?;
        let is_it = |position: &Position| {
            current.inode == position.inode
                && current.begins_as(&position.head)
                && current.reaches(position.offset)
        };
        if position.is_none_or(is_it) {
            return Ok(vec![current]);
        }
        parts::list(&self.path)
    }

    /// Copies the whole lines of a block, and moves the position behind them.
    fn copy(
        &self,
        part: &Part,
        block: &[u8],
        is_over: bool,
        position: &mut Position,
        target: &mut Connection,
        fence: &Fence,
    ) -> Result<usize, Trouble> {
        let before = position.clone();
        let whole = match block.iter().rposition(|byte| *byte == b'\n') {
            Some(end) => &block[..=end],
            // Nothing that Asterisk writes is so long.
            None if block.len() == BLOCK => block,
            // Half a line: the rest is still to come, unless nobody writes it any more.
            None if is_over => block,
            None => &[],
        };
        let mut records: Vec<Record> = Vec::new();
        let mut bad: Vec<BadLine> = Vec::new();
        for row in Rows::of_queue_log(whole) {
            match row {
                Ok((_, record)) => records.push(record),
                Err(line) => bad.push(BadLine {
                    line: position.line + line.line,
                    ..line
                }),
            }
        }
        position.offset += whole.len() as u64;
        position.line += whole.iter().filter(|byte| **byte == b'\n').count() as u64;
        position.head = part.head.clone();
        position.inode = part.inode;
        position.modified = part.modified;
        if *position == before {
            return Ok(0);
        }
        let text = serde_json::to_string(position)
            .map_err(|error| Error::SerializationError(Box::new(error)))?;
        let name = self.path.file_name().unwrap_or_default().to_string_lossy();
        Ok(fenced(target, fence, |conn| {
            let new = landing::insert(conn, &self.source, &records)?.len();
            positions::put(conn, &self.source, PART, &text)?;
            if !bad.is_empty() {
                bad_lines::add(conn, &self.source, Kind::QueueLog, &name, &bad)?;
            }
            Ok(new)
        })?)
    }

    /// The part that was read last is gone: what was written since is all that is left.
    fn lost(&self, parts: &[Part], position: &Position) -> (usize, Position) {
        log::warn!(
            "source {}: the part of the queue log that was read last is gone; going on with the \
             next one, what stood at its end may be missing (call-history import can take it in)",
            self.source
        );
        let later = parts
            .iter()
            .position(|part| part.modified > position.modified);
        (later.unwrap_or(parts.len() - 1), Position::default())
    }

    fn trouble(&self, error: &std::io::Error) -> Trouble {
        let detail = format!("{}: {error}", self.path.display());
        Trouble::new("the queue log file cannot be read", detail)
    }
}

/// The part that a position is in: the file of its inode that still begins as it did, else
/// another that does (a copy, or one that was gzipped).
fn find(parts: &[Part], position: &Position) -> Option<usize> {
    let is_it = |part: &&Part| part.begins_as(&position.head) && part.reaches(position.offset);
    let same = parts
        .iter()
        .rposition(|part| part.inode == position.inode && is_it(&part));
    same.or_else(|| {
        parts
            .iter()
            .rposition(|part| is_it(&part) && position.head.is_telling())
    })
}

#[cfg(test)]
mod tests;
