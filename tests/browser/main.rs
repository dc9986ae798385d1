//! The sample page in a real browser, with the demo's calls, on the database under test.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod demo;
mod driver;
mod live;
mod look;
mod sample;
mod sessions;
#[path = "../support/mod.rs"]
mod support;
