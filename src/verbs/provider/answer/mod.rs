//! What `provider` and its verbs say.

mod changed;
mod document;
mod list;
mod show;
mod tested;

pub(crate) use changed::{Added, Found, Removed, Set, Unregistered};
pub(crate) use document::Document;
pub(crate) use list::{Known, Providers};
pub(crate) use show::Shown;
pub(crate) use tested::{Check, Outcome, Tested};

use serde::{Serialize, Serializer};

/// What has to be given before a login can begin (RFC 6749 §2.2, §2.3.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Need {
    /// A key of the definition that only the user can say.
    Key(String),
    /// A client identifier.
    ClientId,
    /// A client secret.
    ClientSecret,
}

impl Need {
    fn words(&self) -> String {
        match self {
            Need::Key(key) if matches!(key.as_str(), "host" | "tenant") => format!("a {key}"),
            Need::Key(key) => format!("`{key}`"),
            Need::ClientId => "a client id".into(),
            Need::ClientSecret => "a client secret".into(),
        }
    }
}

impl Serialize for Need {
    /// The name of the key; a secret has one too, though it is in no file.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(match self {
            Need::Key(key) => key,
            Need::ClientId => "client_id",
            Need::ClientSecret => "client_secret",
        })
    }
}

/// "a host and a client id"; nothing where nothing is needed.
pub(crate) fn needed(needs: &[Need]) -> String {
    let words: Vec<String> = needs.iter().map(Need::words).collect();
    match words.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
        None => String::new(),
    }
}

/// The command that gives `provider` what it needs; nothing where nothing is needed.
pub(crate) fn giving(provider: &str, needs: &[Need]) -> Option<String> {
    let given = |need: &Need| match need {
        Need::Key(key) => format!("{key}=VALUE"),
        Need::ClientId => "client_id=ID".into(),
        Need::ClientSecret => "--client-secret".into(),
    };
    let given: Vec<String> = needs.iter().map(given).collect();
    let command = || format!("keyfob provider set {provider} {}", given.join(" "));
    (!given.is_empty()).then(command)
}

#[cfg(test)]
mod tests;
