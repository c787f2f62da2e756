//! Where an account's tokens may go: to each endpoint of today as long as its origin is the pinned one.

use std::collections::BTreeSet;

use url::Url;

use crate::account::{Account, Address, Endpoints, SignIn};
use crate::error::{Code, Error, Result};
use crate::provider::{Endpoint, Provider, Registry, host_of, is_within};

/// Today's definition of an account's provider, and the endpoints that may have its tokens: today's
/// where they are defined, else those of the login.
///
/// Each is judged when it is asked for. A new path on the origin that the login had for the same
/// purpose is taken; another origin gets nothing until the next login. An endpoint that the login did
/// not know may be on any origin that it did.
#[derive(Debug)]
pub(crate) struct PinnedEndpoints {
    /// The definition as an account of this kind meets it; the defaults where the user has removed it since.
    pub provider: Provider,
    account: Account,
}

pub(crate) fn pinned_endpoints(registry: &Registry, account: &Account) -> Result<PinnedEndpoints> {
    let provider = match registry.get(&account.provider) {
        Ok(provider) => provider,
        Err(error) if error.code == Code::UnknownProvider => Provider::default(),
        Err(error) => return Err(error.account(account)),
    };
    let given = account.identity.kind == SignIn::Given;
    Ok(PinnedEndpoints {
        provider: if given {
            provider.for_given()
        } else {
            provider
        },
        account: account.clone(),
    })
}

impl PinnedEndpoints {
    pub(crate) fn token(&self) -> Result<Url> {
        let (today, then) = (&self.provider.token_endpoint, &self.kept().token);
        let url = self.pinned("token_endpoint", today.as_ref(), Some(then))?;
        Ok(url.expect("the kept endpoint stands in for a missing one"))
    }

    pub(crate) fn userinfo(&self) -> Result<Option<Url>> {
        let (today, then) = (&self.provider.userinfo_endpoint, &self.kept().userinfo);
        let url = self.pinned("userinfo_endpoint", today.as_ref(), then.as_ref())?;
        self.trusted(Endpoint::Userinfo, url)
    }

    pub(crate) fn revocation(&self) -> Result<Option<Url>> {
        let (today, then) = (&self.provider.revocation_endpoint, &self.kept().revocation);
        let url = self.pinned("revocation_endpoint", today.as_ref(), then.as_ref())?;
        self.trusted(Endpoint::Revocation, url)
    }

    /// For the index: those that may have tokens, and those of the login for the others.
    pub(crate) fn endpoints(&self) -> Endpoints {
        let kept = self.kept();
        let noted = |today: Result<Option<Url>>, then: &Option<Address>| match today {
            Ok(url) => url.as_ref().map(Into::into),
            Err(_) => then.clone(),
        };
        Endpoints {
            token: self
                .token()
                .map_or_else(|_| kept.token.clone(), |url| (&url).into()),
            userinfo: noted(self.userinfo(), &kept.userinfo),
            revocation: noted(self.revocation(), &kept.revocation),
            pinned_as: kept.pinned_as.clone(),
        }
    }

    fn kept(&self) -> &Endpoints {
        &self.account.endpoints
    }

    fn pinned(
        &self,
        role: &str,
        today: Option<&Url>,
        then: Option<&Address>,
    ) -> Result<Option<Url>> {
        let account = &self.account;
        let url = match (today, then) {
            (Some(today), _) => today.clone(),
            (None, Some(then)) => then.url().map_err(|_| damaged(account))?,
            (None, None) => return Ok(None),
        };
        let pins = self.pins(then).map_err(|_| damaged(account))?;
        let pin = self.provider.pin(&url);
        if pins.contains(&pin) {
            Ok(Some(url))
        } else {
            Err(moved(account, role, &pins, &pin))
        }
    }

    /// A login judges what it sends something to; what it only names is judged here.
    fn trusted(&self, endpoint: Endpoint, url: Option<Url>) -> Result<Option<Url>> {
        let account = &self.account;
        let Some(url) = url else {
            return Ok(None);
        };
        let issuer = Url::parse(&account.identity.issuer).ok();
        let token = self.kept().token.url().ok();
        let own = issuer.iter().chain(&token).any(|own| is_within(own, &url));
        let accepted = account.accepted_origins.contains(&host_of(&url));
        if own || accepted || self.kept().pinned_as.is_some() || self.provider.trusts(&url) {
            return Ok(Some(url));
        }
        let what = format!(
            "{} is not part of {}, and {}",
            host_of(&url),
            account.provider,
            endpoint.receives()
        );
        Err(refuse_origin(&account.provider, &url, what).account(account))
    }

    /// The pin of an endpoint of the login; those of all where it had none for this purpose.
    fn pins(
        &self,
        then: Option<&Address>,
    ) -> std::result::Result<BTreeSet<String>, url::ParseError> {
        let kept = self.kept();
        if let Some(then) = then {
            return Ok([kept.pin(then)?].into());
        }
        let others = [&kept.userinfo, &kept.revocation].into_iter().flatten();
        let all = std::iter::once(&kept.token).chain(others);
        all.map(|endpoint| kept.pin(endpoint)).collect()
    }
}

/// Nobody accepted that a secret of this provider's goes there.
pub(super) fn refuse_origin(provider: &str, url: &Url, what: String) -> Error {
    Error::new(Code::OriginRefused, what).hint(format!(
        "nothing was sent there; if you trust it, `keyfob provider set {provider} --accept-origin {}`",
        host_of(url)
    ))
}

fn damaged(account: &Account) -> Error {
    Error::new(
        Code::InternalError,
        "its index entry holds an endpoint that is no URL",
    )
    .hint(account.again())
    .account(account)
}

fn moved(account: &Account, role: &str, pins: &BTreeSet<String>, pin: &str) -> Error {
    let pins: Vec<&str> = pins.iter().map(String::as_str).collect();
    Error::new(
        Code::EndpointChanged,
        format!(
            "its tokens were issued under {}, and the definition's `{role}` is now under {pin}",
            pins.join(", "),
        ),
    )
    .hint(format!(
        "if you trust the new place, sign in again with `{} --replace`; `keyfob provider show {}` prints the definition",
        account.login_command(),
        account.provider
    ))
    .account(account)
}
