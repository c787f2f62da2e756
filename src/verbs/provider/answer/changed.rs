//! The shapes of `provider add`, `provider set` and `provider remove`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Serialize, Serializer};
use url::Url;

use super::Need;
use crate::provider::Endpoint;
use crate::store::Kind;
use crate::verbs::logout::Forgotten;

/// A provider that is new.
#[derive(Debug, Serialize)]
pub(crate) struct Added {
    /// Its name.
    pub provider: String,
    /// The name people know it by.
    pub title: String,
    /// Its definition.
    pub file: PathBuf,
    /// What a login there needs.
    pub needs: Vec<Need>,
    /// What the issuer's metadata says; `null` where none was read.
    pub found: Option<Found>,
}

/// What an issuer's metadata says (RFC 8414 §2).
#[derive(Debug, Serialize)]
pub(crate) struct Found {
    /// The issuer identifier.
    pub issuer: String,
    #[serde(flatten, serialize_with = "serialize_endpoints")]
    pub endpoints: BTreeMap<Endpoint, Url>,
    /// Whether PKCE S256 is announced; `null` where the metadata does not say.
    pub pkce_s256: Option<bool>,
    /// The scopes it knows; `null` where the metadata does not say.
    pub scopes: Option<Vec<String>>,
}

/// The endpoints in the order in which they are told, `null` where there is none.
const ANNOUNCED: [Endpoint; 6] = [
    Endpoint::Authorization,
    Endpoint::Token,
    Endpoint::Userinfo,
    Endpoint::Revocation,
    Endpoint::DeviceAuthorization,
    Endpoint::Registration,
];

fn serialize_endpoints<S: Serializer>(
    endpoints: &BTreeMap<Endpoint, Url>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_map(ANNOUNCED.map(|endpoint| (endpoint.key(), endpoints.get(&endpoint))))
}

impl Found {
    /// Writes it for people, a line a fact.
    pub(crate) fn lines(&self) -> Vec<String> {
        let at = |endpoint| {
            let url = self.endpoints.get(&endpoint);
            url.map_or("none".into(), Url::to_string)
        };
        let offered = |endpoint| match self.endpoints.get(&endpoint) {
            Some(url) => format!("offered at {url}"),
            None => "not offered".into(),
        };
        let pkce = match self.pkce_s256 {
            Some(true) => "announced",
            Some(false) => "not among the methods announced",
            None => "not announced; it is sent all the same",
        };
        let facts = [
            ("authorization endpoint", at(Endpoint::Authorization)),
            ("token endpoint", at(Endpoint::Token)),
            ("userinfo endpoint", at(Endpoint::Userinfo)),
            ("revocation endpoint", at(Endpoint::Revocation)),
            ("device flow", offered(Endpoint::DeviceAuthorization)),
            ("registration", offered(Endpoint::Registration)),
            ("PKCE S256", pkce.to_owned()),
        ];
        let facts = facts
            .iter()
            .map(|(fact, found)| format!("  {fact:<22}  {found}"));
        [format!("{} publishes its metadata:", self.issuer)]
            .into_iter()
            .chain(facts)
            .collect()
    }
}

/// A definition that was changed.
#[derive(Debug, Serialize)]
#[expect(clippy::struct_field_names, reason = "a key of the JSON")]
pub(crate) struct Set {
    /// The provider's name.
    pub provider: String,
    /// The user's file; `null` where no key was given.
    pub file: Option<PathBuf>,
    /// Keys that now have the value given.
    pub set: Vec<String>,
    /// Keys that have their default again.
    pub removed: Vec<String>,
    /// Keys that were to be removed and were not in the file.
    pub absent: Vec<String>,
    /// Where the client secret is kept now; `null` where none was given.
    pub client_secret: Option<Kind>,
}

/// A provider that is gone, or is as it was built in.
#[derive(Debug, Serialize)]
pub(crate) struct Removed {
    /// The provider's name.
    pub provider: String,
    /// The file that is gone; `null` where there was none.
    pub file: Option<PathBuf>,
    /// A built-in definition of that name is in effect again.
    pub built_in: bool,
    /// Whether something was kept of our client, and is gone too.
    pub client: bool,
    /// What became of its registration at the server; `null` where keyfob has nothing to delete it with.
    pub registration: Option<Unregistered>,
    /// Accounts that were logged out.
    pub accounts: Vec<Forgotten>,
}

/// What became of a client that keyfob registered (RFC 7592 §2.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Unregistered {
    /// The server has it no longer.
    Deleted,
    /// The server did not say so.
    Failed,
    /// Another provider of the user's uses it too.
    Shared,
}
