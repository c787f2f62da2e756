//! Machine accounts: the client signs in by its own id and secret (RFC 6749 §4.4). There is no
//! consent and no refresh token; a new token is fetched when the old one ends.

use std::sync::Arc;

use super::identity::Who;
use super::persist::{self, Grant};
use super::redeem::differences;
use super::{Plan, SignedIn, client, metadata};
use crate::account::{Identity, SignIn};
use crate::error::{Code, Error, Result};
use crate::oauth::token::TokenEndpoint;
use crate::oauth::{Client, OauthError};
use crate::online::{self, Online};
use crate::provider::Provider;
use crate::timestamp::Timestamp;
use crate::token_set::TokenSet;

/// Signs the client in.
pub async fn login(online: &Online, plan: Plan) -> Result<SignedIn> {
    let client = client::for_itself(online, &plan).await?;
    let tokens = fetch(online, &plan, &client).await?;
    let (withheld, added) = differences(&plan.scopes, &tokens.scopes);
    let grant = Grant {
        who: who(&plan, &client),
        client,
        redirect_uri: None,
        tokens,
    };
    let kept = persist::persist(online, &Arc::new(plan), grant).await?;
    Ok(SignedIn {
        withheld,
        added,
        ..kept
    })
}

async fn fetch(online: &Online, plan: &Plan, client: &Client) -> Result<TokenSet> {
    let provider = &plan.provider;
    let url = provider.token_endpoint.as_ref();
    let endpoint = TokenEndpoint {
        url: url.ok_or_else(metadata::incomplete)?,
        client,
        rule: &provider.token,
        scopes: &plan.scopes,
        scope_separator: &provider.scope_separator,
        resource: &plan.resource,
    };
    endpoint
        .client_credentials(&online.http, plan.audience.as_deref(), Timestamp::now())
        .await
        .map_err(|error| refused(provider, client, &error))
}

fn refused(provider: &Provider, client: &Client, error: &OauthError) -> Error {
    let failure = online::failed(error, Code::TokenExchangeFailed, "nothing was stored");
    match error {
        OauthError::Refused(response) => Error {
            message: format!("{} gave the client no token: {response}", provider.title),
            hint: client::refused(provider, client, response).or(failure.hint),
            ..failure
        },
        _ => failure,
    }
}

/// The client is who it is; no endpoint is asked.
fn who(plan: &Plan, client: &Client) -> Who {
    let provider = &plan.provider;
    Who {
        identity: Identity {
            issuer: provider
                .issuer
                .clone()
                .unwrap_or_else(|| provider.name.clone()),
            subject: client.id.clone(),
            kind: SignIn::Client,
        },
        username: Some(client.id.clone()),
    }
}
