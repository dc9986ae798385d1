//! Query parameters: read, checked, and turned into types that cannot be wrong, before a
//! handler sees them. All faults of a request are reported together.

mod asked;
mod bounds;
mod common;
mod filters;
mod listing;
mod moment;
mod narrowing;
mod own;
mod reader;

pub use asked::{Asked, HistoryRequest, OwnParameters};
pub(crate) use bounds::{LONGEST_PAGE, MOST_DAYS, customer, text};
pub use common::{AnsweredElsewhere, Common, status_words};
pub(super) use common::{parse_zone, whole_number};
pub use filters::Filters;
pub(super) use listing::ORDERS;
pub use listing::{Distinct, Include};
pub use narrowing::Narrowing;
pub use own::{
    AgentParameters, AllParameters, CustomerParameters, QueueParameters, UserParameters,
};
pub use reader::Reader;

#[cfg(test)]
mod tests;
