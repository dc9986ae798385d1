//! Following living PBXs: new rows become history within a second.
//!
//! ```text
//! a PBX's database, its log file ──Source──► landing tables ──tail──► projector ──► history
//! Asterisk, through ODBC ────────────────────►
//! ```
//!
//! [`Source`]s only copy. What makes calls of the rows is the tail over the landing tables, the
//! same for all rows, whoever wrote them. One process at a time follows: the one that holds the
//! lease (`store/lease.rs`), whose [`Fence`](crate::store::lease::Fence) every transaction of a
//! follower checks.

mod task;

pub use task::{Source, Step, Task, Trouble};
