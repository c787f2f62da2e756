//! Our client at the provider: its id, its secret where the provider wants one, and registering it
//! where there is none (RFC 7591).

use std::sync::Arc;
use std::time::Duration;

use super::Plan;
use crate::error::{Code, Error, Result};
use crate::oauth::{Client, OauthError, registration};
use crate::online::{self, Online, off_thread};
use crate::provider::{ClientAuth, Provider};
use crate::secret::Secret;

/// How long another process's registration at the same provider is waited for.
const TURN: Duration = Duration::from_secs(60);

/// The client id: flag, environment, definition, else that of an account there, so that signing in
/// again needs no more than the first time.
pub fn known_id(online: &Online, plan: &Plan) -> Option<String> {
    let provider = &plan.provider;
    let accounts = || online.vault.accounts_of(&provider.name).accounts;
    plan.client_id
        .clone()
        .or_else(|| variable(&provider.variable("CLIENT_ID")))
        .or_else(|| provider.client_id.clone())
        .or_else(|| {
            plan.expected
                .as_ref()
                .map(|account| account.client.id.clone())
        })
        .or_else(|| accounts().pop().map(|account| account.client.id))
}

/// The client for this login: a known one, else registration on the user's word. Fails before the
/// browser opens where an id or a needed secret is missing.
pub async fn obtain(online: &Online, plan: &Plan) -> Result<Client> {
    let id = match known_id(online, plan) {
        Some(id) => id,
        None => register(online, plan).await?,
    };
    let auth = plan.provider.client_auth;
    let secret = match auth {
        ClientAuth::None => None,
        _ => Some(secret(online, &plan.provider, &id).await?),
    };
    Ok(Client { id, auth, secret })
}

/// The client secret: environment, an account of the same client, a prompt.
async fn secret(online: &Online, provider: &Provider, id: &str) -> Result<Secret> {
    let from = provider.variable("CLIENT_SECRET");
    if let Some(secret) = variable(&from) {
        return Ok(Secret::new(secret));
    }
    let (vault, name, client) = (
        Arc::clone(&online.vault),
        provider.name.clone(),
        id.to_owned(),
    );
    // It goes only to an origin that has had it.
    let pin = provider
        .token_endpoint
        .as_ref()
        .map(|endpoint| provider.pin(endpoint));
    let kept = off_thread(move || {
        let accounts = vault.accounts_of(&name).accounts;
        let mut same = accounts.iter().filter(|account| {
            let then = account.endpoints.pin(&account.endpoints.token).ok();
            account.client.id == client && pin.is_some() && pin == then
        });
        Ok(same.find_map(|account| vault.secrets(account).ok()??.client_secret))
    });
    if let Some(secret) = kept.await? {
        return Ok(secret);
    }
    let term = Arc::clone(&online.term);
    if !term.can_ask() {
        return Err(missing_secret(provider, &from));
    }
    let question = format!("client secret of {id} at {}:", provider.title);
    let needed = missing_secret(provider, &from);
    off_thread(move || {
        let secret = term.ask_secret(&question, "set it in the environment")?;
        let secret = Secret::new(secret.expose().trim());
        if secret.expose().is_empty() {
            Err(needed)
        } else {
            Ok(secret)
        }
    })
    .await
}

/// Registers keyfob, once for all processes, and keeps the id in the user's provider file.
async fn register(online: &Online, plan: &Plan) -> Result<String> {
    let provider = &plan.provider;
    let Some(endpoint) = &provider.registration_endpoint else {
        return Err(by_hand(plan, "no client id is known for"));
    };
    if !plan.register && !confirmed(online, provider).await? {
        return Err(by_hand(plan, "keyfob was not registered at"));
    }
    let lock = format!("register-{}", provider.name);
    let vault = Arc::clone(&online.vault);
    let _turn = off_thread(move || vault.wait_for_lock(&lock, TURN)).await?;
    if let Some(id) = online
        .registry
        .get(&provider.name)
        .ok()
        .and_then(|now| now.client_id)
    {
        return Ok(id); // another process registered meanwhile
    }
    let uris = registration_uris(provider);
    // Some servers never take a registration back, so its id is not lost to a signal.
    let _hold = online.interrupts.hold()?;
    let registered = registration::register(&online.http, endpoint, &uris, &plan.scopes)
        .await
        .map_err(|error| refused(plan, &error))?;
    let id = registered.client_id;
    match online.registry.set_client_id(&provider.name, &id) {
        Ok(file) => online.term.say(&format!(
            "registered keyfob at {}; its client id is kept in {}",
            provider.title,
            file.display()
        )),
        Err(error) => online.term.warn(&format!(
            "registered keyfob at {} as client `{id}`, which could not be kept: {}; until it is, sign in there with `--client-id {id}`",
            provider.title, error.message
        )),
    }
    Ok(id)
}

async fn confirmed(online: &Online, provider: &Provider) -> Result<bool> {
    let term = Arc::clone(&online.term);
    if !term.can_ask() {
        return Err(Error::new(
            Code::RegistrationRequired,
            format!("keyfob is not registered at {}", provider.title),
        )
        .hint(format!(
            "let it register itself with `keyfob login {0} --register`, or see `keyfob provider show {0}`",
            provider.name
        )));
    }
    let question = format!(
        "register keyfob as a client at {}? the registration holds no secret, and may not be deletable",
        provider.title
    );
    off_thread(move || term.confirm(&question, "--register")).await
}

/// Every loopback host, without a port: servers that let the port vary match the host exactly.
fn registration_uris(provider: &Provider) -> Vec<String> {
    if !provider.redirect.ports.is_empty() {
        return provider.redirect_uris();
    }
    let path = provider.redirect_path();
    ["127.0.0.1", "localhost", "[::1]"]
        .map(|host| format!("http://{host}{path}"))
        .to_vec()
}

/// A registration that was not given: what can be done by hand, where trying again would not help.
fn refused(plan: &Plan, error: &OauthError) -> Error {
    let title = &plan.provider.title;
    let cause: &dyn std::fmt::Display = match error {
        OauthError::Refused(response) => response,
        OauthError::Invalid(cause) => cause,
        _ => {
            let state = "keyfob is not registered";
            return online::failed(error, Code::RegistrationRequired, state);
        }
    };
    Error {
        message: format!("{title} did not register keyfob: {cause}"),
        ..by_hand(plan, "")
    }
}

fn by_hand(plan: &Plan, message: &str) -> Error {
    let provider = &plan.provider;
    let mut hint = vec![match &provider.registration.page {
        Some(page) => format!("register a client at {page}"),
        None => format!("register a client at {}", provider.title),
    }];
    let mut values = provider.registration_values(&plan.scopes);
    if values.is_empty() {
        let uris = provider.redirect_uris().into_iter();
        values = uris.map(|uri| format!("Redirect URI: {uri}")).collect();
    }
    hint.extend(values.into_iter().map(|value| format!("  {value}")));
    hint.push(format!(
        "then `keyfob login {} --client-id ID`",
        provider.name
    ));
    Error::new(
        Code::RegistrationRequired,
        format!("{message} {}", provider.title),
    )
    .hint(hint.join("\n"))
}

fn missing_secret(provider: &Provider, from: &str) -> Error {
    Error::new(
        Code::RegistrationRequired,
        format!(
            "{} exchanges no code without a client secret",
            provider.title
        ),
    )
    .hint(format!(
        "set {from}; `keyfob provider show {}` says where the secret comes from",
        provider.name
    ))
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name)
        .ok()
        .map(|value| value.trim().to_owned())
        .filter(|value| !value.is_empty())
}
