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
fn round_trips(shell: &str, args: &[&str], set_up: &str) {
    let Some(shell) = program(shell) else {
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
    round_trips("sh", &[], "");
}

#[test]
fn dash_gives_every_token_back() {
    round_trips("dash", &[], "");
}

#[test]
fn bash_gives_every_token_back() {
    let plain = ["--norc", "--noprofile"];
    round_trips("bash", &plain, "");
    round_trips("bash", &plain, "set -o history -o histexpand");
    round_trips("bash", &["--norc", "--noprofile", "--posix"], "");
}

#[test]
fn zsh_gives_every_token_back() {
    round_trips("zsh", &["-f"], "");
    let options = "setopt rcquotes banghist magicequalsubst globassign extendedglob";
    round_trips("zsh", &["-f"], options);
}
