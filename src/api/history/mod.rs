//! The four histories.

mod agent;
mod customer;
mod page;
mod queue;
mod user;

pub(crate) use agent::agent_history;
pub(crate) use customer::customer_history;
pub use page::Page;
pub(crate) use page::read;
pub(crate) use queue::queue_history;
pub(crate) use user::user_history;
