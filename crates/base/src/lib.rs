//! What every crate of keyfob may know: secrets, points in time, text made safe to show, files that are
//! private and whole, memory that others do not read, random octets, and the policy of pages.

pub mod csp;
pub mod escape;
pub mod files;
pub mod memory;
pub mod random;
pub mod secret;
pub mod testing;
pub mod timestamp;
