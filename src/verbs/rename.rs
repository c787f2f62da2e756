//! `rename`: gives an account another name. Reads no secret, sends nothing.

use super::app::App;
use super::print_json;
use crate::answer::naming::Renamed;
use crate::cli;
use crate::error::{Code, Error, Result};
use crate::names;
use keyfob_base::escape::escape_short;

/// Renames, and says what it was called.
pub fn run(app: &App, args: &cli::Rename) -> Result<()> {
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
    if app.manner.json {
        return print_json(&Renamed {
            account: new.to_string(),
            previous: account.to_string(),
        });
    }
    Ok(())
}

/// A new name fits the grammar, and has no provider before it.
fn check_name(provider: &str, name: &str) -> Result<()> {
    if names::is_name(name) {
        return Ok(());
    }
    let beyond = name.strip_prefix(provider);
    let alone = beyond.and_then(|rest| rest.strip_prefix('/'));
    let shown = escape_short(name, 80);
    let wrong = Error::new(Code::Usage, format!("`{shown}` is no name for an account"));
    Err(match alone.filter(|alone| names::is_name(alone)) {
        Some(alone) => wrong.hint(format!("give the name alone: `{alone}`")),
        None => wrong.hint(names::GRAMMAR),
    })
}
