//! Plain types of the service: calls, visits, entries, owners, and who may read them.
//!
//! Nothing here does any I/O, reads a clock, or knows a database or HTTP.

mod call;
pub mod check;
mod detail;
mod dialling;
mod directory;
mod entry;
mod number;
mod owner;
mod principal;
mod rule;
mod scope;
mod seen_detail;
mod sight;
mod status;
mod text_search;
mod trunks;

pub use call::{Attempt, Call, CallId, HandedOn, Visit};
pub use detail::{Detail, Leg, LegClass, Outcome, Ring, Transfer, TransferParty, Witness};
pub use dialling::{DiallingPlan, NumberForm, NumberPattern};
pub use directory::{Agent, Directory, Queue, User, Validity, Valued};
pub use entry::{Direction, Entry, LONGEST_PEER, Line, Position, Side};
pub use number::{check_customer, customer_key, is_dialable, is_internal_number};
pub use owner::{Owner, OwnerKind};
pub use principal::{Principal, Readable};
pub use rule::Rule;
pub use scope::{InvalidScope, Scope};
pub use seen_detail::SeenDetail;
pub use sight::{Sealed, Sight};
pub use status::Status;
pub use text_search::{TextSearch, lower_case};
pub use trunks::Trunks;

/// A moment, in UTC. The PBX's local times become these when a row is read.
pub type Time = chrono::DateTime<chrono::Utc>;
