//! fish, Elvish and Nushell, each in the way that it reads assignments.

use crate::program::{nu, program};
use crate::tokens::{Tokens, nasty};

#[test]
fn fish_gives_every_token_back() {
    let Some(fish) = program("fish") else {
        return;
    };
    let tokens = Tokens::hold(&nasty());
    for way in [
        "$KEYFOB export --format fish $argv | source; exec env -0",
        "eval ($KEYFOB export --format fish $argv | string collect); exec env -0",
    ] {
        let mut command = tokens.command(&fish);
        command.args(["--no-config", "-c", way, "--"]);
        tokens.assert_in_environment_of(command.args(tokens.accounts()));
    }
}

#[test]
fn elvish_gives_every_token_back() {
    let Some(elvish) = program("elvish") else {
        return;
    };
    let tokens = Tokens::hold(&nasty());
    let way = "eval ((external $E:KEYFOB) export --format elvish $@args | slurp); e:env -0";
    let mut command = tokens.command(&elvish);
    command.args(["-norc", "-c", way]);
    tokens.assert_in_environment_of(command.args(tokens.accounts()));
}

#[test]
fn nushell_gives_every_token_back() {
    let Some(nu) = nu() else {
        return;
    };
    let tokens = Tokens::hold(&nasty());
    let assignments = tokens.export("nu").ok().stdout;
    tokens.home.write("assignments.nu", &assignments);
    let loaded = "^$env.KEYFOB export --json ...$accounts | from json | load-env";
    let accounts = tokens.accounts().join(" ");
    for way in [
        "source assignments.nu".to_owned(),
        format!("let accounts = '{accounts}' | split row ' '; {loaded}"),
    ] {
        let mut command = tokens.command(&nu);
        command.args(["--no-config-file", "-c", &format!("{way}; ^env -0")]);
        tokens.assert_in_environment_of(&mut command);
    }
}
