//! `provider list`: every known provider, and whether a login there can begin. Sends nothing.

use super::needs::needs;
use crate::account::Account;
use crate::error::Result;
use crate::verbs::app::App;
use crate::verbs::provider::answer::{Known, Providers};
use crate::verbs::{caution, columns, print, print_json};

/// Lists them; a file that cannot be used is a warning.
pub(crate) fn run(app: &App) -> Result<()> {
    let accounts = app.vault.accounts().accounts;
    let mut providers = Vec::new();
    for name in app.registry.names() {
        match app.registry.describe(&name) {
            Ok(provider) => {
                let there = |account: &&Account| account.provider == name;
                let accounts: Vec<Account> = accounts.iter().filter(there).cloned().collect();
                let needs = needs(app, &provider, &accounts);
                providers.push(Known {
                    name,
                    title: provider.title,
                    ready: needs.is_empty(),
                    needs,
                    accounts: accounts.len(),
                });
            }
            Err(error) => caution(app, &error),
        }
    }
    let answer = Providers { providers };
    if app.manner.json {
        return print_json(&answer);
    }
    let (width, colour) = columns();
    print(&answer.table(width, colour))
}
