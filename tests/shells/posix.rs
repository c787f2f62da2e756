//! sh, dash, bash and zsh: the output is evaluated whole.

use crate::program::program;
use crate::tokens::{Tokens, nasty};

/// What the documentation shows, and the same through a file.
const WAYS: [&str; 3] = [
    r#"eval "$("$KEYFOB" export "$@")"; exec env -0"#,
    r#"eval "$("$KEYFOB" export --format gitlab "$@")"; exec env -0"#,
    r#""$KEYFOB" export "$@" > assignments && . ./assignments; exec env -0"#,
];

#[track_caller]
fn round_trips(test: &str, shell: &str, args: &[&str], set_up: &str) {
    let Some(shell) = program(test, shell) else {
        return;
    };
    let tokens = Tokens::hold(&nasty());
    for way in WAYS {
        let mut command = tokens.command(&shell);
        command
            .args(args)
            .args(["-c", &format!("{set_up}\n{way}"), "sh"])
            .args(tokens.accounts());
        tokens.assert_in_environment_of(&mut command);
    }
}

#[test]
fn sh_gives_every_token_back() {
    round_trips("sh_gives_every_token_back", "sh", &[], "");
}

#[test]
fn dash_gives_every_token_back() {
    round_trips("dash_gives_every_token_back", "dash", &[], "");
}

#[test]
fn bash_gives_every_token_back() {
    let test = "bash_gives_every_token_back";
    let plain = ["--norc", "--noprofile"];
    round_trips(test, "bash", &plain, "");
    round_trips(test, "bash", &plain, "set -o history -o histexpand");
    round_trips(test, "bash", &["--norc", "--noprofile", "--posix"], "");
}

#[test]
fn zsh_gives_every_token_back() {
    let test = "zsh_gives_every_token_back";
    round_trips(test, "zsh", &["-f"], "");
    let options = "setopt rcquotes banghist magicequalsubst globassign extendedglob";
    round_trips(test, "zsh", &["-f"], options);
}
