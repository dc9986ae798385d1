//! Entries as lines of text.

use super::csv;
use crate::api::error::Error;
use crate::api::format::Format;
use crate::api::wire::CallHistory;

/// The line that goes before those of CSV.
///
/// # Errors
/// It cannot be written.
pub(in crate::api) fn header() -> Result<Vec<u8>, Error> {
    csv::header().map_err(unwritten)
}

/// The lines of these entries.
///
/// # Errors
/// They cannot be written.
pub(in crate::api) fn of(
    format: Format,
    entries: impl Iterator<Item = CallHistory>,
) -> Result<Vec<u8>, Error> {
    match format {
        Format::Csv => csv::lines(entries).map_err(unwritten),
        Format::Json | Format::Ndjson => {
            let mut bytes = Vec::new();
            for entry in entries {
                serde_json::to_writer(&mut bytes, &entry).map_err(unwritten)?;
                bytes.push(b'\n');
            }
            Ok(bytes)
        }
    }
}

fn unwritten(error: impl std::fmt::Display) -> Error {
    Error::Internal(format!("entries cannot be written: {error}"))
}
