//! What the issuer's metadata says, read before anything is written.

use toml_edit::Value;

use super::{Draft, ask};
use crate::answer::provider::Found;
use crate::commands::app::App;
use crate::commands::network;
use crate::error::{Code, Error, Result};
use crate::oauth::{OauthError, discovery};
use crate::online;
use crate::provider::Change;

/// Reads the metadata where the draft names an issuer, says what it has, and takes over what a login
/// could not find out by itself. Without an issuer, or where the draft says `discovery=false`, nothing
/// is read.
pub fn read(app: &App, draft: &mut Draft) -> Result<Option<Found>> {
    let discovery = draft.definition.value("discovery");
    let off = discovery.and_then(Value::as_bool) == Some(false);
    let Some(issuer) = draft
        .issuer
        .clone()
        .filter(|_| !off && !draft.definition.sets("like"))
    else {
        return Ok(None);
    };
    let metadata = match discover(app, &issuer)? {
        Ok(metadata) => metadata,
        Err(error) => return without(app, draft, &issuer, &error).map(|()| None),
    };
    if metadata.issuer != issuer {
        draft.issuer = Some(metadata.issuer.clone());
        draft
            .definition
            .push(Change::set("issuer", metadata.issuer.as_str()));
    }
    let found = Found {
        issuer: metadata.issuer,
        pkce_s256: metadata
            .code_challenge_methods_supported
            .map(|methods| methods.iter().any(|method| method == "S256")),
        authorization_endpoint: metadata.authorization_endpoint,
        token_endpoint: metadata.token_endpoint,
        userinfo_endpoint: metadata.userinfo_endpoint,
        revocation_endpoint: metadata.revocation_endpoint,
        device_authorization_endpoint: metadata.device_authorization_endpoint,
        registration_endpoint: metadata.registration_endpoint,
        scopes: metadata.scopes_supported,
    };
    for line in found.lines() {
        app.term.say(&line);
    }
    take_over(app, draft, &found)?;
    Ok(Some(found))
}

/// Asks the server; the issuer may have been typed with a slash too many.
fn discover(
    app: &App,
    issuer: &str,
) -> Result<std::result::Result<discovery::Metadata, OauthError>> {
    network::online(app, app.registry.clone(), async |online| {
        let _progress = online.term.progress("reading the metadata");
        let bare = issuer.trim_end_matches('/');
        Ok(match discovery::discover(&online.http, issuer).await {
            Err(OauthError::Invalid(first)) if bare != issuer => {
                let second = discovery::discover(&online.http, bare).await;
                second.map_err(|_| OauthError::Invalid(first))
            }
            outcome => outcome,
        })
    })
}

/// Without metadata the endpoints have to be given.
fn without(app: &App, draft: &mut Draft, issuer: &str, error: &OauthError) -> Result<()> {
    let given = |key| draft.definition.sets(key);
    let complete = given("authorization_endpoint") && given("token_endpoint");
    if complete || app.term.can_ask() {
        app.term
            .warn(&format!("no metadata of {issuer} was read: {error}"));
        if !complete {
            draft.asked = true;
            ask::endpoints(app, draft)?;
        }
        return Ok(());
    }
    let error = online::failed(error, Code::InvalidResponse, "nothing was written");
    let next = "where the server publishes no metadata, give `--authorization-endpoint URL --token-endpoint URL`";
    Err(Error {
        hint: error.hint.map(|hint| format!("{hint}\n{next}")),
        ..error
    })
}

/// Endpoints that the metadata lacks, those that were given otherwise, and registration.
fn take_over(app: &App, draft: &mut Draft, found: &Found) -> Result<()> {
    for (key, published) in [
        ("authorization_endpoint", &found.authorization_endpoint),
        ("token_endpoint", &found.token_endpoint),
    ] {
        let given = draft.definition.value(key).and_then(Value::as_str);
        match (published, given) {
            (Some(url), Some(given)) if url.as_str() != given => app.term.warn(&format!(
                "the `{key}` that was given goes before the metadata's, {url}"
            )),
            (None, None) => {
                let question = format!("`{key}`, which the metadata lacks:");
                ask::endpoint(app, draft, key, &question)?;
            }
            _ => {}
        }
    }
    if found.registration_endpoint.is_some() && !draft.definition.sets("client_id") {
        draft
            .definition
            .push(Change::set("registration.dynamic", true));
    }
    Ok(())
}
