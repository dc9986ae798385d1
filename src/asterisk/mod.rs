//! The PBX's records as they are: columns, channel names, times, the readers of files, and what
//! it says while calls go on.

pub mod ami;
pub mod cdr;
pub mod cel;
pub mod channel;
pub mod file;
pub mod queue_log;
pub mod record;
pub mod table;
pub mod text;
pub mod time;

pub use cdr::Cdr;
pub use cel::{ChannelEvent, Happening};
pub use channel::{Channel, endpoint_name};
pub use queue_log::{Event, HungUp, QueueEvent};
pub use record::{Kind, Record};
