//! The `call-history` program.

use std::process::ExitCode;

fn main() -> ExitCode {
    call_history::cli::run()
}
