//! `use`: makes an account its provider's default. Reads no secret, sends nothing.

use super::app::App;
use super::print_json;
use crate::answer::naming;
use crate::choose::{ACCOUNT, Source, Why};
use crate::cli;
use crate::error::Result;

/// Makes it the default, and says which one was.
pub fn run(app: &App, args: &cli::Use) -> Result<()> {
    let chooser = app.chooser();
    let account = chooser.exact(&args.account)?;
    let previous = app.vault.choose_default(&account)?;
    let provider = &account.provider;
    app.term.say(&match &previous {
        Some(name) if *name == account.name => {
            format!("{account} is the default of {provider} already")
        }
        Some(name) => format!("{account} is the default of {provider}; it was {provider}/{name}"),
        None => format!("{account} is the default of {provider}; there was none"),
    });
    if let Ok(choice) = chooser.source(Some(provider))
        && let (Source::Account(used), Why::Environment) = (&choice.source, choice.why)
        && used.id != account.id
    {
        app.term.warn(&format!(
            "{ACCOUNT} names {used} here, which goes before the default"
        ));
    }
    if app.manner.json {
        return print_json(&naming::DefaultAccount {
            account: account.to_string(),
            provider: provider.clone(),
            previous: previous.map(|name| format!("{provider}/{name}")),
        });
    }
    Ok(())
}
