//! The authorization request (RFC 6749 §4.1.1): the URL that the browser opens, and what must come back.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt;

use url::{Url, form_urlencoded};

use super::pkce::CodeVerifier;
use super::{endpoint, random};
use crate::provider::{Provider, RESERVED_PARAMETERS};
use keyfob_base::secret::Secret;

#[derive(Debug, Clone, Copy)]
pub(crate) struct AuthorizationWish<'a> {
    pub provider: &'a Provider,
    pub client_id: &'a str,
    /// The redirect URI, exactly as the token endpoint will see it again.
    pub redirect_uri: &'a str,
    pub scopes: &'a [String],
    pub login_hint: Option<&'a str>,
    pub switch: bool,
    /// The resources that the tokens are for (RFC 8707 §2.1).
    pub resource: &'a [String],
    /// The API that they are for, where the server wants `audience`.
    pub audience: Option<&'a str>,
}

/// One authorization request: what was sent, and what the answer is judged by.
pub(crate) struct AuthorizationRequest {
    /// What the browser opens where the request was not pushed; holds no secret but `state`, which the server sends back.
    pub url: Url,
    /// Compared with the answer's `state`.
    pub state: Secret,
    /// Compared with the id token's `nonce`; sent when `openid` is asked for.
    pub nonce: Option<Secret>,
    /// Shown to the token endpoint.
    pub verifier: CodeVerifier,
    /// The authorization endpoint, with what is left of its own query.
    endpoint: Url,
    parameters: Vec<(String, String)>,
}

impl AuthorizationRequest {
    pub(super) fn parameters(&self) -> &[(String, String)] {
        &self.parameters
    }

    /// `client_id` and `request_uri` alone, after the endpoint's own query (RFC 9126 §4).
    pub(super) fn by_reference(&self, request_uri: &str) -> Url {
        let named = self
            .parameters
            .iter()
            .filter(|(name, _)| name == "client_id");
        let mut parameters: Vec<_> = named.cloned().collect();
        parameters.push(("request_uri".to_owned(), request_uri.to_owned()));
        build_url(&self.endpoint, &parameters)
    }
}

impl fmt::Debug for AuthorizationRequest {
    /// Shows where the request goes; the URL's query holds `state` and `nonce`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthorizationRequest")
            .field("origin", &endpoint::origin(&self.url))
            .finish_non_exhaustive()
    }
}

/// PKCE S256 and `state` always, `nonce` with `openid`, `resource` once for each (RFC 8707 §2.1). The
/// provider's own parameters are added and never replace keyfob's.
pub(crate) fn request(wish: &AuthorizationWish<'_>) -> AuthorizationRequest {
    let endpoint = wish.provider.authorization_endpoint.as_ref();
    let endpoint = endpoint.expect("a login checks for the authorization endpoint first");
    let state = random::token();
    let verifier = CodeVerifier::random();
    let openid = wish.scopes.iter().any(|scope| scope == "openid");
    let nonce = openid.then(random::token);

    let challenge = verifier.challenge();
    let scope = wish.scopes.join(&wish.provider.scope_separator);
    let mut parameters = vec![
        ("response_type", "code"),
        ("client_id", wish.client_id),
        ("redirect_uri", wish.redirect_uri),
        ("state", state.expose()),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
    ];
    if !scope.is_empty() {
        parameters.push((scope_parameter(wish), &scope));
    }
    if let Some(nonce) = &nonce {
        parameters.push(("nonce", nonce.expose()));
    }
    let targets = wish.resource.iter().map(|uri| ("resource", uri.as_str()));
    parameters.extend(targets.chain(wish.audience.map(|audience| ("audience", audience))));
    let mut additions = additions(wish);
    additions.retain(|name, _| parameters.iter().all(|(ours, _)| ours != name));
    parameters.extend(additions);

    let endpoint = without_doubles(endpoint, &parameters);
    let parameters: Vec<(String, String)> = parameters
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    AuthorizationRequest {
        url: build_url(&endpoint, &parameters),
        state,
        nonce,
        verifier,
        endpoint,
        parameters,
    }
}

/// The parameter for the scopes; none of keyfob's other parameters is taken for it.
fn scope_parameter<'a>(wish: &AuthorizationWish<'a>) -> &'a str {
    let named = wish.provider.authorization.scope_parameter.as_deref();
    named
        .filter(|name| !RESERVED_PARAMETERS.contains(name))
        .unwrap_or("scope")
}

fn additions<'a>(wish: &AuthorizationWish<'a>) -> BTreeMap<&'a str, &'a str> {
    let rule = &wish.provider.authorization;
    let pairs = |map: &'a BTreeMap<String, String>| {
        map.iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    };
    let mut additions: BTreeMap<_, _> = pairs(&rule.parameters).collect();
    if let Some(hint) = wish.login_hint {
        additions.insert(rule.login_hint.as_deref().unwrap_or("login_hint"), hint);
    }
    if wish.switch && rule.switch.is_empty() {
        additions.insert("prompt", "select_account");
    } else if wish.switch {
        additions.extend(pairs(&rule.switch));
    }
    additions.retain(|name, _| !RESERVED_PARAMETERS.contains(name));
    additions
}

/// The endpoint's own query stays (RFC 6749 §3.1) but for parameters that would then be there twice.
fn without_doubles(endpoint: &Url, parameters: &[(&str, &str)]) -> Url {
    let stays = |part: &&str| {
        let name = form_urlencoded::parse(part.as_bytes())
            .next()
            .map(|(name, _)| name);
        name.is_some_and(|name| {
            !RESERVED_PARAMETERS.contains(&&*name)
                && parameters.iter().all(|(ours, _)| *ours != name)
        })
    };
    let query = endpoint.query().unwrap_or_default();
    let kept: Vec<&str> = query.split('&').filter(stays).collect();
    let kept = kept.join("&");
    let mut endpoint = endpoint.clone();
    endpoint.set_query(Some(&kept));
    endpoint
}

fn build_url(endpoint: &Url, parameters: &[(String, String)]) -> Url {
    let mut url = endpoint.clone();
    url.query_pairs_mut().extend_pairs(parameters);
    url
}
