use super::*;
use crate::oauth::http::tests::{Server, answer, client, json};

const URIS: &[&str] = &["http://127.0.0.1/cb"];

async fn send(
    scripted: &str,
    scopes: &[&str],
    device: bool,
) -> (Result<Registered, OauthError>, Value) {
    let server = Server::new([scripted]);
    let own = |texts: &[&str]| -> Vec<String> { texts.iter().map(ToString::to_string).collect() };
    let wish = RegistrationWish {
        redirect_uris: &own(URIS),
        scopes: &own(scopes),
        device,
        auth: ClientAuth::None,
    };
    let result = register(&client().0, &server.url("/register"), &wish).await;
    let request = server.request();
    assert!(
        request.starts_with("POST /register ")
            && request.contains("content-type: application/json\r\n")
    );
    assert!(server.so_far().is_empty(), "once and never again");
    let body = request.split_once("\r\n\r\n").unwrap().1;
    (result, serde_json::from_str(body).unwrap())
}

async fn registered(given: &str) -> Result<Registered, OauthError> {
    send(&json(201, given), &[], false).await.0
}

async fn invalid(given: &str) -> String {
    match registered(given).await {
        Err(OauthError::Invalid(what)) => what,
        other => panic!("{given}: {other:?}"),
    }
}

fn public(client_id: &str) -> Registered {
    Registered {
        client_id: client_id.into(),
        auth: ClientAuth::None,
        client_secret: None,
        secret_expires_at: None,
        registration_access_token: None,
        configuration_endpoint: None,
    }
}

#[tokio::test]
async fn a_public_native_client_is_asked_for() {
    let given = json(201, r#"{"client_id":"fob-1","client_secret":null}"#);
    let (result, sent) = send(&given, &["a", "b"], false).await;
    assert_eq!(result.unwrap(), public("fob-1"));
    assert_eq!(
        sent,
        json!({
            "client_name": "keyfob",
            "redirect_uris": ["http://127.0.0.1/cb"],
            "grant_types": ["authorization_code", "refresh_token"],
            "response_types": ["code"],
            "token_endpoint_auth_method": "none",
            "application_type": "native",
            "scope": "a b",
        })
    );
    let given = r#"{"client_id":"https://id.example.com/fob","token_endpoint_auth_method":"none"}"#;
    let (result, sent) = send(&json(200, given), &[], true).await;
    assert_eq!(result.unwrap(), public("https://id.example.com/fob"));
    assert!(sent.get("scope").is_none());
    assert_eq!(
        sent["grant_types"],
        json!(["authorization_code", "refresh_token", DEVICE_CODE])
    );
}

#[tokio::test]
async fn the_servers_choice_of_authentication_is_taken() {
    for (method, auth) in [
        (
            r#""token_endpoint_auth_method":"client_secret_basic""#,
            ClientAuth::ClientSecretBasic,
        ),
        (
            r#""token_endpoint_auth_method":"client_secret_post""#,
            ClientAuth::ClientSecretPost,
        ),
        (
            r#""token_endpoint_auth_method":null"#,
            ClientAuth::ClientSecretBasic,
        ),
    ] {
        let given = format!(r#"{{"client_id":"fob","client_secret":"s 3:+%é",{method}}}"#);
        let client = registered(&given).await.unwrap();
        assert_eq!(client.auth, auth, "{method}");
        assert_eq!(client.client_secret, Some(Secret::new("s 3:+%é")));
        assert!(!format!("{client:?}").contains("s 3"), "{client:?}");
    }
    let unused = r#"{"client_id":"fob","client_secret":"s3cret","token_endpoint_auth_method":"none","client_secret_expires_at":9}"#;
    assert_eq!(registered(unused).await.unwrap(), public("fob"));
}

#[tokio::test]
async fn a_client_that_keyfob_cannot_be_is_refused() {
    for (method, words) in [
        (r#""private_key_jwt""#, "`private_key_jwt`"),
        (r#""NONE""#, "`NONE`"),
        (r#""none\u001b[31m""#, r"`none\u{1b}[31m`"),
        (r#"["none"]"#, "no text"),
        (r#""client_secret_post""#, "gave none"),
    ] {
        let given = format!(r#"{{"client_id":"fob","token_endpoint_auth_method":{method}}}"#);
        let what = invalid(&given).await;
        assert!(what.contains(words), "{method}: {what}");
    }
    let long = "s3".repeat(SECRET_LIMIT);
    for secret in [r"s3cret\n", &long] {
        let what = invalid(&format!(
            r#"{{"client_id":"fob","client_secret":"{secret}"}}"#
        ))
        .await;
        assert!(
            what.contains("`client_secret`") && !what.contains("s3"),
            "{what}"
        );
    }
}

#[tokio::test]
async fn the_expiry_of_a_secret_is_read_and_0_is_never() {
    for (given, expected) in [
        ("0", None),
        ("\"0\"", None),
        ("1700000000", Some(1_700_000_000)),
        ("\"1700000000\"", Some(1_700_000_000)),
        ("-1", None),
        ("\"soon\"", None),
        ("{}", None),
        ("18446744073709551615", Some(253_402_300_799)),
    ] {
        let answer = format!(
            r#"{{"client_id":"fob","client_secret":"s","client_secret_expires_at":{given}}}"#
        );
        let at = registered(&answer).await.unwrap().secret_expires_at;
        assert_eq!(at.map(Timestamp::unix), expected, "{given}");
    }
}

#[tokio::test]
async fn what_manages_the_registration_is_taken_where_it_can_be_used() {
    let managed = |token: &str, uri: &str| {
        format!(
            r#"{{"client_id":"fob","registration_access_token":"{token}","registration_client_uri":"{uri}"}}"#
        )
    };
    let uri = "https://id.example.com/register/fob?a=b";
    let client = registered(&managed("r.a-t", uri)).await.unwrap();
    assert_eq!(client.registration_access_token, Some(Secret::new("r.a-t")));
    assert_eq!(client.configuration_endpoint.unwrap().as_str(), uri);
    assert_eq!(client.auth, ClientAuth::None);
    let long = "a".repeat(SECRET_LIMIT + 1);
    for token in ["", "a b", r"a\n", "é", &long] {
        let client = registered(&managed(token, uri)).await.unwrap();
        assert_eq!(client.registration_access_token, None, "{token}");
    }
    let far = format!("https://id.example.com/{long}");
    for uri in [
        "",
        "/register/fob",
        "http://id.example.com/",
        "file:///etc/passwd",
        "https://u@id.example.com/",
        "https://id.example.com/#a",
        &far,
    ] {
        let client = registered(&managed("t", uri)).await.unwrap();
        assert_eq!(client.configuration_endpoint, None, "{uri}");
    }
    let here = "http://127.0.0.1:1/register/fob"; // as the endpoint of these tests
    let client = registered(&managed("t", here)).await.unwrap();
    assert!(client.configuration_endpoint.is_some());
}

#[test]
fn a_server_elsewhere_cannot_have_us_call_this_machine() {
    let scripted = r#"{"registration_client_uri":"http://127.0.0.1:1/"}"#;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let server = Server::new([json(200, scripted)]);
        let (http, _) = client();
        let url = server.url("/");
        let answer = http.send(Request::get(&url)).await.unwrap();
        let given = Given {
            members: answer.object().unwrap(),
            answer: &answer,
            http: &http,
        };
        assert!(given.configuration_endpoint(true).is_some());
        assert!(given.configuration_endpoint(false).is_none());
    });
}

#[tokio::test]
async fn a_client_id_must_be_usable() {
    let long = "a".repeat(CLIENT_ID_LIMIT + 1);
    for id in [
        "null",
        "7",
        "\"\"",
        "\"a b\"",
        "\"a\\n\"",
        "\"ä\"",
        &format!("\"{long}\""),
    ] {
        let what = invalid(&format!(r#"{{"client_id":{id}}}"#)).await;
        assert!(what.contains("`client_id`"), "{what}");
    }
    let longest = registered(&format!(r#"{{"client_id":"{}"}}"#, &long[1..])).await;
    assert!(longest.is_ok());
}

#[tokio::test]
async fn a_refusal_is_one() {
    let refusal = json(
        400,
        r#"{"error":"invalid_redirect_uri","error_description":"no"}"#,
    );
    let Err(OauthError::Refused(response)) = send(&refusal, &[], false).await.0 else {
        panic!()
    };
    assert_eq!(response.to_string(), "invalid_redirect_uri: no");
    for scripted in [
        answer("404 X", ""),
        json(202, r#"{"client_id":"a"}"#),
        answer("201 X\nContent-Type: text/html", "<"),
        json(201, "[]"),
        json(201, r#"{"client_id":"a""#),
    ] {
        let result = send(&scripted, &[], false).await.0;
        assert!(matches!(result, Err(OauthError::Invalid(_))), "{result:?}");
    }
}

#[tokio::test]
async fn a_registration_is_deleted_with_its_own_token() {
    for (scripted, gone) in [
        (answer("204 X", ""), true),
        (answer("404 X", ""), true),
        (answer("401 X", ""), false),
        (answer("405 X", ""), false),
        (
            json(
                403,
                r#"{"error":"access_denied","error_description":"r.a-t"}"#,
            ),
            false,
        ),
    ] {
        let server = Server::new([&scripted]);
        let url = server.url("/register/fob");
        let result = delete(&client().0, &url, &Secret::new("r.a-t")).await;
        assert_eq!(result.is_ok(), gone, "{scripted}: {result:?}");
        assert!(!format!("{result:?}").contains("r.a-t"), "{result:?}");
        let request = server.request();
        assert!(request.starts_with("DELETE /register/fob "), "{request}");
        assert!(
            request.contains("authorization: Bearer r.a-t\r\n"),
            "{request}"
        );
    }
}
