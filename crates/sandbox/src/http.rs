//! Requests and answers as plain values, so that every endpoint is a function of them.

use std::borrow::Cow;
use std::io;

use serde_json::{Value, json};
use url::form_urlencoded;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Method {
    Get,
    Post,
    Delete,
    Other,
}

pub(crate) struct Request {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) query: String,
    /// Names and values as they were sent, no name twice.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Request {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        let (_, value) = headers.find(|(key, _)| key.eq_ignore_ascii_case(name))?;
        Some(value)
    }

    #[cfg(feature = "quirks")]
    pub(crate) fn set_header(&mut self, name: &str, value: &str) {
        self.headers
            .retain(|(key, _)| !key.eq_ignore_ascii_case(name));
        self.headers.push((name.into(), value.into()));
    }

    /// The token of `Authorization: Bearer` (RFC 6750 §2.1).
    pub(crate) fn bearer(&self) -> Option<&str> {
        let (scheme, token) = self.header("Authorization")?.split_once(' ')?;
        scheme
            .eq_ignore_ascii_case("bearer")
            .then_some(token.trim())
    }

    /// Parses the body as a form, refusing another media type and repeated parameters (RFC 6749 §3.2).
    pub(crate) fn form(&self) -> Result<Parameters, Refusal> {
        if !self.has_type(FORM) {
            return Err(Refusal::invalid_request(
                "the body must be application/x-www-form-urlencoded",
            ));
        }
        let form = Parameters::parse(&self.body);
        if form.has_repeated() {
            return Err(Refusal::invalid_request("a parameter is repeated"));
        }
        Ok(form)
    }

    pub(crate) fn has_type(&self, media_type: &str) -> bool {
        let essence = self.header("Content-Type").unwrap_or_default();
        let essence = essence.split(';').next().unwrap_or_default().trim();
        essence.eq_ignore_ascii_case(media_type)
    }
}

pub(crate) const FORM: &str = "application/x-www-form-urlencoded";

#[derive(Debug, Clone)]
pub(crate) struct Parameters(Vec<(String, String)>);

impl Parameters {
    pub(crate) fn parse(encoded: &[u8]) -> Self {
        Self(form_urlencoded::parse(encoded).into_owned().collect())
    }

    pub(crate) fn encode(&self) -> String {
        form_urlencoded::Serializer::new(String::new())
            .extend_pairs(&self.0)
            .finish()
    }

    pub(crate) fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }

    pub(crate) fn remove(&mut self, name: &str) -> Vec<String> {
        let taken = self.0.extract_if(.., |(key, _)| key == name);
        taken.map(|(_, value)| value).collect()
    }

    pub(crate) fn push(&mut self, name: &str, value: impl Into<String>) {
        self.0.push((name.into(), value.into()));
    }

    /// A parameter's value; one without a value counts as absent (RFC 6749 §3.1).
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let (_, value) = self.0.iter().find(|(key, _)| key == name)?;
        Some(value.as_str()).filter(|value| !value.is_empty())
    }

    pub(crate) fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.pairs()
            .filter(move |(key, value)| *key == name && !value.is_empty())
            .map(|(_, value)| value)
    }

    pub(crate) fn require(&self, name: &str) -> Result<&str, Refusal> {
        self.get(name)
            .ok_or_else(|| Refusal::invalid_request(format!("`{name}` is missing")))
    }

    pub(crate) fn repeats(&self, name: &str) -> bool {
        self.0.iter().filter(|(key, _)| key == name).count() > 1
    }

    /// Whether any parameter stands there more than once; `resource` alone may (RFC 8707 §2).
    pub(crate) fn has_repeated(&self) -> bool {
        self.0
            .iter()
            .any(|(key, _)| key != "resource" && self.repeats(key))
    }
}

#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: String,
}

impl Response {
    pub(crate) fn json(status: u16, body: &Value) -> Self {
        Self::typed(status, "application/json", body.to_string())
    }

    pub(crate) fn html(status: u16, body: String) -> Self {
        Self::typed(status, "text/html; charset=utf-8", body)
    }

    fn typed(status: u16, media_type: &str, body: String) -> Self {
        let headers = vec![("Content-Type", media_type.into())];
        Self {
            status,
            headers,
            body,
        }
    }

    /// Sends a browser on, with GET whatever brought it here (RFC 9700 §4.12).
    pub(crate) fn redirect(to: &url::Url) -> Self {
        Self::empty(303).with("Location", to.to_string())
    }

    #[must_use]
    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub(crate) fn empty(status: u16) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: String::new(),
        }
    }
}

/// A refusal in OAuth's shape (RFC 6749 §5.2). Its description never repeats what was sent.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    pub(crate) error: &'static str,
    pub(crate) description: Cow<'static, str>,
}

impl Refusal {
    pub(crate) fn new(error: &'static str, description: impl Into<Cow<'static, str>>) -> Self {
        Self {
            status: 400,
            error,
            description: description.into(),
        }
    }

    pub(crate) fn with_status(self, status: u16) -> Self {
        Self { status, ..self }
    }

    pub(crate) fn invalid_request(description: impl Into<Cow<'static, str>>) -> Self {
        Self::new("invalid_request", description)
    }

    pub(crate) fn invalid_grant(description: &'static str) -> Self {
        Self::new("invalid_grant", description)
    }

    pub(crate) fn invalid_client(description: &'static str) -> Self {
        Self::new("invalid_client", description).with_status(401)
    }
}

impl From<io::Error> for Refusal {
    /// The state could not be read or written: nothing the client did.
    fn from(error: io::Error) -> Self {
        let (status, word) = match error.kind() {
            io::ErrorKind::TimedOut => (503, "temporarily_unavailable"),
            _ => (500, "server_error"),
        };
        Self::new(word, error.to_string()).with_status(status)
    }
}

impl From<Refusal> for Response {
    fn from(refusal: Refusal) -> Self {
        let body = json!({
            "error": refusal.error,
            "error_description": refusal.description,
        });
        let answer = Response::json(refusal.status, &body);
        match refusal.status {
            401 => answer.with("WWW-Authenticate", "Basic realm=\"sandbox\""),
            503 => answer.with("Retry-After", "1"),
            _ => answer,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_without_a_value_is_absent_and_a_repeated_one_is_seen() {
        let form = Parameters::parse(b"a=&b=1+2%2B&c=1&c=");
        assert_eq!(form.get("a"), None);
        assert_eq!(form.get("b"), Some("1 2+"));
        assert!(form.repeats("c") && form.has_repeated());
        assert!(!Parameters::parse(b"resource=1&resource=2").has_repeated());
    }

    #[test]
    fn a_media_type_is_compared_without_its_parameters() {
        let mut request = Request {
            method: Method::Post,
            path: "/token".into(),
            query: String::new(),
            headers: vec![(
                "content-TYPE".into(),
                "Application/JSON; charset=utf-8".into(),
            )],
            body: Vec::new(),
        };
        assert!(request.has_type("application/json"));
        assert!(request.form().is_err());
        request.headers.clear();
        assert!(request.form().is_err());
    }
}
