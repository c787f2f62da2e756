//! Which variable each token goes into.

use crate::answer::export::Assignment;
use crate::commands::app::App;
use crate::commands::supply::Supply;
use crate::error::{Code, Error, Result};
use crate::token_set::is_token;

/// Pairs each token with its variable: `name` for the only one, else the provider's usual one. No two go into
/// the same.
pub fn of<'a>(
    app: &App,
    supplies: &'a [Supply],
    name: Option<&str>,
) -> Result<Vec<Assignment<'a>>> {
    if let (Some(name), [_, _, ..]) = (name, supplies) {
        return Err(one_name(name, supplies));
    }
    let mut assignments: Vec<Assignment> = Vec::with_capacity(supplies.len());
    for supply in supplies {
        let token = &supply.tokens.access_token;
        if !is_token(token.expose()) {
            return Err(no_token(supply));
        }
        let variable = match name {
            Some(name) => name.to_owned(),
            None => app.token_variables(&supply.provider)?.swap_remove(0),
        };
        if let Some(first) = assignments.iter().position(|one| one.variable == variable) {
            return Err(same(&variable, &supplies[first], supply));
        }
        assignments.push(Assignment { variable, token });
    }
    Ok(assignments)
}

fn one_name(name: &str, supplies: &[Supply]) -> Error {
    let whose: Vec<String> = supplies.iter().map(Supply::whose).collect();
    Error::new(
        Code::Usage,
        format!(
            "`--name {name}` is for one token, not for those of {}",
            whose.join(", ")
        ),
    )
    .hint("leave `--name` out, or export them one at a time")
}

fn same(variable: &str, first: &Supply, second: &Supply) -> Error {
    let (first, second) = (first.whose(), second.whose());
    Error::new(
        Code::Usage,
        format!("{first} and {second} would both be {variable}"),
    )
    .hint(format!(
        "export one of them alone, such as `keyfob export {second} --name VAR`"
    ))
}

/// What no account gets from a server, but a file may hold.
fn no_token(supply: &Supply) -> Error {
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
