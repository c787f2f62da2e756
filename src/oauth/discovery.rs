//! Authorization server metadata (RFC 8414, OpenID Connect Discovery).

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use url::Url;

use super::endpoint::{host, is_loopback, parse_url};
use super::http::Request;
use super::{Http, OauthError};
use crate::provider::{ClientAuth, Endpoint};
use keyfob_base::escape::escape_short;

/// What keyfob reads from an issuer's metadata. Endpoints are checked; a list holds a server's words.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Metadata {
    /// The issuer identifier, equal to the one asked (RFC 8414 §3.3).
    pub issuer: String,
    pub endpoints: BTreeMap<Endpoint, Url>,
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

impl Metadata {
    /// How a client authenticates at a server that lists its methods, and no public clients among them.
    pub(crate) fn confidential(&self) -> Option<ClientAuth> {
        let methods = self.token_endpoint_auth_methods_supported.as_ref()?;
        let has = |auth: &ClientAuth| methods.iter().any(|method| method == auth.as_str());
        if has(&ClientAuth::None) {
            return None;
        }
        [ClientAuth::ClientSecretBasic, ClientAuth::ClientSecretPost]
            .into_iter()
            .find(has)
    }
}

/// Reads the metadata of `issuer`: OpenID's place first, then RFC 8414's, then OpenID's document where
/// RFC 8414 would have it. The document's `issuer` must equal `issuer` byte for byte, a last slash
/// included, and every endpoint in it must be https (http on loopback, where the issuer itself is there).
/// Anything else that is wrong in a document is taken as absent.
///
/// The next place is asked where one has no document or a wrong one; of several wrong ones the first is
/// reported. An issuer with a `{claim}` in it has no metadata of its own.
pub(crate) async fn discover(http: &Http, issuer: &str) -> Result<Metadata, OauthError> {
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
    let url = parse_url(issuer).map_err(|wrong| invalid(&wrong))?;
    if url.query().is_some() {
        return Err(invalid("has a query"));
    }
    if issuer.contains('{') {
        return Err(invalid("names a claim, and has no metadata of its own"));
    }
    Ok(url)
}

/// The first place where an issuer's metadata may be.
pub(crate) fn place(issuer: &str) -> Result<Url, OauthError> {
    let url = parse(issuer)?;
    let mut places = places(&url).into_iter();
    Ok(places.next().unwrap_or(url))
}

/// OpenID Connect Discovery §4 appends to the path, RFC 8414 §3.1 inserts before it, and some servers
/// insert OpenID's too (RFC 8414 §5); all without the path's last slash.
fn places(issuer: &Url) -> Vec<Url> {
    const OPENID: &str = "/.well-known/openid-configuration";
    const OAUTH: &str = "/.well-known/oauth-authorization-server";
    let path = issuer.path().trim_end_matches('/');
    let mut paths = vec![format!("{path}{OPENID}"), format!("{OAUTH}{path}")];
    if !path.is_empty() {
        paths.push(format!("{OPENID}{path}"));
    }
    let place = |path: String| {
        let mut place = issuer.clone();
        place.set_path(&path);
        place
    };
    paths.into_iter().map(place).collect()
}

/// The document at one place; `None` where there is none.
async fn read(http: &Http, place: &Url, issuer: &str) -> Result<Option<Metadata>, OauthError> {
    let answer = http.send(Request::get(place)).await?;
    if !answer.is_success() {
        return Ok(None);
    }
    let document = Document {
        members: answer.object()?,
        on_loopback: is_loopback(place),
    };
    let metadata = document
        .metadata(issuer)
        .map_err(|wrong| answer.invalid(&format!("answered with metadata {wrong}")))?;
    Ok(Some(metadata))
}

/// A document as it came.
struct Document {
    members: Map<String, Value>,
    /// Whether it came from this machine.
    on_loopback: bool,
}

impl Document {
    /// The error goes on after "metadata".
    fn metadata(&self, issuer: &str) -> Result<Metadata, String> {
        self.is_of(issuer)?;
        Ok(Metadata {
            issuer: issuer.to_owned(),
            endpoints: self.endpoints()?,
            require_pushed_authorization_requests: self
                .flag("require_pushed_authorization_requests"),
            client_id_metadata_document_supported: self
                .flag("client_id_metadata_document_supported"),
            token_endpoint_auth_methods_supported: self
                .list("token_endpoint_auth_methods_supported"),
            code_challenge_methods_supported: self.list("code_challenge_methods_supported"),
            scopes_supported: self.list("scopes_supported"),
            grant_types_supported: self.list("grant_types_supported"),
            authorization_response_iss_parameter_supported: self
                .flag("authorization_response_iss_parameter_supported"),
        })
    }

    /// RFC 8414 §3.3.
    fn is_of(&self, issuer: &str) -> Result<(), String> {
        let Some(named) = self.members.get("issuer").and_then(Value::as_str) else {
            return Err("that names no issuer".into());
        };
        if named == issuer {
            return Ok(());
        }
        let shown = escape_short(named, 100);
        Err(if named.contains('{') {
            format!(
                "for many tenants: its issuer is the template `{shown}`; the issuer of one tenant is needed"
            )
        } else if named.trim_end_matches('/') == issuer.trim_end_matches('/') {
            format!("that names another issuer, `{shown}`; a `/` at the end counts")
        } else {
            format!("that names another issuer, `{shown}`")
        })
    }

    fn endpoints(&self) -> Result<BTreeMap<Endpoint, Url>, String> {
        let announced = Endpoint::ALL.into_iter().filter_map(|endpoint| {
            let value = self.present(endpoint.key())?;
            Some(self.url(endpoint.key(), value).map(|url| (endpoint, url)))
        });
        announced.collect()
    }

    fn url(&self, name: &str, value: &Value) -> Result<Url, String> {
        let wrong = |wrong: &str| format!("whose `{name}` {wrong}");
        let text = value.as_str().ok_or_else(|| wrong("is not a string"))?;
        let url = parse_url(text).map_err(|predicate| wrong(&predicate))?;
        // A server elsewhere would otherwise point us at what listens on this machine.
        if url.scheme() == "http" && !self.on_loopback {
            return Err(wrong("is not https"));
        }
        Ok(url)
    }

    fn flag(&self, name: &str) -> bool {
        self.present(name).and_then(Value::as_bool).unwrap_or(false)
    }

    fn list(&self, name: &str) -> Option<Vec<String>> {
        let elements = self.present(name)?.as_array()?;
        let strings = elements.iter().filter_map(Value::as_str);
        Some(strings.map(str::to_owned).collect())
    }

    /// A member that is there; `null` and an empty string mean that it is not.
    fn present(&self, name: &str) -> Option<&Value> {
        let value = self.members.get(name)?;
        (!value.is_null() && value.as_str() != Some("")).then_some(value)
    }
}
