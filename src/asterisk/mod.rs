//! The PBX's records as they are: columns, channel names, times, and the readers of files.

pub mod record;
