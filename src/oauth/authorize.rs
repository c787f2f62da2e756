//! The authorization request (RFC 6749 §4.1.1): the URL that the browser opens, and what must come back.

use std::collections::BTreeMap;
use std::fmt;

use url::{Url, form_urlencoded};

use super::pkce::CodeVerifier;
use super::{endpoint, random};
use crate::provider::{Provider, RESERVED_PARAMETERS};
use crate::secret::Secret;

/// What a login wants to ask for.
#[derive(Debug, Clone, Copy)]
pub struct Wish<'a> {
    /// The provider's definition, endpoints resolved.
    pub provider: &'a Provider,
    /// Our client id.
    pub client_id: &'a str,
    /// The redirect URI, exactly as the token endpoint will see it again.
    pub redirect_uri: &'a str,
    /// The scopes to ask for.
    pub scopes: &'a [String],
    /// The person who is expected to sign in.
    pub login_hint: Option<&'a str>,
    /// Asks for somebody else than the browser would sign in.
    pub switch: bool,
    /// The resources that the tokens are for (RFC 8707 §2.1).
    pub resource: &'a [String],
    /// The API that they are for, where the server wants `audience`.
    pub audience: Option<&'a str>,
}

/// One authorization request: what was sent, and what the answer is judged by.
pub struct AuthorizationRequest {
    /// What the browser opens; holds no secret but `state`, which the server sends back.
    pub url: Url,
    /// Compared with the answer's `state`.
    pub state: Secret,
    /// Compared with the id token's `nonce`; sent when `openid` is asked for.
    pub nonce: Option<Secret>,
    /// Shown to the token endpoint.
    pub verifier: CodeVerifier,
}

impl fmt::Debug for AuthorizationRequest {
    /// Shows where the request goes; the URL's query holds `state` and `nonce`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthorizationRequest")
            .field("origin", &endpoint::origin(&self.url))
            .finish_non_exhaustive()
    }
}

/// Builds the request: PKCE S256 and `state` always, `nonce` with `openid`. The provider's own
/// parameters are added and never replace keyfob's.
///
/// # Panics
/// When the provider has no `authorization_endpoint`; a login checks that first.
pub fn request(wish: &Wish<'_>) -> AuthorizationRequest {
    let endpoint = wish.provider.authorization_endpoint.as_ref();
    let mut url = endpoint
        .expect("a login checks for the authorization endpoint first")
        .clone();
    let state = random::token();
    let verifier = CodeVerifier::random();
    let nonce = wish
        .scopes
        .iter()
        .any(|scope| scope == "openid")
        .then(random::token);

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
        parameters.push(("scope", &scope));
    }
    if let Some(nonce) = &nonce {
        parameters.push(("nonce", nonce.expose()));
    }
    parameters.extend(additions(wish));
    append(&mut url, &parameters);
    AuthorizationRequest {
        url,
        state,
        nonce,
        verifier,
    }
}

/// The provider's parameters, then the login's wishes, which replace them.
fn additions<'a>(wish: &Wish<'a>) -> BTreeMap<&'a str, &'a str> {
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

/// Adds parameters to the query that the endpoint has itself, which stays as it is (RFC 6749 §3.1)
/// but for parameters that would then be there twice.
fn append(url: &mut Url, parameters: &[(&str, &str)]) {
    let stays = |part: &&str| {
        let name = form_urlencoded::parse(part.as_bytes())
            .next()
            .map(|(name, _)| name);
        name.is_some_and(|name| {
            !RESERVED_PARAMETERS.contains(&&*name)
                && parameters.iter().all(|(ours, _)| *ours != name)
        })
    };
    let kept: Vec<&str> = url
        .query()
        .unwrap_or_default()
        .split('&')
        .filter(stays)
        .collect();
    let kept = kept.join("&");
    url.set_query(Some(&kept));
    url.query_pairs_mut().extend_pairs(parameters);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn provider() -> Provider {
        Provider {
            authorization_endpoint: Some(Url::parse("https://id.example.com/authorize").unwrap()),
            ..Provider::default()
        }
    }

    fn wish<'a>(provider: &'a Provider, scopes: &'a [String]) -> Wish<'a> {
        Wish {
            provider,
            client_id: "fob & co",
            redirect_uri: "http://127.0.0.1:49152/callback/example",
            scopes,
            login_hint: None,
            switch: false,
            resource: &[],
            audience: None,
        }
    }

    /// The query's parameters; fails when one is there twice.
    fn sent(request: &AuthorizationRequest) -> BTreeMap<String, String> {
        let mut sent = BTreeMap::new();
        for (name, value) in request.url.query_pairs() {
            let before = sent.insert(name.clone().into_owned(), value.into_owned());
            assert!(before.is_none(), "{name} is sent twice: {}", request.url);
        }
        sent
    }

    fn map(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs
            .iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
            .collect()
    }

    #[test]
    fn a_request_has_what_the_standards_ask_for_and_nothing_else() {
        let provider = provider();
        let scopes = ["read".to_owned(), "write+".to_owned()];
        let request = request(&wish(&provider, &scopes));
        assert_eq!(
            sent(&request),
            map(&[
                ("response_type", "code"),
                ("client_id", "fob & co"),
                ("redirect_uri", "http://127.0.0.1:49152/callback/example"),
                ("scope", "read write+"),
                ("state", request.state.expose()),
                ("code_challenge", &request.verifier.challenge()),
                ("code_challenge_method", "S256"),
            ])
        );
        assert_eq!(request.state.expose().len(), 43);
        assert!(request.nonce.is_none());
    }

    #[test]
    fn state_and_verifier_are_new_each_time_and_differ() {
        let provider = provider();
        let (a, b) = (
            request(&wish(&provider, &[])),
            request(&wish(&provider, &[])),
        );
        assert_ne!(a.state, b.state);
        assert_ne!(a.verifier.secret(), b.verifier.secret());
        assert_ne!(&a.state, a.verifier.secret());
        assert!(!sent(&a).contains_key("scope"));
    }

    #[test]
    fn openid_brings_a_nonce_of_its_own() {
        let provider = Provider {
            scope_separator: ",".into(),
            ..provider()
        };
        let scopes = ["email".to_owned(), "openid".to_owned()];
        let request = request(&wish(&provider, &scopes));
        let sent = sent(&request);
        assert_eq!(sent["scope"], "email,openid");
        assert_eq!(sent["nonce"], request.nonce.as_ref().unwrap().expose());
        assert_ne!(request.nonce.as_ref(), Some(&request.state));
    }

    #[test]
    fn the_providers_parameters_are_added_and_replace_none_of_ours() {
        let mut provider = provider();
        let rule = &mut provider.authorization;
        rule.parameters = map(&[("access_type", "offline")]);
        rule.parameters
            .extend(RESERVED_PARAMETERS.map(|name| (name.to_owned(), "evil".to_owned())));
        rule.switch = map(&[("state", "evil"), ("code_challenge_method", "plain")]);
        rule.login_hint = Some("client_id".into());
        let request = request(&Wish {
            login_hint: Some("evil"),
            switch: true,
            ..wish(&provider, &[])
        });
        let sent = sent(&request);
        assert_eq!(sent["access_type"], "offline");
        assert!(!request.url.as_str().contains("evil") && !sent.contains_key("request_uri"));
    }

    #[test]
    fn hint_and_switch_are_named_by_the_provider() {
        let mut provider = provider();
        let asked = |provider: &Provider| {
            sent(&request(&Wish {
                login_hint: Some("zoë@example.com"),
                switch: true,
                ..wish(provider, &[])
            }))
        };
        assert_eq!(asked(&provider)["login_hint"], "zoë@example.com");
        assert_eq!(asked(&provider)["prompt"], "select_account");

        provider.authorization.login_hint = Some("login".into());
        provider.authorization.parameters = map(&[("prompt", "consent")]);
        provider.authorization.switch = map(&[("prompt", "login"), ("force", "1")]);
        let sent = asked(&provider);
        assert_eq!(
            (&*sent["login"], &*sent["prompt"], &*sent["force"]),
            ("zoë@example.com", "login", "1")
        );
        assert!(!sent.contains_key("login_hint"));
    }

    #[test]
    fn the_endpoints_own_query_stays_but_for_doubles() {
        let mut provider = provider();
        let own = "https://id.example.com/authorize?tenant=a%20b&flag&state=evil&request=evil&prompt=none&";
        provider.authorization_endpoint = Some(Url::parse(own).unwrap());
        let request = request(&Wish {
            switch: true,
            ..wish(&provider, &[])
        });
        let query = request.url.query().unwrap();
        assert!(
            query.starts_with("tenant=a%20b&flag&response_type=code&"),
            "{query}"
        );
        assert_eq!(sent(&request)["prompt"], "select_account");
        assert!(!query.contains("evil"));
    }

    #[test]
    fn debug_shows_neither_state_nor_nonce_nor_verifier() {
        let provider = provider();
        let scopes = ["openid".to_owned()];
        let request = request(&wish(&provider, &scopes));
        let shown = format!("{request:?}");
        for secret in [
            &request.state,
            request.nonce.as_ref().unwrap(),
            request.verifier.secret(),
        ] {
            assert!(!shown.contains(secret.expose()), "{shown}");
        }
    }
}
