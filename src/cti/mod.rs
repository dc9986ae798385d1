//! XiVO's CTI protocol, as far as call history needs it: a WebSocket on which programs written
//! for XiVO ask for histories. `docs/CTI.md` has every frame.
//!
//! [`frame`] understands what a client says and [`answer`] writes what it is told, both without
//! a connection; a `socket` is one connection, from its token to its end. Histories are read
//! by `history`, through the same function as those of `GET /history/…`.

pub mod answer;
pub mod frame;
pub mod heads;
mod history;
mod incoming;
mod live;
mod opening;
mod outgoing;
mod socket;

use std::time::Duration;

use crate::api::limit::Places;
pub(crate) use opening::connect;

/// How often a client is asked for a sign of life, when nothing else is said.
pub const PING: Duration = Duration::from_secs(20);

/// Connections of all callers.
const ALL: usize = 5000;

/// Connections of one caller: a few programs with a few windows each.
const EACH: usize = 20;

/// What all connections share.
#[derive(Debug)]
pub struct Sockets {
    /// How often a client is asked for a sign of life, and how long it may leave unread what is
    /// sent to it.
    pub ping: Duration,
    /// Who has how many.
    pub places: Places,
}

impl Sockets {
    /// No connections, whose clients will be asked for a sign of life this often.
    pub fn new(ping: Duration) -> Self {
        Self {
            ping,
            places: Places::new(ALL, EACH),
        }
    }
}

impl Default for Sockets {
    fn default() -> Self {
        Self::new(PING)
    }
}

/// The path of the WebSocket.
pub(crate) const PATH: &str = "/xuc/api/2.0/cti";

#[cfg(test)]
mod tests;
