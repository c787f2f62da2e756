//! `.env` files: what is written means the same to every reader, and what would not is refused. Docker
//! Compose, which is no part of these tests, takes what single quotes hold as it is.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::program::{node_modules, program, python};
use crate::tokens::{Tokens, all, nasty};
use keyfob_testkit::home::Run;

/// Whether no reader sees anything of its own in a token.
fn is_carried(token: &str) -> bool {
    !token.contains(['\'', '\\']) && !token.contains("${")
}

/// A home with the tokens that `.env` files carry, and such a file in it.
fn carried() -> (Tokens, BTreeMap<String, String>) {
    let mut others: Vec<String> = nasty().into_iter().filter(|t| is_carried(t)).collect();
    others.push(all().replace(['\'', '\\'], ""));
    let tokens = Tokens::hold(&others);
    let accounts = tokens.accounts();
    let mut args = vec!["export", "--format", "dotenv"];
    args.extend(accounts[1..].iter().map(String::as_str)); // the first is of every character
    let file = tokens.home.run(&args).ok().stdout;
    tokens.home.write("tokens.env", &file);
    let mut variables = tokens.variables();
    variables.remove("ACME_TOKEN");
    (tokens, variables)
}

/// Demands that a program printed the variables as a JSON object.
#[track_caller]
fn assert_read(run: &Run, variables: &BTreeMap<String, String>) {
    let read: BTreeMap<String, Value> =
        serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {run:#?}"));
    for (variable, token) in variables {
        assert_eq!(read.get(variable), Some(&Value::from(token.as_str())));
    }
}

#[test]
fn python_dotenv_reads_every_token() {
    let Some(python) = python() else {
        return;
    };
    let (tokens, variables) = carried();
    for read in [
        "import dotenv, json; print(json.dumps(dotenv.dotenv_values('tokens.env')))",
        "import dotenv, json, os; dotenv.load_dotenv('tokens.env'); print(json.dumps(dict(os.environ)))",
    ] {
        let output = tokens.command(&python).args(["-c", read]).output();
        assert_read(&Run::of(output.unwrap()).ok(), &variables);
    }
}

#[test]
fn node_reads_every_token() {
    let (Some(node), Some(modules)) = (program("node"), node_modules()) else {
        return;
    };
    let (tokens, variables) = carried();
    let package =
        format!("require('{modules}/dotenv').config({{path: 'tokens.env', quiet: true}})");
    let show = "console.log(JSON.stringify(process.env))";
    for args in [
        ["--env-file=tokens.env", "-e", show],
        ["--no-warnings", "-e", &format!("{package}; {show}")],
    ] {
        let output = tokens.command(&node).args(args).output();
        assert_read(&Run::of(output.unwrap()).ok(), &variables);
    }
}

#[test]
fn a_shell_that_sources_it_has_every_token() {
    for shell in ["sh", "dash", "bash", "zsh"] {
        let Some(shell) = program(shell) else {
            continue;
        };
        let (tokens, variables) = carried();
        let source = "set -a; . ./tokens.env; exec env -0";
        let output = tokens.command(&shell).args(["-c", source]).output();
        let run = Run::of(output.unwrap()).ok();
        let read: BTreeMap<&str, &str> = run
            .stdout
            .split_terminator('\0')
            .filter_map(|variable| variable.split_once('='))
            .collect();
        for (variable, token) in &variables {
            assert_eq!(
                read.get(variable.as_str()),
                Some(&token.as_str()),
                "{shell}"
            );
        }
    }
}

#[test]
fn what_readers_disagree_on_is_refused_and_not_shown() {
    let others: Vec<String> = nasty().into_iter().filter(|t| !is_carried(t)).collect();
    assert!(others.len() > 10);
    let tokens = Tokens::hold(&others);
    for account in tokens.accounts() {
        let run = tokens.home.run(&["export", &account, "--format", "dotenv"]);
        let run = run.fails(2, &["cannot carry", "`--format json`"]);
        assert_eq!(run.stdout, "", "{account}");
        assert!(!run.stderr.contains(&all()), "{run:?}");
    }
}
