//! What the issuer's metadata says, read before anything is written.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};
use toml_edit::Value;
use url::Url;

use super::ask;
use super::draft::Draft;
use crate::context::{self, Context};
use crate::error::{Code, Error, Result};
use crate::oauth::OauthError;
use crate::oauth::discovery::{self, Metadata};
use crate::provider::{Change, Endpoint};
use crate::term::Terminal;

/// What an issuer's metadata says (RFC 8414 §2).
#[derive(Debug, Serialize)]
pub(crate) struct Announcement {
    pub issuer: String,
    #[serde(flatten, serialize_with = "serialize_endpoints")]
    pub endpoints: BTreeMap<Endpoint, Url>,
    /// Whether PKCE S256 is announced; `null` where the metadata does not say.
    pub pkce_s256: Option<bool>,
    /// `null` where the metadata does not say.
    pub scopes: Option<Vec<String>>,
}

/// The endpoints in the order in which they are told, `null` where there is none.
const ANNOUNCED: [Endpoint; 6] = [
    Endpoint::Authorization,
    Endpoint::Token,
    Endpoint::Userinfo,
    Endpoint::Revocation,
    Endpoint::DeviceAuthorization,
    Endpoint::Registration,
];

fn serialize_endpoints<S: Serializer>(
    endpoints: &BTreeMap<Endpoint, Url>,
    serializer: S,
) -> std::result::Result<S::Ok, S::Error> {
    serializer.collect_map(ANNOUNCED.map(|endpoint| (endpoint.key(), endpoints.get(&endpoint))))
}

impl Announcement {
    pub(crate) fn lines(&self) -> Vec<String> {
        let at = |endpoint| {
            let url = self.endpoints.get(&endpoint);
            url.map_or("none".into(), Url::to_string)
        };
        let offered = |endpoint| match self.endpoints.get(&endpoint) {
            Some(url) => format!("offered at {url}"),
            None => "not offered".into(),
        };
        let pkce = match self.pkce_s256 {
            Some(true) => "announced",
            Some(false) => "not among the methods announced",
            None => "not announced; it is sent all the same",
        };
        let facts = [
            ("authorization endpoint", at(Endpoint::Authorization)),
            ("token endpoint", at(Endpoint::Token)),
            ("userinfo endpoint", at(Endpoint::Userinfo)),
            ("revocation endpoint", at(Endpoint::Revocation)),
            ("device flow", offered(Endpoint::DeviceAuthorization)),
            ("registration", offered(Endpoint::Registration)),
            ("PKCE S256", pkce.to_owned()),
        ];
        let facts = facts
            .iter()
            .map(|(fact, found)| format!("  {fact:<22}  {found}"));
        [format!("{} publishes its metadata:", self.issuer)]
            .into_iter()
            .chain(facts)
            .collect()
    }
}

pub(super) type MetadataRead = std::result::Result<Metadata, OauthError>;

/// None where the draft starts from a built-in provider, or says `discovery=false`.
pub(super) fn issuer_to_read(draft: &Draft) -> Option<String> {
    let discovery = draft.definition.value("discovery");
    let off = discovery.and_then(Value::as_bool) == Some(false);
    let issuer = draft.issuer().map(str::to_owned);
    issuer.filter(|_| !off && !draft.definition.sets("like"))
}

/// Asks the server; the issuer may have been typed with a slash too many.
pub(crate) async fn read(context: &Context, issuer: &str) -> MetadataRead {
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

/// Takes over what a login could not find out by itself. Without metadata the endpoints are needed.
pub(crate) fn accept(
    term: &dyn Terminal,
    draft: &mut Draft,
    read: MetadataRead,
) -> Result<Option<Announcement>> {
    let metadata = match read {
        Ok(metadata) => metadata,
        Err(error) => return go_without(term, draft, &error).map(|()| None),
    };
    draft
        .definition
        .push(Change::set("issuer", metadata.issuer.as_str()));
    let found = Announcement {
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
fn go_without(term: &dyn Terminal, draft: &mut Draft, error: &OauthError) -> Result<()> {
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
fn take_over(term: &dyn Terminal, draft: &mut Draft, found: &Announcement) -> Result<()> {
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
