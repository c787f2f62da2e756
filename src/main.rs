//! keyfob.
fn main() {}
