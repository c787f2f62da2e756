//! `rename`: gives an account another name, in its secret too. Sends nothing.

use clap::Args;
use clap_complete::engine::ArgValueCompleter;
use serde::Serialize;

use super::app::App;
use super::print_if_json;
use crate::complete;
use crate::error::{Error, Result};
use crate::names;
use keyfob_base::escape::escape_short;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  keyfob rename huggingface/julien work

Its tokens stay where they are, and if it is its provider's default it stays that too.")]
pub struct Rename {
    /// PROVIDER/NAME
    #[arg(value_name = "ACCOUNT", add = ArgValueCompleter::new(complete::names))]
    pub account: String,
    /// Its new name, without PROVIDER
    #[arg(value_name = "NEW")]
    pub name: String,
}

pub(crate) fn run(app: &App, args: &Rename) -> Result<()> {
    let name = args.name.as_str();
    let account = app.chooser().exact(&args.account)?;
    check_name(&account.provider, name)?;
    let new = app.vault.rename(&account, name)?;
    app.term.say(&if account.name == name {
        format!("{account} is called that already")
    } else {
        format!("{account} is {new} now")
    });
    if let Ok(Some(ruled)) = app.rules.account(&account.provider)
        && ruled.name == account.name
        && account.name != name
    {
        let (rule, here) = (&ruled.rule, format!("keyfob use {new} --here"));
        app.term.warn(&format!(
            "{rule} still names {account}; correct it, or choose for this folder with `{here}`"
        ));
    }
    let answer = RenameAnswer {
        account: new.to_string(),
        previous: account.to_string(),
    };
    print_if_json(app, &answer)
}

fn check_name(provider: &str, name: &str) -> Result<()> {
    if names::is_name(name) {
        return Ok(());
    }
    let beyond = name.strip_prefix(provider);
    let alone = beyond.and_then(|rest| rest.strip_prefix('/'));
    let shown = escape_short(name, 80);
    let wrong = Error::usage(format!("`{shown}` is no name for an account"));
    Err(match alone.filter(|alone| names::is_name(alone)) {
        Some(alone) => wrong.hint(format!("give the name alone: `{alone}`")),
        None => wrong.hint(names::GRAMMAR),
    })
}

#[derive(Debug, Serialize)]
pub(crate) struct RenameAnswer {
    pub account: String,
    /// The same until now; itself where nothing changed.
    pub previous: String,
}

#[cfg(test)]
mod tests {
    use super::RenameAnswer;
    use crate::account::fixture::assert_shape;

    #[test]
    fn the_shape_is_the_documented_one() {
        let renamed = RenameAnswer {
            account: "huggingface/work".into(),
            previous: "huggingface/julien".into(),
        };
        assert_shape(&renamed, include_str!("shapes/rename.json"));
    }
}
