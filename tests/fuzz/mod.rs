//! What fuzzing asks of the code, for any bytes. Shared by the fuzz targets (`fuzz/`) and by
//! the test that runs their kept inputs (`tests/fuzz_corpus.rs`).

#![allow(
    dead_code,
    reason = "each of the programs that include this uses a part of it"
)]

mod ami;
pub(crate) mod cells;
mod frames;
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

/// What a client of the CTI WebSocket says, as frames and as the text of one.
pub(crate) fn frames(data: &[u8]) {
    frames::check(data);
}

/// What a PBX's Manager Interface says, behind a byte for the length of its pieces.
pub(crate) fn ami(data: &[u8]) {
    ami::check(data);
}
