//! Where an account's tokens may go: today's endpoints, as long as their origins are the pinned ones.

use std::collections::BTreeSet;

use url::Url;

use crate::account::{Account, Address, Endpoints};
use crate::error::{Code, Error, Result};
use crate::provider::{Provider, Registry};

/// Today's definition of an account's provider, and the endpoints that may have its tokens: today's
/// where they are defined, else those of the login.
#[derive(Debug)]
pub struct Reach {
    /// The definition; the defaults where the user has removed it since.
    pub provider: Provider,
    /// Receives refresh tokens and client secrets.
    pub token: Url,
    /// Receives access tokens.
    pub userinfo: Option<Url>,
    /// Receives tokens to revoke.
    pub revocation: Option<Url>,
}

impl Reach {
    /// The same for the index.
    pub fn endpoints(&self, pins: BTreeSet<String>) -> Endpoints {
        Endpoints {
            token: (&self.token).into(),
            userinfo: self.userinfo.as_ref().map(Into::into),
            revocation: self.revocation.as_ref().map(Into::into),
            pins,
        }
    }
}

/// Resolves the endpoints. A new path on a pinned origin is taken; another origin gets nothing until
/// the next login.
pub fn reach(registry: &Registry, account: &Account) -> Result<Reach> {
    let provider = match registry.get(&account.provider) {
        Ok(provider) => provider,
        Err(error) if error.code == Code::UnknownProvider => Provider::default(),
        Err(error) => return Err(error.account(account)),
    };
    let kept = &account.endpoints;
    let pinned = |today: &Option<Url>, then: Option<&Address>| -> Result<Option<Url>> {
        let url = match (today, then) {
            (Some(today), _) => today.clone(),
            (None, Some(then)) => then.url().map_err(|_| damaged(account))?,
            (None, None) => return Ok(None),
        };
        if kept.pins.contains(&provider.pin(&url)) {
            Ok(Some(url))
        } else {
            Err(moved(account, &provider, &url))
        }
    };
    Ok(Reach {
        token: pinned(&provider.token_endpoint, Some(&kept.token))?
            .expect("the kept endpoint stands in for a missing one"),
        userinfo: pinned(&provider.userinfo_endpoint, kept.userinfo.as_ref())?,
        revocation: pinned(&provider.revocation_endpoint, kept.revocation.as_ref())?,
        provider,
    })
}

fn damaged(account: &Account) -> Error {
    Error::new(
        Code::InternalError,
        "its index entry holds an endpoint that is no URL",
    )
    .hint(format!("sign in again with `keyfob login {account}`"))
    .account(account)
}

fn moved(account: &Account, provider: &Provider, url: &Url) -> Error {
    Error::new(
        Code::EndpointChanged,
        format!(
            "its tokens were issued under {}, and the definition now names {}",
            account.endpoints.pins.iter().cloned().collect::<Vec<_>>().join(", "),
            provider.pin(url),
        ),
    )
    .hint(format!(
        "if you trust the new place, sign in again with `keyfob login {account}`; `keyfob provider show {}` says which file names it",
        account.provider
    ))
    .account(account)
}
