//! The environment of the command: none of keyfob's secrets, no other token of the chosen providers, and
//! one variable a token.

use std::process::Command;

use super::Holding;
use crate::cli;
use crate::commands::app::App;
use crate::error::{Code, Error, Result};
use crate::process;

/// The command with its arguments and its environment. Every variable of the providers' rows is taken out
/// first, so that no program finds another token of the same provider than the one that was meant.
pub fn command(app: &App, args: &cli::Exec, holdings: &[Holding]) -> Result<Command> {
    let (program, arguments) = args
        .command
        .split_first()
        .expect("the command line demands a command");
    let mut command = Command::new(program);
    command.args(arguments);
    process::scrub(&mut command);
    let variables = variables(app, args.env.as_deref(), holdings)?;
    for name in variables.iter().flat_map(|(_, row)| row) {
        command.env_remove(name);
    }
    for ((name, _), holding) in variables.iter().zip(holdings) {
        command.env(name, holding.token.expose());
    }
    Ok(command)
}

/// For each token the variable it is put into, and all that its provider's row has.
fn variables(
    app: &App,
    wanted: Option<&str>,
    holdings: &[Holding],
) -> Result<Vec<(String, Vec<String>)>> {
    if let (Some(name), [first, second, ..]) = (wanted, holdings) {
        return Err(clash(first, second, name));
    }
    let mut variables: Vec<(String, Vec<String>)> = Vec::new();
    for holding in holdings {
        let row = app.token_variables(&holding.provider)?;
        let name = wanted.map_or_else(|| row[0].clone(), str::to_owned);
        if let Some(at) = variables.iter().position(|(other, _)| same(other, &name)) {
            return Err(clash(&holdings[at], holding, &name));
        }
        variables.push((name, row));
    }
    Ok(variables)
}

/// Windows knows variables in any case.
fn same(one: &str, other: &str) -> bool {
    if cfg!(windows) {
        one.eq_ignore_ascii_case(other)
    } else {
        one == other
    }
}

/// One variable holds one token.
fn clash(one: &Holding, other: &Holding, variable: &str) -> Error {
    let (one, other) = (&one.whose, &other.whose);
    Error::new(
        Code::Usage,
        format!("{one} and {other} would both be in {variable}"),
    )
    .hint(format!(
        "give one token another variable, and start the command through both: `keyfob exec {one} --env VAR -- keyfob exec {other} -- CMD`"
    ))
}
