//! Accounts, each with whose it is and for how long.

use std::ffi::OsStr;

use clap_complete::CompletionCandidate;

use super::{line, names_alone, offer, providers};
use crate::account::{Account, Status};
use crate::paths::Paths;
use crate::vault::{self, Defaults, Named};
use keyfob_base::escape::escape_short;
use keyfob_base::timestamp::Timestamp;
use keyfob_base::timestamp::until;

/// The most characters of a username in a description.
const USERNAME_LIMIT: usize = 40;

/// The most characters of an account's scopes in a description.
const SCOPES_LIMIT: usize = 40;

/// The options by which a token is got anew: a provider is named with them, and no account needed.
const ANEW: [&str; 2] = ["exchange", "ephemeral"];

/// Accounts, as `PROVIDER/NAME`, and each provider that has several, for its default account; none twice on
/// a line. Providers where a token is got anew, and nothing in somebody else's command.
pub(crate) fn accounts(current: &OsStr) -> Vec<CompletionCandidate> {
    let line = line();
    if line.in_command {
        return Vec::new();
    }
    if ANEW.iter().any(|option| line.has(option)) {
        return providers::providers(current);
    }
    look(|index| index.offered(&current.to_string_lossy(), &line.arguments))
}

pub(crate) fn names(current: &OsStr) -> Vec<CompletionCandidate> {
    let typed = current.to_string_lossy();
    look(|index| index.accounts(|account| account.starts_with(&*typed)))
}

pub(crate) fn targets(current: &OsStr) -> Vec<CompletionCandidate> {
    let typed = current.to_string_lossy();
    if typed.contains('/') {
        names(current)
    } else {
        providers::providers(current)
    }
}

/// What is known without a secret, and without a look into the entries.
struct Index {
    paths: Paths,
    names: Vec<Named>,
    defaults: Defaults,
    now: Timestamp,
    names_alone: bool,
}

fn look(offer: impl FnOnce(&Index) -> Vec<CompletionCandidate>) -> Vec<CompletionCandidate> {
    let Ok(paths) = Paths::discover() else {
        return Vec::new();
    };
    offer(&Index::read(paths, Timestamp::now(), names_alone()))
}

impl Index {
    fn read(paths: Paths, now: Timestamp, names_alone: bool) -> Self {
        Self {
            names: vault::names(&paths),
            defaults: vault::defaults(&paths),
            paths,
            now,
            names_alone,
        }
    }

    /// What continues `typed` and is not `taken` by a word before it.
    fn offered(&self, typed: &str, taken: &[String]) -> Vec<CompletionCandidate> {
        let taken: Vec<_> = taken.iter().map(|word| self.meant(word)).collect();
        let free = |word: &str| word.starts_with(typed) && !taken.contains(&self.meant(word));
        let several = providers::counts(&self.names).into_iter();
        let mut offered: Vec<_> = several
            .filter(|(provider, count)| *count > 1 && free(provider))
            .map(|(provider, _)| self.default_account(provider))
            .collect();
        offered.extend(self.accounts(free));
        offered
    }

    /// The account that a word means, as far as the defaults say it.
    fn meant(&self, word: &str) -> String {
        match self.defaults.get(word) {
            Some(name) => format!("{word}/{name}"),
            None => word.into(),
        }
    }

    fn accounts(&self, wanted: impl Fn(&str) -> bool) -> Vec<CompletionCandidate> {
        let names = self.names.iter();
        let wanted = names.filter(|named| wanted(&full(named)));
        if self.names_alone {
            return wanted
                .map(|named| offer(full(named), String::new()))
                .collect();
        }
        let wanted: Vec<_> = wanted.cloned().collect();
        let accounts = vault::list_named(&self.paths, &wanted).accounts;
        let offered = accounts.iter();
        offered
            .map(|account| offer(account.to_string(), self.describe(account)))
            .collect()
    }

    fn default_account(&self, provider: &str) -> CompletionCandidate {
        let default = self.defaults.get(provider);
        offer(
            provider.into(),
            default.map_or_else(String::new, |name| {
                format!("default: {}", escape_short(name, USERNAME_LIMIT))
            }),
        )
    }

    /// Says whose account it is, for how long and for what: "ada, expires in 3 h, default, openid profile".
    fn describe(&self, account: &Account) -> String {
        let username = account.username.as_deref().unwrap_or_default();
        let default = self.defaults.get(&account.provider) == Some(&account.name);
        [
            escape_short(username, USERNAME_LIMIT),
            state(account, self.now),
            account.describe_age(self.now).unwrap_or_default(),
            if default { "default" } else { "" }.into(),
            escape_short(&account.scopes.join(" "), SCOPES_LIMIT),
        ]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(", ")
    }
}

fn full(named: &Named) -> String {
    format!("{}/{}", named.provider, named.name)
}

fn state(account: &Account, now: Timestamp) -> String {
    match (account.status(now), account.expires_at) {
        (Status::LoginRequired, _) => "login needed".into(),
        (Status::Expired, _) => "refreshes on use".into(),
        (_, Some(end)) => format!("expires {}", until(end, now)),
        (_, None) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::Arc;

    use super::super::shown;
    use super::*;
    use crate::account::SignIn;
    use crate::account::fixture::{account, now};
    use crate::store::Nobody;
    use crate::vault::Vault;

    fn index(names: &[(&str, &str)]) -> Index {
        let names = names.iter().map(|(provider, name)| Named {
            provider: (*provider).into(),
            name: (*name).into(),
            regular: true,
        });
        Index {
            names: names.collect(),
            defaults: [("huggingface".to_owned(), "julien".to_owned())].into(),
            paths: Paths::under(Path::new("/nowhere")),
            now: now(),
            names_alone: true,
        }
    }

    /// The description of an account whose entry is on disk.
    fn described(account: &Account) -> String {
        let home = tempfile::tempdir().unwrap();
        let paths = Paths::under(home.path());
        let vault = Vault::new(paths.clone(), false, Arc::new(Nobody));
        vault.record(account).unwrap();
        let index = Index {
            names_alone: false,
            paths,
            ..index(&[(&account.provider, &account.name)])
        };
        let mut offered = shown(&index.accounts(|_| true));
        assert_eq!(offered.len(), 1);
        offered.remove(0).1
    }

    #[test]
    fn an_account_says_whose_it_is_for_how_long_and_for_what() {
        let mut account = account();
        account.scopes = vec!["openid".into(), "profile".into()];
        assert_eq!(
            described(&account),
            "julien, expires in 7 h, default, openid profile"
        );
        account.name = "work".into();
        account.username = None;
        account.scopes.clear();
        account.expires_at = Some(Timestamp::from_unix(0));
        assert_eq!(described(&account), "refreshes on use");
        account.refreshable = false;
        assert_eq!(described(&account), "login needed");
        account.expires_at = None;
        assert_eq!(described(&account), "");
    }

    #[test]
    fn a_given_token_says_so_with_or_without_an_end() {
        let mut given = account();
        given.name = "work".into();
        given.username = None;
        given.scopes.clear();
        given.identity.kind = SignIn::Given;
        given.received_at = Timestamp::from_unix(now().unix() - 91 * 24 * 60 * 60);
        assert_eq!(described(&given), "expires in 7 h, given 91 d ago, rotate");
        given.expires_at = None;
        assert_eq!(described(&given), "given 91 d ago, rotate");
    }

    #[test]
    fn hostile_words_are_harmless_in_a_description() {
        let mut hostile = account();
        let words = format!("a\tb\n\u{1b}[2J{}", "x".repeat(1000));
        hostile.username = Some(words.clone());
        hostile.scopes = vec![words];
        let described = described(&hostile);
        assert!(!described.contains(['\t', '\n', '\u{1b}']), "{described}");
        assert!(described.chars().count() < 120, "{described}");
    }

    #[test]
    fn no_account_is_offered_twice_on_a_line() {
        let index = index(&[
            ("github", "ada"),
            ("huggingface", "julien"),
            ("huggingface", "work"),
        ]);
        let offered = |typed: &str, taken: &[&str]| -> Vec<String> {
            let taken: Vec<_> = taken.iter().map(ToString::to_string).collect();
            let offered = shown(&index.offered(typed, &taken)).into_iter();
            offered.map(|(value, _)| value).collect()
        };
        let all = [
            "huggingface",
            "github/ada",
            "huggingface/julien",
            "huggingface/work",
        ];
        assert_eq!(offered("", &[]), all);
        assert_eq!(offered("hug", &["github/ada"]), [all[0], all[2], all[3]]);
        assert_eq!(offered("", &["huggingface"]), [all[1], all[3]]);
        assert_eq!(offered("", &["huggingface/julien"]), [all[1], all[3]]);
        assert_eq!(offered("huggingface/w", &[]), [all[3]]);
        assert!(offered("huggingfaces", &[]).is_empty());
    }

    #[test]
    fn a_home_without_anything_offers_nothing() {
        let nowhere = Paths::under(Path::new("/nowhere"));
        for names_alone in [true, false] {
            let index = Index::read(nowhere.clone(), now(), names_alone);
            assert!(index.offered("", &[]).is_empty());
        }
    }
}
