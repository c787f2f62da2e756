//! Machine accounts: the client signs in by its own id and secret (RFC 6749 §4.4). There is no
//! consent and no refresh token; a new token is fetched when the old one ends.

use std::sync::Arc;

use super::entry::Grant;
use super::identity::Who;
use super::persist;
use super::{Plan, SignedIn, client, ephemeral};
use crate::account::{Identity, SignIn};
use crate::context::Context;
use crate::error::Result;
use crate::oauth::Client;
use crate::token_set::TokenSet;
use keyfob_base::timestamp::Timestamp;

/// Signs the client in.
pub async fn login(context: &Context, plan: Plan) -> Result<SignedIn> {
    let client = client::for_itself(context, &plan).await?;
    ephemeral::forewarn(context, &plan, Some(&client));
    let fetch = fetch(context, &plan, &client);
    let tokens = plan.noting(context, &client, fetch).await?;
    let grant = Grant {
        who: who(&plan, &client),
        client,
        redirect_uri: None,
        tokens,
    };
    persist::persist(context, &Arc::new(plan), grant).await
}

async fn fetch(context: &Context, plan: &Plan, client: &Client) -> Result<TokenSet> {
    plan.token_endpoint(client)?
        .client_credentials(&context.http, plan.audience.as_deref(), Timestamp::now())
        .await
        .map_err(|error| client::failed(plan, client, "a token", &error))
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
