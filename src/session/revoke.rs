//! Signing out: the provider is told to take the tokens back, the refresh token first, for it could bring
//! new ones; then they are forgotten, whatever it said.

use std::sync::Arc;

use url::Url;

use tokio::time::{Instant, timeout_at};

use super::look::client;
use super::pinned_endpoints;
use crate::account::{Account, SignIn};
use crate::audit::Action;
use crate::context::{Context, off_thread};
use crate::error::{Code, Error, Result};
use crate::oauth::revoke::{NOWHERE, RevocationEndpoint, beyond, unsupported};
use crate::oauth::{Client, Http, OauthError};
use crate::provider::Provider;
use crate::store::Kind;
use crate::token_set::TokenSet;
use crate::vault::{LOCK_TIMEOUT, Secrets};
use keyfob_base::secret::Secret;

pub(crate) use crate::oauth::revoke::Hint;

const NO_CLIENT: &str = "this provider revokes a token only for the client that it was issued to, and that is not known";

#[derive(Debug)]
pub(crate) struct SignedOut {
    pub account: Account,
    pub tokens: Vec<RevokedToken>,
    /// Where they can be revoked by hand.
    pub page: Option<Url>,
    /// Why it is still here. What was revoked stays revoked.
    pub kept: Option<Error>,
    /// The stores that may have its secret still.
    pub left: Vec<Kind>,
}

/// Why a token that no client had a part in may not be revoked (RFC 7009 §2.1).
const CLIENTS_ALONE: &str = "this provider revokes tokens for clients alone, and this one has none";

#[derive(Debug)]
pub(crate) struct RevokedToken {
    pub token: Hint,
    pub outcome: RevocationOutcome,
}

#[derive(Debug, Clone)]
pub(crate) enum RevocationOutcome {
    Revoked,
    Failed(String),
    Unsupported(String),
    /// Nobody was asked: because of this, or because nobody was to be.
    Skipped(Option<String>),
}

impl RevocationOutcome {
    pub(crate) fn is_revoked(&self) -> bool {
        matches!(self, Self::Revoked)
    }

    pub(crate) fn reason(&self) -> Option<&str> {
        match self {
            Self::Failed(why) | Self::Unsupported(why) | Self::Skipped(Some(why)) => Some(why),
            Self::Revoked | Self::Skipped(None) => None,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Extent {
    Nothing,
    /// Nobody is asked, and an account whose store cannot be used is forgotten with its secret left there.
    NothingAndLeave,
    /// Those that a sign-in here brought.
    Issued,
    /// Those too that were given, which others may use as well.
    Everything,
}

impl Extent {
    fn covers(self, account: &Account) -> bool {
        match self {
            Self::Nothing | Self::NothingAndLeave => false,
            Self::Issued => account.identity.kind != SignIn::Given,
            Self::Everything => true,
        }
    }
}

impl Context {
    /// Under the account's lock: revokes its tokens as far as that is wanted, then forgets it.
    pub(crate) async fn sign_out(&self, account: Account, extent: Extent) -> Result<SignedOut> {
        let local = !extent.covers(&account);
        let (vault, id) = (Arc::clone(&self.vault), account.id.clone());
        let turn = off_thread(move || vault.wait_for_lock(&id, LOCK_TIMEOUT)).await?;
        let vault = Arc::clone(&self.vault);
        let (account, secrets, sharer) = off_thread(move || {
            let mut account = vault.reread(&account)?.unwrap_or(account);
            let sharer = vault.find_sharer(&account);
            let secrets = match &sharer {
                Some(sharer) => Ok(vault.secrets(sharer).ok().flatten()), // nothing is done with them
                None => vault.secrets_of_now(&mut account),
            };
            // Without a provider to tell, a secret that cannot be read only has to go.
            let secrets = if local {
                secrets.ok().flatten()
            } else {
                secrets?
            };
            Ok((account, secrets, sharer))
        })
        .await?;
        let (tokens, page) = match &secrets {
            None => (Vec::new(), None),
            // Revoking would end the other one too, and its secret stays for it.
            Some(secrets) if sharer.is_some() => {
                let why =
                    sharer.map(|sharer| format!("{sharer} has the same tokens, and keeps them"));
                (skip(&secrets.tokens, why), None)
            }
            Some(secrets) if matches!(extent, Extent::Nothing | Extent::NothingAndLeave) => {
                (skip(&secrets.tokens, None), None)
            }
            Some(secrets) if local => self.leave(&account, secrets),
            Some(secrets) => self.take_back(&account, secrets).await?,
        };
        self.note_revocation(&account, &tokens);
        let (vault, leaving) = (Arc::clone(&self.vault), account.clone());
        let audit = Arc::clone(&self.audit);
        let gone = off_thread(move || {
            let gone = if extent == Extent::NothingAndLeave {
                vault.forget_entry(&leaving)
            } else {
                vault.forget(&leaving).map(|()| Vec::new())
            };
            audit.note(Action::SignOut, &leaving.to_string(), gone.as_ref().err());
            gone
        })
        .await;
        drop(turn);
        let (left, kept) = match gone {
            Ok(left) => (left, None),
            Err(error) => (Vec::new(), Some(error.account(&account))),
        };
        Ok(SignedOut {
            account,
            tokens,
            page,
            kept,
            left,
        })
    }

    fn note_revocation(&self, account: &Account, tokens: &[RevokedToken]) {
        let failed = tokens.iter().find_map(|told| match &told.outcome {
            RevocationOutcome::Failed(cause) => Some(Error::new(Code::RevocationFailed, cause)),
            _ => None,
        });
        if failed.is_some() || tokens.iter().any(|told| told.outcome.is_revoked()) {
            let whose = account.to_string();
            self.audit.note(Action::Revoke, &whose, failed.as_ref());
        }
    }

    fn leave(&self, account: &Account, secrets: &Secrets) -> (Vec<RevokedToken>, Option<Url>) {
        let why = "a token that was given is revoked only with `--revoke`";
        let page = pinned_endpoints(&self.registry, account).ok();
        (
            skip(&secrets.tokens, Some(why.into())),
            page.and_then(|endpoints| endpoints.provider.revocation.page),
        )
    }

    async fn take_back(
        &self,
        account: &Account,
        secrets: &Secrets,
    ) -> Result<(Vec<RevokedToken>, Option<Url>)> {
        let reached = pinned_endpoints(&self.registry, account)
            .and_then(|endpoints| Ok((endpoints.revocation()?, endpoints)));
        let (endpoint, endpoints) = match reached {
            Ok(reached) => reached,
            // The hint says how the tokens can be revoked after all; forgotten, they could not.
            Err(error) if error.code == Code::OriginRefused => return Err(error.account(account)),
            Err(error) => return Ok((skip(&secrets.tokens, Some(error.message)), None)),
        };
        let provider = &endpoints.provider;
        let revoking = Revoking {
            endpoint: endpoint.as_ref(),
            provider,
            client: &client(account, secrets),
            until: None,
        };
        let told = revoking.all(&self.http, &secrets.tokens).await;
        Ok((told, endpoints.provider.revocation.page))
    }
}

#[derive(Debug)]
pub(crate) struct Revoking<'a> {
    pub endpoint: Option<&'a Url>,
    pub provider: &'a Provider,
    pub client: &'a Client,
    /// When it is over, answered or not; `None` leaves each request its own time.
    pub until: Option<Instant>,
}

impl Revoking<'_> {
    /// Revokes all that can be revoked. Nothing is waited for again that did not answer.
    pub(crate) async fn all(&self, http: &Http, set: &TokenSet) -> Vec<RevokedToken> {
        let Some(url) = self.endpoint else {
            return treat_alike(set, &RevocationOutcome::Unsupported(NOWHERE.into()));
        };
        let endpoint = RevocationEndpoint {
            url,
            client: self.client,
            rule: &self.provider.revocation,
            headers: &self.provider.token.headers,
        };
        let mut told = Vec::new();
        let mut unreachable: Option<String> = None;
        for (token, value) in tokens(set) {
            let outcome = if let Some(why) = unsupported(endpoint.rule, token) {
                RevocationOutcome::Unsupported(why.into())
            } else if self.client.id.is_empty() && endpoint.rule.needs_client() {
                RevocationOutcome::Unsupported(NO_CLIENT.into())
            } else if let Some(cause) = &unreachable {
                RevocationOutcome::Failed(cause.clone())
            } else {
                match in_time(self.until, endpoint.revoke(http, value, token)).await {
                    Ok(()) => RevocationOutcome::Revoked,
                    Err(OauthError::Refused(response))
                        if self.client.id.is_empty() && response.error == "invalid_client" =>
                    {
                        RevocationOutcome::Unsupported(CLIENTS_ALONE.into())
                    }
                    Err(error) => {
                        let cause = error.to_string();
                        if matches!(error, OauthError::Network(_)) {
                            unreachable = Some(cause.clone());
                        }
                        RevocationOutcome::Failed(cause)
                    }
                }
            };
            told.push(RevokedToken { token, outcome });
        }
        told
    }
}

pub(crate) async fn in_time<T>(
    until: Option<Instant>,
    request: impl Future<Output = std::result::Result<T, OauthError>>,
) -> std::result::Result<T, OauthError> {
    let Some(until) = until else {
        return request.await;
    };
    let late = |_| OauthError::Network("the server did not answer in time".into());
    timeout_at(until, request).await.map_err(late)?
}

pub(crate) fn lasting(provider: &Provider, set: &TokenSet) -> Vec<RevokedToken> {
    let told = |(token, _)| {
        let outcome = RevocationOutcome::Unsupported(beyond(provider, token)?.into());
        Some(RevokedToken { token, outcome })
    };
    tokens(set).filter_map(told).collect()
}

fn treat_alike(set: &TokenSet, outcome: &RevocationOutcome) -> Vec<RevokedToken> {
    let outcomes = tokens(set).map(|(token, _)| RevokedToken {
        token,
        outcome: outcome.clone(),
    });
    outcomes.collect()
}

fn skip(set: &TokenSet, why: Option<String>) -> Vec<RevokedToken> {
    treat_alike(set, &RevocationOutcome::Skipped(why))
}

/// The order in which they are revoked.
fn tokens(set: &TokenSet) -> impl Iterator<Item = (Hint, &Secret)> {
    let refresh = set.refresh_token.as_ref();
    refresh
        .map(|token| (Hint::RefreshToken, token))
        .into_iter()
        .chain([(Hint::AccessToken, &set.access_token)])
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::sync::Arc;
    use std::time::Duration;

    use super::*;
    use crate::oauth::HttpOptions;
    use crate::provider::ClientAuth;
    use keyfob_base::timestamp::Timestamp;

    fn tokens() -> TokenSet {
        TokenSet {
            access_token: Secret::new("access"),
            refresh_token: Some(Secret::new("refresh")),
            id_token: None,
            token_type: "Bearer".into(),
            scopes: Vec::new(),
            received_at: Timestamp::from_unix(0),
            expires_at: None,
        }
    }

    fn http() -> Http {
        let options = HttpOptions {
            ca_pem: None,
            trace: Arc::new(|_| {}),
        };
        Http::new(options).unwrap()
    }

    #[tokio::test]
    async fn a_server_that_never_answers_is_left_at_the_bound() {
        let silent = TcpListener::bind("127.0.0.1:0").unwrap(); // takes connections, and says nothing
        let port = silent.local_addr().unwrap().port();
        let url = Url::parse(&format!("http://127.0.0.1:{port}/revoke")).unwrap();
        let client = Client {
            id: "client".into(),
            auth: ClientAuth::None,
            secret: None,
        };
        let bound = Duration::from_millis(50);
        let begin = Instant::now();
        let revoking = Revoking {
            endpoint: Some(&url),
            provider: &Provider::default(),
            client: &client,
            until: Some(begin + bound),
        };
        let told = revoking.all(&http(), &tokens()).await;
        assert!(begin.elapsed() >= bound && begin.elapsed() < Duration::from_secs(5));
        let order: Vec<Hint> = told.iter().map(|told| told.token).collect();
        assert_eq!(order, [Hint::RefreshToken, Hint::AccessToken]);
        for told in told {
            assert!(
                told.outcome
                    .reason()
                    .unwrap()
                    .contains("did not answer in time")
            );
        }
    }

    #[test]
    fn what_outlives_a_revocation_is_known_before() {
        let mut provider = Provider::default();
        assert_eq!(
            lasting(&provider, &tokens()).len(),
            2,
            "there is no endpoint"
        );
        provider.revocation_endpoint = Url::parse("https://acme.example/revoke").ok();
        assert!(lasting(&provider, &tokens()).is_empty());
        provider.revocation.refresh_tokens_only = true;
        let told = lasting(&provider, &tokens());
        assert_eq!(told.len(), 1);
        assert_eq!(told[0].token, Hint::AccessToken);
    }
}
