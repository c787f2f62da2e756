//! What gets an account a new token, and the one request that asks for it.

use super::exchange;
use crate::account::{Account, SignIn};
use crate::ci::IdentityToken;
use crate::context::Context;
use crate::error::Result;
use crate::oauth::OauthError;
use crate::oauth::token::TokenEndpoint;
use crate::provider::Provider;
use crate::token_set::TokenSet;
use crate::vault::Secrets;
use keyfob_base::secret::Secret;
use keyfob_base::timestamp::Timestamp;

/// What gets a new token.
pub enum Grant {
    /// The refresh token (RFC 6749 §6).
    Refresh(Secret),
    /// The client's own credentials (RFC 6749 §4.4).
    Client,
    /// An identity token of the place where this runs (RFC 8693).
    Exchange(IdentityToken),
}

impl Context {
    /// What is sent: the grant once more where that needs no person, else the refresh token. An exchange
    /// needs a new identity token first.
    pub(super) async fn grant(
        &self,
        account: &Account,
        secrets: &Secrets,
        provider: &Provider,
    ) -> Result<Grant> {
        if account.identity.kind == SignIn::Exchange {
            let identity = exchange::identity(self, account, provider).await?;
            return Ok(Grant::Exchange(identity));
        }
        let token = secrets.tokens.refresh_token.as_ref();
        let token = token.filter(|_| !account.needs_no_person());
        Ok(token.map_or(Grant::Client, |token| Grant::Refresh(token.clone())))
    }

    /// One request.
    pub(super) async fn ask(
        &self,
        endpoint: &TokenEndpoint<'_>,
        account: &Account,
        provider: &Provider,
        grant: &Grant,
    ) -> std::result::Result<TokenSet, OauthError> {
        let (http, now) = (&self.http, Timestamp::now());
        let audience = account.audience.as_deref();
        match grant {
            Grant::Refresh(token) => {
                let redirect_uri = account.client.redirect_uri.as_deref();
                endpoint.refresh(http, token, redirect_uri, now).await
            }
            Grant::Client => endpoint.client_credentials(http, audience, now).await,
            Grant::Exchange(identity) => {
                let (rule, token) = (&provider.exchange, &identity.token);
                endpoint
                    .token_exchange(http, rule, token, audience, now)
                    .await
            }
        }
    }
}
