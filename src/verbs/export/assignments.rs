//! Which variable each token goes into.

use super::formats::Assignment;
use crate::error::{Error, Result};
use crate::verbs::app::App;
use crate::verbs::tokens::{self, Owner, Supply};
use crate::words::VariableName;

/// The variable of each token: `name` for the only one, else the provider's usual one. No two go into the
/// same.
pub(crate) fn variables(
    app: &App,
    owners: &[Owner],
    name: Option<&VariableName>,
) -> Result<Vec<VariableName>> {
    if let (Some(name), [_, _, ..]) = (name, owners) {
        return Err(refuse_one_name(name, owners));
    }
    let mut variables: Vec<VariableName> = Vec::with_capacity(owners.len());
    for owner in owners {
        let variable = match name {
            Some(name) => name.clone(),
            None => tokens::variable("--name", &app.token_variables(&owner.provider)?[0])?,
        };
        if let Some(first) = variables.iter().position(|one| *one == variable) {
            return Err(refuse_same(&variable, &owners[first], owner));
        }
        variables.push(variable);
    }
    Ok(variables)
}

pub(crate) fn pair(variables: Vec<VariableName>, supplies: &[Supply]) -> Result<Vec<Assignment>> {
    let pairs = variables.into_iter().zip(supplies);
    pairs
        .map(|(variable, supply)| {
            let token = tokens::value(&supply.tokens.access_token, &supply.whose())?;
            Ok(Assignment { variable, token })
        })
        .collect()
}

fn refuse_one_name(name: &VariableName, owners: &[Owner]) -> Error {
    let whose: Vec<&str> = owners.iter().map(|owner| owner.whose.as_str()).collect();
    Error::usage(format!(
        "`--name {name}` is for one token, not for those of {}",
        whose.join(", ")
    ))
    .hint("leave `--name` out, or export them one at a time")
}

fn refuse_same(variable: &VariableName, first: &Owner, second: &Owner) -> Error {
    let (first, second) = (&first.whose, &second.whose);
    Error::usage(format!("{first} and {second} would both be {variable}")).hint(format!(
        "export one of them alone, such as `keyfob export {second} --name VAR`"
    ))
}
