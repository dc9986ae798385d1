//! The `call-history` program.

use std::process::ExitCode;

/// Rows and pages are many small texts: with the system's allocator an import needs nearly twice
/// the processor time of its own. This one gives memory back, too.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    call_history::cli::run()
}
