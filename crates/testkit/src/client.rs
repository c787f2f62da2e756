//! A client and a browser, as small as they can be: requests out, answers back, nothing of keyfob.

use std::collections::HashMap;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::{Method, RequestBuilder, Response, StatusCode, redirect};
use serde_json::Value;
use sha2::{Digest, Sha256};
use url::Url;

pub const REDIRECT_URI: &str = "http://127.0.0.1:4711/callback/sandbox";
pub const VERIFIER: &str = "a-verifier-of-the-test.that_is~long-enough-for-all";

pub const DEVICE_CODE: &str = "urn:ietf:params:oauth:grant-type:device_code";

pub struct Client {
    http: reqwest::Client,
    pub base: String,
}

impl Client {
    pub fn new(base: &str) -> Self {
        // Two tests may come here at once; the second finds it done.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder()
            .redirect(redirect::Policy::none())
            .no_proxy()
            .build()
            .unwrap();
        Self {
            http,
            base: base.to_owned(),
        }
    }

    pub async fn get(&self, path: &str, query: &[(&str, &str)]) -> Response {
        let mut url = Url::parse(&format!("{}{path}", self.base)).unwrap();
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        self.http.get(url).send().await.unwrap()
    }

    pub async fn get_with(&self, path: &str, header: &str, value: &str) -> Response {
        let request = self.http.get(format!("{}{path}", self.base));
        request.header(header, value).send().await.unwrap()
    }

    pub async fn post(&self, path: &str, form: &[(&str, &str)]) -> Response {
        let request = self.http.post(format!("{}{path}", self.base));
        request.form(form).send().await.unwrap()
    }

    pub async fn post_json(&self, path: &str, body: &Value) -> Response {
        let request = self.http.post(format!("{}{path}", self.base));
        request.json(body).send().await.unwrap()
    }

    /// A request that is not sent yet.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.base))
    }

    /// Registers a client.
    pub async fn register(&self, metadata: &Value) -> Value {
        json(self.post_json("/register", metadata).await, 201).await
    }

    /// What the built-in client learns about its own token.
    pub async fn introspect(&self, token: &Value) -> Value {
        let form = [("token", token.as_str().unwrap()), ("client_id", "keyfob")];
        json(self.post("/introspect", &form).await, 200).await
    }

    /// Asks for device codes as the built-in client.
    pub async fn device(&self, scope: &str) -> Value {
        let form = [("client_id", "keyfob"), ("scope", scope)];
        json(self.post("/device_authorization", &form).await, 200).await
    }

    /// Polls once as the built-in client, with further parameters.
    pub async fn poll(&self, device_code: &Value, further: &[(&str, &str)]) -> Response {
        let mut form = vec![
            ("grant_type", DEVICE_CODE),
            ("device_code", device_code.as_str().unwrap()),
            ("client_id", "keyfob"),
        ];
        form.extend(further);
        self.post("/token", &form).await
    }

    /// What an approving sandbox sends back for this scope.
    pub async fn authorize(&self, scope: &str) -> HashMap<String, String> {
        landed(&self.get("/authorize", &asked(scope, &challenge())).await)
    }

    pub async fn exchange(&self, code: &str) -> Response {
        self.exchange_with(code, VERIFIER).await
    }

    pub async fn exchange_with(&self, code: &str, verifier: &str) -> Response {
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", REDIRECT_URI),
            ("client_id", "keyfob"),
            ("code_verifier", verifier),
        ];
        self.post("/token", &form).await
    }

    /// Tokens for this scope.
    pub async fn sign_in(&self, scope: &str) -> Value {
        let code = self.authorize(scope).await["code"].clone();
        json(self.exchange(&code).await, 200).await
    }

    pub async fn refresh(&self, refresh_token: &Value) -> Response {
        let form = [
            ("grant_type", "refresh_token"),
            ("refresh_token", refresh_token.as_str().unwrap()),
            ("client_id", "keyfob"),
        ];
        self.post("/token", &form).await
    }

    pub async fn revoke(&self, token: &Value) -> Response {
        let form = [("token", token.as_str().unwrap()), ("client_id", "keyfob")];
        self.post("/revoke", &form).await
    }

    pub async fn userinfo(&self, access_token: &Value) -> Response {
        let bearer = format!("Bearer {}", access_token.as_str().unwrap());
        self.get_with("/userinfo", "Authorization", &bearer).await
    }
}

/// The challenge of [`VERIFIER`].
pub fn challenge() -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER))
}

/// A good authorization request.
pub fn asked<'a>(scope: &'a str, challenge: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![
        ("response_type", "code"),
        ("client_id", "keyfob"),
        ("redirect_uri", REDIRECT_URI),
        ("scope", scope),
        ("state", "the state"),
        ("nonce", "the nonce"),
        ("code_challenge", challenge),
        ("code_challenge_method", "S256"),
    ]
}

/// The parameters that a redirect to the client brings.
pub fn landed(response: &Response) -> HashMap<String, String> {
    assert_eq!(response.status(), StatusCode::SEE_OTHER);
    assert_eq!(response.headers()["cache-control"], "no-store");
    let to = response.headers()["location"].to_str().unwrap();
    assert!(to.starts_with(&format!("{REDIRECT_URI}?")), "{to}");
    Url::parse(to).unwrap().query_pairs().into_owned().collect()
}

/// A JSON answer of this status, which nobody may cache.
pub async fn json(response: Response, status: u16) -> Value {
    let (actual, headers) = (response.status(), response.headers().clone());
    let body = response.text().await.unwrap();
    assert_eq!(actual, status, "{body}");
    assert_eq!(headers["content-type"], "application/json");
    assert_eq!(headers["cache-control"], "no-store");
    serde_json::from_str(&body).unwrap()
}

/// The error code of a refusal.
pub async fn refusal(response: Response, status: u16) -> String {
    json(response, status).await["error"]
        .as_str()
        .unwrap()
        .to_owned()
}
