//! What the two ways to follow a table share: rows and position into our database, at once.

use std::time::Duration;

use diesel::result::Error;
use serde::{Serialize, de::DeserializeOwned};

use crate::asterisk::{Kind, Record};
use crate::store::lease::{Fence, fenced};
use crate::store::pbx::{Fault, Row};
use crate::store::{Connection, landing, positions};

/// So many rows are read and copied at once.
pub(super) const CHUNK: usize = 2000;

/// Where the rows of a table go.
pub(super) struct Landing<'a> {
    target: &'a mut Connection,
    fence: &'a Fence,
    pub(super) source: &'a str,
    pub(super) kind: Kind,
}

/// What came of a step.
#[derive(Clone, Copy, Debug)]
pub(super) struct Copied {
    /// Rows that were not there before.
    pub(super) rows: usize,
    /// When to ask again.
    pub(super) again: Duration,
}

/// What went wrong.
#[derive(Debug)]
pub(super) enum Failure {
    /// On the PBX's side.
    Pbx(Fault),
    /// On ours.
    Own(Error),
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        Self::Pbx(fault)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Own(error)
    }
}

impl<'a> Landing<'a> {
    pub(super) fn new(
        target: &'a mut Connection,
        fence: &'a Fence,
        source: &'a str,
        kind: Kind,
    ) -> Self {
        Self {
            target,
            fence,
            source,
            kind,
        }
    }

    /// How far the table was copied; None when it was not yet, or by another way.
    pub(super) fn position<P: DeserializeOwned>(&mut self) -> Result<Option<P>, Failure> {
        let stored = positions::get(self.target, self.source, self.kind.table())?;
        Ok(stored.and_then(|text| serde_json::from_str(&text).ok()))
    }

    /// Copies rows, those that are there already left out, and keeps the position. Returns how
    /// many were new.
    pub(super) fn copy(
        &mut self,
        rows: Vec<Row>,
        position: &impl Serialize,
    ) -> Result<usize, Failure> {
        let records: Vec<Record> = rows.into_iter().map(|row| row.record).collect();
        let position = serde_json::to_string(position)
            .map_err(|error| Error::SerializationError(Box::new(error)))?;
        let (source, part) = (self.source, self.kind.table());
        Ok(fenced(self.target, self.fence, |conn| {
            let new = landing::insert(conn, source, &records)?.len();
            positions::put(conn, source, part, &position)?;
            Ok(new)
        })?)
    }
}
