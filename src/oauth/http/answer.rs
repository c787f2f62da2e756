//! An answer that arrived whole, and what can be read from it.

use reqwest::header::{CONTENT_TYPE, HeaderMap, WWW_AUTHENTICATE};
use serde_json::{Map, Value};
use url::form_urlencoded;

use crate::oauth::{ErrorResponse, OauthError, challenge, redact};
use keyfob_base::secret::Secret;

const SECRET_MEMBERS: [&str; 11] = [
    "access_token",
    "authorization_code",
    "client_secret",
    "code_verifier",
    "device_auth_id",
    "device_code",
    "id_token",
    "oidcToken",
    "refresh_token",
    "registration_access_token",
    "subject_token",
];

const FORM: &str = "application/x-www-form-urlencoded";

/// Each secret takes a look through all words of an answer, and a hostile one has room for many.
const MOST_SECRETS: usize = 32;

/// The answer to one request. Has no `Debug`: its body may hold tokens.
pub(in crate::oauth) struct Answer {
    pub(super) host: String,
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
    pub(super) secrets: Vec<Secret>,
}

impl Answer {
    /// The HTTP status; neither 3xx, 429 nor 5xx, which never get this far.
    pub(in crate::oauth) fn status(&self) -> u16 {
        self.status
    }

    pub(in crate::oauth) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The body as one JSON object, or as a form where its content type says so.
    pub(in crate::oauth) fn object(&self) -> Result<Map<String, Value>, OauthError> {
        let media_type = self.media_type();
        match media_type.as_deref() {
            Some(FORM) => Ok(self.form()),
            None | Some("application/json") => self.json(),
            Some(other) if other.ends_with("+json") => self.json(),
            Some(other) => Err(self.invalid(&format!("answered with {other} instead of JSON"))),
        }
    }

    /// The standard's error object (RFC 6749 §5.2) in the body, whatever its content type.
    pub(in crate::oauth) fn error_response(&self) -> Option<ErrorResponse> {
        self.error_response_at("error")
    }

    pub(in crate::oauth) fn error_response_at(&self, member: &str) -> Option<ErrorResponse> {
        let members = match self.media_type().as_deref() {
            Some(FORM) => self.form(),
            _ => self.json().ok()?,
        };
        let text = |name| members.get(name).and_then(Value::as_str);
        self.refusal(text(member), text("error_description"))
    }

    /// As some APIs give it: `error` (a code, or an object with a `message`), GraphQL's `errors`, or `"ok": false`.
    pub(in crate::oauth) fn refusal_in_success(&self) -> Option<ErrorResponse> {
        let answer = Value::Object(self.object().ok()?);
        let text = |pointer: &str| answer.pointer(pointer)?.as_str();
        let words = ["/error", "/error/message", "/errors/0/message", "/errors/0"];
        let said = words
            .into_iter()
            .filter_map(text)
            .find(|said| !said.is_empty());
        let failed = answer.get("ok") == Some(&Value::Bool(false));
        let error = said.or(failed.then_some("`ok` is false"));
        self.refusal(error, text("/error_description"))
    }

    /// The error of a bearer challenge (RFC 6750 §3) in the headers.
    pub(in crate::oauth) fn challenge(&self) -> Option<ErrorResponse> {
        let values = self.headers.get_all(WWW_AUTHENTICATE);
        values
            .iter()
            .filter_map(|value| value.to_str().ok())
            .find_map(|value| {
                let parameters = challenge::bearer(value)?;
                let text = |name| parameters.get(name).map(String::as_str);
                self.refusal(text("error"), text("error_description"))
            })
    }

    fn refusal(&self, error: Option<&str>, description: Option<&str>) -> Option<ErrorResponse> {
        let present = |text: &&str| !text.is_empty();
        Some(ErrorResponse {
            error: self.words(error.filter(present)?),
            description: description.filter(present).map(|text| self.words(text)),
        })
    }

    /// What an unsuccessful answer means: the standard's refusal where it is one, else its status.
    pub(in crate::oauth) fn failure(&self) -> OauthError {
        match self.error_response() {
            Some(response) => self.refused(response, false),
            None => self.invalid(&format!(
                "answered {} without the standard's error object",
                self.status
            )),
        }
    }

    /// Under 2xx it is the standard's refusal only where `under_200` says so.
    pub(in crate::oauth) fn refused(&self, response: ErrorResponse, under_200: bool) -> OauthError {
        match self.status {
            400 | 401 | 403 => OauthError::Refused(response),
            200..=299 if under_200 => OauthError::Refused(response),
            status @ 200..=299 => {
                self.invalid(&format!("answered {status} with an error: {response}"))
            }
            status => self.invalid(&format!("answered {status}: {response}")),
        }
    }

    /// A sentence that begins with the host; `what` may hold words of the server.
    pub(in crate::oauth) fn invalid(&self, what: &str) -> OauthError {
        OauthError::Invalid(format!("{} {}", self.host, self.words(what)))
    }

    fn json(&self) -> Result<Map<String, Value>, OauthError> {
        match serde_json::from_slice(&self.body) {
            Ok(Value::Object(members)) => Ok(members),
            Ok(_) => Err(self.invalid("answered with JSON that is not an object")),
            Err(error) if error.is_eof() => Err(self.invalid("answered with JSON that is cut off")),
            Err(_) => Err(self.invalid("answered with something that is not JSON")),
        }
    }

    fn form(&self) -> Map<String, Value> {
        form_urlencoded::parse(&self.body)
            .map(|(name, value)| (name.into_owned(), Value::String(value.into_owned())))
            .collect()
    }

    fn media_type(&self) -> Option<String> {
        let value =
            String::from_utf8_lossy(self.headers.get(CONTENT_TYPE)?.as_bytes()).into_owned();
        let media_type = value
            .split(';')
            .next()
            .unwrap_or_default()
            .trim()
            .to_ascii_lowercase();
        Some(media_type).filter(|name| !name.is_empty())
    }

    /// Without the secrets that the server was sent, and those that it gives away in the same answer.
    fn words(&self, text: &str) -> String {
        let mut secrets = self.secrets.clone();
        let body = match self.media_type().as_deref() {
            Some(FORM) => Some(Value::Object(self.form())),
            _ => serde_json::from_slice(&self.body).ok(),
        };
        if let Some(body) = body {
            given_away(&body, &mut secrets);
        }
        redact::words(text, &secrets)
    }
}

fn given_away(value: &Value, secrets: &mut Vec<Secret>) {
    match value {
        _ if secrets.len() >= MOST_SECRETS => {}
        Value::Object(members) => {
            for (name, value) in members {
                match value {
                    Value::String(text) if SECRET_MEMBERS.contains(&name.as_str()) => {
                        secrets.push(Secret::new(text.as_str()));
                    }
                    value => given_away(value, secrets),
                }
            }
        }
        Value::Array(values) => values.iter().for_each(|value| given_away(value, secrets)),
        _ => {}
    }
}
