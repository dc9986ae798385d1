//! Asterisk's Manager Interface, as far as what goes on now needs it: its lines, and what its
//! events say. No I/O; `presence` has the connection.
//!
//! A message is lines of `Key: Value`, and a line without anything ends it. The first line of a
//! connection is a greeting. Source of the events and their fields: Asterisk 12 and later.

mod action;
mod event;
mod message;

pub use action::{Action, InvalidValue, login_key};
pub use event::{Report, is_no_hints, listed_channel, report};
pub use message::{Message, Reader};
