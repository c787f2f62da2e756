//! Which variable each token goes into.

use super::formats::Assignment;
use crate::error::{Code, Error, Result};
use crate::token_set::is_token;
use crate::verbs::app::App;
use crate::verbs::tokens::{Owner, Supply};

/// The variable of each token: `name` for the only one, else the provider's usual one. No two go into the
/// same.
pub(crate) fn variables(app: &App, owners: &[Owner], name: Option<&str>) -> Result<Vec<String>> {
    if let (Some(name), [_, _, ..]) = (name, owners) {
        return Err(refuse_one_name(name, owners));
    }
    let mut variables: Vec<String> = Vec::with_capacity(owners.len());
    for owner in owners {
        let variable = match name {
            Some(name) => name.to_owned(),
            None => app.token_variables(&owner.provider)?.swap_remove(0),
        };
        if let Some(first) = variables.iter().position(|one| *one == variable) {
            return Err(refuse_same(&variable, &owners[first], owner));
        }
        variables.push(variable);
    }
    Ok(variables)
}

pub(crate) fn pair(variables: Vec<String>, supplies: &[Supply]) -> Result<Vec<Assignment<'_>>> {
    let pairs = variables.into_iter().zip(supplies);
    pairs
        .map(|(variable, supply)| {
            let token = &supply.tokens.access_token;
            if is_token(token.expose()) {
                Ok(Assignment { variable, token })
            } else {
                Err(explain_no_token(supply))
            }
        })
        .collect()
}

fn refuse_one_name(name: &str, owners: &[Owner]) -> Error {
    let whose: Vec<&str> = owners.iter().map(|owner| owner.whose.as_str()).collect();
    Error::new(
        Code::Usage,
        format!(
            "`--name {name}` is for one token, not for those of {}",
            whose.join(", ")
        ),
    )
    .hint("leave `--name` out, or export them one at a time")
}

fn refuse_same(variable: &str, first: &Owner, second: &Owner) -> Error {
    let (first, second) = (&first.whose, &second.whose);
    Error::new(
        Code::Usage,
        format!("{first} and {second} would both be {variable}"),
    )
    .hint(format!(
        "export one of them alone, such as `keyfob export {second} --name VAR`"
    ))
}

/// What no account gets from a server, but a file may hold.
fn explain_no_token(supply: &Supply) -> Error {
    let whose = supply.whose();
    Error::new(
        Code::InvalidResponse,
        format!(
            "what is kept as the token of {whose} is empty or has characters that no token has"
        ),
    )
    .hint(format!("sign in again with `keyfob login {whose}`"))
    .account(whose)
}
