//! What an export reads, chunk by chunk.

use std::sync::Arc;

use actix_web::web::Bytes;

use super::lines;
use crate::api::error::Error;
use crate::api::format::Format;
use crate::api::names::Names;
use crate::api::params::HistoryRequest;
use crate::api::wire::{View, call_history};
use crate::model::{Position, Readable};
use crate::presence::Presence;
use crate::store::{Connection, history};

/// Entries that are read at once.
const AT_ONCE: usize = 1000;

/// The entries that are still to be given out.
pub(super) struct Source {
    /// Whose they are, and what things are called; None when there are none.
    whose: Option<(Arc<Names>, Readable)>,
    request: HistoryRequest,
    format: Format,
    /// After which entry to go on; None before the first chunk.
    after: Option<Position>,
    /// How many more may be given out; None: all.
    left: Option<usize>,
}

/// Some entries, as they are sent.
pub(super) struct Chunk {
    pub(super) bytes: Bytes,
    pub(super) entries: usize,
    /// Whether nothing follows.
    pub(super) is_last: bool,
}

impl Source {
    pub(super) fn new(
        whose: Option<(Arc<Names>, Readable)>,
        request: HistoryRequest,
        format: Format,
    ) -> Self {
        Self {
            whose,
            left: request.most(),
            request,
            format,
            after: None,
        }
    }

    /// The next chunk.
    ///
    /// # Errors
    /// The database's.
    pub(super) fn chunk(
        &mut self,
        connection: &mut Connection,
        presence: &Presence,
    ) -> Result<Chunk, Error> {
        let mut bytes = Vec::new();
        if self.after.is_none() && self.format == Format::Csv {
            bytes = lines::header()?;
        }
        let limit = self.left.map_or(AT_ONCE, |left| left.min(AT_ONCE));
        let lines = match &self.whose {
            None => Vec::new(),
            Some((names, owners)) => {
                let mut query = self.request.entries(names, limit);
                query.after = self.after.or(query.after);
                history::page(connection, owners, &query)?
            }
        };
        self.after = lines.last().map(|line| line.position()).or(self.after);
        self.left = self.left.map(|left| left.saturating_sub(lines.len()));
        if let Some((names, _)) = &self.whose {
            let view = View {
                names,
                presence: &presence.look(),
                zone: self.request.zone,
                now: self.request.now,
            };
            let entries = lines.iter().map(|line| call_history(line, &view));
            bytes.append(&mut lines::of(self.format, entries)?);
        }
        Ok(Chunk {
            bytes: bytes.into(),
            entries: lines.len(),
            is_last: lines.len() < limit || self.left == Some(0),
        })
    }
}
