//! A PBX's own database: read, and never written to.
//!
//! Every session refuses writes by itself, whatever its user may do. Reads are plain snapshot
//! reads of one statement each, take no locks, and are given up by the server when they take
//! long. The client library waits without end for a server that is silent, so everything runs in
//! a thread of its own, and whoever asked goes on without it ([`Pbx::ask`]).

mod facts;
mod fault;
mod freepbx;
mod grants;
mod read;
mod session;

pub use facts::tables;
pub use fault::Fault;
pub use freepbx::{FreePbx, freepbx};
pub use grants::{may_write, version};
pub use read::{Count, Plan, Range, Row, Table};
pub use session::{Pbx, Session};
