//! Rows of files into the landing tables.

use std::collections::HashSet;
use std::io::Read;

use diesel::QueryResult;

use super::projector::{self, Totals};
use super::{Zones, check};
use crate::asterisk::csv::{BadLine, Rows};
use crate::asterisk::{Kind, Record};
use crate::store::{Connection, landing};

/// How many rows go into the database at once.
const BATCH: usize = 500;

/// What came of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Rows that were read, those of bad lines left out.
    pub rows: usize,
    /// Rows that were not there before.
    pub new: usize,
    /// How many lines were bad.
    pub bad: usize,
}

/// Takes in files of one source, and then folds what they touched.
pub struct Import<'a> {
    source: &'a str,
    zones: Zones,
    /// Conversations and queue callids that the rows belong to. Those of rows that were there
    /// before as well: an import that was cut off before it folded is mended by the next.
    conversations: HashSet<String>,
    callids: HashSet<String>,
}

impl<'a> Import<'a> {
    /// An import into this source.
    pub fn new(source: &'a str, zones: Zones) -> Self {
        Self {
            source,
            zones,
            conversations: HashSet::new(),
            callids: HashSet::new(),
        }
    }

    /// Takes in a CSV file. Bad lines go to `bad`, the others into the landing table. A line
    /// that has the form of a row but cannot be understood is both: bad, and kept.
    ///
    /// # Errors
    /// The database's.
    pub fn file(
        &mut self,
        conn: &mut Connection,
        kind: Kind,
        file: impl Read,
        mut bad: impl FnMut(&BadLine),
    ) -> QueryResult<Report> {
        let mut report = Report::default();
        let mut report_bad = |report: &mut Report, line: &BadLine| {
            report.bad += 1;
            bad(line);
        };
        let rows = match Rows::new(kind, file) {
            Ok(rows) => rows,
            Err(line) => {
                report_bad(&mut report, &line);
                return Ok(report);
            }
        };
        let mut batch = Vec::with_capacity(BATCH);
        for row in rows {
            match row {
                Ok((line, record)) => {
                    if let Err(reason) = check(&record, self.zones) {
                        report_bad(&mut report, &BadLine { line, reason });
                    } else {
                        report.rows += 1;
                    }
                    batch.push(record);
                }
                Err(line) => report_bad(&mut report, &line),
            }
            if batch.len() == BATCH {
                report.new += self.insert(conn, &mut batch)?;
            }
        }
        report.new += self.insert(conn, &mut batch)?;
        Ok(report)
    }

    /// Takes in rows that are already read.
    ///
    /// # Errors
    /// The database's.
    pub fn records(&mut self, conn: &mut Connection, records: &[Record]) -> QueryResult<usize> {
        for record in records {
            self.touch(record);
        }
        Ok(landing::insert(conn, self.source, records)?.len())
    }

    /// Folds every conversation that the files touched.
    ///
    /// # Errors
    /// The database's.
    pub fn fold(mut self, conn: &mut Connection) -> QueryResult<Totals> {
        let callids: Vec<String> = self.callids.drain().collect();
        for chunk in callids.chunks(BATCH) {
            let mut known = landing::conversations_of(conn, self.source, chunk)?;
            for callid in chunk {
                let conversation = known.remove(callid).unwrap_or_else(|| callid.clone());
                self.conversations.insert(conversation);
            }
        }
        let mut conversations: Vec<String> = self.conversations.into_iter().collect();
        conversations.sort_unstable();
        projector::fold_conversations(conn, self.source, &conversations)
    }

    fn insert(&mut self, conn: &mut Connection, batch: &mut Vec<Record>) -> QueryResult<usize> {
        let new = self.records(conn, batch)?;
        batch.clear();
        Ok(new)
    }

    fn touch(&mut self, record: &Record) {
        match record.kind() {
            Kind::Cdr | Kind::Cel => {
                self.conversations.insert(landing::conversation(record));
            }
            Kind::QueueLog => {
                let callid = record.get("callid");
                if landing::is_call(callid) {
                    self.callids.insert(callid.to_owned());
                }
            }
        }
    }
}
