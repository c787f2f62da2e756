//! Authorization codes: each bound to what was asked with it, and exchanged once.

use std::io;

use serde::{Deserialize, Serialize};

use super::{Grant, Issued, State, Terms};
use crate::audience;
use crate::client::Client;
use crate::http::Refusal;
use crate::random::{self, Hash, s256};
use keyfob_base::secret::Secret;
use keyfob_base::timestamp::Timestamp;

/// How long a code may be exchanged: a redirect and one request need no more (RFC 6749 §4.1.2).
const LIFETIME: u64 = 60;

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
    /// The hash of `state`, for a client that repeats it with the exchange.
    #[serde(default)]
    pub state: Option<Hash>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct Code {
    pub(super) authorization: Authorization,
    pub(super) expires_at: Timestamp,
    /// The grant that the first exchange made.
    pub(super) spent: Option<String>,
}

/// What a client exchanges (RFC 6749 §4.1.3).
pub struct Redemption<'a> {
    pub code: &'a str,
    pub redirect_uri: &'a str,
    pub verifier: &'a str,
    /// The request's `state`, which the standard does not want here.
    pub state: Option<&'a str>,
    pub audience: Vec<String>,
}

impl State {
    /// Makes a code.
    pub fn issue_code(
        &mut self,
        authorization: Authorization,
        now: Timestamp,
    ) -> io::Result<Secret> {
        let value = random::value("sandbox_code_")?;
        let code = Code {
            authorization,
            expires_at: now.plus(LIFETIME),
            spent: None,
        };
        self.codes.insert(Hash::of(value.expose()), code);
        Ok(value)
    }

    /// Exchanges a code for tokens, once. A second use takes back what the first one gave, since one
    /// of the two was not the client (RFC 6749 §4.1.2).
    pub fn exchange(
        &mut self,
        sent: &Redemption,
        client: &Client,
        terms: Terms,
    ) -> Result<Issued, Refusal> {
        let hash = Hash::of(sent.code);
        let kept = self
            .codes
            .get(&hash)
            .filter(|code| code.authorization.grant.client == client.id)
            .ok_or(Refusal::invalid_grant("the code is unknown or has expired"))?;
        if let Some(grant) = kept.spent.clone() {
            self.revoke_grant(&grant);
            return Err(Refusal::invalid_grant(
                "the code was used before; what it gave is revoked",
            ));
        }
        let mut bound = kept.authorization.clone();
        bound.check(sent)?;
        let audience = audience::narrowed(&sent.audience, &bound.grant.audience)?;
        let scope = bound.grant.scope.clone();
        let id = self.keep(bound.grant)?;
        if let Some(kept) = self.codes.get_mut(&hash) {
            kept.spent = Some(id.clone());
            kept.authorization.nonce = None;
        }
        let issued = self.issue(&id, scope, audience, client.refreshes, terms)?;
        Ok(Issued {
            nonce: bound.nonce.take(),
            ..issued
        })
    }
}

impl Authorization {
    /// Whether this is the exchange of what was authorized. What a client repeats has to be right, even
    /// where it need not repeat it.
    fn check(&self, sent: &Redemption) -> Result<(), Refusal> {
        if self.redirect_uri != sent.redirect_uri {
            return Err(Refusal::invalid_grant(
                "another `redirect_uri` was authorized",
            ));
        }
        if self.challenge != s256(sent.verifier) {
            return Err(Refusal::invalid_grant(
                "`code_verifier` is not the challenge's",
            ));
        }
        if sent.state.is_some() && sent.state.map(Hash::of) != self.state {
            return Err(Refusal::invalid_grant("`state` is not the request's"));
        }
        Ok(())
    }
}
