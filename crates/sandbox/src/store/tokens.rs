//! Access and refresh tokens, and the families they form.

use std::io;

use serde::{Deserialize, Serialize};

use super::{State, TokenGrant};
use crate::client::KnownClient;
use crate::http::Refusal;
use crate::random::{self, Hash};
use crate::scope;
use keyfob_base::secret::Secret;
use keyfob_base::timestamp::Timestamp;

#[derive(Serialize, Deserialize)]
pub(super) struct AccessToken {
    pub(super) grant: String,
    pub(super) scope: Vec<String>,
    #[serde(default)]
    pub(super) audience: Vec<String>,
    pub(super) expires_at: Timestamp,
}

#[derive(Serialize, Deserialize)]
pub(super) struct RefreshToken {
    pub(super) grant: String,
    pub(super) expires_at: Timestamp,
    pub(super) spent: bool,
}

/// When tokens are made, and how long each kind lives, in seconds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Terms {
    pub(crate) now: Timestamp,
    pub(crate) access: u64,
    pub(crate) refresh: u64,
}

#[derive(Debug)]
pub(crate) struct Issued {
    pub(crate) grant: TokenGrant,
    pub(crate) scope: Vec<String>,
    pub(crate) access_token: Secret,
    pub(crate) refresh_token: Option<Secret>,
    /// What the id token repeats; only an exchange has one.
    pub(crate) nonce: Option<String>,
}

/// What a client refreshes with (RFC 6749 §6).
pub(crate) struct Renewal<'a> {
    pub(crate) token: &'a str,
    pub(crate) scope: Option<&'a str>,
    /// The login's redirect URI, which the standard does not want here.
    pub(crate) redirect_uri: Option<&'a str>,
    pub(crate) audience: Vec<String>,
}

pub(crate) struct Active<'a> {
    pub(crate) grant: &'a TokenGrant,
    pub(crate) scope: &'a [String],
    pub(crate) audience: &'a [String],
    pub(crate) expires_at: Timestamp,
}

impl State {
    pub(crate) fn begin(
        &mut self,
        grant: TokenGrant,
        refreshes: bool,
        terms: Terms,
    ) -> io::Result<Issued> {
        let (scope, audience) = (grant.scope.clone(), grant.audience.clone());
        let id = self.keep(grant)?;
        self.issue(&id, scope, audience, refreshes, terms)
    }

    /// A second use takes the grant away: one of the two was not the client (RFC 9700 §4.14.2).
    pub(crate) fn refresh(
        &mut self,
        sent: &Renewal,
        client: &KnownClient,
        terms: Terms,
    ) -> Result<Issued, Refusal> {
        let unknown = || Refusal::invalid_grant("the refresh token is unknown, expired or revoked");
        let hash = Hash::of(sent.token);
        let kept = self.refresh_tokens.get(&hash).ok_or_else(unknown)?;
        let (id, used) = (kept.grant.clone(), kept.spent);
        let grant = self
            .grants
            .get(&id)
            .filter(|grant| grant.client == client.id)
            .ok_or_else(unknown)?;
        if used {
            self.revoke_grant(&id);
            return Err(Refusal::invalid_grant(
                "the refresh token was used before; its whole family is revoked",
            ));
        }
        if sent.redirect_uri.is_some() && sent.redirect_uri != grant.redirect_uri.as_deref() {
            return Err(Refusal::invalid_grant("`redirect_uri` is not the login's"));
        }
        let scope = scope::narrow_scope(sent.scope, &grant.scope)?;
        let audience = scope::narrow_audience(&sent.audience, &grant.audience)?;
        if let Some(kept) = self.refresh_tokens.get_mut(&hash) {
            kept.spent = true;
        }
        Ok(self.issue(&id, scope, audience, true, terms)?)
    }

    pub(crate) fn access(&self, token: &str) -> Option<Active<'_>> {
        let kept = self.access_tokens.get(&Hash::of(token))?;
        Some(Active {
            grant: self.grants.get(&kept.grant)?,
            scope: &kept.scope,
            audience: &kept.audience,
            expires_at: kept.expires_at,
        })
    }

    pub(super) fn issue(
        &mut self,
        id: &str,
        scope: Vec<String>,
        audience: Vec<String>,
        refreshes: bool,
        terms: Terms,
    ) -> io::Result<Issued> {
        let access_token = random::value("sandbox_")?;
        let kept = AccessToken {
            grant: id.into(),
            scope: scope.clone(),
            audience,
            expires_at: terms.now.plus(terms.access),
        };
        self.access_tokens
            .insert(Hash::of(access_token.expose()), kept);
        let refresh_token = if refreshes {
            Some(self.issue_refresh_token(id, terms)?)
        } else {
            None
        };
        Ok(Issued {
            grant: self.grants[id].clone(),
            scope,
            access_token,
            refresh_token,
            nonce: None,
        })
    }

    fn issue_refresh_token(&mut self, grant: &str, terms: Terms) -> io::Result<Secret> {
        let value = random::value("sandbox_refresh_")?;
        let token = RefreshToken {
            grant: grant.into(),
            expires_at: terms.now.plus(terms.refresh),
            spent: false,
        };
        self.refresh_tokens.insert(Hash::of(value.expose()), token);
        Ok(value)
    }
}
