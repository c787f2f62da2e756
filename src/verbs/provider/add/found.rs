//! What the issuer's metadata says, read before anything is written.

use toml_edit::Value;

use super::{Draft, ask};
use crate::context::{self, Context};
use crate::error::{Code, Error, Result};
use crate::oauth::OauthError;
use crate::oauth::discovery::{self, Metadata};
use crate::provider::{Change, Endpoint};
use crate::term::Terminal;
use crate::verbs::provider::answer::Found;

/// What asking the issuer gave.
pub(crate) type Read = std::result::Result<Metadata, OauthError>;

/// The issuer whose metadata is to be read: none where the draft names none, starts from a built-in
/// provider, or says `discovery=false`.
pub(crate) fn issuer(draft: &Draft) -> Option<String> {
    let discovery = draft.definition.value("discovery");
    let off = discovery.and_then(Value::as_bool) == Some(false);
    let issuer = draft.issuer.clone();
    issuer.filter(|_| !off && !draft.definition.sets("like"))
}

/// Asks the server; the issuer may have been typed with a slash too many.
pub(crate) async fn read(context: &Context, issuer: &str) -> Read {
    let _progress = context.term.progress("reading the metadata");
    let bare = issuer.trim_end_matches('/');
    match discovery::discover(&context.http, issuer).await {
        Err(OauthError::Invalid(first)) if bare != issuer => {
            let second = discovery::discover(&context.http, bare).await;
            second.map_err(|_| OauthError::Invalid(first))
        }
        outcome => outcome,
    }
}

/// Says what was found, and takes over what a login could not find out by itself. Where nothing was, the
/// endpoints are needed.
pub(crate) fn take(term: &dyn Terminal, draft: &mut Draft, read: Read) -> Result<Option<Found>> {
    let metadata = match read {
        Ok(metadata) => metadata,
        Err(error) => return without(term, draft, &error).map(|()| None),
    };
    draft.issuer = Some(metadata.issuer.clone());
    draft
        .definition
        .push(Change::set("issuer", metadata.issuer.as_str()));
    let found = Found {
        issuer: metadata.issuer,
        pkce_s256: metadata
            .code_challenge_methods_supported
            .map(|methods| methods.iter().any(|method| method == "S256")),
        endpoints: metadata.endpoints,
        scopes: metadata.scopes_supported,
    };
    for line in found.lines() {
        term.say(&line);
    }
    take_over(term, draft, &found)?;
    Ok(Some(found))
}

/// Without metadata the endpoints have to be given.
fn without(term: &dyn Terminal, draft: &mut Draft, error: &OauthError) -> Result<()> {
    let given = |key| draft.definition.sets(key);
    let complete = given("authorization_endpoint") && given("token_endpoint");
    if complete || term.can_ask() {
        term.warn(&format!("no metadata was read: {error}"));
        if !complete {
            draft.asked = true;
            ask::endpoints(term, draft)?;
        }
        return Ok(());
    }
    let error = context::failed(error, Code::InvalidResponse, "nothing was written");
    let next = "where the server publishes no metadata, give `--authorization-endpoint URL --token-endpoint URL`";
    Err(Error {
        hint: error.hint.map(|hint| format!("{hint}\n{next}")),
        ..error
    })
}

/// Endpoints that the metadata lacks, those that were given otherwise, and registration.
fn take_over(term: &dyn Terminal, draft: &mut Draft, found: &Found) -> Result<()> {
    for endpoint in [Endpoint::Authorization, Endpoint::Token] {
        let (key, published) = (endpoint.key(), found.endpoints.get(&endpoint));
        let given = draft.definition.value(key).and_then(Value::as_str);
        match (published, given) {
            (Some(url), Some(given)) if url.as_str() != given => term.warn(&format!(
                "the `{key}` that was given goes before the metadata's, {url}"
            )),
            (None, None) => {
                let question = format!("`{key}`, which the metadata lacks:");
                ask::endpoint(term, draft, key, &question)?;
            }
            _ => {}
        }
    }
    if found.endpoints.contains_key(&Endpoint::Registration) && !draft.definition.sets("client_id")
    {
        draft
            .definition
            .push(Change::set("registration.dynamic", true));
    }
    Ok(())
}
