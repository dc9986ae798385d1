//! How the process ends.

use std::io::{self, Write};

use signal_hook::low_level;

/// What the process says with its exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// All went well.
    Success = 0,
    /// It could not be done, or something is wrong.
    Failure = 1,
    /// An import met bad lines.
    BadLines = 2,
    /// The command line or a setting cannot be understood (`EX_USAGE`).
    Usage = 64,
}

impl Exit {
    /// Ends the process.
    ///
    /// Without what libc does at the end of `main`: OpenSSL would be gone while a thread of the pool
    /// is still connecting to a MariaDB, and that thread would crash the process (exit code 139).
    pub fn now(self) -> ! {
        // What nobody can read any more is not missed.
        let _ = io::stdout().flush();
        low_level::exit(i32::from(self as u8))
    }
}
