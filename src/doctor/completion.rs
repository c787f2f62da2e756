//! Whether the shell that this was typed in completes keyfob's words.

use std::path::PathBuf;

use super::{Finding, Topic};

const CHECK: Topic = Topic("completion");

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Completion {
    Installed(PathBuf),
    /// By a line that the person wrote in this file.
    ByHand(PathBuf),
    Stale(PathBuf),
    Missing,
    Foreign(PathBuf),
    Unknown(String),
}

pub(crate) fn completion(shell: &str, completion: &Completion) -> Finding {
    let install = format!("`keyfob completions {shell} --install`");
    match completion {
        Completion::Installed(file) | Completion::ByHand(file) => {
            CHECK.pass(format!("{shell} completes, by {}", file.display()))
        }
        Completion::Stale(file) => CHECK.warn(
            format!(
                "{shell} completes by a file of another version: {}",
                file.display()
            ),
            install,
        ),
        Completion::Missing => CHECK.warn(
            format!("{shell} does not complete keyfob's words yet"),
            install,
        ),
        Completion::Foreign(file) => CHECK.warn(
            format!(
                "{shell} does not complete keyfob's words, for {} is somebody else's",
                file.display()
            ),
            format!("put that file elsewhere, then {install}"),
        ),
        Completion::Unknown(why) => CHECK.warn(
            format!("nobody can say whether {shell} completes: {why}"),
            install,
        ),
    }
}
