//! Which account is meant, and why. One table, in the order of the code:
//!
//! | given | then |
//! | --- | --- |
//! | `PROVIDER/NAME` | that one, or `unknown_account` with the nearest |
//! | `PROVIDER` | what `KEYFOB_ACCOUNT` names there, else what a directory rule does, else its default, else its only one, else `ambiguous_account` with the list; with no account the provider's variable |
//! | nothing | what `KEYFOB_ACCOUNT` names if that is one alone, else, where it names none, what the directory rules do if that is one alone, else the only account there is, else what the only provider has by the row above, else `ambiguous_account`; with no account the only provider's variable |
//!
//! A pattern, where one is taken, means every account that it matches, or is `unknown_account`.
//!
//! A known provider with neither account nor variable is `login_required`; an unknown one is
//! `unknown_provider`. A variable serves whoever wants a token, and nobody who wants an account.

mod choice;
mod chooser;
mod environment;
mod missing;
mod pattern;
mod several;
mod target;
#[cfg(test)]
mod tests;

pub(crate) use choice::{Choice, Source, Variable, Why};
pub(crate) use chooser::Chooser;
pub(crate) use environment::{ACCOUNT, Environment};
pub(crate) use missing::nobody_anywhere;
pub(crate) use pattern::{fits, is_pattern};
pub(crate) use target::Target;
