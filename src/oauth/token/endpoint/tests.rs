mod dialects;
mod exchange;

use super::*;
use crate::oauth::http::tests::{Server, answer, client, json};
use crate::provider::ClientAuth;

const NOW: u64 = 1_700_000_000;

fn now() -> Timestamp {
    Timestamp::from_unix(NOW)
}

fn public() -> Client {
    Client {
        id: "fob&co".into(),
        auth: ClientAuth::None,
        secret: None,
    }
}

fn confidential(auth: ClientAuth) -> Client {
    Client {
        auth,
        secret: Some(Secret::new("s3c:r t/+")),
        ..public()
    }
}

/// Refreshes against one scripted answer; gives the request too.
async fn refreshed(
    client_: &Client,
    rule: &TokenRule,
    scripted: &str,
) -> (Result<TokenSet, OauthError>, String) {
    let server = Server::new([scripted]);
    let endpoint = TokenEndpoint {
        url: &server.url("/token"),
        client: client_,
        rule,
        scopes: &["asked".to_owned(), "too".to_owned()],
        scope_separator: " ",
        resource: &[],
    };
    let result = endpoint
        .refresh(
            &client().0,
            &Secret::new("r3fresh/+"),
            Some("http://127.0.0.1/cb"),
            now(),
        )
        .await;
    (result, server.request())
}

async fn read(scripted: &str) -> Result<TokenSet, OauthError> {
    refreshed(&public(), &TokenRule::default(), scripted)
        .await
        .0
}

/// Reads an answer of `access_token` and further members to a code.
async fn with(members: &str) -> Result<TokenSet, OauthError> {
    let server = Server::new([json(200, &format!(r#"{{"access_token":"a",{members}}}"#))]);
    let endpoint = TokenEndpoint {
        url: &server.url("/token"),
        client: &public(),
        rule: &TokenRule::default(),
        scopes: &[],
        scope_separator: " ",
        resource: &[],
    };
    let (code, verifier) = (Secret::new("c0de"), CodeVerifier::random());
    let redirect_uri = "http://127.0.0.1/cb";
    endpoint
        .exchange(&client().0, &code, &verifier, redirect_uri, None, now())
        .await
}

fn invalid(result: Result<TokenSet, OauthError>) -> String {
    match result {
        Err(OauthError::Invalid(what)) => what,
        other => panic!("{other:?}"),
    }
}

fn body(request: &str) -> Vec<(String, String)> {
    let body = request.split_once("\r\n\r\n").unwrap().1;
    url::form_urlencoded::parse(body.as_bytes())
        .into_owned()
        .collect()
}

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

#[tokio::test]
async fn an_exchange_sends_code_verifier_and_redirect_uri() {
    let server = Server::new([json(
        200,
        r#"{"access_token":"at","refresh_token":"rt","id_token":"a.b.c","token_type":"bearer","expires_in":3600,"scope":"x y","more":[]}"#,
    )]);
    let (http, lines) = client();
    let (url, client_, rule) = (server.url("/token"), public(), TokenRule::default());
    let endpoint = TokenEndpoint {
        url: &url,
        client: &client_,
        rule: &rule,
        scopes: &[],
        scope_separator: " ",
        resource: &[],
    };
    let verifier = CodeVerifier::random();
    let set = endpoint
        .exchange(
            &http,
            &Secret::new("c0de"),
            &verifier,
            "http://127.0.0.1:9/cb",
            None,
            now(),
        )
        .await
        .unwrap();
    assert_eq!(
        set,
        TokenSet {
            access_token: Secret::new("at"),
            refresh_token: Some(Secret::new("rt")),
            id_token: Some(Secret::new("a.b.c")),
            token_type: "Bearer".into(),
            scopes: vec!["x".into(), "y".into()],
            received_at: now(),
            expires_at: Some(now().plus(3600)),
        }
    );
    let request = server.request();
    assert!(
        request.contains("content-type: application/x-www-form-urlencoded\r\n"),
        "{request}"
    );
    assert_eq!(
        body(&request),
        pairs(&[
            ("grant_type", "authorization_code"),
            ("code", "c0de"),
            ("redirect_uri", "http://127.0.0.1:9/cb"),
            ("code_verifier", verifier.secret().expose()),
            ("client_id", "fob&co"),
        ])
    );
    let told = lines.lock().unwrap().join("\n");
    assert!(
        !told.contains("c0de") && !told.contains(verifier.secret().expose()),
        "{told}"
    );
    assert!(told.contains("grant_type=authorization_code"), "{told}");
}

#[tokio::test]
async fn each_client_authenticates_in_one_way() {
    let rule = TokenRule::default();
    let ok = json(200, r#"{"access_token":"a"}"#);
    let refresh = [
        ("grant_type", "refresh_token"),
        ("refresh_token", "r3fresh/+"),
    ];

    let (_, request) = refreshed(
        &Client {
            secret: Some(Secret::new("x")),
            ..public()
        },
        &rule,
        &ok,
    )
    .await;
    assert_eq!(
        body(&request),
        pairs(&[refresh[0], refresh[1], ("client_id", "fob&co")])
    );
    assert!(!request.contains("authorization:"));

    let (_, request) = refreshed(&confidential(ClientAuth::ClientSecretPost), &rule, &ok).await;
    let secret = ("client_secret", "s3c:r t/+");
    assert_eq!(
        body(&request),
        pairs(&[refresh[0], refresh[1], ("client_id", "fob&co"), secret])
    );
    assert!(!request.contains("authorization:"));

    let (_, request) = refreshed(&confidential(ClientAuth::ClientSecretBasic), &rule, &ok).await;
    assert_eq!(body(&request), pairs(&refresh));
    // `fob%26co:s3c%3Ar+t%2F%2B`
    assert!(
        request.contains("authorization: Basic Zm9iJTI2Y286czNjJTNBcit0JTJGJTJC\r\n"),
        "{request}"
    );
}

#[tokio::test]
async fn a_client_whose_secret_is_not_known_asks_nobody() {
    for auth in [ClientAuth::ClientSecretBasic, ClientAuth::ClientSecretPost] {
        let server = Server::new([""; 0]);
        let client_ = Client { auth, ..public() };
        let (url, rule) = (server.url("/"), TokenRule::default());
        let endpoint = TokenEndpoint {
            url: &url,
            client: &client_,
            rule: &rule,
            scopes: &[],
            scope_separator: " ",
            resource: &[],
        };
        let (http, lines) = client();
        let said = invalid(
            endpoint
                .refresh(&http, &Secret::new("r"), None, now())
                .await,
        );
        assert!(said.contains("client secret"), "{said}");
        assert!(lines.lock().unwrap().is_empty());
    }
}

#[tokio::test]
async fn a_refresh_repeats_the_redirect_uri_only_where_the_rule_says() {
    let rule = TokenRule {
        refresh_resends_redirect_uri: true,
        ..TokenRule::default()
    };
    let ok = json(200, r#"{"access_token":"a"}"#);
    let sends = |request: String| {
        body(&request).contains(&("redirect_uri".into(), "http://127.0.0.1/cb".into()))
    };
    assert!(sends(refreshed(&public(), &rule, &ok).await.1));
    assert!(!sends(
        refreshed(&public(), &TokenRule::default(), &ok).await.1
    ));
}

#[tokio::test]
async fn what_an_answer_leaves_out_has_a_sensible_value() {
    for scripted in [
        r#"{"access_token":"a"}"#,
        r#"{"access_token":"a","refresh_token":null,"id_token":"","token_type":null,"expires_in":null,"scope":null,"error":null}"#,
        r#"{"access_token":"a","refresh_token":"","token_type":"","expires_in":"","error":""}"#,
    ] {
        let set = read(&json(200, scripted)).await.unwrap();
        assert_eq!(
            (set.refresh_token, set.id_token, set.expires_at),
            (None, None, None)
        );
        assert_eq!(
            (set.token_type.as_str(), set.scopes),
            ("Bearer", vec!["asked".to_owned(), "too".to_owned()])
        );
    }
}

#[tokio::test]
async fn a_life_is_a_number_in_any_dress() {
    let ten_years = 315_360_000;
    for (given, life) in [
        ("3600", 3600),
        ("\"3600\"", 3600),
        ("\" 3600 \"", 3600),
        ("3599.9", 3599),
        ("\"3599.9\"", 3599),
        ("3.6e3", 3600),
        ("0", 0),
        ("-1", 0),
        ("\"-5\"", 0),
        ("-1e300", 0),
        ("315360001", ten_years),
        ("1e300", ten_years),
        ("\"1e400\"", ten_years),
        ("18446744073709551616", ten_years),
        ("9223372036854775807", ten_years),
    ] {
        let set = with(&format!(r#""expires_in":{given}"#)).await.unwrap();
        assert_eq!(set.lifetime(), Some(life), "{given}");
    }
    for garbage in [
        "\"soon\"", "\"inf\"", "\"NaN\"", "\"1h\"", "true", "[3600]", "{}", "\"--1\"",
    ] {
        let said = invalid(with(&format!(r#""expires_in":{garbage}"#)).await);
        assert!(
            said.ends_with("cannot be used: `expires_in` is not a number"),
            "{garbage}: {said}"
        );
    }
}

#[tokio::test]
async fn scopes_are_split_as_the_rule_says() {
    let comma = TokenRule {
        granted_scope_separator: Some(",".into()),
        ..TokenRule::default()
    };
    for (given, blank, commas) in [
        (r#""a  b,c""#, vec!["a", "b,c"], vec!["a", "b", "c"]),
        (r#""""#, vec![], vec![]),
        (r#"["a b","c"]"#, vec!["a b", "c"], vec!["a b", "c"]),
        (r"[]", vec![], vec![]),
    ] {
        let scripted = json(200, &format!(r#"{{"access_token":"a","scope":{given}}}"#));
        assert_eq!(read(&scripted).await.unwrap().scopes, blank, "{given}");
        assert_eq!(
            refreshed(&public(), &comma, &scripted)
                .await
                .0
                .unwrap()
                .scopes,
            commas,
            "{given}"
        );
    }
    for wrong in ["1", "[1]", "{}"] {
        assert!(invalid(with(&format!(r#""scope":{wrong}"#)).await).contains("`scope`"));
    }
}

#[tokio::test]
async fn a_refresh_keeps_its_tokens_whatever_is_odd_beside_them() {
    for odd in [
        r#""expires_in":"soon""#,
        r#""scope":7"#,
        r#""id_token":7"#,
        r#""expires_in":[],"scope":{},"id_token":"\u0000""#,
    ] {
        let scripted = format!(r#"{{"access_token":"a","refresh_token":"r",{odd}}}"#);
        let set = read(&json(200, &scripted)).await.unwrap();
        assert_eq!(set.refresh_token, Some(Secret::new("r")), "{odd}");
        assert_eq!((set.id_token, set.expires_at), (None, None), "{odd}");
        assert_eq!(set.scopes, ["asked", "too"], "{odd}");
        assert!(invalid(with(odd).await).contains("cannot be used"), "{odd}");
    }
}

#[tokio::test]
async fn a_form_is_understood_where_it_says_that_it_is_one() {
    let form = "200 OK\nContent-Type: application/x-www-form-urlencoded; charset=utf-8";
    let set = read(&answer(
        form,
        "access_token=a%2Fb&token_type=bearer&scope=repo%2Cgist&expires_in=28800",
    ))
    .await;
    let set = set.unwrap();
    assert_eq!(
        (set.access_token.expose(), set.lifetime()),
        ("a/b", Some(28_800))
    );
    assert_eq!(set.scopes, ["repo,gist"]);

    let said = invalid(
        read(&answer(
            form,
            "error=bad_verification_code&error_description=no+r3fresh%2F%2B",
        ))
        .await,
    );
    assert!(
        said.ends_with("answered 200 with an error: bad_verification_code: no [redacted]"),
        "{said}"
    );
}

#[tokio::test]
async fn what_is_no_token_answer_is_named() {
    for (scripted, why) in [
        (
            answer("200 OK\nContent-Type: Text/HTML; charset=utf-8", "<html>"),
            "answered with text/html instead of JSON",
        ),
        (
            answer(
                "200 OK\nContent-Type: text/plain",
                r#"{"access_token":"a"}"#,
            ),
            "answered with text/plain instead",
        ),
        (
            answer("200 OK", "<html>"),
            "answered with something that is not JSON",
        ),
        (answer("204 No", ""), "answered with JSON that is cut off"),
        (
            json(200, r#"{"access_token":"tr"#),
            "answered with JSON that is cut off",
        ),
        (
            json(200, r#"{"access_token":"a"}}"#),
            "answered with something that is not JSON",
        ),
        (json(200, "[]"), "answered with JSON that is not an object"),
        (json(200, "{}"), "cannot be used: `access_token` is missing"),
    ] {
        named(&scripted, why).await;
    }
    let other_json = "200 OK\nContent-Type: application/x+json";
    assert!(
        read(&answer(other_json, r#"{"access_token":"a"}"#))
            .await
            .is_ok()
    );
}

async fn named(scripted: &str, why: &str) {
    let said = invalid(read(scripted).await);
    assert!(
        said.starts_with("127.0.0.1:") && said.contains(why),
        "{why}: {said}"
    );
}

#[tokio::test]
async fn a_member_that_cannot_be_used_is_named() {
    for (scripted, why) in [
        (
            json(200, r#"{"access_token":null}"#),
            "cannot be used: `access_token` is missing",
        ),
        (
            json(200, r#"{"access_token":""}"#),
            "cannot be used: `access_token` is missing",
        ),
        (
            json(200, r#"{"access_token":7}"#),
            ": `access_token` is not a string",
        ),
        (
            json(200, r#"{"access_token":"a b"}"#),
            ": `access_token` is not printable ASCII",
        ),
        (
            json(200, r#"{"access_token":"a\r\nX: y"}"#),
            ": `access_token` is not printable ASCII",
        ),
        (
            json(200, r#"{"access_token":"ä"}"#),
            ": `access_token` is not printable ASCII",
        ),
        (
            json(200, r#"{"access_token":"a","refresh_token":"\u0000"}"#),
            ": `refresh_token` is not printable ASCII",
        ),
        (
            json(
                200,
                &format!(r#"{{"access_token":"{}"}}"#, "a".repeat(64 * 1024 + 1)),
            ),
            ": `access_token` is longer than 64 KiB",
        ),
        (
            json(200, r#"{"access_token":"a","token_type":"DPoP"}"#),
            ": `token_type` is `DPoP`",
        ),
        (
            json(200, r#"{"access_token":"a","token_type":"r3fresh/+"}"#),
            ": `token_type` is `[redacted]`",
        ),
        (
            json(200, r#"{"access_token":"a","token_type":[]}"#),
            ": `token_type` is not a string",
        ),
        (
            json(404, r"{}"),
            "answered 404 without the standard's error object",
        ),
        (
            answer("400 Bad\nContent-Type: text/html", "<html>"),
            "answered 400 without the standard's error object",
        ),
        (
            json(404, r#"{"error":"x","error_description":"r3fresh%2F%2b"}"#),
            "answered 404: x: [redacted]",
        ),
    ] {
        named(&scripted, why).await;
    }
    let longest = "a".repeat(64 * 1024);
    assert!(
        read(&json(200, &format!(r#"{{"access_token":"{longest}"}}"#)))
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn the_standards_errors_are_refusals() {
    for status in [400, 401, 403] {
        let result = read(&json(
            status,
            r#"{"error":"invalid_grant","error_description":"gone"}"#,
        ))
        .await;
        let Err(OauthError::Refused(response)) = result else {
            panic!("{status}: {result:?}")
        };
        assert_eq!(response.to_string(), "invalid_grant: gone");
    }
    let result = read(&answer(
        "400 Bad\nContent-Type: text/plain",
        r#"{"error":"invalid_grant"}"#,
    ))
    .await;
    assert!(matches!(result, Err(OauthError::Refused(_))), "{result:?}");
    let result = read(&json(503, r#"{"error":"invalid_grant"}"#)).await;
    assert!(
        matches!(result, Err(OauthError::Unavailable { status: 503, .. })),
        "{result:?}"
    );
}

#[tokio::test]
async fn an_error_under_200_is_a_refusal_only_by_rule() {
    let scripted = json(200, r#"{"error":"bad_refresh_token","access_token":"a"}"#);
    let said = invalid(read(&scripted).await);
    assert!(said.contains("bad_refresh_token"), "{said}");
    let rule = TokenRule {
        errors_under_200: true,
        ..TokenRule::default()
    };
    let result = refreshed(&public(), &rule, &scripted).await.0;
    assert!(
        matches!(&result, Err(OauthError::Refused(r)) if r.error == "bad_refresh_token"),
        "{result:?}"
    );
}

#[tokio::test]
async fn an_echoed_secret_is_not_repeated() {
    let words =
        "r3fresh/+ r3fresh%2f%2B s3c:r t/+ s3c%3Ar+t%2F%2B Zm9iJTI2Y286czNjJTNBcit0JTJGJTJC";
    let scripted = json(
        400,
        &format!(r#"{{"error":"invalid_request","error_description":"{words}"}}"#),
    );
    for auth in [ClientAuth::ClientSecretBasic, ClientAuth::ClientSecretPost] {
        let result = refreshed(&confidential(auth), &TokenRule::default(), &scripted)
            .await
            .0;
        let Err(OauthError::Refused(response)) = result else {
            panic!("{result:?}")
        };
        let shown = response.description.unwrap();
        assert!(
            shown.starts_with("[redacted] [redacted] [redacted] [redacted] "),
            "{shown}"
        );
        assert_eq!(
            shown.ends_with("[redacted]"),
            auth == ClientAuth::ClientSecretBasic,
            "{shown}"
        );
    }
}

#[tokio::test]
async fn a_token_in_the_wrong_member_is_not_repeated() {
    let form = "200 OK\nContent-Type: application/x-www-form-urlencoded";
    for scripted in [
        json(200, r#"{"access_token":"t0ken","token_type":"t0ken"}"#),
        answer(form, "access_token=t0ken&token_type=t0ken"),
    ] {
        let said = read(&scripted).await.unwrap_err().to_string();
        assert!(said.contains("`token_type` is `[redacted]`"), "{said}");
    }
}

#[tokio::test]
async fn long_descriptions_are_cut_and_escaped() {
    let scripted = json(
        400,
        &format!(
            r#"{{"error":"x\u001b[31m","error_description":"{}"}}"#,
            "y".repeat(5000)
        ),
    );
    let Err(OauthError::Refused(response)) = read(&scripted).await else {
        panic!()
    };
    assert_eq!(response.description.unwrap().chars().count(), 300);
    assert!(!response.error.contains('\u{1b}'));
}
