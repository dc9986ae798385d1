//! Of the HTTP interface: the bounds of what is asked.

#[path = "../../src/api/params/bounds.rs"]
pub mod params;
