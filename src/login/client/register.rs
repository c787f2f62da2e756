//! Registering keyfob at a provider: on the user's word, once for all processes, and kept.

use std::sync::Arc;
use std::time::Duration;

use sha2::{Digest, Sha256};
use url::Url;

use super::known::{self, Known};
use crate::account;
use crate::error::{Code, Error, Result};
use crate::login::Plan;
use crate::oauth::OauthError;
use crate::oauth::endpoint::origin;
use crate::oauth::registration::{self, Registered, Wish};
use crate::online::{self, Online, off_thread};
use crate::provider::{ClientAuth, Provider, Registry};
use crate::timestamp::Timestamp;
use crate::vault::{ClientSecrets, KeptClient, Vault};

/// How long another process's registration at the same issuer is waited for.
const TURN: Duration = Duration::from_secs(60);

/// What was done, to go before "at Acme as client `id`".
const REGISTERED: &str = "registered keyfob";
const TOOK_OVER: &str = "found keyfob registered";

/// Registers keyfob and keeps what that gave, or takes the client that another process has registered
/// meanwhile. With `ended` the new client takes the place of that one.
pub async fn register(online: &Online, plan: &Plan, ended: Option<&KeptClient>) -> Result<Known> {
    let provider = &plan.provider;
    let Some(endpoint) = &provider.registration_endpoint else {
        return Err(by_hand(plan, "no client id is known for"));
    };
    let seen = online.vault.client(&provider.name)?; // what cannot be read could not be replaced
    if !plan.register && !confirmed(online, plan, endpoint, ended).await? {
        return Err(match ended {
            Some(ended) => super::secret::expired(plan, ended),
            None => by_hand(plan, "keyfob was not registered at"),
        });
    }
    let (vault, lock) = (Arc::clone(&online.vault), lock_name(provider, endpoint));
    let _turn = off_thread(move || vault.wait_for_lock(&lock, TURN)).await?;
    if let Some(known) = adopted(online, provider, seen.as_ref())? {
        return Ok(known);
    }
    // Some servers never take a registration back, so it is not lost to a signal.
    let _hold = online.interrupts.hold()?;
    let (vault, registry) = (Arc::clone(&online.vault), online.registry.clone());
    let ours = provider.clone();
    let sibling = off_thread(move || Ok(of_sibling(&vault, &registry, &ours))).await?;
    let before = seen.map(|seen| seen.client_id); // it ended, or did not serve
    if let Some((sibling, secrets)) =
        sibling.filter(|(kept, _)| Some(&kept.client_id) != before.as_ref())
    {
        let kept = KeptClient {
            id: account::random_id(),
            store: plan.store,
            ..sibling
        };
        return Ok(keep(online, plan, kept, secrets, TOOK_OVER).await);
    }
    let wish = Wish {
        redirect_uris: &provider.described_redirect_uris(),
        scopes: &scopes(plan),
        device: provider.device_authorization_endpoint.is_some(),
        auth: if provider.client_auth.needs_secret() {
            provider.client_auth
        } else {
            provider.registers_as
        },
    };
    let registered = registration::register(&online.http, endpoint, &wish)
        .await
        .map_err(|error| refused(plan, &error))?;
    let (kept, secrets) = split(plan, registered);
    Ok(keep(online, plan, kept, secrets, REGISTERED).await)
}

/// One registration at a time for an issuer, whatever its definitions are called.
fn lock_name(provider: &Provider, endpoint: &Url) -> String {
    let issuer = provider.issuer.clone().unwrap_or_else(|| origin(endpoint));
    let hash = Sha256::digest(issuer.as_bytes());
    let (start, _) = hash.split_at(size_of::<u128>());
    let start = start.try_into().expect("split there");
    format!("register-{:032x}", u128::from_be_bytes(start))
}

/// The client that is there by now and was not when this process began.
fn adopted(
    online: &Online,
    provider: &Provider,
    seen: Option<&KeptClient>,
) -> Result<Option<Known>> {
    let today = online.registry.get(&provider.name).ok();
    let defined = today.filter(|now| now.client_id != provider.client_id);
    let kept = known::kept(online, provider)?;
    let kept = kept.filter(|kept| Some(&kept.id) != seen.map(|seen| &seen.id));
    Ok(
        match defined.and_then(|now| Some((now.client_id?, now.client_auth))) {
            Some((id, auth)) => Some(Known {
                auth: kept
                    .filter(|kept| kept.client_id == id && auth == ClientAuth::None)
                    .map_or(auth, |kept| kept.auth),
                id,
                secret: None,
                replaceable: true,
            }),
            None => kept.map(Known::from),
        },
    )
}

/// A client that keyfob has registered at the same issuer for the same redirect URIs, under another
/// definition's name.
fn of_sibling(
    vault: &Vault,
    registry: &Registry,
    provider: &Provider,
) -> Option<(KeptClient, ClientSecrets)> {
    let (issuer, uris) = (
        provider.issuer.as_ref()?,
        provider.described_redirect_uris(),
    );
    let pin = known::pin(provider)?;
    let serves = |kept: &KeptClient, sibling: &Provider| {
        sibling.issuer.as_ref() == Some(issuer)
            && sibling.described_redirect_uris() == uris
            && kept.pin == pin
            && !kept.expired(Timestamp::now())
    };
    let mut others = registry
        .names()
        .into_iter()
        .filter(|name| *name != provider.name);
    others.find_map(|name| {
        let kept = vault.client(&name).ok()??;
        let sibling = registry.get(&name).ok()?;
        let secrets = serves(&kept, &sibling).then(|| vault.client_secrets(&kept).ok())??;
        Some((kept, secrets))
    })
}

/// What a registration gave, as it is kept.
fn split(plan: &Plan, registered: Registered) -> (KeptClient, ClientSecrets) {
    let kept = KeptClient {
        id: account::random_id(),
        client_id: registered.client_id,
        auth: registered.auth,
        pin: known::pin(&plan.provider).unwrap_or_default(),
        store: plan.store,
        secret_expires_at: registered.secret_expires_at,
        configuration_endpoint: registered.configuration_endpoint,
    };
    let secrets = ClientSecrets {
        client_secret: registered.client_secret,
        registration_access_token: registered.registration_access_token,
    };
    (kept, secrets)
}

/// Keeps a client: its secrets and its record, then its id in the user's file. What cannot be kept is a
/// warning, for the login can go on.
async fn keep(
    online: &Online,
    plan: &Plan,
    client: KeptClient,
    secrets: ClientSecrets,
    did: &str,
) -> Known {
    let (vault, name) = (Arc::clone(&online.vault), plan.provider.name.clone());
    let (record, hidden) = (client.clone(), secrets.clone());
    let (kept, failure) = off_thread(move || {
        let failure = vault.keep_client(&name, &record, &hidden).err();
        let kept = failure.is_none() || vault.client(&name)? == Some(record);
        Ok((kept, failure))
    })
    .await
    .unwrap_or_else(|error| (false, Some(error)));

    let title = &plan.provider.title;
    let named = format!("{did} at {title} as client `{}`", client.client_id);
    let confidential = secrets.client_secret.is_some();
    match &failure {
        Some(error) if kept => online.term.warn(&error.message),
        Some(error) if confidential => online.term.warn(&format!(
            "{named}, whose secret could not be kept: {}; this login goes on with it, and its account will hold it",
            error.message
        )),
        Some(error) => online.term.warn(&format!(
            "{named}, which could not be noted: {}; a later `provider remove` cannot delete it there",
            error.message
        )),
        None => {}
    }
    // An id whose secret nobody has would be in the way of every later login.
    if kept || !confidential {
        let secret = if confidential {
            format!(", with a secret that is kept in {}", client.store.noun())
        } else {
            String::new()
        };
        define(online, plan, &client, kept, &format!("{named}{secret}")).await;
    }
    Known {
        secret: secrets.client_secret,
        ..client.into()
    }
}

/// Writes the client into the user's file, and how it authenticates where the definition says otherwise.
async fn define(online: &Online, plan: &Plan, client: &KeptClient, kept: bool, named: &str) {
    let (registry, name) = (online.registry.clone(), plan.provider.name.clone());
    let (id, auth) = (client.client_id.clone(), client.auth);
    let auth = Some(auth).filter(|auth| *auth != plan.provider.client_auth);
    match off_thread(move || registry.set_client(&name, &id, auth)).await {
        Ok(file) => online.term.say(&format!(
            "{named}; its client id is kept in {}",
            file.display()
        )),
        // A server that was named by its address has no file yet.
        Err(error) if error.code == Code::UnknownProvider => online.term.say(named),
        Err(error) => {
            let next = if kept {
                "the next login knows it all the same".into()
            } else {
                format!(
                    "until it is, sign in with `--client-id {}`",
                    client.client_id
                )
            };
            online.term.warn(&format!(
                "{named}; its client id could not be kept in the provider's file: {}; {next}",
                error.message
            ));
        }
    }
}

async fn confirmed(
    online: &Online,
    plan: &Plan,
    endpoint: &Url,
    ended: Option<&KeptClient>,
) -> Result<bool> {
    let (term, provider) = (Arc::clone(&online.term), &plan.provider);
    let (title, name, place) = (&provider.title, &provider.name, origin(endpoint));
    if !term.can_ask() {
        return Err(ended.map_or_else(
            || {
                Error::new(
                    Code::RegistrationRequired,
                    format!("keyfob is not registered at {title}"),
                )
                .hint(format!(
                    "let it register itself with `keyfob login {name} --register`, or see `keyfob provider show {name}`"
                ))
            },
            |ended| super::secret::expired(plan, ended),
        ));
    }
    if let Some(ended) = ended {
        term.say(&super::secret::expired(plan, ended).message);
    }
    let scopes = match scopes(plan).as_slice() {
        [] => String::new(),
        scopes => format!(", for the scopes {}", scopes.join(", ")),
    };
    term.say(&format!(
        "{title} can register keyfob by itself: as a native client called `keyfob`, with redirect URIs on this machine{scopes}"
    ));
    let question = format!(
        "register keyfob as a client at {title}? {place} decides whether it gets a secret, and may never let it be undone"
    );
    off_thread(move || term.confirm(&question, "--register")).await
}

/// What this login asks for, and what a later one may: some servers hold a client to the scopes that it
/// was registered for.
fn scopes(plan: &Plan) -> Vec<String> {
    let provider = &plan.provider;
    let later = provider
        .scopes
        .iter()
        .chain(provider.presets.values().flatten());
    let mut scopes: Vec<String> = Vec::new();
    for scope in plan.scopes.iter().chain(later) {
        if !scopes.contains(scope) {
            scopes.push(scope.clone());
        }
    }
    scopes
}

/// A registration that was not given: what can be done by hand, where trying again would not help.
fn refused(plan: &Plan, error: &OauthError) -> Error {
    let title = &plan.provider.title;
    let message = match error {
        OauthError::Refused(response) => format!("{title} did not register keyfob: {response}"),
        OauthError::Invalid(cause) => {
            format!("{title} gave keyfob no registration that it can use: {cause}")
        }
        _ => {
            let state = "keyfob is not registered";
            return online::failed(error, Code::RegistrationRequired, state);
        }
    };
    Error {
        message,
        ..by_hand(plan, "")
    }
}

/// What a person does where keyfob cannot register: the page, the values, and the command afterwards.
pub fn by_hand(plan: &Plan, message: &str) -> Error {
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
    if provider.client_id_metadata_document_supported {
        hint.push(format!(
            "or host what `keyfob provider metadata {}` prints, and give its https address as ID",
            provider.name
        ));
    }
    Error::new(
        Code::RegistrationRequired,
        format!("{message} {}", provider.title),
    )
    .hint(hint.join("\n"))
}
