use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use super::*;
use crate::oauth::HttpOptions;
use crate::provider::ClientAuth;
use keyfob_base::timestamp::Timestamp;

fn tokens() -> TokenSet {
    TokenSet {
        access_token: Secret::new("access"),
        refresh_token: Some(Secret::new("refresh")),
        id_token: None,
        token_type: "Bearer".into(),
        scopes: Vec::new(),
        received_at: Timestamp::from_unix(0),
        expires_at: None,
    }
}

fn http() -> Http {
    let options = HttpOptions {
        ca_pem: None,
        trace: Arc::new(|_| {}),
    };
    Http::new(options).unwrap()
}

#[tokio::test]
async fn a_server_that_never_answers_is_left_at_the_bound() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap(); // takes connections, and says nothing
    let port = silent.local_addr().unwrap().port();
    let url = Url::parse(&format!("http://127.0.0.1:{port}/revoke")).unwrap();
    let client = Client {
        id: "client".into(),
        auth: ClientAuth::None,
        secret: None,
    };
    let bound = Duration::from_millis(50);
    let begin = Instant::now();
    let revoking = Revoking {
        endpoint: Some(&url),
        provider: &Provider::default(),
        client: &client,
        until: Some(begin + bound),
    };
    let told = revoking.all(&http(), &tokens()).await;
    assert!(begin.elapsed() >= bound && begin.elapsed() < Duration::from_secs(5));
    let order: Vec<Hint> = told.iter().map(|told| told.token).collect();
    assert_eq!(order, [Hint::RefreshToken, Hint::AccessToken]);
    for told in told {
        assert!(
            told.outcome
                .reason()
                .unwrap()
                .contains("did not answer in time")
        );
    }
}

#[test]
fn what_outlives_a_revocation_is_known_before() {
    let mut provider = Provider::default();
    assert_eq!(
        lasting(&provider, &tokens()).len(),
        2,
        "there is no endpoint"
    );
    provider.revocation_endpoint = Url::parse("https://acme.example/revoke").ok();
    assert!(lasting(&provider, &tokens()).is_empty());
    provider.revocation.refresh_tokens_only = true;
    let told = lasting(&provider, &tokens());
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].token, Hint::AccessToken);
}
