//! The client secret, and where it is taken from. One that was kept goes to the origin of the token endpoint
//! that it was kept for, and once somebody has signed in to what that login pinned.

use std::sync::Arc;

use url::Url;

use super::config::{self, ClientConfig, read_variable, shorten_id};
use super::obtain::no_secret_error;
use crate::context::{Context, off_thread};
use crate::error::{Code, Error, Result};
use crate::login::{Plan, Wish};
use crate::oauth::Client;
use crate::oauth::endpoint::origin;
use crate::vault::{ClientSecrets, KeptClient, Vault};
use keyfob_base::secret::Secret;
use keyfob_base::timestamp::Timestamp;

#[derive(Debug)]
pub(crate) enum FoundSecret {
    /// Given for this login.
    Secret(Secret),
    /// Kept or just registered, for the origin of today's token endpoint.
    Kept(Secret),
    Expired(KeptClient),
    Nothing,
}

impl FoundSecret {
    pub(crate) fn require(self, wish: &Wish) -> Result<Secret> {
        match self {
            Self::Secret(secret) | Self::Kept(secret) => Ok(secret),
            Self::Nothing => Err(no_secret_error(wish)),
            Self::Expired(kept) => Err(expiry_error(wish, &kept)),
        }
    }
}

/// Looks for the secret: one that has just been registered, the environment, the kept client, an account
/// of the same client. Of the last two only what was given for today's token endpoint.
pub(crate) async fn find(
    context: &Context,
    wish: &Wish,
    known: &ClientConfig,
) -> Result<FoundSecret> {
    let provider = &wish.provider;
    if let Some(secret) = &known.secret {
        return Ok(FoundSecret::Kept(secret.clone()));
    }
    if let Some(secret) = read_variable(provider, "CLIENT_SECRET") {
        return Ok(FoundSecret::Secret(Secret::new(secret)));
    }
    let Some(pin) = config::pin(provider) else {
        return Ok(FoundSecret::Nothing);
    };
    let (vault, name) = (Arc::clone(&context.vault), provider.name.clone());
    let client_id = known.id.clone();
    off_thread(move || {
        let kept = vault.client(&name)?;
        let kept = kept.filter(|kept| (&kept.client_id, &kept.pin) == (&client_id, &pin));
        let secret = match &kept {
            Some(kept) => vault.client_secrets(kept)?.client_secret,
            None => None,
        };
        let ended = kept.filter(|kept| kept.expired(Timestamp::now()));
        if let (Some(secret), None) = (&secret, &ended) {
            return Ok(FoundSecret::Kept(secret.clone()));
        }
        let held = of_account(&vault, &name, &client_id, &pin, secret.as_ref());
        Ok(match (held, ended) {
            (Some(held), _) => FoundSecret::Kept(held),
            (None, Some(ended)) => FoundSecret::Expired(ended),
            (None, None) => FoundSecret::Nothing,
        })
    })
    .await
}

/// The secret of an account of the same client, any but the one that has `ended`.
fn of_account(
    vault: &Vault,
    provider: &str,
    id: &str,
    pin: &str,
    ended: Option<&Secret>,
) -> Option<Secret> {
    let accounts = vault.accounts_of(provider).accounts;
    let mut same = accounts.iter().filter(|account| {
        let then = account.endpoints.pin(&account.endpoints.token);
        account.client.id == id && then.is_ok_and(|then| then == pin)
    });
    same.find_map(|account| {
        let secret = vault.secrets(account).ok()??.client_secret;
        secret.filter(|secret| Some(secret) != ended)
    })
}

pub(crate) async fn ask(
    context: &Context,
    wish: &Wish,
    known: &ClientConfig,
    needed: Error,
) -> Result<Secret> {
    let term = Arc::clone(&context.term);
    if !term.can_ask() {
        return Err(needed);
    }
    if needed.code == Code::ExpiredToken {
        term.warn(&needed.message);
    }
    let question = format!(
        "client secret of {} at {}:",
        shorten_id(&known.id),
        wish.provider.title
    );
    let instead = format!("set {}", wish.provider.variable("CLIENT_SECRET"));
    off_thread(move || {
        let secret = term.ask_secret(&question, &instead)?;
        let secret = Secret::new(secret.expose().trim());
        if secret.expose().is_empty() {
            Err(needed)
        } else {
            Ok(secret)
        }
    })
    .await
}

pub(crate) async fn offer_to_keep(context: &Context, plan: &Plan) -> Result<bool> {
    let term = Arc::clone(&context.term);
    let question = format!(
        "keep it in {} for later logins at {}?",
        plan.keeping.store.noun(),
        plan.wish.provider.title
    );
    let instead = format!("set {}", plan.wish.provider.variable("CLIENT_SECRET"));
    off_thread(move || term.confirm(&question, &instead)).await
}

/// Keeps a typed secret beside what is kept of the same client already. A failure is a warning, for the
/// account has the secret too.
pub(crate) async fn keep(context: &Context, plan: &Plan, client: &Client, secret: &Secret) {
    let Some(pin) = config::pin(&plan.wish.provider) else {
        return; // nothing was sent, so nothing was taken
    };
    let (vault, name) = (Arc::clone(&context.vault), plan.wish.provider.name.clone());
    let mut kept = config::record(plan, client.id.clone(), client.auth, pin);
    let secret = secret.clone();
    let outcome = off_thread(move || {
        let before = vault.client(&name)?;
        let same = before.filter(|b| (&b.client_id, &b.pin) == (&kept.client_id, &kept.pin));
        let mut secrets = match &same {
            Some(same) => vault.client_secrets(same)?,
            None => ClientSecrets::default(),
        };
        secrets.client_secret = Some(secret);
        kept.configuration_endpoint = same.and_then(|same| same.configuration_endpoint);
        vault.keep_client(&name, &kept, &secrets)
    })
    .await;
    match outcome {
        Ok(()) => context.term.say(&format!(
            "the client secret is kept in {}",
            plan.keeping.store.noun()
        )),
        Err(error) => context.term.warn(&format!(
            "the client secret is kept with the account alone: {}",
            error.message
        )),
    }
}

/// A kept secret goes to the origin that it was kept for; `key` names another.
pub(crate) fn other_origin_error(wish: &Wish, key: &str, endpoint: &Url) -> Error {
    let provider = &wish.provider;
    let then = config::pin(provider).unwrap_or_default();
    let what = format!(
        "the client secret was kept for {then}, and `{key}` is under {}",
        origin(endpoint)
    );
    Error::new(Code::EndpointChanged, what).hint(format!(
        "if you trust that place, set {} for this login{}",
        provider.variable("CLIENT_SECRET"),
        wish.definition_hint()
    ))
}

/// The secret that was kept has ended (RFC 7591 §3.2.1).
pub(crate) fn expiry_error(wish: &Wish, kept: &KeptClient) -> Error {
    let provider = &wish.provider;
    let anew = match provider.registration_endpoint {
        Some(_) => format!(
            "let keyfob register anew with `{}`, or ",
            wish.command_with(" --register")
        ),
        None => String::new(),
    };
    let end = kept.secret_expires_at;
    let what = format!(
        "the secret of client `{}` at {} expired{}",
        shorten_id(&kept.client_id),
        provider.title,
        end.map(|end| format!(" at {end}")).unwrap_or_default()
    );
    Error::new(Code::ExpiredToken, what).hint(format!(
        "{anew}set {} to a new one",
        provider.variable("CLIENT_SECRET")
    ))
}
