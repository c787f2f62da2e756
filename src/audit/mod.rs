//! The audit log: who signed in, and what was handed out to whom. JSON Lines in the state folder, bounded
//! and rotated; never a secret, and never the words of a server.
//!
//! The log is not worth a command: what cannot be written down is not, and `-v` says why.

mod caller;
mod file;
mod log;
mod read;
#[cfg(test)]
mod tests;

pub(crate) use log::{Action, AuditEvent, AuditLog, is_writable};
pub(crate) use read::read;
