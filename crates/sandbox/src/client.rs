//! Clients: who they are and where their codes may go (RFC 6749 §2, RFC 8252), the grant types by their
//! registered names, and how a client proves who it is (RFC 6749 §2.3).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use url::{Url, form_urlencoded};

use crate::http::{Parameters, Refusal, Request};
use crate::random::Hash;
use crate::service::Call;
use crate::store::State;
use keyfob_base::timestamp::Timestamp;

pub(crate) const BUILT_IN: &str = "keyfob";

/// How a client authenticates at the token endpoint, by its registered names (RFC 7591 §2).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AuthMethod {
    None,
    /// HTTP Basic, both parts form-encoded inside it (RFC 6749 §2.3.1).
    #[default]
    ClientSecretBasic,
    ClientSecretPost,
    /// HTTP Basic with an empty password: a public client all the same. Nobody registers for it.
    #[serde(skip)]
    BasicWithoutSecret,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct KnownClient {
    pub(crate) id: String,
    /// What the consent page calls it. Anybody may have chosen it.
    pub(crate) name: String,
    pub(crate) redirect_uris: Vec<Url>,
    #[serde(skip)]
    pub(crate) callbacks: Callbacks,
    pub(crate) auth_method: AuthMethod,
    /// The method in the device flow, where that is another.
    #[serde(skip)]
    pub(crate) device_auth_method: Option<AuthMethod>,
    pub(crate) secret: Option<Hash>,
    #[serde(default)]
    pub(crate) secret_expires_at: Option<Timestamp>,
    /// Whether it was registered with the grant type `refresh_token`.
    pub(crate) refreshes: bool,
    /// The same of the device grant.
    #[serde(default)]
    pub(crate) device: bool,
    /// The same of `client_credentials`: it acts for itself, without a person.
    #[serde(default)]
    pub(crate) machine: bool,
    /// The same of token exchange.
    #[serde(default)]
    pub(crate) exchanges: bool,
    /// What manages its registration (RFC 7592 §3).
    #[serde(default)]
    pub(crate) registration_token: Option<Hash>,
    pub(crate) registered_at: Timestamp,
}

/// Where codes may go beside the registered redirect URIs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum Callbacks {
    #[default]
    Registered,
    Loopback,
    /// To any URI of this private-use scheme (RFC 8252 §7.1).
    Scheme(String),
}

impl KnownClient {
    pub(crate) fn unregistered(id: &str, name: &str) -> Self {
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

    /// A loopback URI that is registered, at any port (RFC 8252 §7.3), or what its callbacks allow.
    pub(crate) fn accepts(&self, uri: &Url) -> bool {
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
pub(crate) fn is_loopback(uri: &Url) -> bool {
    uri.scheme() == "http"
        && matches!(uri.host_str(), Some("127.0.0.1" | "[::1]" | "localhost"))
        && uri.username().is_empty()
        && uri.password().is_none()
        && uri.fragment().is_none()
}

/// That of RFC 8628 §3.4.
pub(crate) const DEVICE_CODE: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// That of RFC 8693 §2.1.
pub(crate) const TOKEN_EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";

pub(crate) const GRANT_TYPES: [&str; 5] = [
    "authorization_code",
    "refresh_token",
    DEVICE_CODE,
    "client_credentials",
    TOKEN_EXCHANGE,
];

pub(crate) fn authenticate(
    call: &Call,
    state: &State,
    form: &Parameters,
) -> Result<KnownClient, Refusal> {
    let sent = Credentials::read(call.request, form)?;
    let client = call
        .service
        .client(state, &sent.id)
        .ok_or(Refusal::invalid_client("no such client"))?;
    if !is_accepted(sent.method, &client, call.request, form) || !sent.proves(&client) {
        return Err(Refusal::invalid_client("client authentication failed"));
    }
    if client.secret_expires_at.is_some_and(|end| end <= call.now) {
        return Err(Refusal::invalid_client("the client secret has expired"));
    }
    Ok(client)
}

fn is_accepted(
    method: AuthMethod,
    client: &KnownClient,
    request: &Request,
    form: &Parameters,
) -> bool {
    let usual = method == client.auth_method;
    let Some(own) = client.device_auth_method else {
        return usual;
    };
    match (request.path.as_str(), form.get("grant_type")) {
        ("/device_authorization", _) | (_, Some(DEVICE_CODE)) => method == own,
        // The tokens of both flows come here.
        ("/revoke" | "/introspect", _) | (_, Some("refresh_token")) => usual || method == own,
        _ => usual,
    }
}

struct Credentials {
    id: String,
    secret: Option<String>,
    method: AuthMethod,
}

impl Credentials {
    fn proves(&self, client: &KnownClient) -> bool {
        match &self.secret {
            None => true,
            Some(secret) => client.secret.as_ref() == Some(&Hash::of(secret)),
        }
    }

    /// Reads one authentication method; more than one is refused (RFC 6749 §2.3).
    fn read(request: &Request, form: &Parameters) -> Result<Self, Refusal> {
        let (id, secret) = (form.get("client_id"), form.get("client_secret"));
        let Some(header) = request.header("Authorization") else {
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
        let secret = Some(decode(secret)).filter(|secret| !secret.is_empty());
        Some(Self {
            id: decode(id),
            method: match secret {
                None => AuthMethod::BasicWithoutSecret,
                Some(_) => AuthMethod::ClientSecretBasic,
            },
            secret,
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
        let client = KnownClient::unregistered(BUILT_IN, BUILT_IN);
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
        let client = KnownClient {
            id: "other".into(),
            redirect_uris: vec![url("http://127.0.0.1:1234/done?a=1")],
            callbacks: Callbacks::Registered,
            ..KnownClient::unregistered(BUILT_IN, BUILT_IN)
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
        let client = KnownClient {
            callbacks: Callbacks::Scheme("practice+abc".into()),
            ..KnownClient::unregistered(BUILT_IN, BUILT_IN)
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

    #[test]
    fn both_parts_of_basic_are_decoded() {
        let header = format!("Basic {}", STANDARD.encode("a%3Ab:c%2Bd+e=f"));
        let read = Credentials::basic(&header).unwrap();
        assert_eq!(
            (read.id.as_str(), read.secret.as_deref()),
            ("a:b", Some("c+d e=f"))
        );
        let header = format!("Basic {}", STANDARD.encode("keyfob:"));
        let read = Credentials::basic(&header).unwrap();
        assert_eq!(read.method, AuthMethod::BasicWithoutSecret);
        assert!(Credentials::basic("Bearer abc").is_none());
        assert!(Credentials::basic("Basic ***").is_none());
    }
}
