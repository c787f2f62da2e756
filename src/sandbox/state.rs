//! What the sandbox remembers: clients, codes, grants and tokens.
//!
//! Codes, tokens and client secrets are kept as hashes only. A grant is one consent; every token that
//! descends from it belongs to it, so taking the grant away takes them all (RFC 9700 §4.14.2).

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use serde::{Deserialize, Serialize};

use super::client::{self, Client};
use super::http::Refusal;
use super::id_token::SigningKey;
use super::random::{self, Hash, s256};
use super::scope;
use crate::secret::Secret;
use crate::timestamp::Timestamp;

/// How long a code may be exchanged: a redirect and one request need no more (RFC 6749 §4.1.2).
const CODE_LIFETIME: u64 = 60;

/// Everything that is remembered.
#[derive(Serialize, Deserialize)]
pub struct State {
    /// The format's version, judged before the rest is read.
    pub version: u32,
    /// The state's own id, made once.
    pub id: String,
    pub key: SigningKey,
    pub clients: BTreeMap<String, Client>,
    codes: BTreeMap<Hash, Code>,
    grants: BTreeMap<String, Grant>,
    access_tokens: BTreeMap<Hash, AccessToken>,
    refresh_tokens: BTreeMap<Hash, RefreshToken>,
}

/// What a person's consent bound a code to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Authorization {
    pub grant: Grant,
    /// As it was sent, for the exchange has to repeat it (RFC 6749 §4.1.3).
    pub redirect_uri: String,
    /// The PKCE challenge, method `S256`.
    pub challenge: String,
    /// Goes into the id token, and is forgotten with the exchange.
    pub nonce: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct Code {
    authorization: Authorization,
    expires_at: Timestamp,
    /// The grant that the first exchange made.
    spent: Option<String>,
}

/// What one person allowed one client.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    pub client: String,
    pub subject: String,
    pub scope: Vec<String>,
    /// When the person signed in.
    pub auth_time: Timestamp,
}

#[derive(Serialize, Deserialize)]
struct AccessToken {
    grant: String,
    /// The grant's scopes, or fewer.
    scope: Vec<String>,
    expires_at: Timestamp,
}

#[derive(Serialize, Deserialize)]
struct RefreshToken {
    grant: String,
    expires_at: Timestamp,
    /// Whether another has taken its place.
    spent: bool,
}

/// How long tokens live, in seconds.
#[derive(Debug, Clone, Copy)]
pub struct Lifetimes {
    pub access: u64,
    pub refresh: u64,
}

/// Tokens just made.
#[derive(Debug)]
pub struct Issued {
    pub grant: Grant,
    /// The scopes of the access token.
    pub scope: Vec<String>,
    pub access_token: Secret,
    pub refresh_token: Option<Secret>,
    /// What the id token repeats; only an exchange has one.
    pub nonce: Option<String>,
}

impl State {
    /// The format written here.
    pub const VERSION: u32 = 1;

    /// A state without memories.
    pub fn new() -> io::Result<Self> {
        Ok(Self {
            version: Self::VERSION,
            id: random::id("")?,
            key: SigningKey::generate()?,
            clients: BTreeMap::new(),
            codes: BTreeMap::new(),
            grants: BTreeMap::new(),
            access_tokens: BTreeMap::new(),
            refresh_tokens: BTreeMap::new(),
        })
    }

    /// Finds a client, built in or registered.
    pub fn client(&self, id: &str) -> Option<Client> {
        if id == client::BUILT_IN {
            return Some(Client::built_in());
        }
        self.clients.get(id).cloned()
    }

    /// Makes a code.
    pub fn issue_code(
        &mut self,
        authorization: Authorization,
        now: Timestamp,
    ) -> io::Result<Secret> {
        let value = random::value("sandbox_code_")?;
        let code = Code {
            authorization,
            expires_at: now.plus(CODE_LIFETIME),
            spent: None,
        };
        self.codes.insert(Hash::of(value.expose()), code);
        Ok(value)
    }

    /// Exchanges a code for tokens, once. A second use takes back what the first one gave, since one
    /// of the two was not the client (RFC 6749 §4.1.2).
    pub fn exchange(
        &mut self,
        code: &str,
        redirect_uri: &str,
        verifier: &str,
        client: &Client,
        lifetimes: Lifetimes,
        now: Timestamp,
    ) -> Result<Issued, Refusal> {
        let kept = self
            .codes
            .get_mut(&Hash::of(code))
            .filter(|code| code.authorization.grant.client == client.id)
            .ok_or(Refusal::invalid_grant("the code is unknown or has expired"))?;
        if let Some(grant) = kept.spent.clone() {
            self.revoke_grant(&grant);
            return Err(Refusal::invalid_grant(
                "the code was used before; what it gave is revoked",
            ));
        }
        let bound = &mut kept.authorization;
        if bound.redirect_uri != redirect_uri {
            return Err(Refusal::invalid_grant(
                "another `redirect_uri` was authorized",
            ));
        }
        if bound.challenge != s256(verifier) {
            return Err(Refusal::invalid_grant(
                "`code_verifier` is not the challenge's",
            ));
        }
        let (grant, nonce) = (bound.grant.clone(), bound.nonce.take());
        let id = random::id("")?;
        kept.spent = Some(id.clone());
        self.grants.insert(id.clone(), grant.clone());
        let refresh_token = if client.refreshes {
            Some(self.issue_refresh_token(&id, lifetimes, now)?)
        } else {
            None
        };
        Ok(Issued {
            access_token: self.issue_access_token(&id, &grant.scope, lifetimes, now)?,
            refresh_token,
            scope: grant.scope.clone(),
            grant,
            nonce,
        })
    }

    /// Gives new tokens for a refresh token, which is spent by it. The second use of one takes the
    /// grant away, since one of the two was not the client (RFC 9700 §4.14.2).
    pub fn refresh(
        &mut self,
        token: &str,
        client: &Client,
        scope: Option<&str>,
        lifetimes: Lifetimes,
        now: Timestamp,
    ) -> Result<Issued, Refusal> {
        let unknown = || Refusal::invalid_grant("the refresh token is unknown, expired or revoked");
        let kept = self
            .refresh_tokens
            .get_mut(&Hash::of(token))
            .ok_or_else(unknown)?;
        let id = kept.grant.clone();
        let grant = self.grants.get(&id).cloned().ok_or_else(unknown)?;
        if grant.client != client.id {
            return Err(unknown());
        }
        if kept.spent {
            self.revoke_grant(&id);
            return Err(Refusal::invalid_grant(
                "the refresh token was used before; its whole family is revoked",
            ));
        }
        let scope = scope::narrowed(scope, &grant.scope)?;
        kept.spent = true;
        Ok(Issued {
            access_token: self.issue_access_token(&id, &scope, lifetimes, now)?,
            refresh_token: Some(self.issue_refresh_token(&id, lifetimes, now)?),
            scope,
            grant,
            nonce: None,
        })
    }

    /// Takes a token back: an access token alone, a refresh token with its whole grant. An unknown
    /// one is fine (RFC 7009 §2.2), another client's is not (§2.1).
    pub fn revoke(&mut self, token: &str, client: &Client) -> Result<(), Refusal> {
        let hash = Hash::of(token);
        let access = self.access_tokens.get(&hash).map(|token| &token.grant);
        let refresh = self.refresh_tokens.get(&hash).map(|token| &token.grant);
        let Some(id) = access.or(refresh).cloned() else {
            return Ok(());
        };
        if self
            .grants
            .get(&id)
            .is_some_and(|grant| grant.client != client.id)
        {
            return Err(Refusal::invalid_grant("the token is another client's"));
        }
        if self.access_tokens.remove(&hash).is_none() {
            self.revoke_grant(&id);
        }
        Ok(())
    }

    /// Whose an access token is, and for what; `None` where it is unknown, expired or revoked.
    pub fn access(&self, token: &str) -> Option<(&Grant, &[String])> {
        let kept = self.access_tokens.get(&Hash::of(token))?;
        Some((self.grants.get(&kept.grant)?, &kept.scope))
    }

    /// Forgets what has expired, and what can no longer matter. [`Keeper`](super::keeper::Keeper) does
    /// so before any work, and so whatever is still here is alive. A spent code stays as long as its
    /// grant, to be recognised.
    pub fn prune(&mut self, now: Timestamp) {
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
    }

    fn revoke_grant(&mut self, id: &str) {
        self.grants.remove(id);
        self.access_tokens.retain(|_, token| token.grant != id);
        self.refresh_tokens.retain(|_, token| token.grant != id);
    }

    fn issue_access_token(
        &mut self,
        grant: &str,
        scope: &[String],
        lifetimes: Lifetimes,
        now: Timestamp,
    ) -> io::Result<Secret> {
        let value = random::value("sandbox_")?;
        let token = AccessToken {
            grant: grant.into(),
            scope: scope.to_vec(),
            expires_at: now.plus(lifetimes.access),
        };
        self.access_tokens.insert(Hash::of(value.expose()), token);
        Ok(value)
    }

    fn issue_refresh_token(
        &mut self,
        grant: &str,
        lifetimes: Lifetimes,
        now: Timestamp,
    ) -> io::Result<Secret> {
        let value = random::value("sandbox_refresh_")?;
        let token = RefreshToken {
            grant: grant.into(),
            expires_at: now.plus(lifetimes.refresh),
            spent: false,
        };
        self.refresh_tokens.insert(Hash::of(value.expose()), token);
        Ok(value)
    }
}

#[cfg(test)]
mod tests;
