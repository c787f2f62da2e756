//! Which client we are at a provider already, and where that is known from.

use crate::account::{self, Account};
use crate::context::Context;
use crate::error::Result;
use crate::login::{Plan, Wish};
use crate::provider::{ClientAuth, Provider};
use crate::vault::KeptClient;
use keyfob_base::escape::escape_short;
use keyfob_base::secret::Secret;

#[derive(Debug)]
pub(crate) struct ClientConfig {
    pub id: String,
    pub auth: ClientAuth,
    /// Its secret, where it has just been registered.
    pub secret: Option<Secret>,
    /// Nobody named this very client for this run, so another may take its place.
    pub replaceable: bool,
}

/// `None` also where what is kept cannot be read.
pub(crate) fn known_id(
    context: &Context,
    wish: &Wish,
    expected: Option<&Account>,
) -> Option<String> {
    find(context, wish, expected).ok()?.map(|known| known.id)
}

/// The client: flag, environment, definition; else the one that the expected account has, the one that
/// was registered, or that of any account there, so that signing in again needs no more than the first
/// time. An https URL is an id like any other: a server that takes those reads our metadata there.
pub(crate) fn find(
    context: &Context,
    wish: &Wish,
    expected: Option<&Account>,
) -> Result<Option<ClientConfig>> {
    let provider = &wish.provider;
    let named = wish.client_id.clone();
    let named = named.or_else(|| read_variable(provider, "CLIENT_ID"));
    let replaceable = named.is_none();
    if let Some(id) = named.or_else(|| provider.client_id.clone()) {
        let registered = kept(context, provider).ok().flatten();
        let registered = registered.filter(|kept| kept.client_id == id);
        let auth = registered.map(|kept| kept.auth);
        return Ok(Some(configure(provider, id, auth, replaceable)));
    }
    if let Some(account) = expected.filter(|account| !account.client.id.is_empty()) {
        return Ok(Some(of_account(provider, account)));
    }
    // `--register` is also the way past a registration that the server has lost.
    let kept = if wish.register {
        None
    } else {
        kept(context, provider)?
    };
    Ok(kept.map(ClientConfig::from).or_else(|| {
        let mut accounts = context.vault.accounts_of(&provider.name).accounts;
        accounts.retain(|account| !account.client.id.is_empty()); // a client had a part in it
        accounts.pop().map(|account| of_account(provider, &account))
    }))
}

/// What is kept of our client, where it was registered for the token endpoint of today.
pub(crate) fn kept(context: &Context, provider: &Provider) -> Result<Option<KeptClient>> {
    let kept = context.vault.client(&provider.name)?;
    let pin = pin(provider);
    Ok(kept.filter(|kept| Some(&kept.pin) == pin.as_ref()))
}

/// The origin that a client's secret may go to; `None` where no token endpoint is known yet.
pub(crate) fn pin(provider: &Provider) -> Option<String> {
    let endpoint = provider.token_endpoint.as_ref()?;
    Some(provider.pin(endpoint))
}

impl From<KeptClient> for ClientConfig {
    fn from(kept: KeptClient) -> Self {
        Self {
            id: kept.client_id,
            auth: kept.auth,
            secret: None,
            replaceable: true,
        }
    }
}

fn of_account(provider: &Provider, account: &Account) -> ClientConfig {
    let client = &account.client;
    configure(provider, client.id.clone(), Some(client.auth), true)
}

/// A client that authenticates as the definition says, and where that says nothing, which is `none`, as it is
/// known to have `registered`.
pub(super) fn configure(
    provider: &Provider,
    id: String,
    registered: Option<ClientAuth>,
    replaceable: bool,
) -> ClientConfig {
    ClientConfig {
        id,
        auth: match provider.client_auth {
            ClientAuth::None => registered.unwrap_or_default(),
            defined => defined,
        },
        secret: None,
        replaceable,
    }
}

/// A client to be kept for later logins, in the store of this one.
pub(super) fn record(plan: &Plan, client_id: String, auth: ClientAuth, pin: String) -> KeptClient {
    KeptClient {
        id: account::random_id(),
        client_id,
        auth,
        pin,
        store: plan.keeping.store,
        secret_expires_at: None,
        copy_in: None,
        configuration_endpoint: None,
    }
}

pub(super) fn shorten_id(id: &str) -> String {
    escape_short(id, 80)
}

/// What the provider's own variable says, without surrounding blanks; nothing where it is empty.
pub(crate) fn read_variable(provider: &Provider, what: &str) -> Option<String> {
    std::env::var(provider.variable(what))
        .ok()
        .map(|value| value.trim().to_owned())
        .filter(|value| !value.is_empty())
}
