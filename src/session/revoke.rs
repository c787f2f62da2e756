//! Signing out: the provider is told to take the tokens back, the refresh token first, for it could bring
//! new ones; then they are forgotten, whatever it said.

use std::sync::Arc;
use std::time::Duration;

use url::Url;

use super::{Reach, client, reach};
use crate::account::Account;
use crate::error::{Error, Result};
use crate::oauth::OauthError;
use crate::oauth::revoke::{RevocationEndpoint, unsupported};
use crate::online::{Online, off_thread};
use crate::secret::Secret;
use crate::vault::Secrets;

pub use crate::oauth::revoke::Hint;

/// How long a refresh that is under way is waited for.
const TURN: Duration = Duration::from_secs(60);

/// An account that was signed out.
#[derive(Debug)]
pub struct SignedOut {
    /// The account as it was at last.
    pub account: Account,
    /// What the provider was told of each of its tokens.
    pub tokens: Vec<Told>,
    /// Where they can be revoked by hand.
    pub page: Option<Url>,
    /// Why it is still here. What was revoked stays revoked.
    pub kept: Option<Error>,
}

/// Why a token that no client had a part in may not be revoked (RFC 7009 §2.1).
const CLIENTS_ALONE: &str = "this provider revokes tokens for clients alone, and this one has none";

/// What the provider was told of one token.
#[derive(Debug)]
pub struct Told {
    /// Which one.
    pub token: Hint,
    /// How it went.
    pub outcome: Outcome,
}

/// How a revocation went.
#[derive(Debug)]
pub enum Outcome {
    /// The provider confirmed it.
    Revoked,
    /// The provider did not confirm it, for this reason.
    Failed(String),
    /// The provider revokes no such token, for this reason.
    Unsupported(String),
    /// Nobody was asked: because of this, or because nobody was to be.
    Skipped(Option<String>),
}

impl Outcome {
    /// Whether the token is gone.
    pub fn is_revoked(&self) -> bool {
        matches!(self, Self::Revoked)
    }

    /// Why the token lives on.
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Failed(why) | Self::Unsupported(why) | Self::Skipped(Some(why)) => Some(why),
            Self::Revoked | Self::Skipped(None) => None,
        }
    }
}

impl Online {
    /// Under the account's lock: revokes its tokens unless that is to stay `local`, then forgets it.
    pub async fn sign_out(&self, account: Account, local: bool) -> Result<SignedOut> {
        let (vault, id) = (Arc::clone(&self.vault), account.id.clone());
        let turn = off_thread(move || vault.wait_for_lock(&id, TURN)).await?;
        let vault = Arc::clone(&self.vault);
        let (account, secrets) = off_thread(move || {
            let account = vault.reread(&account)?.unwrap_or(account);
            let secrets = vault.secrets(&account);
            // Without a provider to tell, a secret that cannot be read only has to go.
            let secrets = if local {
                secrets.ok().flatten()
            } else {
                secrets?
            };
            Ok((account, secrets))
        })
        .await?;
        let (tokens, page) = match &secrets {
            None => (Vec::new(), None),
            Some(secrets) if local => (all(secrets, || Outcome::Skipped(None)), None),
            Some(secrets) => self.take_back(&account, secrets).await,
        };
        let (vault, leaving) = (Arc::clone(&self.vault), account.clone());
        let gone = off_thread(move || vault.forget(&leaving)).await;
        drop(turn);
        Ok(SignedOut {
            kept: gone.err().map(|error| error.account(&account)),
            account,
            tokens,
            page,
        })
    }

    /// Revokes what can be revoked, and finds the page for the rest.
    async fn take_back(&self, account: &Account, secrets: &Secrets) -> (Vec<Told>, Option<Url>) {
        let reached =
            reach(&self.registry, account).and_then(|reach| Ok((reach.revocation()?, reach)));
        let (endpoint, reach) = match reached {
            Ok(reached) => reached,
            Err(error) => {
                let skipped = || Outcome::Skipped(Some(error.message.clone()));
                return (all(secrets, skipped), None);
            }
        };
        let told = match endpoint {
            Some(endpoint) => self.revoke(account, secrets, &reach, &endpoint).await,
            None => all(secrets, || {
                Outcome::Unsupported("this provider cannot revoke tokens".into())
            }),
        };
        (told, reach.provider.revocation.page)
    }

    async fn revoke(
        &self,
        account: &Account,
        secrets: &Secrets,
        reach: &Reach,
        endpoint: &Url,
    ) -> Vec<Told> {
        let rule = &reach.provider.revocation;
        let endpoint = RevocationEndpoint {
            url: endpoint,
            client: &client(account, secrets),
            rule,
            headers: &reach.provider.token.headers,
        };
        let mut told = Vec::new();
        let mut unreachable: Option<String> = None;
        for (token, value) in tokens(secrets) {
            let outcome = if let Some(why) = unsupported(rule, token) {
                Outcome::Unsupported(why.into())
            } else if let Some(cause) = &unreachable {
                Outcome::Failed(cause.clone()) // a server that did not answer is not waited for again
            } else {
                match endpoint.revoke(&self.http, value, token).await {
                    Ok(()) => Outcome::Revoked,
                    Err(OauthError::Refused(response))
                        if account.client.id.is_empty() && response.error == "invalid_client" =>
                    {
                        Outcome::Unsupported(CLIENTS_ALONE.into())
                    }
                    Err(error) => {
                        let cause = error.to_string();
                        if matches!(error, OauthError::Network(_)) {
                            unreachable = Some(cause.clone());
                        }
                        Outcome::Failed(cause)
                    }
                }
            };
            told.push(Told { token, outcome });
        }
        told
    }
}

/// The same of every token.
fn all(secrets: &Secrets, outcome: impl Fn() -> Outcome) -> Vec<Told> {
    tokens(secrets)
        .map(|(token, _)| Told {
            token,
            outcome: outcome(),
        })
        .collect()
}

/// The order in which they are revoked.
fn tokens(secrets: &Secrets) -> impl Iterator<Item = (Hint, &Secret)> {
    let tokens = &secrets.tokens;
    let refresh = tokens.refresh_token.as_ref();
    refresh
        .map(|token| (Hint::RefreshToken, token))
        .into_iter()
        .chain([(Hint::AccessToken, &tokens.access_token)])
}
