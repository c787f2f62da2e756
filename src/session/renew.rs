//! Renewing: one process at a time has the account's lock and reads index and store again under it, the
//! store is proved before anything is sent, the answer is kept before anything else.

use std::sync::Arc;
use std::time::{Duration, Instant};

use url::Url;

use super::look::{Look, Need, client, judge, login_required, serves_anew};
use super::refusal::{self, UNCHANGED};
use super::{PinnedEndpoints, pinned_endpoints};
use crate::account::{Account, SignIn, SubjectFrom};
use crate::audit::Action;
use crate::ci::{self, IdentityToken};
use crate::context::{self, Context, off_thread};
use crate::error::{Code, Error, Result};
use crate::oauth::id_token::{self, Earlier};
use crate::oauth::token::TokenEndpoint;
use crate::oauth::{ErrorResponse, OauthError};
use crate::provider::Provider;
use crate::term::Terminal;
use crate::token_set::TokenSet;
use crate::vault::{Acquired, Guard, LOCK_TIMEOUT, Secrets, Vault};
use keyfob_base::secret::Secret;
use keyfob_base::testing::bound;
use keyfob_base::timestamp::Timestamp;

/// How long a failing write of a new token set is tried again: the old refresh token may be spent.
const KEEP: Duration = Duration::from_secs(30);

/// The longest `Retry-After` that is waited for, in seconds.
const PATIENCE: u64 = 10;

enum RenewalGrant {
    /// The refresh token (RFC 6749 §6).
    Refresh(Secret),
    /// The client's own credentials (RFC 6749 §4.4).
    Client,
    /// An identity token of the place where this runs (RFC 8693).
    Exchange(IdentityToken),
}

#[derive(Debug, Clone)]
pub(super) struct StoredAccount {
    pub account: Account,
    pub secrets: Secrets,
}

impl Context {
    /// Renews under the account's lock, or adopts what another process stored while this one waited.
    pub(super) async fn renew(
        &self,
        account: Account,
        seen: Secrets,
        need: Need,
    ) -> Result<StoredAccount> {
        let vault = Arc::clone(&self.vault);
        let turn = off_thread(move || take_turn(&vault, &account, &seen, need)).await?;
        match turn {
            Turn::Theirs(stored) => Ok(stored),
            Turn::Ours(guard, stored) => {
                let renewed = self.refresh(stored, need).await;
                drop(guard);
                renewed
            }
        }
    }

    async fn refresh(&self, stored: StoredAccount, need: Need) -> Result<StoredAccount> {
        let endpoints = pinned_endpoints(&self.registry, &stored.account)?;
        let url = endpoints.token()?;
        if let Err(error) = self.prove(&stored).await {
            return self.fall_back_to_stored(stored, need, error);
        }
        let grant = match self.choose_grant(&stored, &endpoints.provider).await {
            Ok(grant) => grant,
            Err(error) if error.code.exit() == 3 => {
                return self.fall_back_to_stored(stored, need, error);
            }
            Err(error) => return Err(error),
        };
        let hold = self.interrupts.hold()?; // only now: what comes before may wait for a person, or a place
        let sent = self.send(&stored, &endpoints.provider, &url, &grant);
        let renewed = match sent.await {
            Ok(tokens) => match self.check_refreshed(&stored, &tokens, &endpoints.provider) {
                Ok(()) => self.keep(stored, tokens, endpoints).await,
                Err(error) => Err(error),
            },
            Err(error) => self.handle_refusal(stored, need, &grant, error).await,
        };
        drop(hold);
        renewed
    }

    /// Writes the same secret back: a store that fails now must not lose a rotated token.
    async fn prove(&self, stored: &StoredAccount) -> Result<()> {
        let (vault, stored) = (Arc::clone(&self.vault), stored.clone());
        off_thread(move || vault.keep(&stored.account, &stored.secrets)).await
    }

    /// What is sent: the grant once more where that needs no person, else the refresh token. An exchange
    /// needs a new identity token first.
    async fn choose_grant(
        &self,
        stored: &StoredAccount,
        provider: &Provider,
    ) -> Result<RenewalGrant> {
        let StoredAccount { account, secrets } = stored;
        if account.identity.kind == SignIn::Exchange {
            let identity = request_identity(self, account, provider).await?;
            return Ok(RenewalGrant::Exchange(identity));
        }
        let token = secrets.tokens.refresh_token.as_ref();
        let token = token.filter(|_| !account.needs_no_person());
        Ok(token.map_or(RenewalGrant::Client, |token| {
            RenewalGrant::Refresh(token.clone())
        }))
    }

    async fn request_tokens(
        &self,
        endpoint: &TokenEndpoint<'_>,
        account: &Account,
        provider: &Provider,
        grant: &RenewalGrant,
    ) -> std::result::Result<TokenSet, OauthError> {
        let (http, now) = (&self.http, Timestamp::now());
        let audience = account.audience.as_deref();
        match grant {
            RenewalGrant::Refresh(token) => {
                let redirect_uri = account.client.redirect_uri.as_deref();
                endpoint.refresh(http, token, redirect_uri, now).await
            }
            RenewalGrant::Client => endpoint.client_credentials(http, audience, now).await,
            RenewalGrant::Exchange(identity) => {
                let (rule, token) = (&provider.exchange, &identity.token);
                endpoint
                    .token_exchange(http, rule, token, audience, now)
                    .await
            }
        }
    }

    async fn send(
        &self,
        stored: &StoredAccount,
        provider: &Provider,
        url: &Url,
        grant: &RenewalGrant,
    ) -> std::result::Result<TokenSet, OauthError> {
        let StoredAccount { account, secrets } = stored;
        let endpoint = TokenEndpoint {
            url,
            client: &client(account, secrets),
            rule: &provider.token,
            scopes: &secrets.tokens.scopes,
            scope_separator: &provider.scope_separator,
            resource: &account.resource,
        };
        let mut patience = PATIENCE;
        loop {
            let answer = self
                .request_tokens(&endpoint, account, provider, grant)
                .await;
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

    /// Refuses the tokens of somebody else, and says what was granted beyond what was asked for.
    fn check_refreshed(
        &self,
        stored: &StoredAccount,
        tokens: &TokenSet,
        provider: &Provider,
    ) -> Result<()> {
        let StoredAccount { account, secrets } = stored;
        let identity = &account.identity;
        if identity.kind != SignIn::Person {
            return Ok(());
        }
        if let Some(id_token) = &tokens.id_token {
            let rule = &provider.identity;
            let by_subject = rule.subject == "/sub" && rule.tenant.is_none();
            let known = !provider.name.is_empty() && !identity.subject.is_empty(); // else the rule is no one's
            let issuer = &identity.issuer;
            let earlier = Earlier {
                id_token: secrets.tokens.id_token.as_ref(),
                issuer: (issuer.contains("://") && !issuer.contains('{')).then_some(issuer),
                subject: (known && by_subject).then_some(&*identity.subject),
                client_id: &account.client.id,
            };
            id_token::check_refreshed(id_token, &earlier)
                .map_err(|problem| report_stranger(account, &problem))?;
        }
        let more: Vec<&str> = tokens
            .scopes
            .iter()
            .filter(|scope| !account.scopes.contains(scope))
            .map(String::as_str)
            .collect();
        if !more.is_empty() {
            let more = more.join(", ");
            self.term.say(&format!(
                "{account} was granted without being asked for: {more}"
            ));
        }
        Ok(())
    }

    /// Keeps the answer: secret first, tried again for a while, then the index.
    async fn keep(
        &self,
        stored: StoredAccount,
        tokens: TokenSet,
        endpoints: PinnedEndpoints,
    ) -> Result<StoredAccount> {
        let StoredAccount {
            mut account,
            secrets: old,
        } = stored;
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
                unknown: old.unknown,
            };
            account.endpoints = endpoints.endpoints();
            keep_trying(&*term, || vault.keep(&account, &secrets))
                .map_err(|error| report_lost(&account, &error))?;
            account.describe(&secrets.tokens, secrets.generation);
            account.sealed = true;
            let recorded = vault.record(&account);
            Ok((account, secrets, recorded))
        })
        .await?;
        if let Err(error) = recorded {
            self.term
                .warn(&format!("the new token of {account} is kept, but {error}"));
        }
        self.audit.note(Action::Refresh, &account.to_string(), None);
        Ok(StoredAccount { account, secrets })
    }

    async fn handle_refusal(
        &self,
        stored: StoredAccount,
        need: Need,
        grant: &RenewalGrant,
        error: OauthError,
    ) -> Result<StoredAccount> {
        let account = &stored.account;
        if let (OauthError::Refused(response), RenewalGrant::Exchange(identity)) = (&error, grant)
            && is_of_identity(response)
        {
            return Err(report_identity_refusal(account, identity, response));
        }
        match error {
            OauthError::Network(_) | OauthError::Unavailable { .. } => {
                let error =
                    context::failed(&error, Code::RefreshFailed, UNCHANGED).account(account);
                self.fall_back_to_stored(stored, need, error)
            }
            OauthError::Refused(response) if refusal::is_of_client(account, &response) => {
                let vault = Arc::clone(&self.vault);
                off_thread(move || {
                    let StoredAccount { account, secrets } = &stored;
                    Err(refusal::report_client(&vault, account, secrets, &response))
                })
                .await
            }
            OauthError::Refused(response) if response.error == "invalid_grant" => {
                self.mark_refused(stored, need, response.to_string()).await
            }
            error => Err(context::failed(&error, Code::RefreshFailed, UNCHANGED).account(account)),
        }
    }

    /// `invalid_grant`: adopt a newer set if there is one, else note that this one is dead. The stored
    /// set stays.
    async fn mark_refused(
        &self,
        sent: StoredAccount,
        need: Need,
        response: String,
    ) -> Result<StoredAccount> {
        let (vault, term) = (Arc::clone(&self.vault), Arc::clone(&self.term));
        off_thread(move || {
            let stored = read_again(&vault, &sent.account)?;
            if stored.secrets.generation != sent.secrets.generation {
                return if serves_anew(&stored.secrets.tokens, need, Timestamp::now()) {
                    Ok(stored)
                } else {
                    Err(refusal::report_overtaken(&stored.account, &response))
                };
            }
            let mut account = stored.account;
            account.refused_generation = Some(sent.secrets.generation);
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

    fn fall_back_to_stored(
        &self,
        stored: StoredAccount,
        need: Need,
        error: Error,
    ) -> Result<StoredAccount> {
        let alive = stored
            .secrets
            .tokens
            .remaining(Timestamp::now())
            .unwrap_or(0);
        if need != Need::Margin || alive == 0 {
            return Err(error);
        }
        let whose = stored.account.to_string();
        self.audit.note(Action::Refresh, &whose, Some(&error));
        self.term.warn(&format!(
            "{error}; the stored token lives for {alive} s more"
        ));
        Ok(stored)
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

/// The answer to a refresh speaks of another person, server or client. The old refresh token may be spent.
fn report_stranger(account: &Account, problem: &str) -> Error {
    Error::new(
        Code::InvalidResponse,
        format!("the refreshed tokens are not for this account: {problem}"),
    )
    .hint(format!(
        "they were dropped; sign in again with `{}`",
        account.login_command()
    ))
    .account(account)
}

/// A rotating server has spent the old refresh token, and the new one could not be written.
fn report_lost(account: &Account, error: &Error) -> Error {
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

#[derive(Debug)]
pub(super) enum Turn {
    /// Another process renewed meanwhile; its token set serves.
    Theirs(StoredAccount),
    /// Ours: the lock, and index and store read again under it.
    Ours(Guard, StoredAccount),
}

/// Waits for the lock; a token set stored meanwhile ends the wait.
pub(super) fn take_turn(
    vault: &Vault,
    account: &Account,
    seen: &Secrets,
    need: Need,
) -> Result<Turn> {
    let stored_since = || match vault.reread(account) {
        Ok(Some(now)) => (now.generation > seen.generation).then_some(()),
        _ => None, // the lock decides what a missing or half-seen entry means
    };
    let guard = match vault.lock(&account.id, LOCK_TIMEOUT, stored_since)? {
        Acquired::Lock(guard) => guard,
        Acquired::Answer(()) => {
            let stored = read_again(vault, account)?;
            if serves_anew(&stored.secrets.tokens, need, Timestamp::now()) {
                return Ok(Turn::Theirs(stored));
            }
            vault.wait_for_lock(&account.id, LOCK_TIMEOUT)?
        }
    };
    let StoredAccount { account, secrets } = read_again(vault, account)?;
    let newer = secrets.generation > seen.generation;
    if newer && serves_anew(&secrets.tokens, need, Timestamp::now()) {
        return Ok(Turn::Theirs(StoredAccount { account, secrets }));
    }
    Ok(match judge(&account, secrets, need, Timestamp::now())? {
        Look::Fresh(secrets) => Turn::Theirs(StoredAccount { account, secrets }),
        Look::Renew(secrets) => Turn::Ours(guard, StoredAccount { account, secrets }),
    })
}

fn read_again(vault: &Vault, account: &Account) -> Result<StoredAccount> {
    let logged_out = || login_required(account, "it was logged out meanwhile");
    let mut account = vault.reread(account)?.ok_or_else(logged_out)?;
    let Some(secrets) = vault.secrets_of_now(&mut account)? else {
        return Err(vault.secret_gone(&account));
    };
    Ok(StoredAccount { account, secrets })
}

/// Gets a new identity token from where the account's last one came, by today's rule; for the issuer of the
/// login where the definition no longer says for whom.
async fn request_identity(
    context: &Context,
    account: &Account,
    provider: &Provider,
) -> Result<IdentityToken> {
    let mut provider = provider.clone();
    if provider.name.is_empty() {
        // The user has removed the definition since.
        provider.name.clone_from(&account.provider);
        provider.title.clone_from(&account.provider);
    }
    let audience = [&provider.exchange.audience, &provider.issuer];
    let audience = audience.into_iter().flatten().next().cloned();
    let by_file = format!("keyfob login {account} --flow token-exchange --subject-token-file FILE");
    let wanted = ci::Wanted {
        provider: &provider,
        audience: audience.as_ref().unwrap_or(&account.identity.issuer),
        from: account.subject_from.as_ref().unwrap_or(&SubjectFrom::Ci),
        by_file: &by_file,
    };
    ci::identity_token(context, wanted).await
}

/// Whether it is the identity token that was refused (RFC 8693 §2.2.2 has `invalid_request` for that).
fn is_of_identity(response: &ErrorResponse) -> bool {
    matches!(response.error.as_str(), "invalid_grant" | "invalid_request")
}

fn report_identity_refusal(
    account: &Account,
    identity: &IdentityToken,
    response: &ErrorResponse,
) -> Error {
    let message = format!(
        "the provider refused the identity token from {}: {response}",
        identity.place
    );
    Error::new(Code::RefreshFailed, message)
        .hint(format!(
            "{UNCHANGED}; {}, or sign in again with `keyfob login {account}`",
            identity.advice(&account.provider)
        ))
        .account(account)
}
