use serde_json::{Value, json};

use super::*;
use crate::oauth::Client;
use crate::oauth::http::tests::{Server, client, json as answer};
use crate::provider::{ClientAuth, ResourceForm, TokenBody, TokenRule};

const GOOD: &str = r#"{"access_token":"at","issued_token_type":"urn:ietf:params:oauth:token-type:access_token","token_type":"bearer","expires_in":3600,"refresh_token":"rt"}"#;

/// Marked, so that it is found where it must not be.
const SUBJECT: &str = "eyJh.eyJz.MARKED";

struct Asked<'a> {
    rule: ExchangeRule,
    body: TokenBody,
    auth: ClientAuth,
    scopes: &'a [&'a str],
    resource: &'a [&'a str],
    audience: Option<&'a str>,
}

const PLAIN: Asked<'_> = Asked {
    rule: ExchangeRule {
        audience: None,
        body: None,
        subject_token_type: None,
        requested_token_type: None,
        without_client: false,
        resource: ResourceForm::Uri,
        variables: Vec::new(),
    },
    body: TokenBody::Form,
    auth: ClientAuth::None,
    scopes: &[],
    resource: &[],
    audience: None,
};

/// Exchanges against one scripted answer; gives the request and what was traced too.
async fn exchanged(
    asked: &Asked<'_>,
    scripted: &str,
) -> (Result<TokenSet, OauthError>, String, String) {
    let server = Server::new([scripted]);
    let (http, lines) = client();
    let own = |words: &[&str]| words.iter().map(|w| (*w).to_owned()).collect::<Vec<_>>();
    let endpoint = TokenEndpoint {
        url: &server.url("/token"),
        client: &Client {
            id: "fob&co".into(),
            auth: asked.auth,
            secret: Some(Secret::new("s3cret")),
        },
        rule: &TokenRule {
            body: asked.body,
            ..TokenRule::default()
        },
        scopes: &own(asked.scopes),
        scope_separator: ",",
        resource: &own(asked.resource),
    };
    let (subject, now) = (Secret::new(SUBJECT), Timestamp::from_unix(1_700_000_000));
    let result = endpoint
        .token_exchange(&http, &asked.rule, &subject, asked.audience, now)
        .await;
    let told = lines.lock().unwrap().join("\n");
    assert!(!told.contains("MARKED"), "{told}");
    (result, server.request(), told)
}

fn form(request: &str) -> Vec<(String, String)> {
    let body = request.split_once("\r\n\r\n").unwrap().1;
    url::form_urlencoded::parse(body.as_bytes())
        .into_owned()
        .collect()
}

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    pairs.iter().map(own).collect()
}

#[tokio::test]
async fn the_least_is_the_grant_the_token_its_type_and_the_client() {
    let (result, request, told) = exchanged(&PLAIN, &answer(200, GOOD)).await;
    let tokens = result.unwrap();
    assert_eq!(tokens.access_token, Secret::new("at"));
    assert_eq!(tokens.refresh_token, None);
    assert_eq!(tokens.lifetime(), Some(3600));
    assert_eq!(
        form(&request),
        pairs(&[
            ("grant_type", TOKEN_EXCHANGE),
            ("subject_token", SUBJECT),
            ("subject_token_type", ID_TOKEN),
            ("client_id", "fob&co"),
        ])
    );
    assert!(told.contains(TOKEN_EXCHANGE), "{told}");
}

#[tokio::test]
async fn everything_that_is_wanted_is_sent() {
    let asked = Asked {
        rule: ExchangeRule {
            subject_token_type: Some("urn:ietf:params:oauth:token-type:jwt".into()),
            requested_token_type: Some("urn:ietf:params:oauth:token-type:access_token".into()),
            ..PLAIN.rule
        },
        auth: ClientAuth::ClientSecretPost,
        scopes: &["read", "write"],
        resource: &["https://a.example", "urn:b"],
        audience: Some("the api"),
        ..PLAIN
    };
    let (result, request, _) = exchanged(&asked, &answer(200, GOOD)).await;
    assert_eq!(result.unwrap().scopes, ["read", "write"]);
    assert_eq!(
        form(&request),
        pairs(&[
            ("grant_type", TOKEN_EXCHANGE),
            ("subject_token", SUBJECT),
            ("subject_token_type", "urn:ietf:params:oauth:token-type:jwt"),
            (
                "requested_token_type",
                "urn:ietf:params:oauth:token-type:access_token"
            ),
            ("audience", "the api"),
            ("scope", "read,write"),
            ("resource", "https://a.example"),
            ("resource", "urn:b"),
            ("client_id", "fob&co"),
            ("client_secret", "s3cret"),
        ])
    );
}

#[tokio::test]
async fn without_a_client_nothing_tells_of_one_and_json_is_json() {
    for auth in [ClientAuth::ClientSecretPost, ClientAuth::ClientSecretBasic] {
        let asked = Asked {
            rule: ExchangeRule {
                without_client: true,
                body: Some(TokenBody::Json),
                ..PLAIN.rule
            },
            auth,
            resource: &["acme/model"],
            ..PLAIN
        };
        let (result, request, _) = exchanged(&asked, &answer(200, GOOD)).await;
        result.unwrap();
        let (head, body) = request.split_once("\r\n\r\n").unwrap();
        assert!(head.contains("content-type: application/json"), "{head}");
        assert!(!head.contains("authorization"), "{head}");
        let body: Value = serde_json::from_str(body).unwrap();
        let wanted = json!({
            "grant_type": TOKEN_EXCHANGE,
            "subject_token": SUBJECT,
            "subject_token_type": ID_TOKEN,
            "resource": "acme/model",
        });
        assert_eq!(body, wanted);
    }
}

#[tokio::test]
async fn the_form_is_that_of_the_endpoint_unless_the_rule_says_otherwise() {
    for (body, own, json) in [
        (TokenBody::Json, None, true),
        (TokenBody::Json, Some(TokenBody::Form), false),
        (TokenBody::Form, None, false),
    ] {
        let asked = Asked {
            rule: ExchangeRule {
                body: own,
                ..PLAIN.rule
            },
            body,
            ..PLAIN
        };
        let (_, request, _) = exchanged(&asked, &answer(200, GOOD)).await;
        let is_json = request.contains("content-type: application/json");
        assert_eq!(is_json, json, "{request}");
    }
}

#[tokio::test]
async fn an_answer_that_is_no_exchanges_is_refused() {
    for (answered, why) in [
        (
            r#"{"access_token":"at","token_type":"bearer"}"#,
            "`issued_token_type` is missing",
        ),
        (
            r#"{"access_token":"at","issued_token_type":7}"#,
            "`issued_token_type` is not a string",
        ),
        (
            r#"{"access_token":"at","issued_token_type":"urn:x","token_type":"N_A"}"#,
            "`token_type` is `N_A`: what was issued is no access token",
        ),
        (
            r#"{"issued_token_type":"urn:x","token_type":"bearer"}"#,
            "`access_token` is missing",
        ),
    ] {
        let (result, ..) = exchanged(&PLAIN, &answer(200, answered)).await;
        match result.unwrap_err() {
            OauthError::Invalid(what) => assert!(what.contains(why), "{what}"),
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn a_refusal_that_echoes_the_subject_token_shows_none_of_it() {
    let refusal = json!({
        "error": "invalid_target",
        "error_description": format!("{SUBJECT} is not for it, nor is {}", SUBJECT.replace('.', "%2E")),
    });
    let (result, ..) = exchanged(&PLAIN, &answer(400, &refusal.to_string())).await;
    match result.unwrap_err() {
        OauthError::Refused(response) => {
            assert_eq!(response.error, "invalid_target");
            let said = response.to_string();
            assert!(!said.contains("MARKED"), "{said}");
            assert_eq!(said.matches("[redacted]").count(), 2, "{said}");
        }
        other => panic!("{other:?}"),
    }
}
