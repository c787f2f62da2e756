//! The tables of a provider's file: what servers do differently, a type each.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use url::Url;

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
    /// HTTP Basic with the client id and an empty password: a public client at servers that want
    /// the header all the same. Not a registered name.
    BasicWithoutSecret,
}

impl ClientAuth {
    /// The name that a file has for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::ClientSecretBasic => "client_secret_basic",
            Self::ClientSecretPost => "client_secret_post",
            Self::BasicWithoutSecret => "basic_without_secret",
        }
    }

    /// Whether the client authenticates with a secret.
    pub fn needs_secret(self) -> bool {
        matches!(self, Self::ClientSecretBasic | Self::ClientSecretPost)
    }
}

/// Additions to the authorization request (RFC 6749 §4.1.1).
#[derive(Debug, Clone, Default, Serialize, Deserialize, PartialEq)]
#[serde(default, deny_unknown_fields)]
pub struct AuthorizationRule {
    /// Parameters always sent. keyfob's own cannot be among them.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub parameters: BTreeMap<String, String>,
    /// The parameter that carries the scopes; `scope` where absent.
    pub scope_parameter: Option<String>,
    /// The parameter that names the expected person; `login_hint` where absent.
    pub login_hint: Option<String>,
    /// Parameters that ask for somebody else, sent by `--switch`; `prompt=select_account` where empty.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub switch: BTreeMap<String, String>,
}

impl AuthorizationRule {
    pub(super) fn is_empty(&self) -> bool {
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
    /// A refresh repeats the granted scopes.
    pub refresh_sends_scope: bool,
    /// The exchange of a code repeats `state`.
    pub exchange_sends_state: bool,
    /// The form of request bodies.
    pub body: TokenBody,
    /// Headers sent along, to the token and the revocation endpoint.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// Where the members of an answer are, as a JSON pointer; the answer itself where absent.
    /// A member that is not there is looked for in the answer itself.
    pub members: Option<String>,
    /// The member that lists the granted scopes; `scope` where absent.
    pub granted_scope_member: Option<String>,
    /// What stands between scopes in an answer; a blank where absent.
    pub granted_scope_separator: Option<String>,
    /// Scopes that an answer writes otherwise than they are asked for: its spelling, then ours.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub granted_scope_aliases: BTreeMap<String, String>,
    /// Scopes that no answer lists though they are granted.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unlisted_scopes: Vec<String>,
    /// Values of `token_type` that mean `Bearer`, beside that word itself.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub bearer_types: Vec<String>,
}

/// The form of a request's body.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum TokenBody {
    /// `application/x-www-form-urlencoded`, as RFC 6749 wants it.
    #[default]
    Form,
    /// The same members as one JSON object.
    Json,
}

/// Peculiarities of the device flow (RFC 8628).
#[derive(Debug, Clone, Default, Serialize, Deserialize, PartialEq)]
#[serde(default, deny_unknown_fields)]
pub struct DeviceRule {
    /// Whose protocol it is.
    pub style: DeviceStyle,
    /// Client authentication in this flow, where it is not that of `client_auth`.
    pub client_auth: Option<ClientAuth>,
    /// The device request carries `client_id` in the query.
    pub client_id_in_query: bool,
    /// The parameter that carries the scopes, of the request and of each poll; `scope` in the request
    /// alone where absent, and none with [`DeviceStyle::AuthorizationCode`], whose polls never have one.
    pub scope_parameter: Option<String>,
    /// Parameters always sent with the device request. keyfob's own cannot be among them.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub parameters: BTreeMap<String, String>,
    /// The member with the page's address; `verification_uri` where absent.
    pub verification_uri_member: Option<String>,
    /// The page's address where no answer has it.
    pub verification_uri: Option<Url>,
    /// The member that carries the error of the request or of a poll, before `error`.
    pub error_member: Option<String>,
    /// Errors that mean one of the standard's: the server's word, then the standard's.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub error_aliases: BTreeMap<String, String>,
    /// HTTP statuses that mean `authorization_pending`, whatever the body.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub pending_statuses: Vec<u16>,
    /// The redirect URI of the exchange, for [`DeviceStyle::AuthorizationCode`].
    pub redirect_uri: Option<String>,
}

impl DeviceRule {
    pub(super) fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// The protocols that sign a device in.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum DeviceStyle {
    /// RFC 8628: polls at the token endpoint.
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
    /// The organisation that `subject` is unique in, where it is not so by itself.
    pub tenant: Option<String>,
    /// How `userinfo_endpoint` is asked.
    pub method: IdentityMethod,
    /// A JSON body to post there; none where absent.
    pub body: Option<String>,
    /// The authorization scheme that carries the token; `Bearer` where absent.
    pub scheme: Option<String>,
    /// Headers sent along with the token; `{client_id}` in a value stands for the client.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
}

/// How an endpoint is asked who somebody is.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize, PartialEq, Eq)]
pub enum IdentityMethod {
    /// `GET`.
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
    /// Only refresh tokens can be revoked.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub refresh_tokens_only: bool,
    /// Where a person revokes by hand.
    pub page: Option<Url>,
}

impl RevocationRule {
    /// Whether the request names the client that the token was issued to.
    pub fn needs_client(&self) -> bool {
        match self.style {
            RevocationStyle::Rfc7009 | RevocationStyle::DeleteToken | RevocationStyle::Json => true,
            RevocationStyle::TokenOnly | RevocationStyle::Bearer => false,
        }
    }
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
    /// `POST` with the access token as `Bearer` and no body (Dropbox, Slack).
    Bearer,
    /// RFC 7009's members as one JSON object (Notion).
    Json,
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

/// The variables that programs look for a provider's token in.
#[derive(Debug, Clone, Default, Serialize, Deserialize, PartialEq)]
#[serde(default, deny_unknown_fields)]
pub struct EnvironmentRule {
    /// Their names, the conventional one first; `<PROVIDER>_TOKEN` where there are none.
    pub variables: Vec<String>,
}

impl EnvironmentRule {
    pub(super) fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
