//! Renewing: one process at a time, the store proved before anything is sent, the answer kept before
//! anything else.

use std::sync::Arc;
use std::time::{Duration, Instant};

use url::Url;

use super::grant::Grant;
use super::turn::{Turn, read_again, take_turn};
use super::{
    Need, Reach, UNCHANGED, client, exchange, login_required, reach, refusal, serves_anew,
};
use crate::account::Account;
use crate::audit::Action;
use crate::context::{self, Context, off_thread};
use crate::error::{Code, Error, Result};
use crate::oauth::OauthError;
use crate::oauth::token::TokenEndpoint;
use crate::provider::Provider;
use crate::term::Terminal;
use crate::token_set::TokenSet;
use crate::vault::Secrets;
use keyfob_base::testing::bound;
use keyfob_base::timestamp::Timestamp;

/// How long a failing write of a new token set is tried again: the old refresh token may be spent.
const KEEP: Duration = Duration::from_secs(30);

/// The longest `Retry-After` that is waited for, in seconds.
const PATIENCE: u64 = 10;

impl Context {
    /// Renews under the account's lock, or adopts what another process stored while this one waited.
    pub(super) async fn renew(
        &self,
        account: Account,
        seen: Secrets,
        need: Need,
    ) -> Result<(Account, Secrets)> {
        let vault = Arc::clone(&self.vault);
        let turn = off_thread(move || take_turn(&vault, &account, &seen, need)).await?;
        match turn {
            Turn::Theirs(account, secrets) => Ok((account, secrets)),
            Turn::Ours(guard, account, secrets) => {
                let renewed = self.refresh(account, secrets, need).await;
                drop(guard);
                renewed
            }
        }
    }

    async fn refresh(
        &self,
        account: Account,
        secrets: Secrets,
        need: Need,
    ) -> Result<(Account, Secrets)> {
        let reach = reach(&self.registry, &account)?;
        let url = reach.token()?;
        if let Err(error) = self.prove(&account, &secrets).await {
            return self.make_do(account, secrets, need, error);
        }
        let grant = match self.grant(&account, &secrets, &reach.provider).await {
            Ok(grant) => grant,
            Err(error) if error.code.exit() == 3 => {
                return self.make_do(account, secrets, need, error);
            }
            Err(error) => return Err(error),
        };
        let hold = self.interrupts.hold()?; // only now: what comes before may wait for a person, or a place
        let sent = self.send(&account, &secrets, &reach.provider, &url, &grant);
        let renewed = match sent.await {
            Ok(tokens) => self.keep(account, secrets, tokens, reach).await,
            Err(error) => self.refused(account, secrets, need, &grant, error).await,
        };
        drop(hold);
        renewed
    }

    /// Writes the same secret back: a store that fails now must not lose a rotated token.
    async fn prove(&self, account: &Account, secrets: &Secrets) -> Result<()> {
        let (vault, account, secrets) = (Arc::clone(&self.vault), account.clone(), secrets.clone());
        off_thread(move || vault.keep(&account, &secrets)).await
    }

    /// Sends the grant, and waits where the server asks for a short wait.
    async fn send(
        &self,
        account: &Account,
        secrets: &Secrets,
        provider: &Provider,
        url: &Url,
        grant: &Grant,
    ) -> std::result::Result<TokenSet, OauthError> {
        let endpoint = TokenEndpoint {
            url,
            client: &client(account, secrets),
            rule: &provider.token,
            scopes: &account.scopes,
            scope_separator: &provider.scope_separator,
            resource: &account.resource,
        };
        let mut patience = PATIENCE;
        loop {
            let answer = self.ask(&endpoint, account, provider, grant).await;
            match &answer {
                Err(OauthError::Unavailable {
                    host,
                    retry_after: Some(seconds),
                    ..
                }) if (*seconds).max(1) <= patience => {
                    patience -= (*seconds).max(1); // even no wait at all is not granted for ever
                    self.term.step(&format!("{host} asks to wait {seconds} s"));
                    let wait = Duration::from_secs(*seconds);
                    if self.interrupts.sleep(wait).await.is_err() {
                        return answer;
                    }
                }
                _ => return answer,
            }
        }
    }

    /// Keeps the answer: secret first, tried again for a while, then the index.
    async fn keep(
        &self,
        account: Account,
        old: Secrets,
        tokens: TokenSet,
        reach: Reach,
    ) -> Result<(Account, Secrets)> {
        let (vault, term) = (Arc::clone(&self.vault), Arc::clone(&self.term));
        let (account, secrets, recorded) = off_thread(move || {
            let secrets = Secrets {
                tokens: TokenSet {
                    refresh_token: tokens.refresh_token.clone().or(old.tokens.refresh_token),
                    id_token: tokens.id_token.clone().or(old.tokens.id_token),
                    ..tokens
                },
                client_secret: old.client_secret,
                generation: old.generation + 1,
            };
            keep_trying(&*term, || vault.keep(&account, &secrets))
                .map_err(|error| lost(&account, &error))?;
            let mut account = account;
            account.describe(&secrets.tokens, secrets.generation);
            account.endpoints = reach.endpoints();
            let recorded = vault.record(&account);
            Ok((account, secrets, recorded))
        })
        .await?;
        if let Err(error) = recorded {
            self.term
                .warn(&format!("the new token of {account} is kept, but {error}"));
        }
        self.audit.note(Action::Refresh, &account.to_string(), None);
        Ok((account, secrets))
    }

    /// The token endpoint did not give a token set.
    async fn refused(
        &self,
        account: Account,
        secrets: Secrets,
        need: Need,
        grant: &Grant,
        error: OauthError,
    ) -> Result<(Account, Secrets)> {
        if let (OauthError::Refused(response), Grant::Exchange(identity)) = (&error, grant)
            && exchange::is_of_identity(response)
        {
            return Err(exchange::refused(&account, identity, response));
        }
        match error {
            OauthError::Network(_) | OauthError::Unavailable { .. } => {
                let error =
                    context::failed(&error, Code::RefreshFailed, UNCHANGED).account(&account);
                self.make_do(account, secrets, need, error)
            }
            OauthError::Refused(response) if refusal::is_of_client(&account, &response) => {
                let vault = Arc::clone(&self.vault);
                off_thread(move || Err(refusal::client(&vault, &account, &secrets, &response)))
                    .await
            }
            OauthError::Refused(response) if response.error == "invalid_grant" => {
                self.mark(account, secrets, need, response.to_string())
                    .await
            }
            error => Err(context::failed(&error, Code::RefreshFailed, UNCHANGED).account(&account)),
        }
    }

    /// `invalid_grant`: adopt a newer set if there is one, else note that this one is dead. The stored
    /// set stays.
    async fn mark(
        &self,
        account: Account,
        sent: Secrets,
        need: Need,
        response: String,
    ) -> Result<(Account, Secrets)> {
        let (vault, term) = (Arc::clone(&self.vault), Arc::clone(&self.term));
        off_thread(move || {
            let (mut account, stored) = read_again(&vault, &account)?;
            if stored.generation != sent.generation {
                return if serves_anew(&stored.tokens, need, Timestamp::now()) {
                    Ok((account, stored))
                } else {
                    Err(refusal::overtaken(&account, &response))
                };
            }
            account.refused_generation = Some(sent.generation);
            if let Err(error) = vault.record(&account) {
                term.warn(&format!("{error}; so the refusal is not noted"));
            }
            Err(login_required(
                &account,
                &format!("the provider refused its refresh token: {response}"),
            ))
        })
        .await
    }

    /// A still valid token with a warning where that will do, else the failure.
    fn make_do(
        &self,
        account: Account,
        secrets: Secrets,
        need: Need,
        error: Error,
    ) -> Result<(Account, Secrets)> {
        let alive = secrets.tokens.remaining(Timestamp::now()).unwrap_or(0);
        if need != Need::Margin || alive == 0 {
            return Err(error);
        }
        let whose = account.to_string();
        self.audit.note(Action::Refresh, &whose, Some(&error));
        self.term.warn(&format!(
            "{error}; the stored token lives for {alive} s more"
        ));
        Ok((account, secrets))
    }
}

fn keep_trying(term: &dyn Terminal, mut write: impl FnMut() -> Result<()>) -> Result<()> {
    let keep = bound("WRITE", KEEP);
    let deadline = Instant::now() + keep;
    let mut said = false;
    loop {
        match write() {
            Err(error) if Instant::now() >= deadline => return Err(error),
            Err(error) => {
                if !std::mem::replace(&mut said, true) {
                    let limit = keep.as_secs();
                    term.warn(&format!("{error}; new tokens have arrived, so writing them is tried again for {limit} s"));
                }
                std::thread::sleep(Duration::from_millis(250));
            }
            Ok(()) => return Ok(()),
        }
    }
}

/// A rotating server has spent the old refresh token, and the new one could not be written.
fn lost(account: &Account, error: &Error) -> Error {
    let mend = error.hint.as_deref().unwrap_or("mend the store");
    Error::new(
        error.code,
        format!("new tokens arrived and could not be kept: {}", error.message),
    )
    .hint(format!(
        "{mend}; then `keyfob refresh {account}`, and if the provider refuses that, `keyfob login {account}`"
    ))
    .account(account)
}
