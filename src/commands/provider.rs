//! `provider list` and `provider show`: definitions as they are in effect.

use super::app::App;
use super::{caution, columns, print, print_json};
use crate::answer::provider::{Known, Need, Providers, Shown};
use crate::cli;
use crate::error::Result;
use crate::provider::Provider;

/// Lists or shows; sends nothing.
pub fn run(app: &App, args: &cli::Provider) -> Result<()> {
    match args {
        cli::Provider::List => list(app),
        cli::Provider::Show(args) => show(app, &args.provider),
    }
}

fn list(app: &App) -> Result<()> {
    let accounts = app.vault.accounts().accounts;
    let mut providers = Vec::new();
    for name in app.registry.names() {
        match app.registry.describe(&name) {
            Ok(provider) => {
                let count = accounts
                    .iter()
                    .filter(|account| account.provider == name)
                    .count();
                providers.push(known(&provider, count));
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

fn known(provider: &Provider, accounts: usize) -> Known {
    let set = |what: &str| {
        std::env::var_os(provider.variable(what)).is_some_and(|value| !value.is_empty())
    };
    let mut needs = Vec::new();
    if provider.client_id.is_none() && !set("CLIENT_ID") && !provider.registers_itself() {
        needs.push(Need::ClientId);
    }
    if provider.client_secret_required && !set("CLIENT_SECRET") {
        needs.push(Need::ClientSecret);
    }
    Known {
        name: provider.name.clone(),
        title: provider.title.clone(),
        ready: needs.is_empty(),
        needs,
        accounts,
    }
}

fn show(app: &App, name: &str) -> Result<()> {
    let provider = app.registry.describe(name)?;
    let shown = Shown::new(&provider);
    if app.manner.json {
        print_json(&shown)
    } else {
        print(&shown.text())
    }
}
