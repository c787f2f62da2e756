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
pub(crate) async fn check_client(
    context: &Context,
    provider: &Provider,
    endpoint: Option<&Url>,
) -> Result<ServerCheck> {
    let name = &provider.name;
    let Some(endpoint) = endpoint else {
        let next = format!("`keyfob provider set {name} token_endpoint=URL`, or mend `issuer`");
        return Ok(fail(CHECK, "no token endpoint is known", next));
    };
    match find_client(context, provider, endpoint).await? {
        Some((ours, sent)) => Ok(match ask(context, provider, endpoint, &ours).await {
            Ok(verdict) => judge(provider, &ours, sent, verdict),
            Err(error) => judge_failure(name, &error),
        }),
        None => Ok(ask_without_client(context, provider, endpoint).await),
    }
}

async fn ask_without_client(context: &Context, provider: &Provider, endpoint: &Url) -> ServerCheck {
    let made_up = Client {
        id: "keyfob-test".into(),
        auth: ClientAuth::None,
        secret: None,
    };
    let name = &provider.name;
    let next = format!(
        "no client id is known yet; `keyfob provider show {name}` says where to register one"
    );
    match ask(context, provider, endpoint, &made_up).await {
        Ok(_) => unknown(CHECK, format!("the token endpoint answers; {next}")),
        Err(OauthError::Invalid(odd)) => unknown(CHECK, format!("{odd}; {next}")),
        Err(error) => judge_failure(name, &error),
    }
}

async fn ask(
    context: &Context,
    provider: &Provider,
    endpoint: &Url,
    client: &Client,
) -> std::result::Result<Verdict, OauthError> {
    let redirect = provider.redirect_uris().into_iter().next();
    let (http, redirect, now) = (
        &context.http,
        redirect.unwrap_or_default(),
        Timestamp::now(),
    );
    probe::client(http, endpoint, client, &provider.token, &redirect, now).await
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum SentSecret {
    None,
    /// It was kept for this very origin.
    Kept,
    /// There is one to have, and this place has no claim to it.
    Withheld,
}

/// The client that a login would use. A secret goes along only where it was kept for this very origin:
/// one from the environment is a login's to send.
async fn find_client(
    context: &Context,
    provider: &Provider,
    endpoint: &Url,
) -> Result<Option<(Client, SentSecret)>> {
    let (vault, provider) = (Arc::clone(&context.vault), provider.clone());
    let pin = provider.pin(endpoint);
    off_thread(move || {
        let kept = vault.client(&provider.name)?.filter(|kept| kept.pin == pin);
        let accounts = vault.accounts_of(&provider.name).accounts;
        let Some(id) = needs::client_id(&provider, kept.as_ref(), &accounts) else {
            return Ok(None);
        };
        let kept = kept.filter(|kept| kept.client_id == id);
        let auth = needs::client_auth(&provider, kept.as_ref());
        let secret = match &kept {
            Some(kept) if auth.needs_secret() => vault.client_secrets(kept)?.client_secret,
            _ => None,
        };
        let (auth, sent) = match (auth.needs_secret(), &secret) {
            (false, _) => (auth, SentSecret::None),
            (true, Some(_)) => (auth, SentSecret::Kept),
            (true, None) => (ClientAuth::None, SentSecret::Withheld),
        };
        Ok(Some((Client { id, auth, secret }, sent)))
    })
    .await
}

fn judge(provider: &Provider, ours: &Client, sent: SentSecret, verdict: Verdict) -> ServerCheck {
    let (title, name) = (&provider.title, &provider.name);
    let id = needs::show_id(&ours.id);
    match (verdict, sent) {
        (Verdict::Accepted, SentSecret::Kept) => {
            pass(CHECK, format!("{title} knows {id} and takes its secret"))
        }
        (Verdict::Accepted, _) => pass(CHECK, format!("{title} knows {id}")),
        (Verdict::Refused(response), SentSecret::Withheld) => unknown(
            CHECK,
            format!(
                "the token endpoint answers; {id} needs its secret there ({response}), and none is kept for it: `keyfob provider set {name} --client-secret`"
            ),
        ),
        (Verdict::Refused(response), SentSecret::Kept) => fail(
            CHECK,
            format!("{title} does not take {id} with its secret: {response}"),
            format!(
                "give the right ones: `keyfob provider set {name} client_id=ID --client-secret`"
            ),
        ),
        (Verdict::Refused(response), SentSecret::None) => fail(
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

fn judge_failure(name: &str, error: &OauthError) -> ServerCheck {
    let next = format!("check `token_endpoint` and `client_id` in `keyfob provider show {name}`");
    judge_error(CHECK, error, &next)
}
