//! What fuzzing asks of the code, for any bytes. Shared by the fuzz targets (`fuzz/`) and by
//! the test that runs their kept inputs (`tests/fuzz_corpus.rs`).

#![allow(
    dead_code,
    reason = "each of the programs that include this uses a part of it"
)]

pub(crate) mod cells;
mod properties;
mod records;
pub(crate) mod words;

/// A file: it is read as rows of each kind, and what is read is understood and folded.
pub(crate) fn records(data: &[u8]) {
    records::check(data);
}

/// Cells (see [`cells`]): they become rows and a directory, and are folded.
pub(crate) fn fold(data: &[u8]) {
    let (rows, directory) = cells::decode(data);
    properties::check(&rows, &directory);
}
