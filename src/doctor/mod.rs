//! What is wrong with a set-up, and what mends it: a check a file, each a function from what it needs to findings.
//!
//! ```text
//! setup        what is looked at
//! checks       begins the checks, in the order in which they are told
//! finding      what a check gives, and how paths are shown in it
//! program      what this keyfob is, and where it runs
//! settings     KEYFOB_HOME and config.toml
//! permissions  whose the files are, and who else may read or write them
//! leftovers    whether the state folder has locks and the audit log a place; what a crash did not remove
//! stores       whether secrets can be written and read
//! index        whether accounts, clients and secrets agree, both ways, and defaults with accounts
//! accounts     who has to sign in, and who would not get anywhere
//! providers    the user's definitions, and the accounts that this folder chooses
//! environment  variables that do something else than was meant, or nothing
//! browser      what a login opens here
//! network      how requests leave, whom TLS trusts, whether providers can be reached and what time they have
//! completion   whether this shell completes keyfob's words
//! mend         what can be put right without losing anything
//! ```
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
