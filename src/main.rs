//! The `call-history` program.

/// Rows and pages are many small texts: with the system's allocator an import needs nearly twice
/// the processor time of its own. This one gives memory back, too.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// Ends the process by itself: see [`call_history::cli::Exit::now`].
fn main() {
    call_history::cli::run().now()
}
