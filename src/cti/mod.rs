//! XiVO's CTI protocol, as far as call history needs it: a WebSocket on which programs written
//! for XiVO ask for histories. `docs/CTI.md` has every frame.
//!
//! [`frame`] understands what a client says and [`answer`] writes what it is told, both without
//! a connection; a [`socket`] is one connection, from its token to its end. Histories are read
//! by [`history`], through the same function as those of `GET /history/…`.

pub mod answer;
pub mod frame;
mod history;
mod incoming;
mod opening;
mod outgoing;
mod places;
mod socket;

pub(crate) use opening::connect;
pub use places::Places;

/// The path of the WebSocket.
pub(crate) const PATH: &str = "/xuc/api/2.0/cti";
