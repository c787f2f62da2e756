//! What a login at a provider still needs, judged without a look at a secret.

use crate::account::Account;
use crate::error::Result;
use crate::login::read_variable;
use crate::provider::{ClientAuth, Provider};
use crate::vault::KeptClient;
use crate::verbs::app::App;
use crate::verbs::caution;
use crate::verbs::provider::answer::Need;
use keyfob_base::timestamp::Timestamp;

/// What is missing; `accounts` are those at the provider. A record that cannot be read is a warning.
pub(crate) fn needs(app: &App, provider: &Provider, accounts: &[Account]) -> Vec<Need> {
    let mut needs: Vec<Need> = provider.missing.iter().cloned().map(Need::Key).collect();
    let kept = kept(app, provider).unwrap_or_else(|error| {
        caution(app, &error);
        None
    });
    let client = client_id(provider, kept.as_ref(), accounts);
    if client.is_none() && !provider.registers_itself() {
        needs.push(Need::ClientId);
    }
    let registered = kept.filter(|kept| client.as_ref() == Some(&kept.client_id));
    let auth = match (provider.client_auth, &registered) {
        (ClientAuth::None, Some(kept)) => kept.auth,
        (auth, _) => auth,
    };
    let kept_secret = registered.is_some_and(|kept| !kept.expired(Timestamp::now()));
    let has_secret = kept_secret || read_variable(provider, "CLIENT_SECRET").is_some();
    if auth.needs_secret() && !has_secret && !goes_without(provider) {
        needs.push(Need::ClientSecret);
    }
    needs
}

/// Whether the device flow signs in without the secret that codes need.
fn goes_without(provider: &Provider) -> bool {
    let auth = provider.device.client_auth;
    provider.device_authorization_endpoint.is_some()
        && auth.is_some_and(|auth| !auth.needs_secret())
}

/// The client that a login would use.
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

/// What is kept of our client there. Where the definition names a token endpoint elsewhere than it was
/// kept for, that is as good as nothing.
pub(crate) fn kept(app: &App, provider: &Provider) -> Result<Option<KeptClient>> {
    let kept = app.vault.client(&provider.name)?;
    let pin = provider.token_endpoint.as_ref();
    let pin = pin.map(|endpoint| provider.pin(endpoint));
    Ok(kept.filter(|kept| pin.is_none_or(|pin| pin == kept.pin)))
}
