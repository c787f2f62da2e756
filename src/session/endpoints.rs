//! Where an account's tokens may go: today's endpoints, as long as their origins are the pinned ones.

use url::Url;

use crate::account::{Account, Endpoints};
use crate::error::{Code, Error, Result};
use crate::provider::{Provider, Registry};

/// Today's definition of an account's provider, and the endpoints that may have its tokens.
#[derive(Debug)]
pub struct Reach {
    /// The definition; the defaults where the user has removed it since.
    pub provider: Provider,
    /// The endpoints: today's where they are defined, else those of the login.
    pub endpoints: Endpoints,
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
    let pinned = |today: &Option<Url>, then: Option<&Url>| -> Result<Option<Url>> {
        match today.as_ref().or(then) {
            Some(url) if kept.pins.contains(&provider.pin(url)) => Ok(Some(url.clone())),
            Some(url) => Err(moved(account, &provider, url)),
            None => Ok(None),
        }
    };
    let endpoints = Endpoints {
        token: pinned(&provider.token_endpoint, Some(&kept.token))?
            .expect("the kept endpoint stands in for a missing one"),
        userinfo: pinned(&provider.userinfo_endpoint, kept.userinfo.as_ref())?,
        revocation: pinned(&provider.revocation_endpoint, kept.revocation.as_ref())?,
        pins: kept.pins.clone(),
    };
    Ok(Reach {
        provider,
        endpoints,
    })
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
