//! What is fuzzed: the folders and files of the service that are pure, as they are.
//!
//! They are compiled here once more, instead of depending on the service: everything that is
//! linked is instrumented, and a database and a web server would make that long and slow.

#![allow(
    dead_code,
    reason = "of some files a part is used, as they stand here without their neighbours"
)]

pub mod api;
#[path = "../../src/asterisk/mod.rs"]
pub mod asterisk;
pub mod cti;
#[path = "../../src/fold/mod.rs"]
pub mod fold;
#[path = "../../src/model/mod.rs"]
pub mod model;
pub mod presence;
