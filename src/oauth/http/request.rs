//! A request as it will be sent, with the list of what must never be shown of it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::Method;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_LENGTH, HeaderMap, HeaderName, HeaderValue};
use serde_json::{Map, Value};
use url::Url;

use crate::oauth::{OauthError, endpoint};
use keyfob_base::secret::Secret;

/// One request. Has no `Debug`: its fields hold secrets in the open.
pub(in crate::oauth) struct Request<'a> {
    pub(super) method: Method,
    pub(super) url: &'a Url,
    pub(super) headers: HeaderMap,
    pub(super) body: Body<'a>,
    pub(super) secrets: Vec<Secret>,
}

pub(super) enum Body<'a> {
    Empty,
    Form(Vec<(&'a str, &'a str)>),
    Json(Value),
}

impl<'a> Request<'a> {
    pub(in crate::oauth) fn get(url: &'a Url) -> Self {
        Self::new(Method::GET, url, Body::Empty)
    }

    /// No body and so no content type; the length is told, for some servers insist (RFC 9110 §8.6).
    pub(in crate::oauth) fn post(url: &'a Url) -> Self {
        let mut request = Self::new(Method::POST, url, Body::Empty);
        request
            .headers
            .insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
        request
    }

    pub(in crate::oauth) fn delete(url: &'a Url) -> Self {
        Self::new(Method::DELETE, url, Body::Empty)
    }

    pub(in crate::oauth) fn form(url: &'a Url) -> Self {
        Self::new(Method::POST, url, Body::Form(Vec::new()))
    }

    pub(in crate::oauth) fn json(method: Method, url: &'a Url, body: Value) -> Self {
        Self::new(method, url, Body::Json(body))
    }

    fn new(method: Method, url: &'a Url, body: Body<'a>) -> Self {
        let headers =
            HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static("application/json"))]);
        Self {
            method,
            url,
            headers,
            body,
            secrets: Vec::new(),
        }
    }

    /// Adds a field to a form, or a member to a JSON object, where a repeated one becomes an array.
    pub(in crate::oauth) fn field(mut self, name: &'a str, value: &'a str) -> Self {
        match &mut self.body {
            Body::Form(fields) => fields.push((name, value)),
            Body::Json(Value::Object(members)) => add(members, name, value),
            Body::Empty | Body::Json(_) => {}
        }
        self
    }

    pub(in crate::oauth) fn secret_field(self, name: &'a str, value: &'a Secret) -> Self {
        self.field(name, value.expose()).hide(value)
    }

    /// Sends HTTP Basic (RFC 7617), and hides the password.
    pub(in crate::oauth) fn basic(mut self, user: &str, password: &Secret) -> Self {
        let pair = Secret::new(format!("{user}:{}", password.expose()));
        let credentials = Secret::new(STANDARD.encode(pair.expose()));
        let value = HeaderValue::from_str(&format!("Basic {}", credentials.expose()))
            .expect("base64 is printable ASCII");
        self.authorize(value);
        self.hide(password).hide(&credentials)
    }

    /// RFC 6750 §2.1.
    pub(in crate::oauth) fn bearer(self, token: &Secret) -> Result<Self, OauthError> {
        self.token("Bearer", token)
    }

    pub(in crate::oauth) fn token(
        mut self,
        scheme: &str,
        token: &Secret,
    ) -> Result<Self, OauthError> {
        let value =
            HeaderValue::from_str(&format!("{scheme} {}", token.expose())).map_err(|_| {
                OauthError::Invalid(
                    "the access token holds characters that no header can carry".into(),
                )
            })?;
        self.authorize(value);
        Ok(self.hide(token))
    }

    fn authorize(&mut self, mut value: HeaderValue) {
        value.set_sensitive(true);
        self.headers.insert(AUTHORIZATION, value);
    }

    pub(in crate::oauth) fn header(mut self, name: &str, value: &str) -> Result<Self, OauthError> {
        let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), value.parse::<HeaderValue>())
        else {
            return Err(OauthError::Invalid(format!(
                "no request can carry the header `{name}`"
            )));
        };
        self.headers.insert(name, value);
        Ok(self)
    }

    pub(in crate::oauth) fn hide(mut self, secret: &Secret) -> Self {
        self.secrets.push(secret.clone());
        self
    }

    /// For the trace: no query string, parameters by name, and only values that the standards fix.
    pub(super) fn line(&self) -> String {
        let names = match &self.body {
            Body::Form(fields) => fields
                .iter()
                .map(|(name, value)| describe_field(name, value))
                .collect(),
            Body::Json(Value::Object(members)) => members
                .iter()
                .map(|(name, value)| describe_field(name, value.as_str().unwrap_or_default()))
                .collect(),
            Body::Empty | Body::Json(_) => Vec::new(),
        };
        let place = format!(
            "{} {}{}",
            self.method,
            endpoint::origin(self.url),
            self.url.path()
        );
        match names.as_slice() {
            [] => place,
            names => format!("{place} ({})", names.join(", ")),
        }
    }
}

fn add(members: &mut Map<String, Value>, name: &str, value: &str) {
    match members.get_mut(name) {
        None => {
            members.insert(name.to_owned(), value.into());
        }
        Some(Value::Array(values)) => values.push(value.into()),
        Some(first) => *first = Value::Array(vec![first.take(), value.into()]),
    }
}

fn describe_field(name: &str, value: &str) -> String {
    match name {
        "grant_type" | "requested_token_type" | "subject_token_type" | "token_type_hint" => {
            format!("{name}={value}")
        }
        _ => name.to_owned(),
    }
}
