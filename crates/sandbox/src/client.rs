//! Clients: who they are, and where their codes may go (RFC 6749 §2, RFC 8252).

use serde::{Deserialize, Serialize};
use url::Url;

use super::random::Hash;
use keyfob_base::timestamp::Timestamp;

/// The client that needs no registration.
pub const BUILT_IN: &str = "keyfob";

/// How a client authenticates at the token endpoint, by its registered names (RFC 7591 §2).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AuthMethod {
    /// A public client: `client_id` alone.
    None,
    /// HTTP Basic, both parts form-encoded inside it (RFC 6749 §2.3.1).
    #[default]
    ClientSecretBasic,
    /// `client_id` and `client_secret` in the body.
    ClientSecretPost,
    /// HTTP Basic with an empty password: a public client all the same. Nobody registers for it.
    #[serde(skip)]
    BasicWithoutSecret,
}

/// A client as it is kept.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Client {
    pub id: String,
    /// What the consent page calls it. Anybody may have chosen it.
    pub name: String,
    pub redirect_uris: Vec<Url>,
    #[serde(skip)]
    pub callbacks: Callbacks,
    pub auth_method: AuthMethod,
    /// The method in the device flow, where that is another.
    #[serde(skip)]
    pub device_auth_method: Option<AuthMethod>,
    pub secret: Option<Hash>,
    #[serde(default)]
    pub secret_expires_at: Option<Timestamp>,
    /// Whether it was registered with the grant type `refresh_token`.
    pub refreshes: bool,
    /// The same of the device grant.
    #[serde(default)]
    pub device: bool,
    /// The same of `client_credentials`: it acts for itself, without a person.
    #[serde(default)]
    pub machine: bool,
    /// The same of token exchange.
    #[serde(default)]
    pub exchanges: bool,
    /// What manages its registration (RFC 7592 §3).
    #[serde(default)]
    pub registration_token: Option<Hash>,
    pub registered_at: Timestamp,
}

/// Where codes may go beside the registered redirect URIs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Callbacks {
    /// Nowhere.
    #[default]
    Registered,
    /// To any loopback URI below `/callback/`.
    Loopback,
    /// To any URI of this private-use scheme (RFC 8252 §7.1).
    Scheme(String),
}

impl Client {
    /// A public client that needs no registration.
    pub fn unregistered(id: &str, name: &str) -> Self {
        Self {
            id: id.into(),
            name: name.into(),
            redirect_uris: Vec::new(),
            callbacks: Callbacks::Loopback,
            auth_method: AuthMethod::None,
            device_auth_method: None,
            secret: None,
            secret_expires_at: None,
            refreshes: true,
            device: true,
            machine: false,
            exchanges: true,
            registration_token: None,
            registered_at: Timestamp::from_unix(0),
        }
    }

    /// Whether codes may go there: a loopback URI that is registered, at any port (RFC 8252 §7.3), or
    /// what its callbacks allow.
    pub fn accepts(&self, uri: &Url) -> bool {
        match &self.callbacks {
            Callbacks::Registered => is_loopback(uri) && self.has_registered(uri),
            Callbacks::Loopback => is_loopback(uri) && is_callback(uri),
            Callbacks::Scheme(scheme) => uri.scheme() == scheme && uri.fragment().is_none(),
        }
    }

    fn has_registered(&self, uri: &Url) -> bool {
        self.redirect_uris.iter().any(|registered| {
            (registered.host(), registered.path(), registered.query())
                == (uri.host(), uri.path(), uri.query())
        })
    }
}

fn is_callback(uri: &Url) -> bool {
    let rest = uri.path().strip_prefix("/callback/");
    rest.is_some_and(|rest| !rest.is_empty()) && uri.query().is_none()
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
        let client = Client::unregistered(BUILT_IN, BUILT_IN);
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
            callbacks: Callbacks::Registered,
            ..Client::unregistered(BUILT_IN, BUILT_IN)
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
    fn a_scheme_of_its_own_takes_the_place_of_loopback() {
        let client = Client {
            callbacks: Callbacks::Scheme("practice+abc".into()),
            ..Client::unregistered(BUILT_IN, BUILT_IN)
        };
        assert!(client.accepts(&url("practice+abc://signed-in/keyfob")));
        for bad in [
            "practice+abd://signed-in/keyfob",
            "practice+abc://signed-in/keyfob#x",
            "http://127.0.0.1/callback/a",
        ] {
            assert!(!client.accepts(&url(bad)), "{bad}");
        }
    }
}
