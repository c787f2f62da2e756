//! Providers, each with the number of its accounts, and the keys of their definitions.

use std::collections::BTreeMap;
use std::ffi::OsStr;

use clap_complete::CompletionCandidate;

use super::{continuing, offer};
use crate::paths::Paths;
use crate::provider::{self, KeyType, Registry};
use crate::vault::{self, Named};

pub(super) fn counts(names: &[Named]) -> BTreeMap<&str, usize> {
    let mut counts = BTreeMap::new();
    for named in names {
        *counts.entry(named.provider.as_str()).or_default() += 1;
    }
    counts
}

pub(crate) fn providers(current: &OsStr) -> Vec<CompletionCandidate> {
    let Ok(paths) = Paths::discover() else {
        return Vec::new();
    };
    let accounts = vault::names(&paths);
    let counts = counts(&accounts);
    let names = Registry::new(paths).names().into_iter();
    let offered = names.map(|name| {
        let count = counts.get(name.as_str()).copied();
        provider_with(name, count.unwrap_or_default())
    });
    continuing(current, offered.collect())
}

pub(crate) fn changed_providers(current: &OsStr) -> Vec<CompletionCandidate> {
    let Ok(paths) = Paths::discover() else {
        return Vec::new();
    };
    let registry = Registry::new(paths);
    let mut offered = providers(current);
    offered.retain(|one| {
        let name = one.get_value().to_str().unwrap_or_default();
        registry.own_file(name).is_some()
    });
    offered
}

pub(crate) fn providers_in_use(current: &OsStr) -> Vec<CompletionCandidate> {
    let Ok(paths) = Paths::discover() else {
        return Vec::new();
    };
    let accounts = vault::names(&paths);
    let offered = counts(&accounts).into_iter();
    let offered = offered.map(|(provider, count)| provider_with(provider.into(), count));
    continuing(current, offered.collect())
}

/// Keys of a definition, each with its `=`; a table of any keys with a dot.
pub(crate) fn keys(current: &OsStr) -> Vec<CompletionCandidate> {
    let keys = provider::keys().into_iter();
    let offered = keys.map(|key| match provider::key_type_of(&key) {
        Some(KeyType::Table) => offer(format!("{key}."), String::new()),
        Some(KeyType::Flag) => offer(format!("{key}="), "true or false".into()),
        Some(KeyType::Texts | KeyType::Numbers) => offer(format!("{key}="), "a list: a,b".into()),
        _ => offer(format!("{key}="), String::new()),
    });
    continuing(current, offered.collect())
}

fn provider_with(provider: String, count: usize) -> CompletionCandidate {
    let help = match count {
        0 => String::new(),
        1 => "1 account".into(),
        _ => format!("{count} accounts"),
    };
    offer(provider, help)
}

#[cfg(test)]
mod tests {
    use super::super::shown;
    use super::*;

    #[test]
    fn providers_say_how_many_accounts_they_have() {
        let candidates = [0, 1, 2].map(|count| provider_with("a".into(), count));
        let help: Vec<String> = shown(&candidates)
            .into_iter()
            .map(|(_, help)| help)
            .collect();
        assert_eq!(help, ["", "1 account", "2 accounts"]);
    }

    #[test]
    fn keys_are_offered_as_they_are_typed() {
        let offered = shown(&keys(OsStr::new("")));
        let has = |value: &str| offered.iter().any(|(offered, _)| offered == value);
        assert!(has("scopes=") && has("redirect.host=") && has("authorization.parameters."));
        assert!(!has("client_secret=") && !has("redirect="));
        let continued = shown(&keys(OsStr::new("redirect.")));
        assert!(!continued.is_empty());
        assert!(
            continued
                .iter()
                .all(|(key, _)| key.starts_with("redirect."))
        );
    }
}
