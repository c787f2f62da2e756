//! The definition of a provider, with every key that a file may have.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use url::Url;

use super::rules::{
    AuthorizationRule, ClientAuth, DeviceRule, EnvironmentRule, ExchangeRule, GivenRule,
    IdentityMethod, IdentityRule, IdentitySource, LifetimeRule, PrefixRule, RedirectRule,
    RegistrationRule, RevocationRule, TokenRule, is_default,
};
use crate::names;

/// The name of the practice provider, the only row that no file can overlay.
pub(crate) const SANDBOX: &str = "sandbox";

/// Parameters of the authorization request that are keyfob's own, which no definition may set.
pub(crate) const RESERVED_PARAMETERS: [&str; 13] = [
    "audience",
    "client_id",
    "client_secret",
    "code_challenge",
    "code_challenge_method",
    "nonce",
    "redirect_uri",
    "request",
    "request_uri",
    "resource",
    "response_type",
    "scope",
    "state",
];

/// The effective definition of one provider. Every key is optional in a file.
#[derive(Debug, Clone, Serialize, Deserialize, PartialEq)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Provider {
    /// The file's name, `[a-z0-9][a-z0-9-]{0,31}`.
    #[serde(skip)]
    pub name: String,
    /// The keys that nobody has given yet, dotted; what stands there meanwhile is an example,
    /// and goes nowhere: [`super::Registry::get`] refuses such a definition.
    #[serde(skip)]
    pub missing: Vec<String>,
    pub title: String,
    #[serde(skip_serializing_if = "is_default")]
    pub like: Option<String>,
    /// What `{host}` stands for in any string: a host, with port and path where it has them.
    #[serde(skip_serializing_if = "is_default")]
    pub host: Option<String>,
    /// What `{tenant}` stands for: the server's word for a customer, such as a tenant's id or a realm.
    #[serde(skip_serializing_if = "is_default")]
    pub tenant: Option<String>,
    /// What stands for this provider's origins where those say nothing: the sandbox's state folder.
    #[serde(skip)]
    pub pinned_as: Option<String>,
    /// What a client registers with where the definition does not say: nothing, unless the metadata says that this
    /// server has no such clients.
    #[serde(skip)]
    pub registers_as: ClientAuth,
    /// The servers that the person accepted beside those that are trusted anyway.
    #[serde(skip)]
    pub accepted_origins: Vec<String>,
    /// A file moves it away from the servers of the built-in row of its name, whose variables and client it has not.
    #[serde(skip)]
    pub moved: bool,
    /// Further servers of a built-in row, which its metadata names; no file can.
    #[serde(skip_serializing)]
    pub origins: Vec<String>,
    /// Runs inside keyfob: the sandbox's row, and no other.
    #[serde(skip_serializing_if = "is_default")]
    pub embedded: bool,

    /// The issuer identifier (RFC 8414 §2), compared byte for byte. `{claim}` stands for that claim
    /// of the id token, for servers whose issuer names the tenant; `{host}` and `{tenant}` do not.
    pub issuer: Option<String>,
    /// Whether a login reads the issuer's metadata for what is not given here.
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
    /// Where a device asks for a code to show (RFC 8628 §3.1).
    pub device_authorization_endpoint: Option<Url>,
    /// Where an authorization request is pushed before the browser opens (RFC 9126 §2).
    pub pushed_authorization_request_endpoint: Option<Url>,
    /// The server takes no other authorization requests than pushed ones (RFC 9126 §5).
    pub require_pushed_authorization_requests: bool,

    pub client_id: Option<String>,
    /// How the client authenticates at the token endpoint (RFC 6749 §2.3).
    pub client_auth: ClientAuth,
    pub client_secret_required: bool,
    /// `client_id` may be an https URL (OAuth Client ID Metadata Documents).
    pub client_id_metadata_document_supported: bool,

    /// What a login asks for unless `--scope` says otherwise.
    pub scopes: Vec<String>,
    pub scope_separator: String,
    /// Sets of scopes for a purpose, chosen by `--for`; each asks for the least that serves it.
    #[serde(skip_serializing_if = "is_default")]
    pub presets: BTreeMap<String, Vec<String>>,
    /// The resources that tokens are for, as absolute URIs (RFC 8707 §2); `--resource` replaces them.
    #[serde(skip_serializing_if = "is_default")]
    pub resource: Vec<String>,
    /// The API that tokens are for, where a server wants `audience` instead; `--audience` replaces it.
    pub audience: Option<String>,

    pub redirect: RedirectRule,
    #[serde(skip_serializing_if = "is_default")]
    pub authorization: AuthorizationRule,
    pub token: TokenRule,
    #[serde(skip_serializing_if = "is_default")]
    pub device: DeviceRule,
    pub identity: IdentityRule,
    #[serde(skip_serializing_if = "is_default")]
    pub lifetime: LifetimeRule,
    pub revocation: RevocationRule,
    pub registration: RegistrationRule,
    #[serde(skip_serializing_if = "is_default")]
    pub environment: EnvironmentRule,
    #[serde(skip_serializing_if = "is_default")]
    pub prefixes: PrefixRule,
    /// How a token that was given is asked about, where that is not as for a login's.
    #[serde(skip_serializing_if = "is_default")]
    pub given: GivenRule,
    /// How an identity token of a CI system is exchanged (RFC 8693).
    #[serde(skip_serializing_if = "is_default")]
    pub exchange: ExchangeRule,
}

impl Default for Provider {
    fn default() -> Self {
        Self {
            name: String::new(),
            missing: Vec::new(),
            title: String::new(),
            like: None,
            host: None,
            tenant: None,
            pinned_as: None,
            registers_as: ClientAuth::None,
            accepted_origins: Vec::new(),
            moved: false,
            origins: Vec::new(),
            embedded: false,
            issuer: None,
            discovery: true,
            iss_parameter: false,
            authorization_endpoint: None,
            token_endpoint: None,
            userinfo_endpoint: None,
            revocation_endpoint: None,
            registration_endpoint: None,
            device_authorization_endpoint: None,
            pushed_authorization_request_endpoint: None,
            require_pushed_authorization_requests: false,
            client_id: None,
            client_auth: ClientAuth::None,
            client_secret_required: false,
            client_id_metadata_document_supported: false,
            scopes: Vec::new(),
            scope_separator: " ".into(),
            presets: BTreeMap::new(),
            resource: Vec::new(),
            audience: None,
            redirect: RedirectRule::default(),
            authorization: AuthorizationRule::default(),
            token: TokenRule::default(),
            device: DeviceRule::default(),
            identity: IdentityRule::default(),
            lifetime: LifetimeRule::default(),
            revocation: RevocationRule::default(),
            registration: RegistrationRule::default(),
            environment: EnvironmentRule::default(),
            prefixes: PrefixRule::default(),
            given: GivenRule::default(),
            exchange: ExchangeRule::default(),
        }
    }
}

impl Provider {
    pub(crate) fn redirect_path(&self) -> String {
        self.redirect
            .path
            .clone()
            .unwrap_or_else(|| format!("/callback/{}", self.name))
    }

    pub(crate) fn registers_itself(&self) -> bool {
        self.registration_endpoint.is_some() || self.registration.dynamic
    }

    /// What an account pins of an endpoint: its origin.
    pub(crate) fn pin(&self, endpoint: &Url) -> String {
        self.pinned_as
            .clone()
            .unwrap_or_else(|| endpoint.origin().ascii_serialization())
    }

    /// The variables that hold a token by convention, the first to be set. Never empty.
    pub(crate) fn token_variables(&self) -> Vec<String> {
        if self.environment.variables.is_empty() {
            vec![names::token_variable(&self.name)]
        } else {
            self.environment.variables.clone()
        }
    }

    /// The variable that carries `what` for this provider, such as `KEYFOB_MY_HOST_CLIENT_ID`.
    pub(crate) fn variable(&self, what: &str) -> String {
        names::variable(&self.name, what)
    }

    /// The definition by which a given token is asked about and taken back. There is no client, so
    /// headers that name one are left out.
    #[must_use]
    pub(crate) fn for_given(mut self) -> Self {
        let given = &self.given;
        let identity = &mut self.identity;
        if let Some(endpoint) = &given.userinfo_endpoint {
            self.userinfo_endpoint = Some(endpoint.clone());
            identity.method = IdentityMethod::Get;
            identity.body = None;
        }
        for (own, given) in [
            (&mut identity.subject, &given.subject),
            (&mut identity.username, &given.username),
        ] {
            if let Some(given) = given {
                own.clone_from(given);
            }
        }
        identity.from = IdentitySource::Userinfo;
        identity
            .headers
            .retain(|_, value| !value.contains("{client_id}"));
        if given.page.is_some() {
            self.revocation.page.clone_from(&given.page);
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::paths::Paths;
    use crate::provider::{GivenRule, IdentityRule, Registry};

    fn url(path: &str) -> Option<Url> {
        Url::parse(&format!("https://id.example.com/{path}")).ok()
    }

    fn graphql() -> Provider {
        Provider {
            userinfo_endpoint: url("graphql"),
            identity: IdentityRule {
                from: IdentitySource::IdToken,
                subject: "/data/id".into(),
                username: "/data/name".into(),
                method: IdentityMethod::Post,
                body: Some("{}".into()),
                headers: [
                    ("Client-Id".to_owned(), "{client_id}".to_owned()),
                    ("Version".to_owned(), "2".to_owned()),
                ]
                .into(),
                ..IdentityRule::default()
            },
            ..Provider::default()
        }
    }

    #[test]
    fn without_a_rule_of_its_own_a_given_token_is_asked_about_as_a_logins_is() {
        let provider = graphql().for_given();
        assert_eq!(provider.userinfo_endpoint, url("graphql"));
        let rule = &provider.identity;
        assert_eq!(rule.method, IdentityMethod::Post);
        assert_eq!(rule.body.as_deref(), Some("{}"));
        assert_eq!(rule.subject, "/data/id");
        assert_eq!(rule.from, IdentitySource::Userinfo, "there is no id token");
        let headers: Vec<&String> = rule.headers.keys().collect();
        assert_eq!(headers, ["Version"], "there is no client");
    }

    #[test]
    fn an_endpoint_of_its_own_is_asked_by_get_and_the_rest_stays_the_logins() {
        let mut provider = graphql();
        provider.revocation.page = url("apps");
        provider.given = GivenRule {
            userinfo_endpoint: url("whoami"),
            subject: Some("/id".into()),
            username: None,
            page: url("tokens"),
        };
        let provider = provider.for_given();
        assert_eq!(provider.userinfo_endpoint, url("whoami"));
        let rule = &provider.identity;
        assert_eq!((rule.method, &rule.body), (IdentityMethod::Get, &None));
        assert_eq!((&*rule.subject, &*rule.username), ("/id", "/data/name"));
        assert_eq!(provider.revocation.page, url("tokens"));
    }

    #[test]
    fn the_hub_and_any_gitlab_are_asked_at_their_own_apis() {
        let home = tempfile::tempdir().unwrap();
        let paths = Paths::under(home.path());
        std::fs::create_dir_all(paths.providers()).unwrap();
        let ours = "like = \"gitlab\"\nhost = \"git.example.com/lab\"\n";
        std::fs::write(paths.providers().join("ours.toml"), ours).unwrap();
        let registry = Registry::new(paths);
        for (name, endpoint, subject, username) in [
            (
                "huggingface",
                "https://huggingface.co/api/whoami-v2",
                "/id",
                "/name",
            ),
            (
                "gitlab",
                "https://gitlab.com/api/v4/user",
                "/id",
                "/username",
            ),
            (
                "ours",
                "https://git.example.com/lab/api/v4/user",
                "/id",
                "/username",
            ),
            ("github", "https://api.github.com/user", "/id", "/login"),
        ] {
            let provider = registry.get(name).unwrap().for_given();
            let asked = provider.userinfo_endpoint.unwrap();
            assert_eq!(asked.as_str(), endpoint);
            let rule = &provider.identity;
            assert_eq!(
                (&*rule.subject, &*rule.username),
                (subject, username),
                "{name}"
            );
            let page = provider.revocation.page.unwrap();
            assert!(page.path().ends_with("tokens"), "{name}: {page}");
            assert_eq!(page.scheme(), "https");
        }
    }
}
