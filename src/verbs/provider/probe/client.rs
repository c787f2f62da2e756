//! Whether the token endpoint answers and knows our client: a made-up code tells, and nothing can be
//! issued for it.

use std::sync::Arc;

use url::Url;

use super::check::{ServerCheck, fail, judge_error, pass, unknown};
use crate::context::{Context, off_thread};
use crate::error::Result;
use crate::oauth::probe::{self, Verdict};
use crate::oauth::{Client, OauthError};
use crate::provider::{ClientAuth, Provider};
use crate::verbs::provider::needs;
use keyfob_base::timestamp::Timestamp;

const CHECK: &str = "client";

/// The check; `endpoint` is the definition's token endpoint, else the metadata's.
pub(crate) async fn client(
    context: &Context,
    provider: &Provider,
    endpoint: Option<&Url>,
) -> Result<ServerCheck> {
    let name = &provider.name;
    let Some(endpoint) = endpoint else {
        let next = format!("`keyfob provider set {name} token_endpoint=URL`, or mend `issuer`");
        return Ok(fail(CHECK, "no token endpoint is known", next));
    };
    match ours(context, provider, endpoint).await? {
        Some((ours, sent)) => Ok(match asked(context, provider, endpoint, &ours).await {
            Ok(verdict) => judge(provider, &ours, sent, verdict),
            Err(error) => not_reached(name, &error),
        }),
        None => Ok(nobody(context, provider, endpoint).await),
    }
}

/// Without a client there is still an endpoint to ask.
async fn nobody(context: &Context, provider: &Provider, endpoint: &Url) -> ServerCheck {
    let made_up = Client {
        id: "keyfob-test".into(),
        auth: ClientAuth::None,
        secret: None,
    };
    let name = &provider.name;
    let next = format!(
        "no client id is known yet; `keyfob provider show {name}` says where to register one"
    );
    match asked(context, provider, endpoint, &made_up).await {
        Ok(_) => unknown(CHECK, format!("the token endpoint answers; {next}")),
        Err(OauthError::Invalid(odd)) => unknown(CHECK, format!("{odd}; {next}")),
        Err(error) => not_reached(name, &error),
    }
}

async fn asked(
    context: &Context,
    provider: &Provider,
    endpoint: &Url,
    client: &Client,
) -> std::result::Result<Verdict, OauthError> {
    let redirect = provider
        .redirect_uris()
        .into_iter()
        .next()
        .unwrap_or_default();
    probe::client(
        &context.http,
        endpoint,
        client,
        &provider.token,
        &redirect,
        Timestamp::now(),
    )
    .await
}

/// Whether the secret of a client goes along.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sent {
    /// A public client has none.
    None,
    /// It was kept for this very origin.
    Secret,
    /// There is one to have, and this place has no claim to it.
    Withheld,
}

/// The client that a login would use. A secret goes along only where it was kept for this very origin:
/// one from the environment is a login's to send.
async fn ours(
    context: &Context,
    provider: &Provider,
    endpoint: &Url,
) -> Result<Option<(Client, Sent)>> {
    let (vault, wanted, pin) = (
        Arc::clone(&context.vault),
        provider.clone(),
        provider.pin(endpoint),
    );
    off_thread(move || {
        let kept = vault.client(&wanted.name)?.filter(|kept| kept.pin == pin);
        let accounts = vault.accounts_of(&wanted.name).accounts;
        let Some(id) = needs::client_id(&wanted, kept.as_ref(), &accounts) else {
            return Ok(None);
        };
        let kept = kept.filter(|kept| kept.client_id == id);
        let auth = match (wanted.client_auth, &kept) {
            (ClientAuth::None, Some(kept)) => kept.auth,
            (auth, _) => auth,
        };
        if !auth.needs_secret() {
            let secret = None;
            return Ok(Some((Client { id, auth, secret }, Sent::None)));
        }
        let secret = match &kept {
            Some(kept) => vault.client_secrets(kept)?.client_secret,
            None => None,
        };
        Ok(Some(match secret {
            Some(secret) => (
                Client {
                    id,
                    auth,
                    secret: Some(secret),
                },
                Sent::Secret,
            ),
            None => (
                Client {
                    id,
                    auth: ClientAuth::None,
                    secret: None,
                },
                Sent::Withheld,
            ),
        }))
    })
    .await
}

fn judge(provider: &Provider, ours: &Client, sent: Sent, verdict: Verdict) -> ServerCheck {
    let (title, name) = (&provider.title, &provider.name);
    let id = needs::show_id(&ours.id);
    match (verdict, sent) {
        (Verdict::Accepted, Sent::Secret) => {
            pass(CHECK, format!("{title} knows {id} and takes its secret"))
        }
        (Verdict::Accepted, _) => pass(CHECK, format!("{title} knows {id}")),
        (Verdict::Refused(response), Sent::Withheld) => unknown(
            CHECK,
            format!(
                "the token endpoint answers; {id} needs its secret there ({response}), and none is kept for it: `keyfob provider set {name} --client-secret`"
            ),
        ),
        (Verdict::Refused(response), Sent::Secret) => fail(
            CHECK,
            format!("{title} does not take {id} with its secret: {response}"),
            format!(
                "give the right ones: `keyfob provider set {name} client_id=ID --client-secret`"
            ),
        ),
        (Verdict::Refused(response), Sent::None) => fail(
            CHECK,
            format!("{title} does not take {id}: {response}"),
            format!(
                "`keyfob provider set {name} client_id=ID` with the id of a public client; where it has a secret, `client_auth=client_secret_basic --client-secret` too"
            ),
        ),
        (Verdict::Unclear(response), _) => unknown(
            CHECK,
            format!("the token endpoint answers, and says nothing of {id}: {response}"),
        ),
        (Verdict::Issued, _) => fail(
            CHECK,
            format!("{title} issued a token for a made-up code"),
            "do not sign in there; tell whoever runs the server",
        ),
    }
}

fn not_reached(name: &str, error: &OauthError) -> ServerCheck {
    let next = format!("check `token_endpoint` and `client_id` in `keyfob provider show {name}`");
    judge_error(CHECK, error, &next)
}
