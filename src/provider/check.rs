//! What types cannot say about a definition: the rules that every row and every merged file keeps.

use std::collections::BTreeMap;

use reqwest::header::{HeaderName, HeaderValue};
use url::Url;

use super::fault::{Fault, dotted};
use super::{ClientAuth, Provider, RESERVED_PARAMETERS};
use crate::web::{Flaw, flaws};

type Checked = Result<(), Fault>;

/// Enough for every fixed list seen; each is one more port that something else may have taken.
const MOST_PORTS: usize = 16;

/// Headers that would replace the credential or break the request's framing.
const OWN_HEADERS: [&str; 6] = [
    "authorization",
    "connection",
    "content-length",
    "cookie",
    "host",
    "transfer-encoding",
];

/// Checks a whole definition; the first fault is enough to mend one thing.
pub(super) fn check(provider: &Provider) -> Checked {
    urls(provider)?;
    issuer(provider)?;
    sufficient(provider)?;
    client(provider)?;
    scopes(provider)?;
    redirect(provider)?;
    authorization(provider)?;
    identity(provider)
}

/// Says what is wrong with a client id, if anything is: it goes into URLs, headers and messages.
pub(super) fn client_id(id: &str) -> Result<(), &'static str> {
    let fits = (1..=1024).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_graphic());
    fits.then_some(())
        .ok_or("must be 1 to 1024 printable ASCII characters without blanks")
}

fn ensure(holds: bool, key: impl Into<String>, what: impl Into<String>) -> Checked {
    let fault = || Fault {
        key: key.into(),
        what: what.into(),
    };
    if holds { Ok(()) } else { Err(fault()) }
}

fn urls(provider: &Provider) -> Checked {
    let endpoints = [
        ("authorization_endpoint", &provider.authorization_endpoint),
        ("token_endpoint", &provider.token_endpoint),
        ("userinfo_endpoint", &provider.userinfo_endpoint),
        ("revocation_endpoint", &provider.revocation_endpoint),
        ("registration_endpoint", &provider.registration_endpoint),
    ];
    for (key, endpoint) in endpoints {
        let Some(url) = endpoint else { continue };
        web(key, url)?;
        ensure(url.fragment().is_none(), key, "must have no fragment")?;
    }
    for (key, page) in [
        ("revocation.page", &provider.revocation.page),
        ("registration.page", &provider.registration.page),
    ] {
        page.as_ref().map_or(Ok(()), |url| web(key, url))?;
    }
    Ok(())
}

/// https to anywhere, http to this machine, and nobody's name or password in it.
fn web(key: &str, url: &Url) -> Checked {
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

/// A login needs both endpoints, or metadata that names them.
fn sufficient(provider: &Provider) -> Checked {
    let discovered = provider.discovery && provider.issuer.is_some();
    if provider.embedded || discovered {
        return Ok(());
    }
    for (key, endpoint) in [
        ("authorization_endpoint", &provider.authorization_endpoint),
        ("token_endpoint", &provider.token_endpoint),
    ] {
        let what = if provider.discovery {
            "is missing; give it, or an `issuer` whose metadata names it"
        } else {
            "is missing, and `discovery = false` leaves nowhere to read it"
        };
        ensure(endpoint.is_some(), key, what)?;
    }
    Ok(())
}

fn client(provider: &Provider) -> Checked {
    if let Some(Err(what)) = provider.client_id.as_deref().map(client_id) {
        ensure(false, "client_id", what)?;
    }
    let secret_is_sent =
        !provider.client_secret_required || provider.client_auth != ClientAuth::None;
    let what = "needs `client_auth` to be `client_secret_post` or `client_secret_basic`";
    ensure(secret_is_sent, "client_secret_required", what)
}

/// Scopes by RFC 6749 §3.3, and what stands between them.
fn scopes(provider: &Provider) -> Checked {
    let separator = &provider.scope_separator;
    ensure(
        !separator.is_empty(),
        "scope_separator",
        "must not be empty",
    )?;
    let granted = provider.token.granted_scope_separator.as_deref();
    ensure(
        granted != Some(""),
        "token.granted_scope_separator",
        "must not be empty",
    )?;
    let fit = provider.scopes.iter().all(|scope| {
        !scope.is_empty()
            && !scope.contains(separator.as_str())
            && scope
                .bytes()
                .all(|b| b.is_ascii_graphic() && b != b'"' && b != b'\\')
    });
    ensure(
        fit,
        "scopes",
        "must each be one scope: printable ASCII, without blank, quote or separator",
    )
}

fn redirect(provider: &Provider) -> Checked {
    let ports = &provider.redirect.ports;
    ensure(
        !ports.contains(&0),
        "redirect.ports",
        "must not hold 0; leave the list empty for any port",
    )?;
    let few = ports.len() <= MOST_PORTS;
    ensure(
        few,
        "redirect.ports",
        format!("must hold at most {MOST_PORTS} ports"),
    )?;
    let Some(path) = &provider.redirect.path else {
        return Ok(());
    };
    // A path that a URL parser leaves as it is reaches the listener as it was registered.
    let kept = path.starts_with('/')
        && path.len() <= 256
        && Url::parse(&format!("http://127.0.0.1{path}")).is_ok_and(|url| {
            url.path() == path && url.query().is_none() && url.fragment().is_none()
        });
    let what = "must be a path beginning with `/`, without `..`, query, fragment or blanks";
    ensure(kept && !path.contains(".."), "redirect.path", what)
}

fn authorization(provider: &Provider) -> Checked {
    let rule = &provider.authorization;
    for (table, parameters) in [("parameters", &rule.parameters), ("switch", &rule.switch)] {
        for name in parameters.keys() {
            let key = dotted(&dotted("authorization", table), name);
            parameter(key, name)?;
        }
    }
    match &rule.login_hint {
        Some(name) => parameter("authorization.login_hint".into(), name),
        None => Ok(()),
    }
}

fn parameter(key: String, name: &str) -> Checked {
    let own = RESERVED_PARAMETERS.contains(&name);
    ensure(!own, key.clone(), "is a parameter that keyfob sets itself")?;
    ensure(!name.is_empty(), key, "must name a parameter")
}

fn identity(provider: &Provider) -> Checked {
    let rule = &provider.identity;
    let single = [
        ("identity.subject", &rule.subject),
        ("identity.username", &rule.username),
        ("identity.display_name", &rule.display_name),
        ("identity.email", &rule.email),
    ];
    let several = rule
        .organizations
        .iter()
        .map(|pointer| ("identity.organizations", pointer));
    for (key, pointer) in single.into_iter().chain(several) {
        ensure(
            pointer.starts_with('/'),
            key,
            "must be a JSON pointer, beginning with `/`",
        )?;
    }
    headers(&rule.headers)
}

fn headers(headers: &BTreeMap<String, String>) -> Checked {
    for (name, value) in headers {
        let key = dotted("identity.headers", name);
        let Ok(header) = HeaderName::from_bytes(name.as_bytes()) else {
            return ensure(false, key, "is not a header name");
        };
        let own = OWN_HEADERS.contains(&header.as_str());
        ensure(!own, key.clone(), "is a header that keyfob sets itself")?;
        let valid = HeaderValue::from_str(value).is_ok();
        ensure(valid, key, "is not a header value")?;
    }
    Ok(())
}
