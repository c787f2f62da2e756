//! Clients: who they are, where their codes may go, and how they authenticate (RFC 6749 §2, RFC 8252).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use url::{Url, form_urlencoded};

use super::http::{Form, Refusal, Request};
use super::random::Hash;
use super::state::State;
use crate::timestamp::Timestamp;

/// The client that needs no registration.
const BUILT_IN: &str = "keyfob";

/// How a client authenticates at the token endpoint, by its registered names (RFC 7591 §2).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AuthMethod {
    None,
    #[default]
    ClientSecretBasic,
    ClientSecretPost,
}

/// A client as it is kept.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Client {
    pub id: String,
    /// What the consent page calls it. Anybody may have chosen it.
    pub name: String,
    pub redirect_uris: Vec<Url>,
    pub auth_method: AuthMethod,
    pub secret: Option<Hash>,
    /// Whether it was registered with the grant type `refresh_token`.
    pub refreshes: bool,
    pub registered_at: Timestamp,
}

impl Client {
    /// Finds a client, built in or registered.
    pub fn find(state: &State, id: &str) -> Option<Self> {
        if id == BUILT_IN {
            return Some(Self::built_in());
        }
        state.clients.get(id).cloned()
    }

    fn built_in() -> Self {
        Self {
            id: BUILT_IN.into(),
            name: BUILT_IN.into(),
            redirect_uris: Vec::new(),
            auth_method: AuthMethod::None,
            secret: None,
            refreshes: true,
            registered_at: Timestamp::from_unix(0),
        }
    }

    /// Whether codes may go there: a loopback URI that is registered, at any port (RFC 8252 §7.3).
    /// The built-in client's are `/callback/…`.
    pub fn accepts(&self, uri: &Url) -> bool {
        if !is_loopback(uri) {
            return false;
        }
        if self.id == BUILT_IN {
            let rest = uri.path().strip_prefix("/callback/");
            return rest.is_some_and(|rest| !rest.is_empty()) && uri.query().is_none();
        }
        self.redirect_uris.iter().any(|registered| {
            (registered.host(), registered.path(), registered.query())
                == (uri.host(), uri.path(), uri.query())
        })
    }

    /// Finds who sends a request to the token or revocation endpoint, and proves it by the one method
    /// that client is registered for.
    pub fn authenticate(state: &State, request: &Request, form: &Form) -> Result<Self, Refusal> {
        let sent = Credentials::read(request, form)?;
        let client =
            Self::find(state, &sent.id).ok_or(Refusal::invalid_client("no such client"))?;
        let proven = match &sent.secret {
            None => client.secret.is_none(),
            Some(secret) => client.secret.as_ref() == Some(&Hash::of(secret)),
        };
        if sent.method != client.auth_method || !proven {
            return Err(Refusal::invalid_client("client authentication failed"));
        }
        Ok(client)
    }
}

/// Whether this is `http` to the machine itself, with nothing hidden in it.
pub fn is_loopback(uri: &Url) -> bool {
    uri.scheme() == "http"
        && matches!(uri.host_str(), Some("127.0.0.1" | "[::1]" | "localhost"))
        && uri.username().is_empty()
        && uri.password().is_none()
        && uri.fragment().is_none()
}

/// What a request says about its sender.
struct Credentials {
    id: String,
    secret: Option<String>,
    method: AuthMethod,
}

impl Credentials {
    /// Reads one authentication method; more than one is refused (RFC 6749 §2.3).
    fn read(request: &Request, form: &Form) -> Result<Self, Refusal> {
        let (id, secret) = (form.get("client_id"), form.get("client_secret"));
        let Some(header) = request.authorization.as_deref() else {
            let id = id.ok_or(Refusal::invalid_client("`client_id` is missing"))?;
            return Ok(Self {
                id: id.into(),
                secret: secret.map(String::from),
                method: match secret {
                    None => AuthMethod::None,
                    Some(_) => AuthMethod::ClientSecretPost,
                },
            });
        };
        let basic = Self::basic(header).ok_or(Refusal::invalid_client(
            "the Authorization header is no HTTP Basic",
        ))?;
        if secret.is_some() || id.is_some_and(|id| id != basic.id) {
            return Err(Refusal::invalid_request(
                "two ways of client authentication",
            ));
        }
        Ok(basic)
    }

    /// Takes HTTP Basic apart; both parts are form-encoded inside it (RFC 6749 §2.3.1).
    fn basic(header: &str) -> Option<Self> {
        let (scheme, encoded) = header.split_once(' ')?;
        if !scheme.eq_ignore_ascii_case("basic") {
            return None;
        }
        let pair = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
        let (id, secret) = pair.split_once(':')?;
        Some(Self {
            id: decode(id),
            secret: Some(decode(secret)),
            method: AuthMethod::ClientSecretBasic,
        })
    }
}

/// Decodes one form-encoded value. A bare `=` or `&` in it stays what it is.
fn decode(value: &str) -> String {
    let pair = format!("={}", value.replace('&', "%26"));
    form_urlencoded::parse(pair.as_bytes())
        .map(|(_, value)| value.into_owned())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[test]
    fn the_built_in_client_takes_any_loopback_callback() {
        let client = Client::built_in();
        for good in [
            "http://127.0.0.1:1/callback/sandbox",
            "http://[::1]:65535/callback/sandbox",
            "http://localhost/callback/a/b",
        ] {
            assert!(client.accepts(&url(good)), "{good}");
        }
        for bad in [
            "https://127.0.0.1:1/callback/sandbox",
            "http://127.0.0.2:1/callback/sandbox",
            "http://localhost.evil.example/callback/sandbox",
            "http://127.0.0.1@evil.example/callback/sandbox",
            "http://ada@127.0.0.1/callback/sandbox",
            "http://127.0.0.1/callback/",
            "http://127.0.0.1/callback/../evil",
            "http://127.0.0.1/callback/a?to=evil",
            "http://127.0.0.1/callback/a#b",
            "keyfob:/callback/a",
        ] {
            assert!(!client.accepts(&url(bad)), "{bad}");
        }
    }

    #[test]
    fn a_registered_client_takes_its_own_uri_at_any_port() {
        let client = Client {
            id: "other".into(),
            redirect_uris: vec![url("http://127.0.0.1:1234/done?a=1")],
            ..Client::built_in()
        };
        assert!(client.accepts(&url("http://127.0.0.1:9/done?a=1")));
        for bad in [
            "http://localhost:1234/done?a=1",
            "http://127.0.0.1:1234/done",
            "http://127.0.0.1:1234/Done?a=1",
            "http://127.0.0.1:1234/callback/x",
        ] {
            assert!(!client.accepts(&url(bad)), "{bad}");
        }
    }

    #[test]
    fn both_parts_of_basic_are_decoded() {
        let header = format!("Basic {}", STANDARD.encode("a%3Ab:c%2Bd+e=f"));
        let read = Credentials::basic(&header).unwrap();
        assert_eq!(
            (read.id.as_str(), read.secret.as_deref()),
            ("a:b", Some("c+d e=f"))
        );
        assert!(Credentials::basic("Bearer abc").is_none());
        assert!(Credentials::basic("Basic ***").is_none());
    }
}
