//! Any bytes as what a client of the CTI WebSocket says.
#![no_main]

#[path = "../../tests/fuzz/mod.rs"]
mod drive;

libfuzzer_sys::fuzz_target!(|data: &[u8]| drive::frames(data));
