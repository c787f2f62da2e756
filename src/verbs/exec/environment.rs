//! The environment of the command: none of keyfob's secrets, no other token of the chosen providers, and
//! one variable a token.

use std::process::Command;

use super::{Exec, Holding};
use crate::error::{Error, Result};
use crate::process;
use crate::verbs::app::App;
use crate::verbs::tokens::{self, Owner};
use crate::words::{VariableName, VariableValue};

#[derive(Debug)]
pub(crate) struct Destination {
    variable: VariableName,
    /// Every variable of its provider's row.
    row: Vec<String>,
}

/// The command with its arguments and its environment. Every variable of the providers' rows is taken out
/// first, so that no program finds another token of the same provider than the one that was meant.
pub(crate) fn command(args: &Exec, holdings: &[Holding]) -> Command {
    let (program, arguments) = args
        .command
        .split_first()
        .expect("the command line demands a command");
    let mut command = Command::new(program);
    command.args(arguments);
    process::scrub(&mut command);
    for name in holdings.iter().flat_map(|holding| &holding.place.row) {
        command.env_remove(name);
    }
    for holding in holdings {
        set(&mut command, &holding.place.variable, &holding.token);
    }
    command
}

fn set(command: &mut Command, variable: &VariableName, token: &VariableValue) {
    command.env(variable.as_str(), token.expose());
}

/// The place of each token: `wanted`, or its provider's usual variable. No two go into the same.
pub(crate) fn places(
    app: &App,
    wanted: Option<&VariableName>,
    owners: &[Owner],
) -> Result<Vec<Destination>> {
    if let (Some(name), [first, second, ..]) = (wanted, owners) {
        return Err(clash(first, second, name));
    }
    let mut places: Vec<Destination> = Vec::with_capacity(owners.len());
    for owner in owners {
        let row = app.token_variables(&owner.provider)?;
        let variable = match wanted {
            Some(name) => name.clone(),
            None => tokens::variable("--env", &row[0])?,
        };
        if let Some(at) = places.iter().position(|one| same(&one.variable, &variable)) {
            return Err(clash(&owners[at], owner, &variable));
        }
        places.push(Destination { variable, row });
    }
    Ok(places)
}

/// Windows knows variables in any case.
fn same(one: &VariableName, other: &VariableName) -> bool {
    let (one, other) = (one.as_str(), other.as_str());
    if cfg!(windows) {
        one.eq_ignore_ascii_case(other)
    } else {
        one == other
    }
}

fn clash(one: &Owner, other: &Owner, variable: &VariableName) -> Error {
    let (one, other) = (&one.whose, &other.whose);
    let what = format!("{one} and {other} would both be in {variable}");
    Error::usage(what).hint(format!(
        "give one token another variable, and start the command through both: `keyfob exec {one} --env VAR -- keyfob exec {other} -- CMD`"
    ))
}
