//! Any bytes as a file of rows.
#![no_main]

#[path = "../../tests/fuzz/mod.rs"]
mod drive;

libfuzzer_sys::fuzz_target!(|data: &[u8]| drive::records(data));
