//! Words of keyfob's own behind `man` and `help`, and names behind `--as`.

use std::ffi::{OsStr, OsString};

use clap_complete::CompletionCandidate;

use super::{DECLARED, accounts, continuing, line, offer};
use crate::help::TOPICS;

pub(crate) fn pages(current: &OsStr) -> Vec<CompletionCandidate> {
    let Some(declared) = DECLARED.get() else {
        return Vec::new();
    };
    let mut command = &declared();
    let typed = &line().arguments;
    for verb in typed {
        match command.find_subcommand(verb) {
            Some(below) => command = below,
            None => return Vec::new(),
        }
    }
    let verbs = command.get_subcommands().filter(|verb| !verb.is_hide_set());
    let mut offered: Vec<_> = verbs
        .map(|verb| {
            let about = verb.get_about().map(ToString::to_string);
            offer(verb.get_name().into(), about.unwrap_or_default())
        })
        .collect();
    if typed.is_empty() {
        let topics = TOPICS.iter();
        offered.extend(topics.map(|topic| offer(topic.name.into(), topic.about().into())));
    }
    continuing(current, offered)
}

/// Names that accounts at the provider in the line have, for `--as`: signing in as one of them updates it.
pub(crate) fn names_there(current: &OsStr) -> Vec<CompletionCandidate> {
    let Some(provider) = line().target().filter(|target| !target.contains('/')) else {
        return Vec::new();
    };
    let mut typed = OsString::from(format!("{provider}/"));
    let prefix = typed.len();
    typed.push(current);
    let accounts = accounts::names(&typed).into_iter();
    let offered = accounts.filter_map(|account| {
        let name = account.get_value().to_str()?.get(prefix..)?;
        let help = account.get_help().map(ToString::to_string);
        Some(offer(name.into(), help.unwrap_or_default()))
    });
    offered.collect()
}
