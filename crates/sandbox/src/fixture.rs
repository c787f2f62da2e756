//! A service in memory, and a client that speaks to its endpoints without a socket.

use std::collections::HashMap;

use serde_json::Value;
use url::Url;
use url::form_urlencoded::Serializer;

use crate::Options;
use crate::http::{FORM, Method, Request, Response};
use crate::service::Service;
use keyfob_base::timestamp::Timestamp;

/// The verifier and challenge of RFC 7636 appendix B.
pub(crate) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub(crate) const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
/// Where the tests' client is redirected to.
pub(crate) const REDIRECT_URI: &str = "http://127.0.0.1:4711/callback/sandbox";

/// A good authorization request.
pub(crate) const ASKED: [(&str, &str); 7] = [
    ("response_type", "code"),
    ("client_id", "keyfob"),
    ("redirect_uri", REDIRECT_URI),
    ("scope", "openid profile read"),
    ("state", "a&b"),
    ("code_challenge", CHALLENGE),
    ("code_challenge_method", "S256"),
];

/// Some point in time, and so many seconds later.
pub(crate) fn at(seconds: u64) -> Timestamp {
    Timestamp::from_unix(1_700_000_000).plus(seconds)
}

/// A service whose tokens live 100 and 1000 seconds.
pub(crate) fn service(approve: Option<&str>) -> Service {
    service_with(Options {
        approve: approve.map(String::from),
        ..Options::default()
    })
}

pub(crate) fn service_with(options: Options) -> Service {
    let options = Options {
        issuer: Some("http://issuer.invalid".into()),
        access_lifetime: 100,
        refresh_lifetime: 1000,
        ..options
    };
    Service::open("http://127.0.0.1:4700".into(), options, at(0)).unwrap()
}

fn encode(pairs: &[(&str, &str)]) -> String {
    Serializer::new(String::new()).extend_pairs(pairs).finish()
}

fn request(method: Method, path: &str) -> Request {
    Request {
        method,
        path: path.into(),
        query: String::new(),
        headers: Vec::new(),
        body: Vec::new(),
    }
}

/// The good authorization request with one parameter replaced, added or, by an empty value, left out.
pub(crate) fn asked_with<'a>(name: &'a str, value: &'a str) -> Vec<(&'a str, &'a str)> {
    let mut pairs: Vec<_> = ASKED
        .iter()
        .copied()
        .filter(|(key, _)| *key != name)
        .collect();
    pairs.push((name, value));
    pairs
}

impl Service {
    /// GETs a path, so many seconds into the tests' time.
    pub(crate) fn get(&self, path: &str, query: &[(&str, &str)], seconds: u64) -> Response {
        let mut request = request(Method::Get, path);
        request.query = encode(query);
        self.answer(request, at(seconds))
    }

    /// POSTs a form, so many seconds into the tests' time.
    pub(crate) fn post(&self, path: &str, form: &[(&str, &str)], seconds: u64) -> Response {
        self.post_as(None, path, form, seconds)
    }

    pub(crate) fn post_as(
        &self,
        authorization: Option<&str>,
        path: &str,
        form: &[(&str, &str)],
        seconds: u64,
    ) -> Response {
        let mut request = request(Method::Post, path);
        if let Some(authorization) = authorization {
            request.set_header("Authorization", authorization);
        }
        request.set_header("Content-Type", FORM);
        request.body = encode(form).into_bytes();
        self.answer(request, at(seconds))
    }

    pub(crate) fn post_json(&self, path: &str, body: &str) -> Response {
        let mut request = request(Method::Post, path);
        request.set_header("Content-Type", "application/json");
        request.body = body.into();
        self.answer(request, at(0))
    }

    pub(crate) fn userinfo(&self, token: &str, seconds: u64) -> Response {
        let mut request = request(Method::Get, "/userinfo");
        request.set_header("Authorization", &format!("Bearer {token}"));
        self.answer(request, at(seconds))
    }

    /// A code that was approved at second 0.
    pub(crate) fn code(&self, query: &[(&str, &str)]) -> String {
        self.get("/authorize", query, 0).landed()["code"].clone()
    }

    pub(crate) fn exchange(&self, code: &str, seconds: u64) -> Response {
        self.post("/token", &exchange_form(code), seconds)
    }

    pub(crate) fn refresh(&self, refresh_token: &str, seconds: u64) -> Response {
        let form = [
            ("grant_type", "refresh_token"),
            ("refresh_token", refresh_token),
            ("client_id", "keyfob"),
        ];
        self.post("/token", &form, seconds)
    }
}

pub(crate) fn exchange_form(code: &str) -> [(&str, &str); 5] {
    [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", REDIRECT_URI),
        ("client_id", "keyfob"),
        ("code_verifier", VERIFIER),
    ]
}

impl Response {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let (_, value) = self.headers.iter().find(|(key, _)| *key == name)?;
        Some(value)
    }

    pub(crate) fn location(&self) -> Url {
        assert_eq!(self.status, 303, "{}", self.body);
        Url::parse(self.header("Location").unwrap()).unwrap()
    }

    /// The parameters that a redirect brings.
    pub(crate) fn landed(&self) -> HashMap<String, String> {
        self.location().query_pairs().into_owned().collect()
    }

    pub(crate) fn value(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    /// A member of the JSON answer, empty where there is none.
    pub(crate) fn member(&self, name: &str) -> String {
        self.value()[name].as_str().unwrap_or_default().to_owned()
    }

    pub(crate) fn refusal(&self) -> (u16, String) {
        (self.status, self.member("error"))
    }
}
