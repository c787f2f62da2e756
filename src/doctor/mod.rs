//! What is wrong with a set-up, and what mends it: a check a file, each a function from what it needs to findings.
//!
//! A finding can be shown to anybody: none holds a secret, and of a variable no more than its name, unless it is
//! known not to be one. No check makes anything that stays, none but that of a keyring asks, and each has its time.

mod accounts;
mod browser;
mod checks;
mod completion;
mod deadline;
mod environment;
mod finding;
mod index;
mod leftovers;
mod mend;
mod network;
#[cfg_attr(not(unix), path = "no_permissions.rs")]
mod permissions;
mod program;
mod providers;
mod settings;
mod setup;
mod stores;

pub(crate) use checks::{ask_completion, begin, home, homeless_checks, questions};
pub(crate) use completion::{Completion, completion};
pub(crate) use deadline::Pending;
pub(crate) use finding::{Finding, Mend, Status, Topic, shorten};
pub(crate) use mend::mend;
pub(crate) use network::{Question, ask};
pub(crate) use program::program;
pub(crate) use settings::settings;
pub(crate) use setup::Setup;
