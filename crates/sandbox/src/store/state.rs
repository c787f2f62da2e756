//! What the sandbox remembers: clients, codes, grants and tokens.
//!
//! Codes, tokens and client secrets are kept as hashes only. A grant is one consent; every token that
//! descends from it belongs to it, so taking the grant away takes them all (RFC 9700 §4.14.2).

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use serde::{Deserialize, Serialize};

use crate::client::KnownClient;
use crate::http::Refusal;
use crate::id_token::SigningKey;
use crate::random::{self, Hash};
use keyfob_base::timestamp::Timestamp;

use super::codes::{Code, Pushed};
use super::device::DeviceRequest;
use super::tokens::{AccessToken, RefreshToken};

#[derive(Serialize, Deserialize)]
pub(crate) struct State {
    /// The format's version, judged before the rest is read.
    pub(crate) version: u32,
    pub(crate) id: String,
    pub(crate) key: SigningKey,
    pub(crate) clients: BTreeMap<String, KnownClient>,
    pub(super) codes: BTreeMap<Hash, Code>,
    pub(super) grants: BTreeMap<String, TokenGrant>,
    pub(super) access_tokens: BTreeMap<Hash, AccessToken>,
    pub(super) refresh_tokens: BTreeMap<Hash, RefreshToken>,
    #[serde(default)]
    pub(super) device_codes: BTreeMap<Hash, DeviceRequest>,
    #[serde(default)]
    pub(super) pushed: BTreeMap<Hash, Pushed>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct TokenGrant {
    pub(crate) client: String,
    pub(crate) subject: String,
    pub(crate) scope: Vec<String>,
    pub(crate) auth_time: Timestamp,
    /// The resources and the API that the tokens are for; none said means any.
    #[serde(default)]
    pub(crate) audience: Vec<String>,
    #[serde(default)]
    pub(crate) redirect_uri: Option<String>,
}

impl State {
    pub(crate) const VERSION: u32 = 1;

    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self {
            version: Self::VERSION,
            id: random::id("")?,
            key: SigningKey::generate()?,
            clients: BTreeMap::new(),
            codes: BTreeMap::new(),
            grants: BTreeMap::new(),
            access_tokens: BTreeMap::new(),
            refresh_tokens: BTreeMap::new(),
            device_codes: BTreeMap::new(),
            pushed: BTreeMap::new(),
        })
    }

    /// Forgets a registered client and all that was given to it (RFC 7592 §2.3).
    pub(crate) fn remove_client(&mut self, id: &str) {
        self.clients.remove(id);
        self.codes
            .retain(|_, code| code.authorization.grant.client != id);
        self.device_codes.retain(|_, request| request.client != id);
        self.pushed.retain(|_, pushed| pushed.client != id);
        let grants = self.grants.iter();
        let own = grants.filter(|(_, grant)| grant.client == id);
        for grant in own.map(|(id, _)| id.clone()).collect::<Vec<_>>() {
            self.revoke_grant(&grant);
        }
    }

    /// Takes a token back: an access token alone, a refresh token with its whole grant. An unknown
    /// one is fine (RFC 7009 §2.2), another client's is not (§2.1).
    pub(crate) fn revoke(&mut self, token: &str, client: &KnownClient) -> Result<(), Refusal> {
        let hash = Hash::of(token);
        let grant = self.grant_of(&hash).and_then(|id| self.grants.get(id));
        if grant.is_some_and(|grant| grant.client != client.id) {
            return Err(Refusal::invalid_grant("the token is another client's"));
        }
        if self.access_tokens.remove(&hash).is_none() {
            self.end(token);
        }
        Ok(())
    }

    /// Takes the grant of a token back with all its tokens, and says whether there was one.
    pub(crate) fn end(&mut self, token: &str) -> bool {
        let grant = self.grant_of(&Hash::of(token)).cloned();
        if let Some(id) = &grant {
            self.revoke_grant(id);
        }
        grant.is_some()
    }

    fn grant_of(&self, hash: &Hash) -> Option<&String> {
        let access = self.access_tokens.get(hash).map(|token| &token.grant);
        let refresh = self.refresh_tokens.get(hash).map(|token| &token.grant);
        access.or(refresh)
    }

    pub(super) fn keep(&mut self, grant: TokenGrant) -> io::Result<String> {
        let id = random::id("")?;
        self.grants.insert(id.clone(), grant);
        Ok(id)
    }

    /// Forgets what has expired, and what can no longer matter. [`StateStore`](crate::store::StateStore) does
    /// so before any work, and so whatever is still here is alive. A spent code stays as long as its
    /// grant, to be recognised.
    pub(crate) fn prune(&mut self, now: Timestamp) {
        self.access_tokens.retain(|_, token| now < token.expires_at);
        self.refresh_tokens
            .retain(|_, token| now < token.expires_at);
        let access = self.access_tokens.values().map(|token| &token.grant);
        let refresh = self.refresh_tokens.values().map(|token| &token.grant);
        let live: BTreeSet<&String> = access.chain(refresh).collect();
        self.grants.retain(|id, _| live.contains(id));
        self.codes.retain(|_, code| match &code.spent {
            Some(grant) => self.grants.contains_key(grant),
            None => now < code.expires_at,
        });
        self.device_codes.retain(|_, request| !request.is_over(now));
        self.pushed.retain(|_, pushed| now < pushed.expires_at);
    }

    pub(super) fn revoke_grant(&mut self, id: &str) {
        self.grants.remove(id);
        self.access_tokens.retain(|_, token| token.grant != id);
        self.refresh_tokens.retain(|_, token| token.grant != id);
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{ASKED, at, service};

    #[test]
    fn the_state_holds_no_code_and_no_token() {
        let service = service(Some("ada"));
        let code = service.code(&ASKED);
        let answer = service.exchange(&code, 1);
        let kept = service
            .state
            .with(at(2), |state| serde_json::to_string(state).unwrap())
            .unwrap();
        for secret in [
            code,
            answer.member("access_token"),
            answer.member("refresh_token"),
        ] {
            assert!(
                secret.len() > 40 && !kept.contains(&secret[secret.len() - 43..]),
                "{kept}"
            );
        }
        assert!(kept.contains("\"refresh_tokens\":{\""));
    }

    #[test]
    fn what_has_expired_is_forgotten() {
        let service = service(Some("ada"));
        service.code(&ASKED);
        service.exchange(&service.code(&ASKED), 1);
        let count = |seconds| {
            let counts = |state: &mut super::State| {
                let (access, refresh) = (state.access_tokens.len(), state.refresh_tokens.len());
                (state.codes.len(), state.grants.len(), access, refresh)
            };
            service.state.with(at(seconds), counts).unwrap()
        };
        assert_eq!(count(2), (2, 1, 1, 1));
        assert_eq!(
            count(60),
            (1, 1, 1, 1),
            "the spent code stays with its grant"
        );
        assert_eq!(count(101), (1, 1, 0, 1));
        assert_eq!(count(1001), (0, 0, 0, 0));
    }

    #[test]
    fn a_state_from_before_devices_and_pushed_requests_is_read() {
        let service = service(Some("ada"));
        service.exchange(&service.code(&ASKED), 1);
        service.post_json("/register", r#"{"redirect_uris": ["http://127.0.0.1/a"]}"#);
        let kept = |state: &mut super::State| serde_json::to_value(state).unwrap();
        let mut kept = service.state.with(at(2), kept).unwrap();
        for name in ["device_codes", "pushed"] {
            kept.as_object_mut().unwrap().remove(name).unwrap();
        }
        for (table, names) in [
            (
                "clients",
                &[
                    "device",
                    "machine",
                    "secret_expires_at",
                    "registration_token",
                ][..],
            ),
            ("grants", &["audience", "redirect_uri"]),
            ("access_tokens", &["audience"]),
        ] {
            let entries = kept[table].as_object_mut().unwrap();
            assert_eq!(entries.len(), 1, "{table}");
            for (entry, name) in entries.values_mut().flat_map(|entry| {
                let entry = entry.as_object_mut().unwrap();
                names
                    .iter()
                    .map(|name| (entry.remove(*name), name))
                    .collect::<Vec<_>>()
            }) {
                assert!(entry.is_some(), "{table}.{name}");
            }
        }
        let read: super::State = serde_json::from_value(kept).unwrap();
        assert_eq!((read.clients.len(), read.grants.len()), (1, 1));
    }
}
