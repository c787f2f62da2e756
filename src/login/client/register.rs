//! Registering keyfob at a provider: on the user's word, once for all processes, and kept: its secrets and what
//! has to be remembered with them in the vault, its id in the user's file.

use std::sync::Arc;

use sha2::{Digest, Sha256};
use url::Url;

use super::config::{self, ClientConfig, shorten_id};
use super::secret;
use crate::account;
use crate::context::{self, Context, off_thread};
use crate::error::{Code, Error, Result};
use crate::login::{Flow, Plan, Wish, origins};
use crate::oauth::OauthError;
use crate::oauth::endpoint::origin;
use crate::oauth::registration::{self, Registered};
use crate::provider::{Endpoint, Provider};
use crate::vault::{ClientSecrets, Guard, KeptClient, LOCK_TIMEOUT};
use crate::words::PageAddress;
use keyfob_base::timestamp::Timestamp;

/// Registers keyfob and keeps what that gave, or takes the client that another process has registered
/// meanwhile. With `ended` the new client takes the place of that one.
pub(crate) async fn register(
    context: &Context,
    plan: &Plan,
    ended: Option<&KeptClient>,
) -> Result<ClientConfig> {
    let provider = &plan.wish.provider;
    let Some(endpoint) = &provider.registration_endpoint else {
        return Err(by_hand_error(&plan.wish, "no client id is known for"));
    };
    origins::settle_one(context, plan, Endpoint::Registration).await?;
    let seen = context.vault.client(&provider.name)?; // what cannot be read could not be replaced
    if !plan.wish.register && !confirm(context, plan, endpoint, ended).await? {
        return Err(match ended {
            Some(ended) => secret::expiry_error(&plan.wish, ended),
            None => by_hand_error(&plan.wish, "keyfob was not registered at"),
        });
    }
    let _turn = take_turn(context, plan, endpoint).await?;
    if let Some(known) = adopt(context, provider, seen.as_ref())? {
        return Ok(known);
    }
    // Some servers never take a registration back, so it is not lost to a signal.
    let _hold = context.interrupts.hold()?;
    let before = seen.map(|seen| seen.client_id); // it ended, or did not serve
    if let Some((sibling, secrets)) = find_sibling(context, provider, before).await? {
        return Ok(keep_sibling(context, plan, sibling, secrets).await);
    }
    let request = registration::RegistrationWish {
        redirect_uris: &provider.described_redirect_uris(),
        scopes: &scopes(&plan.wish),
        device: provider.device_authorization_endpoint.is_some(),
        auth: if provider.client_auth.needs_secret() {
            provider.client_auth
        } else {
            provider.registers_as
        },
    };
    let registered = registration::register(&context.http, endpoint, &request)
        .await
        .map_err(|error| registration_error(&plan.wish, &error))?;
    Ok(keep_registered(context, plan, registered).await)
}

/// One registration at a time, unless it is for one command alone: that one is nobody else's, and a lock is
/// a file.
async fn take_turn(context: &Context, plan: &Plan, endpoint: &Url) -> Result<Option<Guard>> {
    if plan.keeping.memory.is_some() {
        return Ok(None);
    }
    let vault = Arc::clone(&context.vault);
    let lock = lock_name(&plan.wish.provider, endpoint);
    off_thread(move || vault.wait_for_lock(&lock, LOCK_TIMEOUT).map(Some)).await
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
fn adopt(
    context: &Context,
    provider: &Provider,
    seen: Option<&KeptClient>,
) -> Result<Option<ClientConfig>> {
    let kept = config::kept(context, provider)?;
    let kept = kept.filter(|kept| Some(&kept.id) != seen.map(|seen| &seen.id));
    let today = context.registry.get(&provider.name).ok();
    if let Some(now) = today.filter(|now| now.client_id != provider.client_id)
        && let Some(id) = now.client_id.clone()
    {
        let registered = kept.filter(|kept| kept.client_id == id);
        let auth = registered.map(|kept| kept.auth);
        return Ok(Some(config::configure(&now, id, auth, true)));
    }
    Ok(kept.map(ClientConfig::from))
}

/// A client that keyfob has registered at the same issuer for the same redirect URIs, under another
/// definition's name; not the one that was here `before`.
async fn find_sibling(
    context: &Context,
    ours: &Provider,
    before: Option<String>,
) -> Result<Option<(KeptClient, ClientSecrets)>> {
    let (Some(issuer), Some(pin)) = (ours.issuer.clone(), config::pin(ours)) else {
        return Ok(None);
    };
    let (vault, registry) = (Arc::clone(&context.vault), context.registry.clone());
    let (own, uris) = (ours.name.clone(), ours.described_redirect_uris());
    let found = off_thread(move || {
        let mut others = registry.names().into_iter().filter(|name| *name != own);
        Ok(others.find_map(|name| {
            let kept = vault.client(&name).ok()??;
            let sibling = registry.get(&name).ok()?;
            let serves = sibling.issuer.as_ref() == Some(&issuer)
                && sibling.described_redirect_uris() == uris
                && kept.pin == pin
                && !kept.expired(Timestamp::now());
            let secrets = serves.then(|| vault.client_secrets(&kept).ok())??;
            Some((kept, secrets))
        }))
    });
    Ok((found.await?).filter(|(kept, _)| Some(&kept.client_id) != before.as_ref()))
}

async fn confirm(
    context: &Context,
    plan: &Plan,
    endpoint: &Url,
    ended: Option<&KeptClient>,
) -> Result<bool> {
    let (term, title) = (Arc::clone(&context.term), &plan.wish.provider.title);
    let expired = ended.map(|ended| secret::expiry_error(&plan.wish, ended));
    if !term.can_ask() {
        return Err(expired.unwrap_or_else(|| {
            let what = format!("keyfob is not registered at {title}");
            Error::new(Code::RegistrationRequired, what).hint(format!(
                "let it register itself with `{}`, or name a client with `{}`{}",
                plan.wish.command_with(" --register"),
                plan.wish.command_with(" --client-id ID"),
                plan.wish.definition_hint()
            ))
        }));
    }
    let scopes = match scopes(&plan.wish).as_slice() {
        [] => String::new(),
        scopes => format!(", for the scopes {}", scopes.join(", ")),
    };
    let state = match expired {
        Some(expired) => format!("{}; keyfob can register anew", expired.message),
        None => format!("keyfob is not registered at {title}; it can register itself"),
    };
    term.say(&format!(
        "{state}, as a native client with redirect URIs on this machine{scopes}"
    ));
    let place = origin(endpoint);
    let question = if plan.keeping.memory.is_some() {
        format!(
            "register keyfob at {place} for this command? not every server takes that back at its end"
        )
    } else {
        format!("register keyfob at {place}? there may be no way to undo that")
    };
    off_thread(move || term.confirm(&question, "--register")).await
}

/// What this login asks for, and what a later one may: some servers hold a client to the scopes that it
/// was registered for.
fn scopes(wish: &Wish) -> Vec<String> {
    let provider = &wish.provider;
    let later = provider
        .scopes
        .iter()
        .chain(provider.presets.values().flatten());
    let mut scopes: Vec<String> = Vec::new();
    for scope in wish.scopes.iter().chain(later) {
        if !scopes.contains(scope) {
            scopes.push(scope.clone());
        }
    }
    scopes
}

/// A registration that was not given: what can be done by hand, where trying again would not help.
fn registration_error(wish: &Wish, error: &OauthError) -> Error {
    let title = &wish.provider.title;
    let message = match error {
        OauthError::Refused(response) => format!("{title} did not register keyfob: {response}"),
        OauthError::Invalid(cause) => {
            format!("{title} gave keyfob no registration that it can use: {cause}")
        }
        _ => {
            let state = "keyfob is not registered";
            return context::failed(error, Code::RegistrationRequired, state);
        }
    };
    Error {
        message,
        ..by_hand_error(wish, "")
    }
}

pub(crate) fn by_hand_error(wish: &Wish, message: &str) -> Error {
    let provider = &wish.provider;
    let page = provider.registration.page.as_ref();
    let page = page.map(PageAddress::new);
    let place = page.as_ref().map_or(&*provider.title, PageAddress::as_str);
    let hint = match wish.flow {
        Flow::ClientCredentials | Flow::TokenExchange => machine_steps(wish, place),
        _ => person_steps(wish, place),
    };
    let what = format!("{message} {}", provider.title);
    Error::new(Code::RegistrationRequired, what).hint(hint.join("\n"))
}

/// A client that signs in for itself has no redirect URI, and a secret.
fn machine_steps(wish: &Wish, place: &str) -> Vec<String> {
    let provider = &wish.provider;
    let then = if wish.retry.by_url {
        let secret = provider.variable("CLIENT_SECRET");
        format!(
            "then `{}`, its secret in {secret}",
            wish.command_with(" --client-id ID")
        )
    } else {
        let auth = if provider.client_auth.needs_secret() {
            ""
        } else {
            " client_auth=client_secret_basic"
        };
        format!(
            "then `keyfob provider set {} client_id=ID{auth} --client-secret`",
            provider.name
        )
    };
    vec![format!("register a confidential client at {place}"), then]
}

fn person_steps(wish: &Wish, place: &str) -> Vec<String> {
    let provider = &wish.provider;
    let mut hint = vec![format!("register a client at {place}")];
    let mut values = provider.registration_values(&wish.scopes);
    if values.is_empty() {
        let uris = provider.redirect_uris().into_iter();
        values = uris.map(|uri| format!("Redirect URI: {uri}")).collect();
    }
    hint.extend(values.into_iter().map(|value| format!("  {value}")));
    hint.push(format!("then `{}`", wish.command_with(" --client-id ID")));
    if provider.client_id_metadata_document_supported && !wish.retry.by_url {
        hint.push(format!(
            "or host what `keyfob provider metadata {}` prints, and give its https address as ID",
            provider.name
        ));
    }
    hint
}

/// An ephemeral login has it in memory: what can be deleted is deleted at the end, and the rest is said at once.
async fn keep_registered(context: &Context, plan: &Plan, registered: Registered) -> ClientConfig {
    if let Some(memory) = &plan.keeping.memory {
        memory.gains().registered = Some(registered.clone());
        let id = shorten_id(&registered.client_id);
        context.term.say(&format!(
            "registered keyfob at {} as client `{id}`, for this command",
            plan.wish.provider.title
        ));
        return ClientConfig {
            id: registered.client_id,
            auth: registered.auth,
            secret: registered.client_secret,
            replaceable: false,
        };
    }
    let pin = config::pin(&plan.wish.provider).unwrap_or_default();
    let client = KeptClient {
        secret_expires_at: registered.secret_expires_at,
        configuration_endpoint: registered.configuration_endpoint,
        ..config::record(plan, registered.client_id, registered.auth, pin)
    };
    let secrets = ClientSecrets {
        client_secret: registered.client_secret,
        registration_access_token: registered.registration_access_token,
    };
    keep_client(context, plan, client, secrets, "registered keyfob").await
}

/// Keeps the client that another definition of the same server has, for this one too; an ephemeral login only
/// uses it.
async fn keep_sibling(
    context: &Context,
    plan: &Plan,
    sibling: KeptClient,
    secrets: ClientSecrets,
) -> ClientConfig {
    if plan.keeping.memory.is_some() {
        return ClientConfig {
            secret: secrets.client_secret,
            ..sibling.into()
        };
    }
    let client = KeptClient {
        id: account::random_id(),
        store: plan.keeping.store,
        copy_in: None,
        ..sibling
    };
    keep_client(context, plan, client, secrets, "found keyfob registered").await
}

/// Its secrets and its record, then its id in the user's file. What cannot be kept is a warning, for the
/// login can go on. `did` goes before "at Acme as client `id`".
async fn keep_client(
    context: &Context,
    plan: &Plan,
    client: KeptClient,
    secrets: ClientSecrets,
    did: &str,
) -> ClientConfig {
    let (vault, name) = (Arc::clone(&context.vault), plan.wish.provider.name.clone());
    let (record, hidden) = (client.clone(), secrets.clone());
    let (kept, failure) = off_thread(move || {
        let failure = vault.keep_client(&name, &record, &hidden).err();
        let kept = failure.is_none() || vault.client(&name)? == Some(record);
        Ok((kept, failure))
    })
    .await
    .unwrap_or_else(|error| (false, Some(error)));

    let title = &plan.wish.provider.title;
    let named = format!("{did} at {title} as client `{}`", client.client_id);
    let confidential = secrets.client_secret.is_some();
    match &failure {
        Some(error) if kept => context.term.warn(&error.message),
        Some(error) if confidential => context.term.warn(&format!(
            "{named}, whose secret could not be kept: {}; this login goes on with it, and its account will hold it",
            error.message
        )),
        Some(error) => context.term.warn(&format!(
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
        write_client_id(context, plan, &client, kept, &format!("{named}{secret}")).await;
    }
    ClientConfig {
        secret: secrets.client_secret,
        ..client.into()
    }
}

/// Writes the client into the user's file, and how it authenticates where the definition says otherwise.
async fn write_client_id(
    context: &Context,
    plan: &Plan,
    client: &KeptClient,
    kept: bool,
    named: &str,
) {
    let (registry, name) = (context.registry.clone(), plan.wish.provider.name.clone());
    let (id, auth) = (client.client_id.clone(), client.auth);
    let auth = Some(auth).filter(|auth| *auth != plan.wish.provider.client_auth);
    match off_thread(move || registry.set_client(&name, &id, auth)).await {
        Ok(file) => context.term.say(&format!(
            "{named}; its client id is kept in {}",
            file.display()
        )),
        // A server that was named by its address has no file yet.
        Err(error) if error.code == Code::UnknownProvider => context.term.say(named),
        Err(error) => {
            let next = if kept {
                "the next login knows it all the same".into()
            } else {
                format!(
                    "until it is, sign in with `--client-id {}`",
                    client.client_id
                )
            };
            context.term.warn(&format!(
                "{named}; its client id could not be kept in the provider's file: {}; {next}",
                error.message
            ));
        }
    }
}
