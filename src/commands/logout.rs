//! `logout`: revokes at the provider, refresh token first, then forgets, whatever the server said.

use std::sync::Arc;
use std::time::Duration;

use url::Url;

use super::app::App;
use super::{embedded, fleet, network, print_json, report};
use crate::account::Account;
use crate::answer::logout::{Forgotten, Logout, Outcome, Revocation, TokenType};
use crate::choose;
use crate::cli;
use crate::error::{Code, Error, Result};
use crate::oauth::revoke::{Hint, RevocationEndpoint, unsupported};
use crate::oauth::{Client, OauthError};
use crate::online::{Online, off_thread};
use crate::secret::Secret;
use crate::session::{Reach, reach};
use crate::timestamp::Timestamp;
use crate::vault::Secrets;

/// How long a refresh that is under way is waited for.
const TURN: Duration = Duration::from_secs(60);

/// Logs out the accounts meant; the exit code says when a server did not confirm.
pub fn run(app: &App, args: &cli::Logout) -> Result<()> {
    let Some((accounts, mut failures)) = chosen(app, args)? else {
        return Ok(());
    };
    let (answer, unwell) = sign_out(app, accounts, args.local)?;
    failures.extend(unwell);
    if app.manner.json {
        print_json(&answer)?;
    }
    report(app, &failures)
}

/// Logs accounts out, and says how it went: what became of each, and what failed.
pub(super) fn sign_out(
    app: &App,
    accounts: Vec<Account>,
    local: bool,
) -> Result<(Logout, Vec<Error>)> {
    let mut failures = Vec::new();
    let providers = accounts.iter().map(|account| account.provider.as_str());
    let (registry, _sandbox) = embedded::start(app, providers, None)?;
    let results = network::online(app, registry, async |online| {
        Ok(fleet::each(
            &online,
            accounts,
            "signing out",
            move |online, account| async move { logout(&online, account, local).await },
        )
        .await)
    })?;
    let mut answer = Logout {
        accounts: Vec::new(),
    };
    for (account, result) in results {
        match result {
            Ok((forgotten, note)) => {
                for line in note {
                    app.term.warn(&line);
                }
                if let Some(error) = &forgotten.error {
                    failures.push(error.clone());
                } else {
                    app.term.say(&format!("signed out {account}"));
                    failures.extend(unconfirmed(app, &account, &forgotten));
                }
                answer.accounts.push(forgotten);
            }
            Err(error) => {
                let error = error.account(&account);
                answer.accounts.push(Forgotten {
                    account: account.to_string(),
                    removed: false,
                    tokens: Vec::new(),
                    error: Some(error.clone()),
                });
                failures.push(error);
            }
        }
    }
    Ok((answer, failures))
}

/// The accounts meant; `None` where `--all` was not confirmed.
fn chosen(app: &App, args: &cli::Logout) -> Result<Option<(Vec<Account>, Vec<Error>)>> {
    if !args.all {
        return Ok(Some((
            choose::several(&app.vault, &app.registry, &args.accounts)?,
            Vec::new(),
        )));
    }
    let listing = app.vault.accounts();
    if listing.accounts.is_empty() && listing.broken.is_empty() {
        app.term.say("nobody is signed in");
    } else if !args.yes {
        let question = match listing.accounts.as_slice() {
            [account] => format!("sign out {account}?"),
            accounts => format!("sign out all {} accounts?", accounts.len()),
        };
        if !app.term.confirm(&question, "`--yes` answers it")? {
            app.term.say("nobody was signed out");
            return Ok(None);
        }
    }
    Ok(Some((listing.accounts, listing.broken)))
}

/// Under the account's lock: revoke, then forget. Gives what is to be said about tokens that live on.
async fn logout(
    online: &Arc<Online>,
    account: Account,
    local: bool,
) -> Result<(Forgotten, Vec<String>)> {
    let (vault, id) = (Arc::clone(&online.vault), account.id.clone());
    let turn = off_thread(move || vault.wait_for_lock(&id, TURN)).await?;
    let (vault, wanted) = (Arc::clone(&online.vault), account.clone());
    let (account, secrets) = off_thread(move || {
        let account = vault.reread(&wanted)?.unwrap_or(wanted);
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

    let (tokens, note) = match &secrets {
        Some(secrets) => take_back(online, &account, secrets, local).await,
        None => (Vec::new(), Vec::new()),
    };
    let (vault, name) = (Arc::clone(&online.vault), account.to_string());
    let gone = off_thread(move || vault.forget(&account)).await;
    drop(turn);
    let error = gone.err().map(|error| error.account(&name));
    let forgotten = Forgotten {
        account: name,
        removed: error.is_none(),
        tokens,
        error, // what was revoked stays revoked, and is said
    };
    Ok((forgotten, note))
}

/// Revokes the refresh token, then the access token, where that can be done.
async fn take_back(
    online: &Online,
    account: &Account,
    secrets: &Secrets,
    local: bool,
) -> (Vec<Revocation>, Vec<String>) {
    let untold = |result, detail: Option<String>| -> Vec<Revocation> {
        let untold = |(token, _)| Revocation {
            token,
            result,
            detail: detail.clone(),
        };
        tokens(secrets).map(untold).collect()
    };
    if local {
        return (untold(Outcome::Skipped, None), Vec::new());
    }
    let reached =
        reach(&online.registry, account).and_then(|reach| Ok((reach.revocation()?, reach)));
    let (endpoint, reach) = match reached {
        Ok(reached) => reached,
        Err(error) => {
            let told = untold(Outcome::Skipped, Some(error.message.clone()));
            let note = lives_on(account, &told, None, &error.message);
            return (told, vec![note]);
        }
    };
    let page = reach.provider.revocation.page.as_ref();
    let Some(endpoint) = endpoint else {
        let told = untold(Outcome::Unsupported, None);
        let note = lives_on(account, &told, page, "this provider cannot revoke tokens");
        return (told, vec![note]);
    };
    let told = revoke_all(online, account, secrets, &reach, &endpoint).await;
    let failed = told.iter().find_map(|token| token.detail.as_deref());
    let note = failed.map(|cause| lives_on(account, &told, page, cause));
    (told, note.into_iter().collect())
}

/// The order in which they are revoked: what could bring new tokens goes first.
fn tokens(secrets: &Secrets) -> impl Iterator<Item = (TokenType, &Secret)> {
    let tokens = &secrets.tokens;
    let refresh = tokens.refresh_token.as_ref();
    refresh
        .map(|token| (TokenType::RefreshToken, token))
        .into_iter()
        .chain([(TokenType::AccessToken, &tokens.access_token)])
}

async fn revoke_all(
    online: &Online,
    account: &Account,
    secrets: &Secrets,
    reach: &Reach,
    endpoint: &Url,
) -> Vec<Revocation> {
    let client = Client {
        id: account.client.id.clone(),
        auth: account.client.auth,
        secret: secrets.client_secret.clone(),
    };
    let rule = &reach.provider.revocation;
    let endpoint = RevocationEndpoint {
        url: endpoint,
        client: &client,
        rule,
        headers: &reach.provider.token.headers,
    };
    let mut told = Vec::new();
    let mut unreachable = None;
    for (token, value) in tokens(secrets) {
        let hint = match token {
            TokenType::RefreshToken => Hint::RefreshToken,
            TokenType::AccessToken => Hint::AccessToken,
        };
        let (result, detail) = match (unsupported(rule, hint), &unreachable) {
            (Some(why), _) => (Outcome::Unsupported, Some(why.to_owned())),
            // A server that did not answer is not waited for again.
            (_, Some(cause)) => (Outcome::Failed, Some(String::clone(cause))),
            _ => match endpoint.revoke(&online.http, value, hint).await {
                Ok(()) => (Outcome::Revoked, None),
                Err(error) => {
                    if matches!(error, OauthError::Network(_)) {
                        unreachable = Some(error.to_string());
                    }
                    (Outcome::Failed, Some(error.to_string()))
                }
            },
        };
        told.push(Revocation {
            token,
            result,
            detail,
        });
    }
    told
}

/// What was not revoked, until when it lives, and where to do it by hand.
fn lives_on(account: &Account, told: &[Revocation], page: Option<&Url>, cause: &str) -> String {
    let lives = |wanted| {
        let left = |one: &&Revocation| one.token == wanted && one.result != Outcome::Revoked;
        told.iter().find(left)
    };
    let access = lives(TokenType::AccessToken).map(|_| match account.expires_at {
        Some(end) if end > Timestamp::now() => format!("its access token lives until {end}"),
        Some(_) => "its access token has ended".into(),
        None => "its access token has no known end".into(),
    });
    let refresh = lives(TokenType::RefreshToken)
        .map(|_| "its refresh token lives until you revoke it".to_owned());
    let left: Vec<String> = access.into_iter().chain(refresh).collect();
    let by_hand = page.map_or_else(String::new, |page| format!("; revoke it by hand at {page}"));
    format!("{account}: {cause}; {}{by_hand}", left.join(", "))
}

fn unconfirmed(app: &App, account: &Account, forgotten: &Forgotten) -> Option<Error> {
    let failed = forgotten
        .tokens
        .iter()
        .find(|token| token.result == Outcome::Failed)?;
    let cause = failed.detail.as_deref().unwrap_or("no answer");
    let provider = app.registry.get(&account.provider).unwrap_or_default();
    let hint = match provider.revocation.page {
        Some(page) => format!("revoke it by hand at {page}"),
        None => {
            "in your settings there, remove keyfob from the applications you signed in to".into()
        }
    };
    Some(
        Error::new(
            Code::RevocationFailed,
            format!("forgotten here, and the provider did not confirm the revocation: {cause}"),
        )
        .hint(hint)
        .account(account),
    )
}
