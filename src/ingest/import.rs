//! Rows of files into the landing tables.

use std::collections::BTreeSet;
use std::io::Read;

use diesel::QueryResult;

use super::check;
use super::projector::{self, Totals};
use crate::asterisk::file::{BadLine, Rows};
use crate::asterisk::{Kind, Record};
use crate::store::sources::Zones;
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
    /// Conversations that the rows touch. Those of rows that were there before as well: an
    /// import that was cut off before it folded is mended by the next.
    touched: BTreeSet<String>,
}

impl<'a> Import<'a> {
    /// An import into this source.
    pub fn new(source: &'a str, zones: Zones) -> Self {
        Self {
            source,
            zones,
            touched: BTreeSet::new(),
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
        let new = landing::insert(conn, self.source, records)?.len();
        self.touched
            .extend(landing::touched(conn, self.source, records)?);
        Ok(new)
    }

    /// Folds every conversation that the files touched.
    ///
    /// # Errors
    /// The database's.
    pub fn fold(self, conn: &mut Connection) -> QueryResult<Totals> {
        let touched: Vec<String> = self.touched.into_iter().collect();
        projector::fold_conversations(conn, self.source, &touched)
    }

    fn insert(&mut self, conn: &mut Connection, batch: &mut Vec<Record>) -> QueryResult<usize> {
        let new = self.records(conn, batch)?;
        batch.clear();
        Ok(new)
    }
}
