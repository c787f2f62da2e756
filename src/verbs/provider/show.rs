//! `provider show`: one definition as it is in effect, and where each key comes from. Sends nothing.

use super::arguments;
use super::needs::needs;
use crate::error::Result;
use crate::verbs::app::App;
use crate::verbs::provider::answer::Shown;
use crate::verbs::{print, print_json};

/// Shows it.
pub(crate) fn run(app: &App, args: &arguments::ProviderShow) -> Result<()> {
    let provider = app.registry.describe(&args.provider)?;
    let sources = app.registry.sources(&args.provider)?;
    let accounts = app.vault.accounts_of(&provider.name).accounts;
    let shown = Shown::new(&provider, &sources, needs(app, &provider, &accounts));
    if app.manner.json {
        print_json(&shown)
    } else {
        print(&shown.text())
    }
}
