//! The `call-history` program.

fn main() {}
