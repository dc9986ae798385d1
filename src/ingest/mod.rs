//! From files to histories: rows into the landing tables, then folded into calls and entries.
//!
//! ```text
//! CSV ──import──► landing tables ──projector (understand, fold)──► calls, history
//! ```

pub mod directory;
pub mod follow;
pub mod freepbx;
pub mod import;
pub mod progress;
pub mod projector;
pub mod refolder;
pub mod retell;
mod row_order;
mod understand;

pub use understand::check;
