//! Which client we are at a provider already, and where that is known from.

use super::obtain::given;
use crate::account::Account;
use crate::context::Context;
use crate::error::Result;
use crate::login::Wish;
use crate::provider::{ClientAuth, Provider};
use crate::vault::KeptClient;
use keyfob_base::secret::Secret;

/// A client by its id.
#[derive(Debug)]
pub(crate) struct ClientConfig {
    /// The client identifier (RFC 6749 §2.2).
    pub id: String,
    /// How it authenticates where a code is exchanged.
    pub auth: ClientAuth,
    /// Its secret, where it has just been registered.
    pub secret: Option<Secret>,
    /// Nobody named this very client for this run, so another may take its place.
    pub replaceable: bool,
}

/// The id alone; `None` also where what is kept cannot be read.
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
    let named = wish
        .client_id
        .clone()
        .or_else(|| given(provider, "CLIENT_ID"));
    if named.is_some() || provider.client_id.is_some() {
        let replaceable = named.is_none();
        let id = named.or_else(|| provider.client_id.clone());
        return Ok(id.map(|id| defined(context, provider, id, replaceable)));
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

/// A client that is named or defined: it authenticates as the definition says, and where that says
/// nothing as its registration did.
fn defined(context: &Context, provider: &Provider, id: String, replaceable: bool) -> ClientConfig {
    let registered = kept(context, provider).ok().flatten();
    let registered = registered.filter(|kept| kept.client_id == id);
    ClientConfig {
        auth: settled(provider, registered.map(|kept| kept.auth)),
        id,
        secret: None,
        replaceable,
    }
}

fn of_account(provider: &Provider, account: &Account) -> ClientConfig {
    ClientConfig {
        id: account.client.id.clone(),
        auth: settled(provider, Some(account.client.auth)),
        secret: None,
        replaceable: true,
    }
}

/// `none` is what a definition says that says nothing.
fn settled(provider: &Provider, otherwise: Option<ClientAuth>) -> ClientAuth {
    match provider.client_auth {
        ClientAuth::None => otherwise.unwrap_or_default(),
        defined => defined,
    }
}
