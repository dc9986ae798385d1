//! Any bytes as what a PBX says of what goes on.
#![no_main]

#[path = "../../tests/fuzz/mod.rs"]
mod drive;

libfuzzer_sys::fuzz_target!(|data: &[u8]| drive::ami(data));
