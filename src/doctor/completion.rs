//! Whether the shell that this was typed in completes keyfob's words.

use std::path::PathBuf;

use super::Finding;

const CHECK: &str = "completion";

/// What is known of a shell's completion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Completion {
    /// It completes, by this file.
    Installed(PathBuf),
    /// It does, by a line that the person wrote in this file.
    ByHand(PathBuf),
    /// It does by a file that is to be renewed.
    Stale(PathBuf),
    /// It does not.
    Missing,
    /// It does not, for this file is in the way.
    Foreign(PathBuf),
    /// Nobody can say; why.
    Unknown(String),
}

/// Says whether `shell` completes.
pub(crate) fn completion(shell: &str, completion: &Completion) -> Finding {
    let install = format!("`keyfob completions {shell} --install`");
    match completion {
        Completion::Installed(file) | Completion::ByHand(file) => {
            Finding::pass(CHECK, format!("{shell} completes, by {}", file.display()))
        }
        Completion::Stale(file) => Finding::warn(
            CHECK,
            format!(
                "{shell} completes by a file of another version: {}",
                file.display()
            ),
            install,
        ),
        Completion::Missing => Finding::warn(
            CHECK,
            format!("{shell} does not complete keyfob's words yet"),
            install,
        ),
        Completion::Foreign(file) => Finding::warn(
            CHECK,
            format!(
                "{shell} does not complete keyfob's words, for {} is somebody else's",
                file.display()
            ),
            format!("put that file elsewhere, then {install}"),
        ),
        Completion::Unknown(why) => Finding::warn(
            CHECK,
            format!("nobody can say whether {shell} completes: {why}"),
            install,
        ),
    }
}
