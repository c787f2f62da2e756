//! Clients: who they are, and where their codes may go (RFC 6749 §2, RFC 8252).

use serde::{Deserialize, Serialize};
use url::Url;

use super::random::Hash;
use crate::timestamp::Timestamp;

/// The client that needs no registration.
pub const BUILT_IN: &str = "keyfob";

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
    /// The client that needs no registration.
    pub fn built_in() -> Self {
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
}

/// Whether this is `http` to the machine itself, with nothing hidden in it.
pub fn is_loopback(uri: &Url) -> bool {
    uri.scheme() == "http"
        && matches!(uri.host_str(), Some("127.0.0.1" | "[::1]" | "localhost"))
        && uri.username().is_empty()
        && uri.password().is_none()
        && uri.fragment().is_none()
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
}
