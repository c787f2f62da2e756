use serde_json::json as value;

use super::*;
use crate::oauth::http::tests::{Server, answer, client, json};

fn document(issuer: &str, members: &str) -> String {
    json(200, &format!(r#"{{"issuer":"{issuer}"{members}}}"#))
}

fn missing() -> String {
    answer("404 X", "")
}

/// Discovers `path` below a server with scripted answers, made by `answers` from the issuer.
async fn discovered<const N: usize>(
    path: &str,
    answers: impl Fn(&str) -> [String; N],
) -> (Result<Metadata, OauthError>, Vec<String>) {
    let server = Server::bound();
    let issuer = server.url(path).to_string();
    let issuer = if path.is_empty() {
        issuer.trim_end_matches('/').to_owned()
    } else {
        issuer
    };
    server.start(answers(&issuer));
    let result = discover(&client().0, &issuer).await;
    let asked = server
        .so_far()
        .iter()
        .map(|request| request.split(' ').nth(1).unwrap().to_owned())
        .collect();
    (result, asked)
}

fn invalid(result: Result<Metadata, OauthError>) -> String {
    let Err(OauthError::Invalid(what)) = result else {
        panic!("{result:?}")
    };
    what
}

#[tokio::test]
async fn openids_place_is_asked_first() {
    for (path, place) in [
        ("", "/.well-known/openid-configuration"),
        ("/", "/.well-known/openid-configuration"),
        ("/realms/a", "/realms/a/.well-known/openid-configuration"),
        ("/realms/a/", "/realms/a/.well-known/openid-configuration"),
    ] {
        let members = r#","token_endpoint":"http://127.0.0.1:1/token","scopes_supported":["a"],"userinfo_endpoint":null,
            "authorization_response_iss_parameter_supported":true,"unknown":{}"#;
        let (result, asked) =
            discovered(path, |issuer| [document(issuer, members), missing()]).await;
        let metadata = result.unwrap();
        assert_eq!(asked, [place]);
        assert_eq!(
            metadata.endpoints[&Endpoint::Token].as_str(),
            "http://127.0.0.1:1/token"
        );
        assert!(metadata.authorization_response_iss_parameter_supported);
        assert!(!metadata.endpoints.contains_key(&Endpoint::Userinfo));
    }
}

#[tokio::test]
async fn the_next_place_is_asked_where_one_is_missing_or_wrong() {
    let openid = "/.well-known/openid-configuration";
    let oauth = "/.well-known/oauth-authorization-server";
    for wrong in [
        missing(),
        answer("200 OK\nContent-Type: text/html", "<html>"),
        answer("302 X\nLocation: /login", ""),
        json(200, "{}"),
        json(200, r#"{"issuer":"https://evil.example"}"#),
        json(403, r#"{"error":"x"}"#),
    ] {
        let (result, asked) = discovered("", |issuer| [wrong.clone(), document(issuer, "")]).await;
        assert!(result.is_ok(), "{result:?}");
        assert_eq!(asked, [openid, oauth]);

        for path in ["/realms/a", "/realms/a/"] {
            let (result, asked) = discovered(path, |issuer| {
                [wrong.clone(), wrong.clone(), document(issuer, "")]
            })
            .await;
            assert!(result.is_ok(), "{result:?}");
            let places = [
                format!("/realms/a{openid}"),
                format!("{oauth}/realms/a"),
                format!("{openid}/realms/a"),
            ];
            assert_eq!(asked, places);
        }
    }
}

#[tokio::test]
async fn the_issuer_must_be_equal_byte_for_byte() {
    for change in [
        |issuer: &str| format!("{issuer}/"),
        |issuer: &str| issuer.to_uppercase(),
        |issuer: &str| issuer.replace("127.0.0.1", "localhost"),
        |_: &str| "https://evil.example".to_owned(),
        |_: &str| String::new(),
    ] {
        let (result, asked) = discovered("/a", |issuer| {
            [document(&change(issuer), ""), missing(), missing()]
        })
        .await;
        let said = invalid(result);
        assert!(said.contains("names another issuer, `"), "{said}");
        assert_eq!(asked.len(), 3);
    }
    for members in ["{}", r#"{"issuer":7}"#, r#"{"issuer":null}"#] {
        let (result, _) = discovered("", |_| [json(200, members), missing()]).await;
        assert!(invalid(result).contains("names no issuer"), "{members}");
    }
}

#[tokio::test]
async fn a_last_slash_belongs_to_the_issuer() {
    let (result, _) = discovered("/", |issuer| [document(issuer, ""), missing()]).await;
    assert!(result.unwrap().issuer.ends_with('/'));
    for (path, other) in [("", "/"), ("/", "")] {
        let (result, _) = discovered(path, |issuer| {
            let named = format!("{}{other}", issuer.trim_end_matches('/'));
            [document(&named, ""), missing()]
        })
        .await;
        // What is named is shown, for the slash is easily overlooked.
        let said = invalid(result);
        let end = if other.is_empty() { "`" } else { "/`" };
        let end = format!("{end}; a `/` at the end counts");
        assert!(
            said.contains("another issuer") && said.ends_with(&end),
            "{said}"
        );
    }
}

#[tokio::test]
async fn an_issuer_that_is_a_template_is_refused_in_plain_words() {
    let template = "https://login.example.com/{tenantid}/v2.0";
    let (result, _) = discovered("/common/v2.0", |_| {
        [document(template, ""), missing(), missing()]
    })
    .await;
    let said = invalid(result);
    assert!(
        said.contains(&format!("its issuer is the template `{template}`"))
            && said.ends_with("the issuer of one tenant is needed"),
        "{said}"
    );
}

#[tokio::test]
async fn a_hostile_issuer_is_shown_escaped_and_short() {
    let hostile = format!(r"https://evil.example/\u001b[2J\n{}", "x".repeat(5000));
    let (result, _) = discovered("", |_| [document(&hostile, ""), missing()]).await;
    let said = invalid(result);
    assert!(
        said.contains("/\\u{1b}[2J\\n") && said.len() < 250,
        "{said}"
    );
}

const ENDPOINTS: [&str; 7] = [
    "authorization_endpoint",
    "token_endpoint",
    "userinfo_endpoint",
    "revocation_endpoint",
    "registration_endpoint",
    "device_authorization_endpoint",
    "pushed_authorization_request_endpoint",
];

#[tokio::test]
async fn everything_that_is_known_is_read() {
    let endpoints = ENDPOINTS
        .map(|name| format!(r#","{name}":"https://id.example.com/{name}""#))
        .concat();
    let members = format!(
        r#"{endpoints},"require_pushed_authorization_requests":true,"client_id_metadata_document_supported":true,
        "token_endpoint_auth_methods_supported":["none"],"code_challenge_methods_supported":["plain","S256"],
        "scopes_supported":["openid"],"grant_types_supported":["authorization_code"],
        "authorization_response_iss_parameter_supported":true"#
    );
    let (result, _) = discovered("", |issuer| [document(issuer, &members), missing()]).await;
    let read = result.unwrap();
    for (name, endpoint) in ENDPOINTS.iter().zip(Endpoint::ALL) {
        assert_eq!(read.endpoints[&endpoint].path(), format!("/{name}"));
    }
    let list = |words: &[&str]| Some(words.iter().map(|word| (*word).to_owned()).collect());
    assert!(read.require_pushed_authorization_requests);
    assert!(read.client_id_metadata_document_supported);
    assert!(read.authorization_response_iss_parameter_supported);
    assert_eq!(read.token_endpoint_auth_methods_supported, list(&["none"]));
    assert_eq!(
        read.code_challenge_methods_supported,
        list(&["plain", "S256"])
    );
    assert_eq!(read.scopes_supported, list(&["openid"]));
    assert_eq!(read.grant_types_supported, list(&["authorization_code"]));
}

#[tokio::test]
async fn missing_fields_are_unknown_and_no_fault() {
    for members in ["", r#","token_endpoint":null,"userinfo_endpoint":"""#] {
        let (result, _) = discovered("", |issuer| [document(issuer, members), missing()]).await;
        let read = result.unwrap();
        let nothing = Metadata {
            issuer: read.issuer.clone(),
            ..Metadata::default()
        };
        assert_eq!(read, nothing);
    }
}

#[tokio::test]
async fn odd_fields_beside_the_endpoints_lose_no_document() {
    let members = r#","token_endpoint":"https://id.example.com/t","scopes_supported":"openid email",
        "grant_types_supported":{"a":1},"code_challenge_methods_supported":["S256",7,null],
        "token_endpoint_auth_methods_supported":null,"require_pushed_authorization_requests":"yes",
        "authorization_response_iss_parameter_supported":1,"client_id_metadata_document_supported":[]"#;
    let (result, _) = discovered("", |issuer| [document(issuer, members), missing()]).await;
    let read = result.unwrap();
    let expected = Metadata {
        issuer: read.issuer.clone(),
        endpoints: [(
            Endpoint::Token,
            Url::parse("https://id.example.com/t").unwrap(),
        )]
        .into(),
        code_challenge_methods_supported: Some(vec!["S256".into()]),
        ..Metadata::default()
    };
    assert_eq!(read, expected);
}

#[tokio::test]
async fn one_hostile_endpoint_discards_the_document() {
    for (value, why) in [
        (r#""http://id.example.com/t""#, "is neither https"),
        (r#""https://u:p@id.example.com/""#, "holds a user name"),
        (r#""https://id.example.com/%0a""#, "holds control"),
        (r#""https://id.example.com/\n-flag""#, "holds control"),
        (r#""https://id.example.com/#f""#, "has a fragment"),
        (r#""https://$(calc)/""#, "names no host"),
        (r#""javascript:x""#, "is neither https"),
        (r#""file:///etc/passwd""#, "is neither https"),
        (r#""data:text/html,x""#, "is neither https"),
        (r#""-flag""#, "is not a URL"),
        (r#""&calc""#, "is not a URL"),
        (r#""\"x\"""#, "is not a URL"),
        (r#""/token""#, "is not a URL"),
        ("7", "is not a string"),
        (r#"["https://id.example.com/"]"#, "is not a string"),
    ] {
        for name in ENDPOINTS {
            let members = format!(r#","{name}":{value}"#);
            let (result, _) =
                discovered("", |issuer| [document(issuer, &members), missing()]).await;
            let said = invalid(result);
            assert!(
                said.contains(&format!("metadata whose `{name}` {why}")),
                "{said}"
            );
        }
    }
}

#[test]
fn only_an_issuer_on_loopback_may_name_endpoints_in_the_clear() {
    let issuer = "https://id.example.com";
    for name in ENDPOINTS {
        let document = |on_loopback| {
            let members = value!({"issuer": issuer, name: "http://127.0.0.1:8080/admin"});
            Document {
                members: members.as_object().unwrap().clone(),
                on_loopback,
            }
        };
        assert!(document(true).metadata(issuer).is_ok());
        let said = document(false).metadata(issuer).unwrap_err();
        assert_eq!(said, format!("whose `{name}` is not https"));
    }
}

#[tokio::test]
async fn trouble_is_not_taken_for_absence() {
    let (result, asked) =
        discovered("/a", |issuer| [answer("503 X", ""), document(issuer, "")]).await;
    assert!(
        matches!(result, Err(OauthError::Unavailable { status: 503, .. })),
        "{result:?}"
    );
    assert_eq!(asked.len(), 1);
    let (result, _) = discovered("/a", |_| [missing(), missing(), missing()]).await;
    assert!(invalid(result).contains("publishes no metadata for this issuer"));
}

#[tokio::test]
async fn a_bad_issuer_is_not_asked() {
    let (http, lines) = client();
    for (issuer, why) in [
        ("id.example.com", "is not a URL"),
        ("http://id.example.com", "neither https"),
        ("https://id.example.com?a=b", "has a query"),
        ("https://id.example.com/\na", "holds control"),
        ("https://id.example.com/#a", "has a fragment"),
        ("https://u:p@id.example.com", "holds a user name"),
        ("https://id.example.com/{tid}/v2.0", "names a claim"),
    ] {
        let said = invalid(discover(&http, issuer).await);
        assert!(said.contains(why), "{issuer}: {said}");
    }
    assert!(lines.lock().unwrap().is_empty());
}
