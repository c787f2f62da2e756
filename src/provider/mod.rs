//! A provider: one authorization server plus our registration there, as data.
//!
//! A provider is a TOML file. What servers do differently are keys of that file, never an `if` on a
//! name in the code. [`Registry`] finds the files; nothing here speaks to a network.

mod builtin;
mod check;
mod edit;
mod embedded;
mod fault;
mod overlay;
mod register;
mod registry;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use url::Url;

pub use embedded::Embedded;
pub use registry::{Registry, Source, Sources};

/// The name of the practice provider, the only row that no file can overlay.
pub const SANDBOX: &str = "sandbox";

/// Parameters of the authorization request that are keyfob's own, which no definition may set.
pub const RESERVED_PARAMETERS: [&str; 12] = [
    "client_id",
    "client_secret",
    "code",
    "code_challenge",
    "code_challenge_method",
    "nonce",
    "redirect_uri",
    "request",
    "request_uri",
    "response_type",
    "scope",
    "state",
];

/// The effective definition of one provider: the built-in row overlaid by the user's file.
///
/// Every key is optional in a file; what is absent has the default given here.
#[derive(Debug, Clone, Serialize, Deserialize, PartialEq)]
#[serde(default, deny_unknown_fields)]
pub struct Provider {
    /// The file's name, `[a-z0-9][a-z0-9-]{0,31}`.
    #[serde(skip)]
    pub name: String,
    /// The name people know it by; the file's name where absent.
    pub title: String,
    /// What stands for this provider's origins where those say nothing: the sandbox's state folder.
    #[serde(skip)]
    pub pinned_as: Option<String>,
    /// Runs inside keyfob: the sandbox's row, and no other.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub embedded: bool,

    /// The issuer identifier (RFC 8414 §2), compared byte for byte. `{claim}` stands for that claim
    /// of the id token, for servers whose issuer names the tenant.
    pub issuer: Option<String>,
    /// Whether a login reads the issuer's metadata (RFC 8414, OpenID discovery) for what is not
    /// given here: endpoints, registration, `iss`.
    pub discovery: bool,
    /// The server announces `iss` in the authorization response (RFC 9207 §3); then its absence is refused.
    pub iss_parameter: bool,

    /// Where the browser goes (RFC 6749 §3.1).
    pub authorization_endpoint: Option<Url>,
    /// Where codes become tokens (RFC 6749 §3.2).
    pub token_endpoint: Option<Url>,
    /// Where a token says whose it is (OpenID Connect Core §5.3), or an API that does the same.
    pub userinfo_endpoint: Option<Url>,
    /// Where tokens are revoked (RFC 7009 §2).
    pub revocation_endpoint: Option<Url>,
    /// Where clients register themselves (RFC 7591 §3).
    pub registration_endpoint: Option<Url>,

    /// Our client there; none is shipped for other people's servers.
    pub client_id: Option<String>,
    /// How the client authenticates at the token endpoint (RFC 6749 §2.3).
    pub client_auth: ClientAuth,
    /// The server exchanges no code without a client secret.
    pub client_secret_required: bool,

    /// What a login asks for unless `--scope` says otherwise.
    pub scopes: Vec<String>,
    /// What stands between scopes in a request.
    pub scope_separator: String,

    /// The redirect URI the server accepts.
    pub redirect: RedirectRule,
    /// Additions to the authorization request.
    #[serde(skip_serializing_if = "AuthorizationRule::is_empty")]
    pub authorization: AuthorizationRule,
    /// Peculiarities of the token endpoint.
    pub token: TokenRule,
    /// Where an answer names the account.
    pub identity: IdentityRule,
    /// How tokens are revoked.
    pub revocation: RevocationRule,
    /// How a person registers a client.
    pub registration: RegistrationRule,
}

impl Default for Provider {
    fn default() -> Self {
        Self {
            name: String::new(),
            title: String::new(),
            pinned_as: None,
            embedded: false,
            issuer: None,
            discovery: true,
            iss_parameter: false,
            authorization_endpoint: None,
            token_endpoint: None,
            userinfo_endpoint: None,
            revocation_endpoint: None,
            registration_endpoint: None,
            client_id: None,
            client_auth: ClientAuth::None,
            client_secret_required: false,
            scopes: Vec::new(),
            scope_separator: " ".into(),
            redirect: RedirectRule::default(),
            authorization: AuthorizationRule::default(),
            token: TokenRule::default(),
            identity: IdentityRule::default(),
            revocation: RevocationRule::default(),
            registration: RegistrationRule::default(),
        }
    }
}

/// Client authentication at the token endpoint, by its registered names (RFC 7591 §2).
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum ClientAuth {
    /// A public client: `client_id` alone.
    #[default]
    None,
    /// HTTP Basic, both parts form-encoded first (RFC 6749 §2.3.1).
    ClientSecretBasic,
    /// `client_id` and `client_secret` in the body.
    ClientSecretPost,
}

/// The redirect URI: `http://HOST:PORT/PATH`.
#[derive(Debug, Clone, Serialize, Deserialize, PartialEq)]
#[serde(default, deny_unknown_fields)]
pub struct RedirectRule {
    /// `127.0.0.1` unless the server insists on `localhost`, which is then bound in both families.
    pub host: RedirectHost,
    /// The path, beginning with `/`; `/callback/<provider>` where absent (RFC 9700 §4.4.2: one per server).
    pub path: Option<String>,
    /// Ports registered at a server that matches them exactly, tried in order. Empty: any port.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ports: Vec<u16>,
}

impl Default for RedirectRule {
    fn default() -> Self {
        Self {
            host: RedirectHost::Ipv4,
            path: None,
            ports: Vec::new(),
        }
    }
}

/// The host of a loopback redirect (RFC 8252 §7.3, §8.3).
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize, PartialEq, Eq)]
pub enum RedirectHost {
    /// The IPv4 literal.
    #[default]
    #[serde(rename = "127.0.0.1")]
    Ipv4,
    /// The IPv6 literal.
    #[serde(rename = "::1")]
    Ipv6,
    /// The name, where a server takes nothing else.
    #[serde(rename = "localhost")]
    Localhost,
}

/// Additions to the authorization request (RFC 6749 §4.1.1).
#[derive(Debug, Clone, Default, Serialize, Deserialize, PartialEq)]
#[serde(default, deny_unknown_fields)]
pub struct AuthorizationRule {
    /// Parameters always sent. keyfob's own cannot be among them.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub parameters: BTreeMap<String, String>,
    /// The parameter that names the expected person; `login_hint` where absent.
    pub login_hint: Option<String>,
    /// Parameters that ask for somebody else, sent by `--switch`; `prompt=select_account` where empty.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub switch: BTreeMap<String, String>,
}

impl AuthorizationRule {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Peculiarities of the token endpoint.
#[derive(Debug, Clone, Default, Serialize, Deserialize, PartialEq)]
#[serde(default, deny_unknown_fields)]
pub struct TokenRule {
    /// Errors arrive with HTTP 200 and count as the standard's own (RFC 6749 §5.2 wants 400).
    pub errors_under_200: bool,
    /// A refresh repeats the `redirect_uri` of the login.
    pub refresh_resends_redirect_uri: bool,
    /// What stands between scopes in an answer; a blank where absent.
    pub granted_scope_separator: Option<String>,
}

/// Where an answer names the account, as JSON pointers (RFC 6901) into one JSON object.
#[derive(Debug, Clone, Serialize, Deserialize, PartialEq)]
#[serde(default, deny_unknown_fields)]
pub struct IdentityRule {
    /// Which object: the id token's claims, or the answer of `userinfo_endpoint`.
    pub from: IdentitySource,
    /// The stable identifier, string or number.
    pub subject: String,
    /// What people call the account; lower-cased it names it here.
    pub username: String,
    /// The person's name.
    pub display_name: String,
    /// The e-mail address.
    pub email: String,
    /// Organisations; a `*` segment stands for every element of an array.
    pub organizations: Vec<String>,
    /// Headers sent along with the token.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
}

impl Default for IdentityRule {
    fn default() -> Self {
        Self {
            from: IdentitySource::Userinfo,
            subject: "/sub".into(),
            username: "/preferred_username".into(),
            display_name: "/name".into(),
            email: "/email".into(),
            organizations: Vec::new(),
            headers: BTreeMap::new(),
        }
    }
}

/// What names the account after a login.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum IdentitySource {
    /// The answer of `userinfo_endpoint`.
    #[default]
    Userinfo,
    /// The id token; `userinfo_endpoint` is not asked at login.
    IdToken,
}

/// How tokens are revoked.
#[derive(Debug, Clone, Default, Serialize, Deserialize, PartialEq)]
#[serde(default, deny_unknown_fields)]
pub struct RevocationRule {
    /// The form of the request.
    pub style: RevocationStyle,
    /// Where a person revokes by hand.
    pub page: Option<Url>,
}

/// The forms in which servers take a revocation.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum RevocationStyle {
    /// RFC 7009, with the client's own authentication.
    #[default]
    Rfc7009,
    /// `token` alone in a form, 400 `invalid_token` meaning that it is gone already (Google).
    TokenOnly,
    /// `DELETE` on the endpoint with Basic and `{"access_token": …}`; `{client_id}` in the endpoint
    /// stands for the client (GitHub). A parsed URL holds it as `%7Bclient_id%7D`.
    DeleteToken,
}

/// How a person registers a client.
#[derive(Debug, Clone, Default, Serialize, Deserialize, PartialEq)]
#[serde(default, deny_unknown_fields)]
pub struct RegistrationRule {
    /// The issuer's metadata offers dynamic registration for public clients (RFC 7591).
    pub dynamic: bool,
    /// The page with the form.
    pub page: Option<Url>,
    /// What to enter there, a line each; `{redirect_uri}` and `{scopes}` stand for the effective ones.
    pub values: Vec<String>,
}

impl Provider {
    /// The path of the redirect URI.
    pub fn redirect_path(&self) -> String {
        self.redirect
            .path
            .clone()
            .unwrap_or_else(|| format!("/callback/{}", self.name))
    }

    /// Whether the server is known to register public clients on its own (RFC 7591).
    pub fn registers_itself(&self) -> bool {
        self.registration_endpoint.is_some() || self.registration.dynamic
    }

    /// What an account pins of an endpoint: its origin.
    pub fn pin(&self, endpoint: &Url) -> String {
        self.pinned_as
            .clone()
            .unwrap_or_else(|| endpoint.origin().ascii_serialization())
    }

    /// The variable that carries `what` for this provider, such as `KEYFOB_MY_HOST_CLIENT_ID`.
    pub fn variable(&self, what: &str) -> String {
        let name = self.name.to_ascii_uppercase().replace('-', "_");
        format!("KEYFOB_{name}_{what}")
    }
}
