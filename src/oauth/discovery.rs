//! Authorization server metadata (RFC 8414, OpenID Connect Discovery).

#[cfg(test)]
mod tests;

use serde::Deserialize;
use serde_json::Value;
use url::Url;

use super::endpoint::{check_url, host, is_loopback};
use super::http::Request;
use super::{Http, OauthError};
use crate::escape::escape_short;

/// What keyfob reads from an issuer's metadata.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Metadata {
    /// The issuer identifier, equal to the one asked (RFC 8414 §3.3).
    pub issuer: String,
    /// Where the browser goes.
    pub authorization_endpoint: Option<Url>,
    /// Where codes become tokens.
    pub token_endpoint: Option<Url>,
    /// Where a token says whose it is.
    pub userinfo_endpoint: Option<Url>,
    /// Where tokens are revoked.
    pub revocation_endpoint: Option<Url>,
    /// Where clients register themselves.
    pub registration_endpoint: Option<Url>,
    /// Where a device asks for a code (RFC 8628 §4).
    pub device_authorization_endpoint: Option<Url>,
    /// Where authorization requests are pushed (RFC 9126 §5).
    pub pushed_authorization_request_endpoint: Option<Url>,
    /// Only pushed requests are taken (RFC 9126 §5).
    pub require_pushed_authorization_requests: bool,
    /// A URL may be a client id (OAuth Client ID Metadata Documents).
    pub client_id_metadata_document_supported: bool,
    /// How clients authenticate at the token endpoint; absent means `client_secret_basic`.
    pub token_endpoint_auth_methods_supported: Option<Vec<String>>,
    /// PKCE methods; absent means that nobody knows.
    pub code_challenge_methods_supported: Option<Vec<String>>,
    /// Scopes, as far as the server tells.
    pub scopes_supported: Option<Vec<String>>,
    /// Grant types; absent means `authorization_code` and `implicit`.
    pub grant_types_supported: Option<Vec<String>>,
    /// The answer carries `iss` (RFC 9207 §3).
    pub authorization_response_iss_parameter_supported: bool,
}

/// Reads the metadata of `issuer`: OpenID's place first, then RFC 8414's. The document's `issuer` must
/// equal `issuer` byte for byte, and every endpoint in it must be https (http on loopback, where the
/// issuer itself is there).
///
/// The second place is asked where the first has no document or a wrong one; of two wrong ones the
/// first is reported. An issuer with a `{claim}` in it has no metadata of its own.
pub async fn discover(http: &Http, issuer: &str) -> Result<Metadata, OauthError> {
    let url = parse(issuer)?;
    let mut wrong = None;
    for place in places(&url) {
        match read(http, &place, issuer).await {
            Ok(Some(metadata)) => return Ok(metadata),
            Ok(None) => {}
            Err(OauthError::Invalid(what)) => wrong = wrong.or(Some(what)),
            Err(other) => return Err(other),
        }
    }
    let nothing = || format!("{} publishes no metadata for this issuer", host(&url));
    Err(OauthError::Invalid(wrong.unwrap_or_else(nothing)))
}

/// RFC 8414 §2: https, no query, no fragment.
fn parse(issuer: &str) -> Result<Url, OauthError> {
    let invalid = |wrong: &str| OauthError::Invalid(format!("the issuer {wrong}"));
    let url = Url::parse(issuer).map_err(|error| invalid(&format!("is not a URL: {error}")))?;
    check_url(&url).map_err(|wrong| invalid(&wrong))?;
    if url.query().is_some() {
        return Err(invalid("has a query"));
    }
    if issuer.contains('{') {
        return Err(invalid("names a claim, and has no metadata of its own"));
    }
    Ok(url)
}

/// OpenID Connect Discovery §4 appends to the path, RFC 8414 §3.1 inserts before it; both without the
/// path's last slash.
fn places(issuer: &Url) -> [Url; 2] {
    let path = issuer.path().trim_end_matches('/');
    [
        format!("{path}/.well-known/openid-configuration"),
        format!("/.well-known/oauth-authorization-server{path}"),
    ]
    .map(|path| {
        let mut place = issuer.clone();
        place.set_path(&path);
        place
    })
}

/// The document at one place; `None` where there is none.
async fn read(http: &Http, place: &Url, issuer: &str) -> Result<Option<Metadata>, OauthError> {
    let answer = http.send(Request::get(place)).await?;
    if !answer.is_success() {
        return Ok(None);
    }
    let document = Value::Object(answer.object()?);
    let metadata = Metadata::deserialize(document).map_err(|error| {
        let what = escape_short(&error.to_string(), 200);
        answer.invalid(&format!("answered with metadata that is wrong: {what}"))
    })?;
    metadata
        .check(issuer, is_loopback(place))
        .map_err(|wrong| answer.invalid(&wrong))?;
    Ok(Some(metadata))
}

impl Metadata {
    /// The error goes on after the host's name.
    fn check(&self, issuer: &str, on_loopback: bool) -> Result<(), String> {
        if self.issuer != issuer {
            return Err("answered with metadata that names another issuer".into());
        }
        for (name, endpoint) in self.endpoints() {
            let Some(endpoint) = endpoint else { continue };
            let wrong = check_url(endpoint).err();
            // A server elsewhere would otherwise point us at what listens on this machine.
            let strays = endpoint.scheme() == "http" && !on_loopback;
            if let Some(wrong) = wrong.or_else(|| strays.then(|| "is not https".into())) {
                return Err(format!("answered with metadata whose `{name}` {wrong}"));
            }
        }
        Ok(())
    }

    fn endpoints(&self) -> [(&'static str, Option<&Url>); 5] {
        [
            (
                "authorization_endpoint",
                self.authorization_endpoint.as_ref(),
            ),
            ("token_endpoint", self.token_endpoint.as_ref()),
            ("userinfo_endpoint", self.userinfo_endpoint.as_ref()),
            ("revocation_endpoint", self.revocation_endpoint.as_ref()),
            ("registration_endpoint", self.registration_endpoint.as_ref()),
        ]
    }
}
