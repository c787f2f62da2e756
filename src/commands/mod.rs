//! The verbs, one a file, and the only code that writes to stdout.

pub mod completions;

pub mod man;
