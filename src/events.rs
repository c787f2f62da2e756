//! The audit log: JSON Lines in the state folder, one write a line, bounded and rotated. Never a secret.

use crate::error::Error;
use crate::journal::{Deed, Journal};
use crate::paths::Paths;

/// The log of one command.
#[derive(Debug)]
pub struct Events {
    #[allow(dead_code)]
    paths: Paths,
}

impl Events {
    /// Opens nothing yet. `verb` is the command's own word, such as `token`.
    pub fn new(paths: Paths, verb: &'static str) -> Self {
        let _ = verb;
        Self { paths }
    }
}

impl Journal for Events {
    fn note(&self, _: Deed, _: &str, _: Option<&Error>) {}
}
