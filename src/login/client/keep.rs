//! Keeping the client that a registration gave: its secrets and what has to be remembered with them in the
//! vault, its id in the user's file.

use std::sync::Arc;

use super::known::{self, Known};
use crate::account;
use crate::context::{Context, off_thread};
use crate::error::Code;
use crate::login::Plan;
use crate::oauth::registration::Registered;
use crate::vault::{ClientSecrets, KeptClient};
use keyfob_base::escape::escape_short;

/// The longest client id that is shown whole, in characters.
const ID_LIMIT: usize = 80;

/// Keeps what a registration gave; an ephemeral login has it in memory.
pub async fn registered(context: &Context, plan: &Plan, registered: Registered) -> Known {
    if plan.ephemeral {
        return in_memory(context, plan, registered);
    }
    let client = KeptClient {
        id: account::random_id(),
        client_id: registered.client_id,
        auth: registered.auth,
        pin: known::pin(&plan.provider).unwrap_or_default(),
        store: plan.store,
        secret_expires_at: registered.secret_expires_at,
        copy_in: None,
        configuration_endpoint: registered.configuration_endpoint,
    };
    let secrets = ClientSecrets {
        client_secret: registered.client_secret,
        registration_access_token: registered.registration_access_token,
    };
    keep(context, plan, client, secrets, "registered keyfob").await
}

/// What can be deleted is deleted at the end; the rest is said at once.
fn in_memory(context: &Context, plan: &Plan, registered: Registered) -> Known {
    plan.gain_client(&registered);
    let id = escape_short(&registered.client_id, ID_LIMIT);
    context.term.say(&format!(
        "registered keyfob at {} as client `{id}`, for this command",
        plan.provider.title
    ));
    Known {
        id: registered.client_id,
        auth: registered.auth,
        secret: registered.client_secret,
        replaceable: false,
    }
}

/// Keeps the client that another definition of the same server has, for this one too; an ephemeral login only
/// uses it.
pub async fn taken_over(
    context: &Context,
    plan: &Plan,
    sibling: KeptClient,
    secrets: ClientSecrets,
) -> Known {
    if plan.ephemeral {
        return Known {
            secret: secrets.client_secret,
            ..sibling.into()
        };
    }
    let client = KeptClient {
        id: account::random_id(),
        store: plan.store,
        copy_in: None,
        ..sibling
    };
    keep(context, plan, client, secrets, "found keyfob registered").await
}

/// Its secrets and its record, then its id in the user's file. What cannot be kept is a warning, for the
/// login can go on. `did` goes before "at Acme as client `id`".
async fn keep(
    context: &Context,
    plan: &Plan,
    client: KeptClient,
    secrets: ClientSecrets,
    did: &str,
) -> Known {
    let (vault, name) = (Arc::clone(&context.vault), plan.provider.name.clone());
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
        define(context, plan, &client, kept, &format!("{named}{secret}")).await;
    }
    Known {
        secret: secrets.client_secret,
        ..client.into()
    }
}

/// Writes the client into the user's file, and how it authenticates where the definition says otherwise.
async fn define(context: &Context, plan: &Plan, client: &KeptClient, kept: bool, named: &str) {
    let (registry, name) = (context.registry.clone(), plan.provider.name.clone());
    let (id, auth) = (client.client_id.clone(), client.auth);
    let auth = Some(auth).filter(|auth| *auth != plan.provider.client_auth);
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
