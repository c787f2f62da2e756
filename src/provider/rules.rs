//! The tables of a provider's file: what servers do differently, a type each.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use serde::{Deserialize, Serialize};
use url::Url;

/// Whether a key says nothing, and is left out where a definition is written down.
pub(super) fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// Client authentication at the token endpoint, by its registered names (RFC 7591 §2).
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum ClientAuth {
    #[default]
    None,
    /// HTTP Basic, both parts form-encoded first (RFC 6749 §2.3.1).
    ClientSecretBasic,
    ClientSecretPost,
    /// HTTP Basic with an empty password, for a public client. Not a registered name.
    BasicWithoutSecret,
}

impl ClientAuth {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::ClientSecretBasic => "client_secret_basic",
            Self::ClientSecretPost => "client_secret_post",
            Self::BasicWithoutSecret => "basic_without_secret",
        }
    }

    pub(crate) fn needs_secret(self) -> bool {
        matches!(self, Self::ClientSecretBasic | Self::ClientSecretPost)
    }
}

/// Additions to the authorization request (RFC 6749 §4.1.1).
#[derive(Debug, Clone, Default, Serialize, Deserialize, PartialEq)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct AuthorizationRule {
    /// Parameters always sent. keyfob's own cannot be among them.
    #[serde(skip_serializing_if = "is_default")]
    pub parameters: BTreeMap<String, String>,
    /// The parameter that carries the scopes; `scope` where absent.
    pub scope_parameter: Option<String>,
    /// The parameter that names the expected person; `login_hint` where absent.
    pub login_hint: Option<String>,
    /// Parameters that ask for somebody else, sent by `--switch`; `prompt=select_account` where empty.
    #[serde(skip_serializing_if = "is_default")]
    pub switch: BTreeMap<String, String>,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize, PartialEq)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct TokenRule {
    /// Errors arrive with HTTP 200 and count as the standard's own (RFC 6749 §5.2 wants 400).
    pub errors_under_200: bool,
    pub refresh_resends_redirect_uri: bool,
    pub refresh_sends_scope: bool,
    pub exchange_sends_state: bool,
    pub body: TokenBody,
    #[serde(skip_serializing_if = "is_default")]
    pub headers: BTreeMap<String, String>,
    /// Where the members of an answer are, as a JSON pointer; one that is not there is looked for in the
    /// answer itself.
    pub members: Option<String>,
    /// The member that lists the granted scopes; `scope` where absent.
    pub granted_scope_member: Option<String>,
    /// What stands between scopes in an answer; a blank where absent.
    pub granted_scope_separator: Option<String>,
    /// Scopes that an answer writes otherwise than they are asked for: its spelling, then ours.
    #[serde(skip_serializing_if = "is_default")]
    pub granted_scope_aliases: BTreeMap<String, String>,
    /// Scopes that no answer lists though they are granted.
    #[serde(skip_serializing_if = "is_default")]
    pub unlisted_scopes: Vec<String>,
    /// Values of `token_type` that mean `Bearer`, beside that word itself.
    #[serde(skip_serializing_if = "is_default")]
    pub bearer_types: Vec<String>,
}

#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum TokenBody {
    /// `application/x-www-form-urlencoded`, as RFC 6749 wants it.
    #[default]
    Form,
    Json,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize, PartialEq)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct DeviceRule {
    pub style: DeviceStyle,
    /// Client authentication in this flow, where it is not that of `client_auth`.
    pub client_auth: Option<ClientAuth>,
    pub client_id_in_query: bool,
    /// The parameter that carries the scopes, of the request and of each poll; `scope` in the request
    /// alone where absent, and none with [`DeviceStyle::AuthorizationCode`], whose polls never have one.
    pub scope_parameter: Option<String>,
    /// Parameters always sent with the device request. keyfob's own cannot be among them.
    #[serde(skip_serializing_if = "is_default")]
    pub parameters: BTreeMap<String, String>,
    /// The member with the page's address; `verification_uri` where absent.
    pub verification_uri_member: Option<String>,
    pub verification_uri: Option<Url>,
    /// The member that carries the error of the request or of a poll, before `error`.
    pub error_member: Option<String>,
    /// Errors that mean one of the standard's: the server's word, then the standard's.
    #[serde(skip_serializing_if = "is_default")]
    pub error_aliases: BTreeMap<String, String>,
    /// HTTP statuses that mean `authorization_pending`, whatever the body.
    #[serde(skip_serializing_if = "is_default")]
    pub pending_statuses: Vec<u16>,
    /// The redirect URI of the exchange, for [`DeviceStyle::AuthorizationCode`].
    pub redirect_uri: Option<String>,
}

#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum DeviceStyle {
    #[default]
    Rfc8628,
    /// JSON at an endpoint of its own, `/usercode` for the code and `/token` for polls below
    /// `device_authorization_endpoint`; a poll ends with an authorization code and the PKCE verifier
    /// that the server made for it, which are exchanged as usual.
    AuthorizationCode,
}

/// Where an answer names the account, as JSON pointers (RFC 6901) into one JSON object.
#[derive(Debug, Clone, Serialize, Deserialize, PartialEq)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct IdentityRule {
    /// Which object: the id token's claims, or the answer of `userinfo_endpoint`.
    pub from: IdentitySource,
    pub subject: String,
    /// Its server gives no id token where `openid` is asked for, or not always.
    #[serde(skip_serializing_if = "is_default")]
    pub id_token_optional: bool,
    /// What people call the account; lower-cased it names it here.
    pub username: String,
    pub display_name: String,
    pub email: String,
    /// Organisations; a `*` segment stands for every element of an array.
    pub organizations: Vec<String>,
    /// The organisation that `subject` is unique in, where it is not so by itself.
    pub tenant: Option<String>,
    pub method: IdentityMethod,
    /// A JSON body to post there; none where absent.
    pub body: Option<String>,
    /// The authorization scheme that carries the token; `Bearer` where absent.
    pub scheme: Option<String>,
    /// Headers sent along with the token; `{client_id}` in a value stands for the client.
    #[serde(skip_serializing_if = "is_default")]
    pub headers: BTreeMap<String, String>,
}

#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize, PartialEq, Eq)]
pub(crate) enum IdentityMethod {
    #[default]
    #[serde(rename = "GET")]
    Get,
    /// `POST`, with no body unless one is given.
    #[serde(rename = "POST")]
    Post,
}

impl Default for IdentityRule {
    fn default() -> Self {
        Self {
            from: IdentitySource::Userinfo,
            subject: "/sub".into(),
            id_token_optional: false,
            username: "/preferred_username".into(),
            display_name: "/name".into(),
            email: "/email".into(),
            organizations: Vec::new(),
            tenant: None,
            method: IdentityMethod::Get,
            body: None,
            scheme: None,
            headers: BTreeMap::new(),
        }
    }
}

#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum IdentitySource {
    #[default]
    Userinfo,
    /// The id token; `userinfo_endpoint` is not asked at login.
    IdToken,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize, PartialEq)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct RevocationRule {
    pub style: RevocationStyle,
    #[serde(skip_serializing_if = "is_default")]
    pub refresh_tokens_only: bool,
    pub page: Option<Url>,
}

impl RevocationRule {
    pub(crate) fn needs_client(&self) -> bool {
        match self.style {
            RevocationStyle::Rfc7009 | RevocationStyle::DeleteToken | RevocationStyle::Json => true,
            RevocationStyle::TokenOnly | RevocationStyle::Bearer => false,
        }
    }
}

#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RevocationStyle {
    /// RFC 7009, with the client's own authentication.
    #[default]
    Rfc7009,
    /// `token` alone in a form, 400 `invalid_token` meaning that it is gone already (Google).
    TokenOnly,
    /// `DELETE` on the endpoint with Basic and `{"access_token": …}`; `{client_id}` in the endpoint
    /// stands for the client (GitHub). A parsed URL holds it as `%7Bclient_id%7D`.
    DeleteToken,
    /// `POST` with the access token as `Bearer` and no body (Dropbox, Slack).
    Bearer,
    /// RFC 7009's members as one JSON object (Notion).
    Json,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize, PartialEq)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct RegistrationRule {
    /// The issuer's metadata offers dynamic registration for public clients (RFC 7591).
    pub dynamic: bool,
    pub page: Option<Url>,
    /// What to enter there, a line each; `{redirect_uri}` and `{scopes}` stand for the effective ones.
    pub values: Vec<String>,
}

/// The variables that programs look for a provider's token in.
#[derive(Debug, Clone, Default, Serialize, Deserialize, PartialEq)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct EnvironmentRule {
    /// Their names, the conventional one first; `<PROVIDER>_TOKEN` where there are none.
    pub variables: Vec<String>,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize, PartialEq)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct PrefixRule {
    pub access: Vec<String>,
    /// Refresh tokens. The longest prefix that fits a token says what it is.
    pub refresh: Vec<String>,
}

const IPV4: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const IPV6: IpAddr = IpAddr::V6(Ipv6Addr::LOCALHOST);

/// The redirect URI: `http://HOST:PORT/PATH`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, PartialEq)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct RedirectRule {
    /// `127.0.0.1` unless the server insists on `localhost`, which is then bound in both families.
    pub host: RedirectHost,
    /// The path, beginning with `/`; `/callback/<provider>` where absent (RFC 9700 §4.4.2: one per server).
    pub path: Option<String>,
    /// Ports registered at a server that matches them exactly, tried in order. Empty: any port.
    #[serde(skip_serializing_if = "is_default")]
    pub ports: Vec<u16>,
    /// The server takes no loopback redirect; the sign-in is brought back by hand from `manual`.
    #[serde(skip_serializing_if = "is_default")]
    pub no_loopback: bool,
    /// The redirect URI of the paste flow where it is not the loopback one: a page of the provider's, or a scheme
    /// that nothing on this machine opens.
    pub manual: Option<String>,
    /// The page at `manual` shows `CODE` or `CODE#STATE`; only then may a bare code be pasted.
    #[serde(skip_serializing_if = "is_default")]
    pub shows_code: bool,
}

/// The host of a loopback redirect (RFC 8252 §7.3, §8.3).
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize, PartialEq, Eq)]
pub(crate) enum RedirectHost {
    #[default]
    #[serde(rename = "127.0.0.1")]
    Ipv4,
    #[serde(rename = "::1")]
    Ipv6,
    /// The name, where a server takes nothing else.
    #[serde(rename = "localhost")]
    Localhost,
}

impl RedirectHost {
    pub(crate) const ALL: [Self; 3] = [Self::Ipv4, Self::Localhost, Self::Ipv6];

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Ipv4 => "127.0.0.1",
            Self::Ipv6 => "[::1]",
            Self::Localhost => "localhost",
        }
    }

    /// Of the two addresses that `localhost` has, the one that every machine has.
    pub(crate) fn literal(self) -> &'static str {
        match self {
            Self::Localhost => Self::Ipv4.as_str(),
            literal => literal.as_str(),
        }
    }

    pub(crate) fn addresses(self) -> &'static [IpAddr] {
        match self {
            Self::Ipv4 => &[IPV4],
            Self::Ipv6 => &[IPV6],
            Self::Localhost => &[IPV4, IPV6],
        }
    }
}

/// When refresh tokens end: spans are durations such as `90d`; never, or nobody knows, where absent.
#[derive(Debug, Clone, Default, Serialize, Deserialize, PartialEq)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct LifetimeRule {
    /// One ends when no refresh happens for so long.
    pub refresh_token_idle: Option<String>,
    /// All end so long after the sign-in, refreshed or not.
    pub refresh_token: Option<String>,
    /// Each refresh spends its refresh token and brings another, so that one in two places is the end of both.
    pub rotation: Option<bool>,
}

impl LifetimeRule {
    pub(crate) fn idle(&self) -> Option<u64> {
        seconds(self.refresh_token_idle.as_deref()?)
    }

    /// The seconds from the sign-in to the end of all its tokens.
    pub(crate) fn whole(&self) -> Option<u64> {
        seconds(self.refresh_token.as_deref()?)
    }
}

pub(super) fn seconds(text: &str) -> Option<u64> {
    let duration = humantime::parse_duration(text).ok()?;
    Some(duration.as_secs())
}

/// How a given token is asked about and where it comes from, where that is not as for a login's.
#[derive(Debug, Clone, Default, Serialize, Deserialize, PartialEq)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct GivenRule {
    /// Where a given token says whose it is, by `GET`; as for a login's where absent.
    pub userinfo_endpoint: Option<Url>,
    /// The stable identifier there; `identity.subject` where absent.
    pub subject: Option<String>,
    /// What people call the account there; `identity.username` where absent.
    pub username: Option<String>,
    /// Where a person makes such tokens and revokes them; `revocation.page` where absent.
    pub page: Option<Url>,
}

/// How an identity token of a CI system is exchanged at the token endpoint (RFC 8693).
#[derive(Debug, Clone, Default, Serialize, Deserialize, PartialEq)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ExchangeRule {
    /// The audience that the identity token must be for; the issuer where absent.
    pub audience: Option<String>,
    /// The form of the request; that of `token.body` where absent.
    pub body: Option<TokenBody>,
    /// What the identity token is said to be; `urn:ietf:params:oauth:token-type:id_token` where absent.
    pub subject_token_type: Option<String>,
    pub requested_token_type: Option<String>,
    /// No client has a part in it: neither `client_id` nor a secret is sent.
    pub without_client: bool,
    pub resource: ResourceForm,
    /// Variables that hold the identity token, besides keyfob's own.
    pub variables: Vec<String>,
}

#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ResourceForm {
    /// Absolute URIs, none needed (RFC 8693 §2.1).
    #[default]
    Uri,
    /// One name in the server's own words, which it demands.
    Name,
}
