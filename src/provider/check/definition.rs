//! What types cannot say about a definition: the rules that every row and every merged file keeps.

use std::collections::BTreeSet;

use reqwest::header::HeaderName;
use url::Url;

use super::requests::{self, headers, pointer};
use super::{redirect, urls};
use crate::provider::fault::{Checked, dotted, ensure};
use crate::provider::rules::seconds;
use crate::provider::{
    ClientAuth, ExchangeRule, IdentityMethod, IdentityRule, LifetimeRule, PrefixRule, Provider,
};
use crate::variables::{is_variable, reserved};

/// Checks a whole definition; the first fault is enough to mend one thing.
pub(in crate::provider) fn check(provider: &Provider) -> Checked {
    urls::check(provider)?;
    check_endpoints(provider)?;
    check_client(provider)?;
    check_scopes(provider)?;
    redirect::check(&provider.redirect)?;
    requests::check(provider)?;
    check_identity(&provider.identity)?;
    check_lifetime(&provider.lifetime)?;
    check_environment(provider)?;
    check_exchange(&provider.exchange)?;
    check_given(provider)
}

/// Says what is wrong with a client id, if anything is: it goes into URLs, headers and messages.
pub(in crate::provider) fn client_id(id: &str) -> Result<(), &'static str> {
    let fits = (1..=1024).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_graphic());
    fits.then_some(())
        .ok_or("must be 1 to 1024 printable ASCII characters without blanks")
}

/// A login needs both endpoints, or metadata that names them.
fn check_endpoints(provider: &Provider) -> Checked {
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
    ensure(
        !provider.require_pushed_authorization_requests
            || provider.pushed_authorization_request_endpoint.is_some(),
        "pushed_authorization_request_endpoint",
        "is missing, and `require_pushed_authorization_requests` is set",
    )
}

fn check_client(provider: &Provider) -> Checked {
    if let Some(Err(what)) = provider.client_id.as_deref().map(client_id) {
        ensure(false, "client_id", what)?;
    }
    let secret_is_sent = matches!(
        provider.client_auth,
        ClientAuth::ClientSecretBasic | ClientAuth::ClientSecretPost
    );
    let what = "needs `client_auth` to be `client_secret_post` or `client_secret_basic`";
    let holds = !provider.client_secret_required || secret_is_sent;
    ensure(holds, "client_secret_required", what)
}

const ONE_SCOPE: &str =
    "must each be one scope: printable ASCII, without blank, quote or separator";

fn check_scopes(provider: &Provider) -> Checked {
    let separator = provider.scope_separator.as_str();
    let granted = provider.token.granted_scope_separator.as_deref();
    for (key, separator) in [
        ("scope_separator", Some(separator)),
        ("token.granted_scope_separator", granted),
    ] {
        ensure(separator != Some(""), key, "must not be empty")?;
    }
    let fit = |scopes: &[String]| scopes.iter().all(|scope| is_scope(scope, separator));
    ensure(fit(&provider.scopes), "scopes", ONE_SCOPE)?;
    for (name, scopes) in &provider.presets {
        let key = dotted("presets", name);
        let what = "must be named in lower-case letters, digits and `-`, beginning with a letter";
        ensure(names_a_preset(name), key.clone(), what)?;
        ensure(!scopes.is_empty(), key.clone(), "must hold a scope")?;
        ensure(fit(scopes), key, ONE_SCOPE)?;
    }
    let unlisted = &provider.token.unlisted_scopes;
    ensure(fit(unlisted), "token.unlisted_scopes", ONE_SCOPE)?;
    for (theirs, ours) in &provider.token.granted_scope_aliases {
        let key = dotted("token.granted_scope_aliases", theirs);
        let fits = is_scope(ours, separator) && is_scope(theirs, granted.unwrap_or(" "));
        ensure(fits, key, "must be one scope for another")?;
    }
    Ok(())
}

fn is_scope(scope: &str, separator: &str) -> bool {
    let plain = |b: u8| b.is_ascii_graphic() && b != b'"' && b != b'\\';
    !scope.is_empty() && !scope.contains(separator) && scope.bytes().all(plain)
}

fn names_a_preset(name: &str) -> bool {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    name.starts_with(|first: char| first.is_ascii_lowercase()) && name.bytes().all(plain)
}

fn check_identity(rule: &IdentityRule) -> Checked {
    let single = [
        ("identity.subject", &rule.subject),
        ("identity.username", &rule.username),
        ("identity.display_name", &rule.display_name),
        ("identity.email", &rule.email),
    ];
    let tenant = rule.tenant.iter().map(|path| ("identity.tenant", path));
    let organizations = rule.organizations.iter();
    let several = organizations.map(|path| ("identity.organizations", path));
    for (key, path) in single.into_iter().chain(tenant).chain(several) {
        pointer(key, path)?;
    }
    check_identity_request(rule)
}

fn check_identity_request(rule: &IdentityRule) -> Checked {
    if let Some(body) = &rule.body {
        let key = "identity.body";
        let json = serde_json::from_str::<serde::de::IgnoredAny>(body).is_ok();
        ensure(json, key, "must be JSON")?;
        let posted = rule.method == IdentityMethod::Post;
        ensure(posted, key, "needs `identity.method` to be `POST`")?;
    }
    if let Some(scheme) = &rule.scheme {
        // A scheme is a token (RFC 9110 §11.1), as a header's name is.
        let token = HeaderName::from_bytes(scheme.as_bytes()).is_ok();
        let what = "must be the name of an authorization scheme";
        ensure(token, "identity.scheme", what)?;
    }
    headers("identity.headers", &rule.headers)
}

/// A hundred years, in seconds; every clock can add that to now.
const LONGEST_LIFETIME: u64 = 100 * 365 * 24 * 60 * 60;

fn check_lifetime(rule: &LifetimeRule) -> Checked {
    for (key, span) in [
        ("lifetime.refresh_token_idle", &rule.refresh_token_idle),
        ("lifetime.refresh_token", &rule.refresh_token),
    ] {
        let span = span.as_deref().map(seconds);
        let fits =
            |span: Option<u64>| span.is_some_and(|span| (60..=LONGEST_LIFETIME).contains(&span));
        let what = "must be a duration such as `90d`, from a minute to a hundred years";
        ensure(span.is_none_or(fits), key, what)?;
    }
    Ok(())
}

/// The longest prefix; a longer one is a token in the wrong place.
const LONGEST_PREFIX: usize = 32;

fn check_environment(provider: &Provider) -> Checked {
    check_variables(&provider.environment.variables)?;
    check_prefixes(&provider.prefixes)
}

fn check_variables(names: &[String]) -> Checked {
    let key = "environment.variables";
    let fit = names.iter().all(|name| is_variable(name));
    let what = "must each be a variable: letters, digits and `_`, not beginning with a digit";
    ensure(fit, key, what)?;
    let free = !names.iter().any(|name| reserved(name).is_some());
    let what = "must hold no variable that the system or keyfob itself uses, such as `PATH`";
    ensure(free, key, what)?;
    ensure(distinct(names.iter()), key, "must name each variable once")
}

fn check_prefixes(rule: &PrefixRule) -> Checked {
    for (key, prefixes) in [
        ("prefixes.access", &rule.access),
        ("prefixes.refresh", &rule.refresh),
    ] {
        let plain = |prefix: &String| {
            (1..=LONGEST_PREFIX).contains(&prefix.len())
                && prefix.bytes().all(|b| b.is_ascii_graphic())
        };
        let what = "must each be 1 to 32 printable ASCII characters without blanks";
        ensure(prefixes.iter().all(plain), key, what)?;
        ensure(distinct(prefixes.iter()), key, "must name each prefix once")?;
    }
    let both = rule.access.iter().chain(&rule.refresh);
    let what = "must hold no prefix that is in `prefixes.access` too";
    ensure(distinct(both), "prefixes.refresh", what)
}

fn distinct<'a>(texts: impl Iterator<Item = &'a String>) -> bool {
    let mut seen = BTreeSet::new();
    texts.into_iter().all(|text| seen.insert(text))
}

fn check_exchange(rule: &ExchangeRule) -> Checked {
    let plain = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_graphic());
    let audience = rule.audience.as_deref();
    let what = "must be printable ASCII without blanks";
    ensure(audience.is_none_or(plain), "exchange.audience", what)?;
    for (key, named) in [
        ("exchange.subject_token_type", &rule.subject_token_type),
        ("exchange.requested_token_type", &rule.requested_token_type),
    ] {
        let uri = |text: &String| plain(text) && Url::parse(text).is_ok();
        let what = "must be a URI, such as `urn:ietf:params:oauth:token-type:jwt`";
        ensure(named.as_ref().is_none_or(uri), key, what)?;
    }
    for name in &rule.variables {
        let what = "must be names of variables: letters, digits and `_`";
        ensure(is_variable(name), "exchange.variables", what)?;
        // Whoever can set one of keyfob's own would else be sent something that is no identity token.
        let own = name.to_ascii_uppercase().starts_with("KEYFOB_");
        let what = "must not be names of keyfob's own variables";
        ensure(!own, "exchange.variables", what)?;
    }
    Ok(())
}

fn check_given(provider: &Provider) -> Checked {
    let given = &provider.given;
    for (key, path) in [
        ("given.subject", &given.subject),
        ("given.username", &given.username),
    ] {
        path.as_ref().map_or(Ok(()), |path| pointer(key, path))?;
    }
    Ok(())
}
