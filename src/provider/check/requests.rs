//! What a definition adds to requests, and where it looks in their answers.

use std::collections::BTreeMap;

use reqwest::header::{HeaderName, HeaderValue};

use super::urls;
use crate::provider::fault::dotted;
use crate::provider::fault::{Checked, ensure};
use crate::provider::{
    AuthorizationRule, DeviceRule, DeviceStyle, Provider, RESERVED_PARAMETERS, TokenRule,
};

/// Headers that would replace the credential, or say otherwise than the request's framing and form.
const OWN_HEADERS: [&str; 7] = [
    "authorization",
    "connection",
    "content-length",
    "content-type",
    "cookie",
    "host",
    "transfer-encoding",
];

/// Parameters of the device request and its polls that are keyfob's own (RFC 8628 §3.1, §3.4).
const DEVICE_PARAMETERS: [&str; 7] = [
    "audience",
    "client_id",
    "client_secret",
    "device_code",
    "grant_type",
    "resource",
    "scope",
];

/// The errors that a poll may answer with (RFC 8628 §3.5, RFC 6749 §5.2).
const DEVICE_ERRORS: [&str; 10] = [
    "access_denied",
    "authorization_pending",
    "expired_token",
    "invalid_client",
    "invalid_grant",
    "invalid_request",
    "invalid_scope",
    "slow_down",
    "unauthorized_client",
    "unsupported_grant_type",
];

pub(super) fn check(provider: &Provider) -> Checked {
    authorization(&provider.authorization)?;
    token(&provider.token)?;
    device(&provider.device)
}

fn authorization(rule: &AuthorizationRule) -> Checked {
    for (table, names) in [("parameters", &rule.parameters), ("switch", &rule.switch)] {
        let table = dotted("authorization", table);
        parameters(&table, names, &RESERVED_PARAMETERS)?;
        carries_scopes_alone(&table, names, rule.scope_parameter.as_ref())?;
    }
    if let Some(name) = &rule.login_hint {
        parameter("authorization.login_hint", name, &RESERVED_PARAMETERS)?;
    }
    scope_parameter(
        "authorization.scope_parameter",
        rule.scope_parameter.as_ref(),
        &RESERVED_PARAMETERS,
    )
}

fn token(rule: &TokenRule) -> Checked {
    headers("token.headers", &rule.headers)?;
    let types_are_named = !rule.bearer_types.iter().any(String::is_empty);
    ensure(types_are_named, "token.bearer_types", "must each be a word")?;
    if let Some(members) = &rule.members {
        pointer("token.members", members)?;
    }
    member(
        "token.granted_scope_member",
        rule.granted_scope_member.as_ref(),
    )
}

fn device(rule: &DeviceRule) -> Checked {
    parameters("device.parameters", &rule.parameters, &DEVICE_PARAMETERS)?;
    let carrier = rule.scope_parameter.as_ref();
    scope_parameter("device.scope_parameter", carrier, &DEVICE_PARAMETERS)?;
    carries_scopes_alone("device.parameters", &rule.parameters, carrier)?;
    let named = rule.verification_uri_member.as_ref();
    member("device.verification_uri_member", named)?;
    member("device.error_member", rule.error_member.as_ref())?;
    for (theirs, standard) in &rule.error_aliases {
        let key = dotted("device.error_aliases", theirs);
        let known = !theirs.is_empty() && DEVICE_ERRORS.contains(&standard.as_str());
        let what = format!("must be one of {}", DEVICE_ERRORS.join(", "));
        ensure(known, key, what)?;
    }
    let refusals = rule.pending_statuses.iter().all(|s| (400..500).contains(s));
    let what = "must be statuses from 400 to 499";
    ensure(refusals, "device.pending_statuses", what)?;
    device_redirect_uri(rule)
}

fn device_redirect_uri(rule: &DeviceRule) -> Checked {
    let key = "device.redirect_uri";
    match (rule.style, &rule.redirect_uri) {
        (DeviceStyle::Rfc8628, None) => Ok(()),
        (DeviceStyle::Rfc8628, Some(_)) => {
            ensure(false, key, "belongs to `style = \"authorization_code\"`")
        }
        (DeviceStyle::AuthorizationCode, None) => {
            ensure(false, key, "is missing; the exchange names it")
        }
        (DeviceStyle::AuthorizationCode, Some(uri)) => {
            let plain = uri.bytes().all(|b| b.is_ascii_graphic()) && !uri.contains('#');
            let url = url::Url::parse(uri).ok().filter(|_| plain);
            match url {
                Some(url) => urls::web(key, &url),
                None => ensure(false, key, "must be a URL without fragment or blanks"),
            }
        }
    }
}

fn parameters(table: &str, names: &BTreeMap<String, String>, own: &[&str]) -> Checked {
    names
        .keys()
        .try_for_each(|name| parameter(&dotted(table, name), name, own))
}

fn parameter(key: &str, name: &str, own: &[&str]) -> Checked {
    let what = "is a parameter that keyfob sets itself";
    ensure(!own.contains(&name), key, what)?;
    ensure(!name.is_empty(), key, "must name a parameter")
}

/// The one parameter that keyfob sets and a definition may rename.
fn scope_parameter(key: &str, name: Option<&String>, own: &[&str]) -> Checked {
    match name.map(String::as_str) {
        None | Some("scope") => Ok(()),
        Some(name) => parameter(key, name, own),
    }
}

/// The parameter that carries the scopes is not given a value of its own.
fn carries_scopes_alone(
    table: &str,
    names: &BTreeMap<String, String>,
    carrier: Option<&String>,
) -> Checked {
    match carrier.filter(|name| names.contains_key(*name)) {
        Some(name) => {
            let what = "is the parameter that carries the scopes";
            ensure(false, dotted(table, name), what)
        }
        None => Ok(()),
    }
}

fn member(key: &str, name: Option<&String>) -> Checked {
    let empty = name.is_some_and(String::is_empty);
    ensure(!empty, key, "must name a member")
}

/// RFC 6901: every segment after a `/`, and `~` only as `~0` or `~1`.
pub(super) fn pointer(key: &str, pointer: &str) -> Checked {
    let escapes = pointer.split('~').skip(1);
    let fits =
        pointer.starts_with('/') && escapes.into_iter().all(|rest| rest.starts_with(['0', '1']));
    ensure(fits, key, "must be a JSON pointer, beginning with `/`")
}

pub(super) fn headers(table: &str, headers: &BTreeMap<String, String>) -> Checked {
    for (name, value) in headers {
        let key = dotted(table, name);
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
