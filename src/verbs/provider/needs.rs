//! What a login at a provider still needs, judged without a look at a secret.

use serde::{Serialize, Serializer};

use crate::account::Account;
use crate::error::Result;
use crate::login::read_variable;
use crate::provider::{ClientAuth, Provider};
use crate::vault::KeptClient;
use crate::verbs::app::App;
use crate::verbs::caution;
use keyfob_base::escape::escape_short;
use keyfob_base::timestamp::Timestamp;

/// What has to be given before a login can begin (RFC 6749 §2.2, §2.3.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Need {
    /// A key of the definition that only the user can say.
    Key(String),
    ClientId,
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
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.serialize_str(match self {
            Need::Key(key) => key,
            Need::ClientId => "client_id",
            Need::ClientSecret => "client_secret",
        })
    }
}

/// "a host and a client id"; nothing where nothing is needed.
pub(crate) fn name_needs(needs: &[Need]) -> String {
    let words: Vec<String> = needs.iter().map(Need::words).collect();
    match words.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
        None => String::new(),
    }
}

pub(crate) fn command_for(provider: &str, needs: &[Need]) -> Option<String> {
    let given = |need: &Need| match need {
        Need::Key(key) => format!("{key}=VALUE"),
        Need::ClientId => "client_id=ID".into(),
        Need::ClientSecret => "--client-secret".into(),
    };
    let given: Vec<String> = needs.iter().map(given).collect();
    let command = || format!("keyfob provider set {provider} {}", given.join(" "));
    (!given.is_empty()).then(command)
}

/// What is missing; `accounts` are those at the provider. A record that cannot be read is a warning.
pub(crate) fn find_needs(app: &App, provider: &Provider, accounts: &[Account]) -> Vec<Need> {
    let mut needs: Vec<Need> = provider.missing.iter().cloned().map(Need::Key).collect();
    let kept = kept_client(app, provider).unwrap_or_else(|error| {
        caution(app, &error);
        None
    });
    let client = client_id(provider, kept.as_ref(), accounts);
    if client.is_none() && !provider.registers_itself() {
        needs.push(Need::ClientId);
    }
    let registered = kept.filter(|kept| client.as_ref() == Some(&kept.client_id));
    let auth = client_auth(provider, registered.as_ref());
    let kept_secret = registered.is_some_and(|kept| !kept.expired(Timestamp::now()));
    let has_secret = kept_secret || read_variable(provider, "CLIENT_SECRET").is_some();
    if auth.needs_secret() && !has_secret && !goes_without(provider) {
        needs.push(Need::ClientSecret);
    }
    needs
}

fn goes_without(provider: &Provider) -> bool {
    let auth = provider.device.client_auth;
    provider.device_authorization_endpoint.is_some()
        && auth.is_some_and(|auth| !auth.needs_secret())
}

pub(crate) fn client_id(
    provider: &Provider,
    kept: Option<&KeptClient>,
    accounts: &[Account],
) -> Option<String> {
    read_variable(provider, "CLIENT_ID")
        .or_else(|| provider.client_id.clone())
        .or_else(|| kept.map(|kept| kept.client_id.clone()))
        .or_else(|| accounts.last().map(|account| account.client.id.clone()))
}

/// How it authenticates: a client that keyfob registered as it was registered.
pub(crate) fn client_auth(provider: &Provider, kept: Option<&KeptClient>) -> ClientAuth {
    match (provider.client_auth, kept) {
        (ClientAuth::None, Some(kept)) => kept.auth,
        (auth, _) => auth,
    }
}

pub(crate) fn show_id(id: &str) -> String {
    escape_short(id, 60)
}

/// Where the definition names a token endpoint elsewhere than it was kept for, that is as good as nothing.
pub(crate) fn kept_client(app: &App, provider: &Provider) -> Result<Option<KeptClient>> {
    let kept = app.vault.client(&provider.name)?;
    let pin = provider.token_endpoint.as_ref();
    let pin = pin.map(|endpoint| provider.pin(endpoint));
    Ok(kept.filter(|kept| pin.is_none_or(|pin| pin == kept.pin)))
}
