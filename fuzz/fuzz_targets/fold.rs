//! Any rows as one call.
#![no_main]

#[path = "../../tests/fuzz/mod.rs"]
mod drive;

libfuzzer_sys::fuzz_target!(|data: &[u8]| drive::fold(data));
