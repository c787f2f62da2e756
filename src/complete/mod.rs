//! What TAB offers: names from the index and the provider files. No secret, no network, no prompt, no
//! write; every error is swallowed, because a completion has nowhere to say it.
//!
//! Where a shell shows names alone, no entry of the index is read: its folders name the accounts.

mod accounts;
mod line;
mod providers;
mod scopes;
mod shells;
mod verbs;

use std::env;
use std::ffi::OsStr;
use std::sync::OnceLock;

use clap::Command;
use clap_complete::env::{EnvCompleter, Shells};
use clap_complete::{CompleteEnv, CompletionCandidate};

use line::Line;

pub(crate) use accounts::{accounts, names, targets};
pub(crate) use providers::{changed_providers, keys, providers, providers_in_use};
pub(crate) use scopes::{flows, presets, scopes, strangers};
pub(crate) use verbs::{names_there, pages};

pub(crate) const VARIABLE: &str = "KEYFOB_COMPLETE";

/// The variable that is set in a shell that is started to be asked what it loads.
pub(crate) const ASKED: &str = "KEYFOB_ASKED";

/// The shells whose scripts drop descriptions.
const WITHOUT_DESCRIPTIONS: [&str; 2] = ["bash", "elvish"];

static NAMES_ALONE: OnceLock<bool> = OnceLock::new();

static DECLARED: OnceLock<fn() -> Command> = OnceLock::new();

static LINE: OnceLock<Line> = OnceLock::new();

/// Answers a shell that asks for completions, and ends the process; otherwise does nothing. `declared` is the
/// command line, which itself names the completers of this folder.
pub fn answer(declared: fn() -> Command) {
    if let Some(shell) = env::var_os(VARIABLE) {
        let _ = DECLARED.set(declared);
        let _ = NAMES_ALONE.set(WITHOUT_DESCRIPTIONS.iter().any(|name| shell == *name));
        let concerned = || {
            let declared = declared();
            let line = LINE.get_or_init(|| Line::read(&declared));
            concerned(declared, line.verbs.first())
        };
        let shells = shells::ASKING.each_ref();
        let shells = shells.map(|shell| shell as &dyn EnvCompleter);
        CompleteEnv::with_factory(concerned)
            .var(VARIABLE)
            .shells(Shells(&shells))
            .complete();
    }
}

/// The command line with the verb alone that was typed, for the engine prepares all that it is given.
fn concerned(declared: Command, verb: Option<&String>) -> Command {
    let Some(verb) = verb.and_then(|verb| declared.find_subcommand(verb)) else {
        return declared;
    };
    Command::new(env!("CARGO_PKG_NAME"))
        .disable_help_subcommand(declared.is_disable_help_subcommand_set())
        .args(declared.get_arguments())
        .subcommand(verb)
}

fn line() -> &'static Line {
    LINE.get_or_init(Line::default)
}

fn names_alone() -> bool {
    NAMES_ALONE.get().copied().unwrap_or_default()
}

/// The group that all candidates are of. The engine gives each one without any the usage of its argument,
/// drawn anew for every candidate.
const GROUP: &str = "values";

fn offer(value: String, help: String) -> CompletionCandidate {
    let help = Some(help).filter(|help| !help.is_empty());
    CompletionCandidate::new(value)
        .help(help.map(Into::into))
        .tag(Some(GROUP.into()))
}

fn continuing(current: &OsStr, mut offered: Vec<CompletionCandidate>) -> Vec<CompletionCandidate> {
    let typed = current.as_encoded_bytes();
    offered.retain(|one| one.get_value().as_encoded_bytes().starts_with(typed));
    offered
}

/// Leaves what was not given to an option before, which may be repeated.
fn not_given(
    line: &Line,
    option: &str,
    mut offered: Vec<CompletionCandidate>,
) -> Vec<CompletionCandidate> {
    offered.retain(|one| {
        let value = one.get_value().to_str().unwrap_or_default();
        !line.gives(option, value)
    });
    offered
}

#[cfg(test)]
fn shown(candidates: &[CompletionCandidate]) -> Vec<(String, String)> {
    let text = |candidate: &CompletionCandidate| {
        let help = candidate.get_help().map(ToString::to_string);
        let value = candidate.get_value().to_str().unwrap();
        (value.to_owned(), help.unwrap_or_default())
    };
    candidates.iter().map(text).collect()
}
