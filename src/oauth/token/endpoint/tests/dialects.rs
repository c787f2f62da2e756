//! What a definition's keys change in requests and answers.

use std::collections::BTreeMap;

use serde_json::{Value, json as value};

use super::*;

fn strings(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

fn map(pairs_: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs(pairs_).into_iter().collect()
}

fn ok() -> String {
    json(200, r#"{"access_token":"a"}"#)
}

/// What is asked for, beside the rule.
struct Wanted<'a> {
    client: Client,
    scopes: &'a [&'a str],
    separator: &'a str,
    resource: &'a [&'a str],
}

impl Default for Wanted<'_> {
    fn default() -> Self {
        Self {
            client: public(),
            scopes: &[],
            separator: " ",
            resource: &[],
        }
    }
}

#[derive(Clone, Copy)]
enum Grant {
    Code,
    Refresh,
    Client(Option<&'static str>),
    Device(Option<&'static str>),
}

/// One grant against one scripted answer; gives the request too, where one was sent.
async fn granted(
    grant: Grant,
    wanted: &Wanted<'_>,
    rule: &TokenRule,
    scripted: &str,
) -> (Result<TokenSet, OauthError>, String) {
    let server = Server::new([scripted]);
    let (http, lines) = client();
    let (url, secret) = (server.url("/token"), Secret::new("s3cret-c0de"));
    let (scopes, resource) = (strings(wanted.scopes), strings(wanted.resource));
    let endpoint = TokenEndpoint {
        url: &url,
        client: &wanted.client,
        rule,
        scopes: &scopes,
        scope_separator: wanted.separator,
        resource: &resource,
    };
    let result = match grant {
        Grant::Code => {
            let (verifier, state) = (CodeVerifier::random(), Secret::new("st4te"));
            let uri = "http://127.0.0.1/cb";
            let state = Some(&state);
            endpoint
                .exchange(&http, &secret, &verifier, uri, state, now())
                .await
        }
        Grant::Refresh => endpoint.refresh(&http, &secret, None, now()).await,
        Grant::Client(audience) => endpoint.client_credentials(&http, audience, now()).await,
        Grant::Device(scope_parameter) => {
            let answer = endpoint.poll(&http, &secret, scope_parameter).await;
            answer.and_then(|answer| endpoint.read(&answer, now()))
        }
    };
    let told = lines.lock().unwrap().join("\n");
    for hidden in ["s3cret-c0de", "st4te", "s3c:r", "s3c%3Ar", "fob"] {
        assert!(!told.contains(hidden), "{told}");
    }
    (result, server.so_far().pop().unwrap_or_default())
}

async fn sent(grant: Grant, wanted: &Wanted<'_>, rule: &TokenRule) -> String {
    let (result, request) = granted(grant, wanted, rule, &ok()).await;
    result.unwrap();
    request
}

async fn scopes_of(rule: &TokenRule, asked: &[&str], members: &str) -> Vec<String> {
    let wanted = Wanted {
        scopes: asked,
        ..Wanted::default()
    };
    let scripted = json(200, &format!(r#"{{"access_token":"a"{members}}}"#));
    let (result, _) = granted(Grant::Code, &wanted, rule, &scripted).await;
    result.unwrap().scopes
}

fn json_body(request: &str) -> Value {
    assert!(
        request.contains("content-type: application/json\r\n"),
        "{request}"
    );
    serde_json::from_str(request.split_once("\r\n\r\n").unwrap().1).unwrap()
}

#[tokio::test]
async fn client_credentials_ask_for_scopes_audience_and_resources() {
    let wanted = Wanted {
        client: confidential(ClientAuth::ClientSecretPost),
        scopes: &["read", "write"],
        separator: ",",
        resource: &["https://a.example/", "https://b.example/"],
    };
    let grant = Grant::Client(Some("https://api.example"));
    let scripted = json(
        200,
        r#"{"access_token":"a","refresh_token":"r","expires_in":60}"#,
    );
    let (result, request) = granted(grant, &wanted, &TokenRule::default(), &scripted).await;
    assert_eq!(
        body(&request),
        pairs(&[
            ("grant_type", "client_credentials"),
            ("scope", "read,write"),
            ("audience", "https://api.example"),
            ("resource", "https://a.example/"),
            ("resource", "https://b.example/"),
            ("client_id", "fob&co"),
            ("client_secret", "s3c:r t/+"),
        ])
    );
    let set = result.unwrap();
    assert_eq!(
        (set.refresh_token.clone(), set.lifetime()),
        (None, Some(60))
    );
    assert_eq!(set.scopes, ["read", "write"]);
}

#[tokio::test]
async fn client_credentials_ask_for_nothing_that_is_not_wanted() {
    let wanted = Wanted {
        client: confidential(ClientAuth::ClientSecretBasic),
        ..Wanted::default()
    };
    let request = sent(Grant::Client(None), &wanted, &TokenRule::default()).await;
    assert_eq!(
        body(&request),
        pairs(&[("grant_type", "client_credentials")])
    );
    assert!(request.contains("authorization: Basic "), "{request}");
}

#[tokio::test]
async fn a_public_client_has_no_credentials_to_send() {
    for auth in [ClientAuth::None, ClientAuth::BasicWithoutSecret] {
        let wanted = Wanted {
            client: confidential(auth),
            ..Wanted::default()
        };
        let rule = TokenRule::default();
        let (result, request) = granted(Grant::Client(None), &wanted, &rule, &ok()).await;
        assert!(invalid(result).contains("client secret"), "{auth:?}");
        assert_eq!(request, "", "{auth:?}");
    }
}

#[tokio::test]
async fn basic_without_secret_has_an_empty_password_and_no_client_id() {
    let wanted = Wanted {
        client: Client {
            auth: ClientAuth::BasicWithoutSecret,
            ..public()
        },
        ..Wanted::default()
    };
    let request = sent(Grant::Refresh, &wanted, &TokenRule::default()).await;
    // `fob%26co:`
    assert!(
        request.contains("authorization: Basic Zm9iJTI2Y286\r\n"),
        "{request}"
    );
    assert_eq!(
        body(&request),
        pairs(&[
            ("grant_type", "refresh_token"),
            ("refresh_token", "s3cret-c0de"),
        ])
    );
}

#[tokio::test]
async fn every_grant_names_the_resources() {
    let wanted = Wanted {
        client: confidential(ClientAuth::ClientSecretPost),
        resource: &["https://a.example/x", "https://b.example/y"],
        ..Wanted::default()
    };
    for grant in [
        Grant::Code,
        Grant::Refresh,
        Grant::Client(None),
        Grant::Device(None),
    ] {
        let request = sent(grant, &wanted, &TokenRule::default()).await;
        let named = body(&request)
            .into_iter()
            .filter(|(name, _)| name == "resource");
        let named: Vec<_> = named.map(|(_, uri)| uri).collect();
        assert_eq!(named, wanted.resource, "{request}");
    }
}

#[tokio::test]
async fn state_and_scope_are_repeated_only_by_rule() {
    let wanted = Wanted {
        scopes: &["read", "write"],
        separator: ",",
        ..Wanted::default()
    };
    let rule = TokenRule {
        exchange_sends_state: true,
        refresh_sends_scope: true,
        ..TokenRule::default()
    };
    let plain = TokenRule::default();
    for (grant, name, value) in [
        (Grant::Code, "state", "st4te"),
        (Grant::Refresh, "scope", "read,write"),
    ] {
        let has = |request: String| body(&request).contains(&(name.into(), value.into()));
        assert!(has(sent(grant, &wanted, &rule).await), "{name}");
        let without = sent(grant, &wanted, &plain).await;
        assert!(!without.contains(&format!("{name}=")), "{without}");
    }
    let none = sent(Grant::Refresh, &Wanted::default(), &rule).await;
    assert!(!none.contains("scope"), "{none}");
}

#[tokio::test]
async fn a_body_is_json_where_the_rule_says() {
    let rule = TokenRule {
        body: TokenBody::Json,
        exchange_sends_state: true,
        ..TokenRule::default()
    };
    let wanted = |auth, resource| Wanted {
        client: confidential(auth),
        resource,
        ..Wanted::default()
    };
    let post = wanted(ClientAuth::ClientSecretPost, &["https://a.example/"]);
    assert_eq!(
        json_body(&sent(Grant::Refresh, &post, &rule).await),
        value!({
            "grant_type": "refresh_token",
            "refresh_token": "s3cret-c0de",
            "resource": "https://a.example/",
            "client_id": "fob&co",
            "client_secret": "s3c:r t/+",
        })
    );

    let resources = &[
        "https://a.example/",
        "https://b.example/",
        "https://c.example/",
    ];
    let basic = wanted(ClientAuth::ClientSecretBasic, resources);
    let request = sent(Grant::Code, &basic, &rule).await;
    let members = json_body(&request);
    assert!(request.contains("authorization: Basic "), "{request}");
    assert_eq!(members["resource"], value!(resources));
    assert_eq!(members["state"], "st4te");
    assert_eq!(members.get("client_id"), None);

    let public = wanted(ClientAuth::None, &[]);
    let members = json_body(&sent(Grant::Device(None), &public, &rule).await);
    assert_eq!(
        members,
        value!({ "grant_type": DEVICE_CODE, "device_code": "s3cret-c0de", "client_id": "fob&co" })
    );
}

#[tokio::test]
async fn secrets_of_a_json_body_are_redacted_too() {
    let rule = TokenRule {
        body: TokenBody::Json,
        ..TokenRule::default()
    };
    let wanted = Wanted {
        client: confidential(ClientAuth::ClientSecretPost),
        ..Wanted::default()
    };
    let scripted = json(
        400,
        r#"{"error":"invalid_grant","error_description":"s3cret-c0de s3c:r t/+"}"#,
    );
    let (result, _) = granted(Grant::Refresh, &wanted, &rule, &scripted).await;
    let Err(OauthError::Refused(response)) = result else {
        panic!("{result:?}")
    };
    assert_eq!(response.description.unwrap(), "[redacted] [redacted]");
}

#[tokio::test]
async fn headers_are_sent_and_replace_no_credential() {
    let rule = TokenRule {
        headers: map(&[("Notion-Version", "2026-03-11"), ("Authorization", "mine")]),
        ..TokenRule::default()
    };
    let wanted = Wanted {
        client: confidential(ClientAuth::ClientSecretBasic),
        ..Wanted::default()
    };
    let request = sent(Grant::Code, &wanted, &rule).await;
    assert!(
        request.contains("notion-version: 2026-03-11\r\n"),
        "{request}"
    );
    assert!(request.contains("authorization: Basic "), "{request}");
    assert!(!request.contains("mine"), "{request}");

    let broken = TokenRule {
        headers: map(&[("x y", "z")]),
        ..TokenRule::default()
    };
    let (result, request) = granted(Grant::Code, &wanted, &broken, &ok()).await;
    assert!(invalid(result).contains("the header `x y`"));
    assert_eq!(request, "");
}

#[tokio::test]
async fn members_are_found_where_the_rule_says_or_in_the_answer_itself() {
    let rule = TokenRule {
        members: Some("/authed_user".into()),
        bearer_types: strings(&["user"]),
        granted_scope_separator: Some(",".into()),
        errors_under_200: true,
        ..TokenRule::default()
    };
    let read = async |scripted: &str| {
        let wanted = Wanted::default();
        granted(Grant::Code, &wanted, &rule, &json(200, scripted))
            .await
            .0
    };
    let set = read(
        r#"{"ok":true,"access_token":"bot","scope":"x","token_type":"bot","refresh_token":"r","expires_in":60,
            "authed_user":{"id":"U1","scope":"a,b","access_token":"user","token_type":"user","refresh_token":null,"expires_in":""}}"#,
    )
    .await
    .unwrap();
    assert_eq!(set.access_token.expose(), "user");
    assert_eq!(set.refresh_token, Some(Secret::new("r")));
    assert_eq!(
        (set.scopes.clone(), set.lifetime()),
        (strings(&["a", "b"]), Some(60))
    );

    for flat in [
        r#"{"ok":true,"access_token":"flat"}"#,
        r#"{"ok":true,"access_token":"flat","authed_user":"U1"}"#,
        r#"{"ok":true,"access_token":"flat","authed_user":{"id":"U1"}}"#,
    ] {
        assert_eq!(read(flat).await.unwrap().access_token.expose(), "flat");
    }

    let refused = read(r#"{"ok":false,"error":"bad_code"}"#).await;
    assert!(
        matches!(&refused, Err(OauthError::Refused(r)) if r.error == "bad_code"),
        "{refused:?}"
    );
    let said = invalid(read(r#"{"ok":false}"#).await);
    assert!(said.contains("`access_token` is missing"), "{said}");
    let said = invalid(read(r#"{"access_token":"a","token_type":"bot"}"#).await);
    assert!(said.contains("`token_type` is `bot`"), "{said}");
}

#[tokio::test]
async fn granted_scopes_are_read_in_the_servers_words() {
    let rule = TokenRule {
        granted_scope_member: Some("scopes".into()),
        granted_scope_aliases: map(&[("https://id.example/email", "email")]),
        unlisted_scopes: strings(&["openid", "offline_access"]),
        ..TokenRule::default()
    };
    let asked = &["openid", "email"];
    for (members, granted) in [
        (
            r#","scopes":"https://id.example/email x""#,
            vec!["email", "x", "openid"],
        ),
        (
            r#","scopes":["https://id.example/email","email"]"#,
            vec!["email", "openid"],
        ),
        (r#","scopes":["openid"]"#, vec!["openid"]),
        (r#","scopes":"""#, vec!["openid"]),
        (r#","scope":"else""#, vec!["openid", "email"]),
        ("", vec!["openid", "email"]),
    ] {
        assert_eq!(scopes_of(&rule, asked, members).await, granted, "{members}");
    }
    assert_eq!(scopes_of(&rule, &[], r#","scopes":"x""#).await, ["x"]);

    let wanted = Wanted::default();
    let wrong = json(200, r#"{"access_token":"a","scopes":7}"#);
    let (result, _) = granted(Grant::Code, &wanted, &rule, &wrong).await;
    assert!(invalid(result).contains("`scopes` is neither a string"));
}
