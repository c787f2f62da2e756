//! What can be learnt of a server without anybody signing in: requests that can issue nothing.

use std::time::{SystemTime, UNIX_EPOCH};

use url::Url;

use super::http::Request;
use super::pkce::CodeVerifier;
use super::random;
use super::token::TokenEndpoint;
use super::{Client, ErrorResponse, Http, OauthError};
use crate::provider::TokenRule;
use keyfob_base::timestamp::Timestamp;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It minds the code and not the client: `invalid_grant` (RFC 6749 §5.2).
    Accepted,
    /// It minds the client: `invalid_client` or `unauthorized_client`.
    Refused(ErrorResponse),
    /// Another error of the standard's shape, which says nothing of the client.
    Unclear(ErrorResponse),
    /// It issued a token for a code that nobody was given. The token is dropped.
    Issued,
}

/// No server that follows the standard issues anything for a made-up code and verifier.
pub(crate) async fn client(
    http: &Http,
    endpoint: &Url,
    client: &Client,
    rule: &TokenRule,
    redirect_uri: &str,
    now: Timestamp,
) -> Result<Verdict, OauthError> {
    let endpoint = TokenEndpoint {
        url: endpoint,
        client,
        rule,
        scopes: &[],
        scope_separator: " ",
        resource: &[],
    };
    let (code, state) = (random::token(), random::token());
    let outcome = endpoint
        .exchange(
            http,
            &code,
            &CodeVerifier::random(),
            redirect_uri,
            Some(&state),
            now,
        )
        .await;
    match outcome {
        Ok(_) => Ok(Verdict::Issued),
        Err(OauthError::Refused(response)) => Ok(judge(response)),
        Err(other) => Err(other),
    }
}

fn judge(response: ErrorResponse) -> Verdict {
    match response.error.as_str() {
        "invalid_grant" => Verdict::Accepted,
        "invalid_client" | "unauthorized_client" => Verdict::Refused(response),
        _ => Verdict::Unclear(response),
    }
}

/// The `Date` of the answer to a plain `GET`, whatever its status.
pub(crate) async fn clock(http: &Http, url: &Url) -> Result<Option<Timestamp>, OauthError> {
    let date = http.date(Request::get(url)).await?;
    let seconds = |date: SystemTime| {
        date.duration_since(UNIX_EPOCH)
            .unwrap_or_default()
            .as_secs()
    };
    Ok(date.map(|date| Timestamp::from_unix(seconds(date))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oauth::http::tests::{Server, answer, client as http, json};
    use crate::provider::ClientAuth;

    async fn probed(scripted: &str) -> (Result<Verdict, OauthError>, String) {
        let server = Server::new([scripted]);
        let ours = Client {
            id: "fob".into(),
            auth: ClientAuth::None,
            secret: None,
        };
        let verdict = client(
            &http().0,
            &server.url("/token"),
            &ours,
            &TokenRule::default(),
            "http://127.0.0.1/cb",
            Timestamp::from_unix(0),
        )
        .await;
        (verdict, server.request())
    }

    #[tokio::test]
    async fn the_error_tells_whether_the_client_is_known() {
        for (status, error, accepted) in [
            (400, "invalid_grant", Some(true)),
            (401, "invalid_client", Some(false)),
            (400, "unauthorized_client", Some(false)),
            (400, "invalid_request", None),
        ] {
            let (verdict, request) =
                probed(&json(status, &format!(r#"{{"error":"{error}"}}"#))).await;
            let known = match verdict.unwrap() {
                Verdict::Accepted => Some(true),
                Verdict::Refused(_) => Some(false),
                Verdict::Unclear(_) => None,
                Verdict::Issued => panic!("nothing was issued"),
            };
            assert_eq!(known, accepted, "{error}");
            assert!(
                request.contains("grant_type=authorization_code"),
                "{request}"
            );
            assert!(request.contains("client_id=fob"), "{request}");
            assert!(!request.contains("client_secret"), "{request}");
        }
    }

    #[tokio::test]
    async fn a_token_for_nothing_is_noticed_and_dropped() {
        let (verdict, _) = probed(&json(200, r#"{"access_token":"t"}"#)).await;
        assert_eq!(verdict, Ok(Verdict::Issued));
        let (verdict, _) = probed(&answer("200 OK\nContent-Type: text/html", "<p>")).await;
        assert!(
            matches!(verdict, Err(OauthError::Invalid(_))),
            "{verdict:?}"
        );
    }

    #[tokio::test]
    async fn the_clock_is_that_of_any_answer() {
        let date = "Tue, 14 Nov 2023 22:13:20 GMT";
        for (head, told) in [
            (format!("404 Not Found\nDate: {date}"), true),
            (
                format!("302 Found\nLocation: /elsewhere\nDate: {date}"),
                true,
            ),
            (format!("503 Busy\nDate: {date}"), true),
            ("405 No".to_owned(), false),
            ("200 OK\nDate: yesterday".to_owned(), false),
        ] {
            let server = Server::new([answer(&head, "")]);
            let clock = clock(&http().0, &server.url("/token")).await.unwrap();
            let expected = Timestamp::from_unix(1_700_000_000);
            assert_eq!(clock, told.then_some(expected), "{head}");
        }
    }
}
