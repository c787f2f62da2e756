//! What a login got, as an account: its entry and its secret.

use super::identity::Who;
use super::metadata;
use super::place::Keeping;
use crate::account::{self, Account, Endpoints, SignIn};
use crate::error::Result;
use crate::oauth;
use crate::provider::Provider;
use crate::store::Kind;
use crate::token_set::TokenSet;
use crate::vault::Secrets;
use keyfob_base::timestamp::Timestamp;

/// What the provider gave.
pub struct Grant {
    /// To which client.
    pub client: oauth::Client,
    /// For which redirect URI, if there was one.
    pub redirect_uri: Option<String>,
    /// Whom it is about.
    pub who: Who,
    /// The tokens.
    pub tokens: TokenSet,
}

/// What an account keeps from one token set to the next.
pub struct Slot {
    /// Its label.
    pub name: String,
    /// The key of its secret and its lock.
    pub id: String,
    /// Another store that may hold a copy of its secret.
    pub copy_in: Option<Kind>,
    /// No entry leads to this id yet.
    pub fresh: bool,
    /// The number of its last token set.
    pub generation: u64,
    /// When it signed in first; `None` for a new one.
    pub created_at: Option<Timestamp>,
}

impl Slot {
    /// A new account's.
    pub fn new(name: String) -> Self {
        Self {
            name,
            id: account::random_id(),
            copy_in: None,
            fresh: true,
            generation: 0,
            created_at: None,
        }
    }

    /// That of an account that is there.
    pub fn of(account: &Account) -> Self {
        Self {
            name: account.name.clone(),
            id: account.id.clone(),
            copy_in: account.copy_in,
            fresh: false,
            generation: account.generation,
            created_at: Some(account.created_at),
        }
    }
}

/// The account and its secret, as they are kept.
pub fn entry(plan: &Keeping, grant: &Grant, slot: Slot) -> Result<(Account, Secrets)> {
    let tokens = &grant.tokens;
    let account = Account {
        provider: plan.provider.name.clone(),
        name: slot.name,
        id: slot.id,
        identity: grant.who.identity.clone(),
        username: grant.who.username.clone(),
        store: plan.store,
        copy_in: slot.copy_in,
        client: account::AccountClient {
            id: grant.client.id.clone(),
            auth: grant.client.auth,
            redirect_uri: grant.redirect_uri.clone(),
        },
        endpoints: endpoints(&plan.provider)?,
        token_type: tokens.token_type.clone(),
        scopes: tokens.scopes.clone(),
        resource: plan.resource.clone(),
        audience: plan.audience.clone(),
        subject_from: plan
            .subject_from
            .clone()
            .filter(|_| grant.who.identity.kind == SignIn::Exchange),
        refreshable: matches!(grant.who.identity.kind, SignIn::Client | SignIn::Exchange)
            || tokens.refresh_token.is_some(),
        generation: slot.generation + 1,
        received_at: tokens.received_at,
        expires_at: tokens.expires_at,
        created_at: slot.created_at.unwrap_or(tokens.received_at),
        signed_in_at: Some(tokens.received_at),
        updated_at: tokens.received_at,
        refused_generation: None,
    };
    let secrets = Secrets {
        tokens: tokens.clone(),
        client_secret: grant.client.secret.clone(),
        generation: account.generation,
    };
    Ok((account, secrets))
}

/// Today's endpoints, whose origins may have this account's tokens from now on.
pub fn endpoints(provider: &Provider) -> Result<Endpoints> {
    let token = provider
        .token_endpoint
        .as_ref()
        .ok_or_else(metadata::incomplete)?;
    Ok(Endpoints {
        token: token.into(),
        userinfo: provider.userinfo_endpoint.as_ref().map(Into::into),
        revocation: provider.revocation_endpoint.as_ref().map(Into::into),
        pinned_as: provider.pinned_as.clone(),
    })
}
