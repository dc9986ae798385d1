//! The four histories.

mod agent;
mod answer;
mod count;
mod customer;
mod not_modified;
mod page;
mod parties;
mod queue;
mod tag;
mod total;
mod user;

pub(crate) use agent::agent_history;
pub(crate) use answer::{Answer, answer};
pub(crate) use count::count;
pub(crate) use customer::customer_history;
pub use page::Page;
pub(crate) use page::{read, whose};
pub(crate) use queue::queue_history;
pub use tag::IfNoneMatch;
pub(crate) use user::user_history;
