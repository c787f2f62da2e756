//! Directory rules: the accounts that the folder in which a command is run chooses, one a provider. In order,
//! the first that names the provider:
//!
//! | rule | holds | works |
//! | --- | --- | --- |
//! | `.keyfob.toml` | in its folder and below, to the end of the repository; the nearest first | once `use --here` wrote it or `use --trust` accepted it |
//! | `path` in `config.toml` | in that folder and below | at once: the file is the user's own |
//! | `remote` in `config.toml` | in repositories with such a remote | once `use --trust` accepted the repository, for an unpacked archive may claim any remote |
//!
//! What was not accepted, or cannot be read, is a failure for whoever would have used it, and nothing to others.

mod accept;
mod configured;
mod edit;
mod file;
mod place;
mod remote;
mod rule;
#[expect(
    clippy::module_inception,
    reason = "the type of that name, apart from the map"
)]
mod rules;
mod trust;
mod write;

pub(crate) use accept::Accepted;
pub(crate) use configured::Configured;
#[cfg(test)]
pub(crate) use place::WorkingPlace;
pub(crate) use rule::{Rule, Ruled};
pub(crate) use rules::Rules;
