//! What is fuzzed: the folders of the service that are pure, as they are.
//!
//! They are compiled here once more, instead of depending on the service: everything that is
//! linked is instrumented, and a database and a web server would make that long and slow.

#[path = "../../src/asterisk/mod.rs"]
pub mod asterisk;
#[path = "../../src/fold/mod.rs"]
pub mod fold;
#[path = "../../src/model/mod.rs"]
pub mod model;
