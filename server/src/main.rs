//! The `talaia` command.

fn main() {}
