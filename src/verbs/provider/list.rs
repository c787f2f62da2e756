//! `provider list`: every known provider, and whether a login there can begin. Sends nothing.

use serde::Serialize;

use super::needs::{Need, find_needs, name_needs};
use crate::account::Account;
use crate::error::Result;
use crate::verbs::app::App;
use crate::verbs::table::{Column, Shrink, render};
use crate::verbs::{caution, columns, print, print_json};
use crate::words::Text;

pub(crate) fn run(app: &App) -> Result<()> {
    let accounts = app.vault.accounts().accounts;
    let mut providers = Vec::new();
    for name in app.registry.names() {
        match app.registry.describe(&name) {
            Ok(provider) => {
                let there = |account: &&Account| account.provider == name;
                let accounts: Vec<Account> = accounts.iter().filter(there).cloned().collect();
                let needs = find_needs(app, &provider, &accounts);
                providers.push(ListedProvider {
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
    let answer = ProviderList { providers };
    if app.manner.json {
        return print_json(&answer);
    }
    let (width, colour) = columns();
    print(&Text::new(&answer.table(width, colour)))
}

#[derive(Debug, Serialize)]
struct ProviderList {
    providers: Vec<ListedProvider>,
}

#[derive(Debug, Serialize)]
struct ListedProvider {
    name: String,
    title: String,
    /// Nothing has to be configured before a login.
    ready: bool,
    needs: Vec<Need>,
    accounts: usize,
}

impl ListedProvider {
    fn state(&self) -> String {
        if self.ready {
            "ready".into()
        } else {
            format!("needs {}", name_needs(&self.needs))
        }
    }

    fn count(&self) -> String {
        match self.accounts {
            0 => String::new(),
            count => count.to_string(),
        }
    }
}

impl ProviderList {
    fn table(&self, width: usize, colour: bool) -> String {
        let of = |cell: fn(&ListedProvider) -> String| self.providers.iter().map(cell).collect();
        let mut columns = [
            Column::new("PROVIDER", of(|known| known.name.clone()), Shrink::Last),
            Column::new("TITLE", of(|known| known.title.clone()), Shrink::First),
            Column::new("ACCOUNTS", of(ListedProvider::count), Shrink::Never),
            Column::new("LOGIN", of(ListedProvider::state), Shrink::Second),
        ];
        render(&mut columns, width, colour)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::fixture::assert_shape;

    fn providers() -> ProviderList {
        ProviderList {
            providers: vec![
                ListedProvider {
                    name: "gitea".into(),
                    title: "Gitea".into(),
                    ready: false,
                    needs: vec![Need::Key("host".into()), Need::ClientId],
                    accounts: 0,
                },
                ListedProvider {
                    name: "github".into(),
                    title: "GitHub".into(),
                    ready: false,
                    needs: vec![Need::ClientId, Need::ClientSecret],
                    accounts: 0,
                },
                ListedProvider {
                    name: "huggingface".into(),
                    title: "Hugging Face".into(),
                    ready: true,
                    needs: vec![],
                    accounts: 2,
                },
            ],
        }
    }

    #[test]
    fn the_shape_of_list_is_the_documented_one() {
        assert_shape(&providers(), include_str!("../shapes/provider-list.json"));
    }

    #[test]
    fn the_table_says_what_is_missing() {
        assert_eq!(
            providers().table(80, false),
            "\
PROVIDER     TITLE         ACCOUNTS  LOGIN
gitea        Gitea                   needs a host and a client id
github       GitHub                  needs a client id and a client secret
huggingface  Hugging Face  2         ready
"
        );
    }
}
