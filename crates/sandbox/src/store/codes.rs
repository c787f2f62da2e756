//! What is redeemed once: authorization codes, each bound to what was asked with it, and pushed
//! authorization requests (RFC 9126).

use std::io;

use serde::{Deserialize, Serialize};

use super::{Issued, State, Terms, TokenGrant};
use crate::client::KnownClient;
use crate::http::{Parameters, Refusal};
use crate::random::{self, Hash, s256};
use crate::scope;
use keyfob_base::secret::Secret;
use keyfob_base::timestamp::Timestamp;

/// How long a code may be exchanged: a redirect and one request need no more (RFC 6749 §4.1.2).
const LIFETIME: u64 = 60;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Authorization {
    pub(crate) grant: TokenGrant,
    /// As it was sent, for the exchange has to repeat it (RFC 6749 §4.1.3).
    pub(crate) redirect_uri: String,
    pub(crate) challenge: String,
    /// Goes into the id token, and is forgotten with the exchange.
    pub(crate) nonce: Option<String>,
    /// The hash of `state`, for a client that repeats it with the exchange.
    #[serde(default)]
    pub(crate) state: Option<Hash>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct Code {
    pub(super) authorization: Authorization,
    pub(super) expires_at: Timestamp,
    pub(super) spent: Option<String>,
}

/// What a client exchanges (RFC 6749 §4.1.3).
pub(crate) struct Redemption<'a> {
    pub(crate) code: &'a str,
    pub(crate) redirect_uri: &'a str,
    pub(crate) verifier: &'a str,
    /// The request's `state`, which the standard does not want here.
    pub(crate) state: Option<&'a str>,
    pub(crate) audience: Vec<String>,
}

impl State {
    pub(crate) fn issue_code(
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

    /// A second use takes back what the first gave: one of the two was not the client (RFC 6749 §4.1.2).
    pub(crate) fn exchange(
        &mut self,
        sent: &Redemption,
        client: &KnownClient,
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
        let audience = scope::narrow_audience(&sent.audience, &bound.grant.audience)?;
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
    /// What a client repeats has to be right, even where it need not repeat it.
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

/// How long a pushed request may be opened, in seconds: the browser is about to (RFC 9126 §2.2).
pub(crate) const PUSHED_LIFETIME: u64 = 60;

/// What a `request_uri` made here begins with (RFC 9126 §2.2).
pub(crate) const URN: &str = "urn:ietf:params:oauth:request_uri:";

#[derive(Serialize, Deserialize)]
pub(super) struct Pushed {
    pub(super) client: String,
    /// The request's parameters, form-encoded. None of them is a secret.
    parameters: String,
    pub(super) expires_at: Timestamp,
}

impl State {
    pub(crate) fn push(
        &mut self,
        client: &str,
        form: &Parameters,
        now: Timestamp,
    ) -> io::Result<String> {
        let uri = random::value(URN)?.expose().to_owned();
        let pushed = Pushed {
            client: client.into(),
            parameters: form.encode(),
            expires_at: now.plus(PUSHED_LIFETIME),
        };
        self.pushed.insert(Hash::of(&uri), pushed);
        Ok(uri)
    }

    pub(crate) fn take_pushed(&mut self, client: &str, request_uri: &str) -> Option<Parameters> {
        let hash = Hash::of(request_uri);
        self.pushed
            .get(&hash)
            .filter(|pushed| pushed.client == client)?;
        let pushed = self.pushed.remove(&hash)?;
        Some(Parameters::parse(pushed.parameters.as_bytes()))
    }
}
