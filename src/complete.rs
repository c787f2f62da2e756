//! What TAB offers: names from the index and the provider files. No secret, no network, no prompt, no
//! write; every error is swallowed, because a completion has nowhere to say it.

use std::collections::BTreeMap;

use clap_complete::CompletionCandidate;

use crate::account::{Account, Status};
use crate::answer::given;
use crate::answer::relative::until;
use crate::escape::escape_short;
use crate::paths::Paths;
use crate::provider::{self, Registry, Wants};
use crate::timestamp::Timestamp;
use crate::vault::{self, Defaults};

/// The variable by which a shell asks for completions.
pub const VARIABLE: &str = "KEYFOB_COMPLETE";

/// The most characters of a username in a description.
const USERNAME_LIMIT: usize = 40;

/// The most characters of a preset's scopes in a description.
const SCOPES_LIMIT: usize = 60;

/// Accounts, as `PROVIDER/NAME`, and each provider that has several, for its default account.
pub fn accounts() -> Vec<CompletionCandidate> {
    look(|index| {
        let several = index.counts().into_iter().filter(|(_, count)| *count > 1);
        let mut offered: Vec<_> = several
            .map(|(provider, _)| index.default_account(provider))
            .collect();
        offered.extend(index.accounts());
        offered
    })
}

/// Accounts, as `PROVIDER/NAME` alone.
pub fn names() -> Vec<CompletionCandidate> {
    look(Index::accounts)
}

/// Providers.
pub fn providers() -> Vec<CompletionCandidate> {
    look(Index::providers)
}

/// Providers that have a file of the user's own.
pub fn changed_providers() -> Vec<CompletionCandidate> {
    look(|index| {
        let registry = Registry::new(index.paths.clone());
        let mut offered = index.providers();
        offered.retain(|one| {
            let name = one.get_value().to_str().unwrap_or_default();
            registry.own_file(name).is_some()
        });
        offered
    })
}

/// Presets of the provider that stands in the line already, each with its scopes.
pub fn presets() -> Vec<CompletionCandidate> {
    look(|index| index.presets(std::env::args()))
}

/// Keys of a definition, each with its `=`; a table of any keys with a dot.
pub fn keys() -> Vec<CompletionCandidate> {
    let keys = provider::keys().into_iter();
    keys.map(|key| match provider::wants_of(&key) {
        Some(Wants::Table) => offer(format!("{key}."), String::new()),
        Some(Wants::Flag) => offer(format!("{key}="), "true or false".into()),
        Some(Wants::Texts | Wants::Numbers) => offer(format!("{key}="), "a list: a,b".into()),
        _ => offer(format!("{key}="), String::new()),
    })
    .collect()
}

/// Providers that have accounts.
pub fn providers_in_use() -> Vec<CompletionCandidate> {
    look(|index| {
        let counts = index.counts().into_iter();
        counts
            .map(|(provider, count)| provider_with(provider, count))
            .collect()
    })
}

/// Providers, then accounts.
pub fn providers_and_accounts() -> Vec<CompletionCandidate> {
    look(|index| {
        let mut offered = index.providers();
        offered.extend(index.accounts());
        offered
    })
}

/// What is known without a secret.
struct Index {
    paths: Paths,
    accounts: Vec<Account>,
    defaults: Defaults,
    now: Timestamp,
}

fn look(offer: impl FnOnce(&Index) -> Vec<CompletionCandidate>) -> Vec<CompletionCandidate> {
    let Ok(paths) = Paths::discover() else {
        return Vec::new();
    };
    offer(&Index::read(paths, Timestamp::now()))
}

impl Index {
    fn read(paths: Paths, now: Timestamp) -> Self {
        Self {
            accounts: vault::list(&paths).accounts,
            defaults: vault::defaults(&paths),
            paths,
            now,
        }
    }

    fn accounts(&self) -> Vec<CompletionCandidate> {
        let accounts = self.accounts.iter();
        accounts
            .map(|account| offer(account.to_string(), self.describe(account)))
            .collect()
    }

    fn providers(&self) -> Vec<CompletionCandidate> {
        let counts = self.counts();
        let names = Registry::new(self.paths.clone()).names();
        names
            .iter()
            .map(|name| provider_with(name, counts.get(name.as_str()).copied().unwrap_or(0)))
            .collect()
    }

    /// The words of the line are arguments of whoever completes it.
    fn presets(&self, words: impl Iterator<Item = String>) -> Vec<CompletionCandidate> {
        let registry = Registry::new(self.paths.clone());
        let names = registry.names();
        let provider = words
            .filter_map(|word| names.iter().find(|name| stands_for(&word, name)))
            .find_map(|name| registry.get(name).ok());
        let presets = provider.map(|provider| provider.presets);
        let presets = presets.into_iter().flatten();
        presets
            .map(|(name, scopes)| offer(name, escape_short(&scopes.join(" "), SCOPES_LIMIT)))
            .collect()
    }

    fn counts(&self) -> BTreeMap<&str, usize> {
        let mut counts = BTreeMap::new();
        for account in &self.accounts {
            *counts.entry(account.provider.as_str()).or_default() += 1;
        }
        counts
    }

    /// A provider standing for its default account.
    fn default_account(&self, provider: &str) -> CompletionCandidate {
        let default = self.defaults.get(provider);
        offer(
            provider.into(),
            default.map_or_else(String::new, |name| {
                format!("default: {}", escape_short(name, USERNAME_LIMIT))
            }),
        )
    }

    /// Says whose account it is and for how long: "ada, expires in 3 h, default".
    fn describe(&self, account: &Account) -> String {
        let username = account.username.as_deref().unwrap_or_default();
        let state = match account.status(self.now) {
            Status::LoginRequired => "login needed".into(),
            Status::Expired => "refreshes on use".into(),
            Status::Unknown => given::age(account, self.now).unwrap_or_default(),
            Status::Valid | Status::Expiring => {
                account.expires_at.map_or_else(String::new, |end| {
                    format!("expires {}", until(end, self.now))
                })
            }
        };
        let default = self.defaults.get(&account.provider) == Some(&account.name);
        [
            escape_short(username, USERNAME_LIMIT),
            state,
            if default {
                "default".into()
            } else {
                String::new()
            },
        ]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(", ")
    }
}

/// Whether a word is the provider, or an account there.
fn stands_for(word: &str, provider: &str) -> bool {
    let rest = word.strip_prefix(provider);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn provider_with(provider: &str, count: usize) -> CompletionCandidate {
    let help = match count {
        0 => String::new(),
        1 => "1 account".into(),
        _ => format!("{count} accounts"),
    };
    offer(provider.into(), help)
}

fn offer(value: String, help: String) -> CompletionCandidate {
    let help = Some(help).filter(|help| !help.is_empty());
    CompletionCandidate::new(value).help(help.map(Into::into))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::SignIn;
    use crate::answer::fixture::{account, now};

    fn index(accounts: Vec<Account>) -> Index {
        Index {
            paths: Paths::under(std::path::Path::new("/nowhere")),
            accounts,
            defaults: [("huggingface".to_owned(), "julien".to_owned())].into(),
            now: now(),
        }
    }

    fn shown(candidates: &[CompletionCandidate]) -> Vec<(String, String)> {
        let text = |candidate: &CompletionCandidate| {
            let help = candidate.get_help().map(ToString::to_string);
            let value = candidate.get_value().to_str().unwrap();
            (value.to_owned(), help.unwrap_or_default())
        };
        candidates.iter().map(text).collect()
    }

    fn described(account: Account) -> String {
        shown(&index(vec![account]).accounts())[0].1.clone()
    }

    #[test]
    fn an_account_says_whose_it_is_and_for_how_long() {
        assert_eq!(described(account()), "julien, expires in 7 h, default");
        let mut other = account();
        other.name = "work".into();
        other.username = None;
        other.expires_at = Some(Timestamp::from_unix(0));
        assert_eq!(described(other.clone()), "refreshes on use");
        other.refreshable = false;
        assert_eq!(described(other.clone()), "login needed");
        other.expires_at = None;
        assert_eq!(described(other.clone()), "");
        other.identity.kind = SignIn::Given;
        other.received_at = Timestamp::from_unix(now().unix() - 91 * 24 * 60 * 60);
        assert_eq!(described(other), "given 91 d ago, rotate");
    }

    #[test]
    fn a_hostile_username_is_harmless_in_a_description() {
        let mut hostile = account();
        hostile.username = Some(format!("a\tb\n\u{1b}[2J{}", "x".repeat(1000)));
        let described = described(hostile);
        assert!(!described.contains(['\t', '\n', '\u{1b}']), "{described}");
        assert!(described.chars().count() < 80, "{described}");
    }

    #[test]
    fn providers_say_how_many_accounts_they_have() {
        let candidates = [
            provider_with("a", 0),
            provider_with("b", 1),
            provider_with("c", 2),
        ];
        let help: Vec<String> = shown(&candidates)
            .into_iter()
            .map(|(_, help)| help)
            .collect();
        assert_eq!(help, ["", "1 account", "2 accounts"]);
    }

    #[test]
    fn presets_are_those_of_the_provider_in_the_line() {
        let presets = |line: &str| {
            let words = line.split(' ').map(str::to_owned);
            shown(&index(Vec::new()).presets(words))
        };
        let of_github = presets("keyfob -- keyfob login --scope x github/ada --for");
        let git = ("git".to_owned(), "read:user user:email repo".to_owned());
        assert!(of_github.contains(&git), "{of_github:?}");
        assert!(!presets("keyfob login huggingface --for").contains(&git));
        assert!(presets("keyfob login githubs --for").is_empty());
    }

    #[test]
    fn keys_are_offered_as_they_are_typed() {
        let offered = shown(&keys());
        let has = |value: &str| offered.iter().any(|(offered, _)| offered == value);
        assert!(has("scopes=") && has("redirect.host=") && has("authorization.parameters."));
        assert!(!has("client_secret=") && !has("redirect="));
    }

    #[test]
    fn a_home_without_anything_offers_nothing() {
        let index = Index::read(Paths::under(std::path::Path::new("/nowhere")), now());
        assert!(index.accounts().is_empty());
        assert!(index.counts().is_empty());
    }
}
