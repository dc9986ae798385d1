//! Rows of files into the landing tables.

use std::io::Read;
use std::panic::resume_unwind;
use std::sync::mpsc::sync_channel;
use std::thread;

use diesel::QueryResult;

use super::check;
use super::projector::{self, Totals};
use crate::asterisk::file::{BadLine, Rows};
use crate::asterisk::{Kind, Record};
use crate::store::Connection;
use crate::store::landing::{self, Touched};
use crate::store::sources::Zones;

/// How many rows go into the database at once.
const BATCH: usize = 1000;

/// So many batches wait for the database at most.
const WAITING: usize = 2;

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
    /// Conversations that the rows touch. Those of rows that were there before as well: an
    /// import that was cut off before it folded is mended by the next.
    touched: Touched,
}

impl<'a> Import<'a> {
    /// An import into this source.
    pub fn new(source: &'a str, zones: Zones) -> Self {
        Self {
            source,
            zones,
            touched: Touched::default(),
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
        let source = self.source;
        // One thread reads while another waits for the database.
        let inserted: QueryResult<usize> = thread::scope(|scope| {
            let (batches, waiting) = sync_channel::<Vec<Record>>(WAITING);
            let inserter = scope.spawn(move || {
                let mut inserted = 0;
                for batch in waiting {
                    inserted += landing::insert(conn, source, &batch)?.len();
                }
                Ok(inserted)
            });
            let mut batch = Vec::with_capacity(BATCH);
            for row in rows {
                match row {
                    Ok((line, record)) => {
                        if let Err(reason) = check(&record, self.zones) {
                            report_bad(&mut report, &BadLine { line, reason });
                        } else {
                            report.rows += 1;
                        }
                        self.touched.add(&record);
                        batch.push(record);
                    }
                    Err(line) => report_bad(&mut report, &line),
                }
                // When the inserter has given up, its error tells why.
                if batch.len() == BATCH && batches.send(std::mem::take(&mut batch)).is_err() {
                    break;
                }
            }
            let _ = batches.send(batch);
            drop(batches);
            inserter.join().unwrap_or_else(|panic| resume_unwind(panic))
        });
        report.new = inserted?;
        Ok(report)
    }

    /// Takes in rows that are already read.
    ///
    /// # Errors
    /// The database's.
    pub fn records(&mut self, conn: &mut Connection, records: &[Record]) -> QueryResult<usize> {
        let new = landing::insert(conn, self.source, records)?.len();
        for record in records {
            self.touched.add(record);
        }
        Ok(new)
    }

    /// Folds every conversation that the files touched.
    ///
    /// # Errors
    /// The database's.
    pub fn fold(self, conn: &mut Connection) -> QueryResult<Totals> {
        self.fold_with(conn, &mut [])
    }

    /// The same, with more connections at once.
    ///
    /// # Errors
    /// The database's.
    pub fn fold_with(self, conn: &mut Connection, more: &mut [Connection]) -> QueryResult<Totals> {
        let touched = self.touched.conversations(conn, self.source)?;
        let touched: Vec<String> = touched.into_iter().collect();
        projector::fold_conversations(conn, more, self.source, &touched)
    }
}
