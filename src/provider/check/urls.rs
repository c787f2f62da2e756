//! What a definition calls and opens: endpoints, pages, the issuer, resources.

use url::Url;

use crate::provider::fault::{Checked, ensure};
use crate::provider::{Endpoint, Provider};
use crate::web::{Flaw, check_resource, flaws};

pub(super) fn check(provider: &Provider) -> Checked {
    let endpoints = Endpoint::ALL.map(|endpoint| (endpoint.key(), provider.endpoint(endpoint)));
    let given = (
        "given.userinfo_endpoint",
        provider.given.userinfo_endpoint.as_ref(),
    );
    for (key, url) in endpoints.into_iter().chain([given]) {
        let Some(url) = url else { continue };
        web(key, url)?;
        ensure(url.fragment().is_none(), key, "must have no fragment")?;
    }
    for (key, page) in [
        ("device.verification_uri", &provider.device.verification_uri),
        ("given.page", &provider.given.page),
        ("revocation.page", &provider.revocation.page),
        ("registration.page", &provider.registration.page),
    ] {
        page.as_ref().map_or(Ok(()), |url| web(key, url))?;
    }
    issuer(provider)?;
    targets(provider)
}

/// https to anywhere, http to this machine, and nobody's name or password in it.
pub(super) fn web(key: &str, url: &Url) -> Checked {
    // A page may have a fragment.
    let flaw = flaws(url).find(|flaw| *flaw != Flaw::Fragment);
    let what = match flaw {
        None | Some(Flaw::Fragment) => return Ok(()),
        Some(Flaw::Scheme) => "must be an https URL (http to loopback only)",
        Some(Flaw::Host) => "must name a host",
        Some(Flaw::Userinfo) => "must hold no user name or password",
        Some(Flaw::ControlCharacters) => "must hold no control characters",
    };
    ensure(false, key, what)
}

fn issuer(provider: &Provider) -> Checked {
    let key = "issuer";
    let Some(issuer) = &provider.issuer else {
        return Ok(());
    };
    // Compared byte for byte, so what a URL parser would quietly repair is refused instead.
    let plain = issuer.bytes().all(|b| b.is_ascii_graphic()) && !issuer.contains(['?', '#', '\\']);
    ensure(
        plain,
        key,
        "must be a URL without query, fragment or blanks",
    )?;
    let url = Url::parse(issuer).ok().filter(|url| {
        url.host_str()
            .is_some_and(|host| !host.contains(['{', '}']))
    });
    match url {
        Some(url) => web(key, &url)?,
        None => ensure(false, key, "must be an https URL")?,
    }
    ensure(
        claims_are_named(issuer),
        key,
        "must use braces as `{claim}` only",
    )?;
    let fixed = !provider.discovery || !issuer.contains('{');
    ensure(
        fixed,
        key,
        "may hold `{claim}` only where `discovery = false`",
    )
}

/// Whether every brace belongs to a `{claim}`.
fn claims_are_named(issuer: &str) -> bool {
    let mut parts = issuer.split('{');
    let head_is_bare = parts.next().is_none_or(|head| !head.contains('}'));
    head_is_bare
        && parts.all(|part| {
            part.split_once('}').is_some_and(|(claim, rest)| {
                !claim.is_empty()
                    && claim
                        .bytes()
                        .all(|b| b.is_ascii_alphanumeric() || b == b'_')
                    && !rest.contains('}')
            })
        })
}

/// What tokens are for: resources by RFC 8707 §2, and the audience.
fn targets(provider: &Provider) -> Checked {
    for uri in &provider.resource {
        check_resource(uri).or_else(|what| ensure(false, "resource", what))?;
    }
    let audience = provider.audience.as_deref();
    ensure(audience != Some(""), "audience", "must not be empty")
}
