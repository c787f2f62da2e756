use super::*;
use crate::oauth::http::tests::{Server, answer, client, json};

fn document(issuer: &str, members: &str) -> String {
    json(200, &format!(r#"{{"issuer":"{issuer}"{members}}}"#))
}

fn missing() -> String {
    answer("404 X", "")
}

/// Discovers `path` below a server with two scripted answers, made by `answers` from the issuer.
async fn discovered(
    path: &str,
    answers: impl Fn(&str) -> [String; 2],
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
            metadata.token_endpoint.unwrap().as_str(),
            "http://127.0.0.1:1/token"
        );
        assert!(metadata.authorization_response_iss_parameter_supported);
        assert!(metadata.userinfo_endpoint.is_none());
    }
}

#[tokio::test]
async fn rfc_8414s_place_is_asked_where_the_first_is_missing_or_wrong() {
    for first in [
        missing(),
        answer("200 OK\nContent-Type: text/html", "<html>"),
        json(200, "{}"),
        json(200, r#"{"issuer":"https://evil.example"}"#),
        json(403, r#"{"error":"x"}"#),
    ] {
        for (path, place) in [
            ("", "/.well-known/oauth-authorization-server"),
            (
                "/realms/a/",
                "/.well-known/oauth-authorization-server/realms/a",
            ),
        ] {
            let (result, asked) =
                discovered(path, |issuer| [first.clone(), document(issuer, "")]).await;
            assert!(result.is_ok(), "{result:?}");
            assert_eq!(asked[1], place);
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
        let (result, asked) =
            discovered("/a", |issuer| [document(&change(issuer), ""), missing()]).await;
        assert!(invalid(result).contains("names another issuer"));
        assert_eq!(asked.len(), 2);
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_document_is_said() {
    for (members, why) in [
        (
            r#","token_endpoint":"http://id.example.com/t""#,
            "`token_endpoint` is neither https",
        ),
        (
            r#","registration_endpoint":"https://u:p@id.example.com/""#,
            "`registration_endpoint` holds a user name",
        ),
        (
            r#","userinfo_endpoint":"https://id.example.com/%0a""#,
            "`userinfo_endpoint` holds control",
        ),
        (
            ",\"authorization_endpoint\":\"https://id.example.com/#f\"",
            "`authorization_endpoint` has a fragment",
        ),
        (
            r#","revocation_endpoint":"javascript:x""#,
            "`revocation_endpoint` is neither https",
        ),
        (r#","token_endpoint":"/token""#, "metadata that is wrong: "),
        (r#","revocation_endpoint":7"#, "metadata that is wrong: "),
    ] {
        let (result, _) = discovered("/a", |issuer| [document(issuer, members), missing()]).await;
        let said = invalid(result);
        assert!(said.contains(why), "{members}: {said}");
    }
}

#[test]
fn only_an_issuer_on_loopback_may_name_endpoints_in_the_clear() {
    let metadata = Metadata {
        issuer: "https://id.example.com".into(),
        token_endpoint: Some(Url::parse("http://127.0.0.1:8080/admin").unwrap()),
        ..Metadata::default()
    };
    assert!(metadata.check("https://id.example.com", true).is_ok());
    let said = metadata.check("https://id.example.com", false).unwrap_err();
    assert!(said.ends_with("`token_endpoint` is not https"), "{said}");
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
    let (result, _) = discovered("/a", |_| [missing(), missing()]).await;
    assert!(invalid(result).contains("publishes no metadata for this issuer"));
}

#[tokio::test]
async fn a_bad_issuer_is_not_asked() {
    let (http, lines) = client();
    for (issuer, why) in [
        ("id.example.com", "is not a URL"),
        ("http://id.example.com", "neither https"),
        ("https://id.example.com?a=b", "has a query"),
        ("https://id.example.com/#a", "has a fragment"),
        ("https://u:p@id.example.com", "holds a user name"),
        ("https://id.example.com/{tid}/v2.0", "names a claim"),
    ] {
        let said = invalid(discover(&http, issuer).await);
        assert!(said.contains(why), "{issuer}: {said}");
    }
    assert!(lines.lock().unwrap().is_empty());
}
