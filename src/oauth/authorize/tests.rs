use super::*;

fn provider() -> Provider {
    Provider {
        authorization_endpoint: Some(Url::parse("https://id.example.com/authorize").unwrap()),
        ..Provider::default()
    }
}

fn wish<'a>(provider: &'a Provider, scopes: &'a [String]) -> AuthorizationWish<'a> {
    AuthorizationWish {
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
    let request = request(&AuthorizationWish {
        login_hint: Some("evil"),
        switch: true,
        ..wish(&provider, &[])
    });
    let sent = sent(&request);
    assert_eq!(sent["access_type"], "offline");
    assert!(!request.url.as_str().contains("evil") && !sent.contains_key("request_uri"));
}

#[test]
fn the_provider_names_the_parameter_of_the_scopes() {
    let mut provider = provider();
    provider.scope_separator = ",".into();
    let rule = &mut provider.authorization;
    rule.scope_parameter = Some("user_scope".into());
    rule.parameters = map(&[("user_scope", "evil")]);
    let own = "https://id.example.com/authorize?user_scope=evil&scope=evil";
    provider.authorization_endpoint = Some(Url::parse(own).unwrap());
    let scopes = ["read".to_owned(), "write".to_owned()];
    let asked = sent(&request(&wish(&provider, &scopes)));
    assert_eq!(asked["user_scope"], "read,write");
    assert!(!asked.contains_key("scope"));

    provider.authorization.scope_parameter = Some("redirect_uri".into());
    let asked = sent(&request(&wish(&provider, &scopes)));
    assert_eq!(asked["scope"], "read,write");
    assert!(asked["redirect_uri"].starts_with("http://127.0.0.1:"));
}

#[test]
fn every_resource_is_sent_and_the_audience() {
    let mut provider = provider();
    provider.authorization.parameters = map(&[("resource", "evil"), ("audience", "evil")]);
    let own = "https://id.example.com/authorize?resource=evil&audience=evil";
    provider.authorization_endpoint = Some(Url::parse(own).unwrap());
    let resource = ["https://a.example/?b=c&d".to_owned(), "urn:e".to_owned()];
    let asked = request(&AuthorizationWish {
        resource: &resource,
        audience: Some("api.example.com"),
        ..wish(&provider, &[])
    });
    let all = |wanted: &str| -> Vec<String> {
        let pairs = asked.url.query_pairs();
        let same = pairs.filter(|(name, _)| name == wanted);
        same.map(|(_, value)| value.into_owned()).collect()
    };
    assert_eq!(all("resource"), resource);
    assert_eq!(all("audience"), ["api.example.com"]);
    let asked = sent(&request(&wish(&provider, &[])));
    assert!(!asked.contains_key("resource") && !asked.contains_key("audience"));
}

#[test]
fn hint_and_switch_are_named_by_the_provider() {
    let mut provider = provider();
    let asked = |provider: &Provider| {
        sent(&request(&AuthorizationWish {
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
    let own =
        "https://id.example.com/authorize?tenant=a%20b&flag&state=evil&request=evil&prompt=none&";
    provider.authorization_endpoint = Some(Url::parse(own).unwrap());
    let request = request(&AuthorizationWish {
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
