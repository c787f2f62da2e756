//! The device authorization endpoint's answer (RFC 8628 §3.2), within bounds: what it holds goes onto a
//! terminal and into a browser.

use std::time::Duration;

use serde_json::{Map, Value};
use url::Url;

use super::DeviceAuthorization;
use crate::oauth::OauthError;
use crate::oauth::endpoint::check_url;
use crate::oauth::http::Answer;
use crate::oauth::members::{needed_secret, seconds, text};
use crate::provider::{DeviceRule, DeviceStyle};
use keyfob_base::escape::is_unsafe;

/// The longest that a person is asked to type, in characters.
const USER_CODE_LIMIT: usize = 64;
/// The longest code that looks like one; RFC 8628 §6.1 advises eight.
const PLAIN_LIMIT: usize = 24;
/// The longest address that is shown, in bytes; no larger one makes a QR code.
const URI_LIMIT: usize = 2048;
/// The life of codes whose end no answer names, in seconds: what most servers give.
const USUAL_LIFE: u32 = 15 * 60;
const LONGEST_LIFE: u32 = 60 * 60;
/// The interval where the answer has none, in seconds (RFC 8628 §3.2).
const USUAL_INTERVAL: u32 = 5;
const SHORTEST_INTERVAL: Duration = Duration::from_secs(1);
/// The longest interval that is obeyed, in seconds; a longer one would never notice a sign-in.
const LONGEST_INTERVAL: u32 = 60;

/// What the person types, as the server spells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum UserCode {
    Plain(PlainCode),
    /// Printable ASCII that may be a sentence or an address: shown as the server's words.
    Odd(String),
}

/// At most 24 letters, digits and dashes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PlainCode(String);

impl UserCode {
    pub(crate) fn new(code: &str) -> Self {
        PlainCode::new(code).map_or_else(|| Self::Odd(code.to_owned()), Self::Plain)
    }

    pub(super) fn as_str(&self) -> &str {
        match self {
            Self::Plain(code) => code.as_str(),
            Self::Odd(words) => words,
        }
    }
}

impl PlainCode {
    pub(crate) fn new(code: &str) -> Option<Self> {
        let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
        let fit = (1..=PLAIN_LIMIT).contains(&code.len()) && code.bytes().all(plain);
        fit.then(|| Self(code.to_owned()))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// `on_loopback`: the endpoint is on this machine; only then may the page be there, over http.
pub(super) fn read(
    answer: &Answer,
    rule: &DeviceRule,
    on_loopback: bool,
) -> Result<DeviceAuthorization, OauthError> {
    authorization(&answer.object()?, rule, on_loopback).map_err(|wrong| {
        answer.invalid(&format!(
            "sent a device answer that cannot be used: {wrong}"
        ))
    })
}

/// `interval` in an answer, at least a second and at most a minute.
pub(super) fn interval(members: &Map<String, Value>) -> Result<Option<Duration>, String> {
    let interval = seconds(members, "interval", LONGEST_INTERVAL)?;
    Ok(interval.map(|seconds| bounded_interval(seconds.into())))
}

pub(super) fn bounded_interval(seconds: u64) -> Duration {
    Duration::from_secs(seconds.min(LONGEST_INTERVAL.into())).max(SHORTEST_INTERVAL)
}

/// The error is a sentence that names the member.
fn authorization(
    members: &Map<String, Value>,
    rule: &DeviceRule,
    on_loopback: bool,
) -> Result<DeviceAuthorization, String> {
    let device_code = match rule.style {
        DeviceStyle::Rfc8628 => "device_code",
        DeviceStyle::AuthorizationCode => "device_auth_id",
    };
    let complete = text(members, "verification_uri_complete").ok().flatten();
    let usual = Duration::from_secs(USUAL_INTERVAL.into());
    let expires_in = expires_in(members)?;
    // Else the codes would be over before the first poll.
    let longest = (expires_in / 2).max(SHORTEST_INTERVAL);
    Ok(DeviceAuthorization {
        device_code: needed_secret(members, device_code)?,
        user_code: user_code(members, rule.style)?,
        verification_uri: verification_uri(members, rule, on_loopback)?,
        // The person can do without it.
        verification_uri_complete: complete.and_then(|uri| page(uri, on_loopback).ok()),
        expires_in,
        interval: interval(members)?.unwrap_or(usual).min(longest),
    })
}

fn user_code(members: &Map<String, Value>, style: DeviceStyle) -> Result<UserCode, String> {
    let also = match style {
        DeviceStyle::Rfc8628 => None,
        DeviceStyle::AuthorizationCode => text(members, "usercode")?,
    };
    let code = text(members, "user_code")?
        .or(also)
        .ok_or("`user_code` is missing")?;
    if code.chars().count() > USER_CODE_LIMIT {
        return Err("`user_code` is longer than 64 characters".into());
    }
    let typed = code.bytes().all(|b| matches!(b, b' '..=b'~')) && !code.trim().is_empty();
    typed
        .then(|| UserCode::new(code))
        .ok_or_else(|| "`user_code` is not printable ASCII".into())
}

fn verification_uri(
    members: &Map<String, Value>,
    rule: &DeviceRule,
    on_loopback: bool,
) -> Result<Url, String> {
    let standard = "verification_uri";
    let name = rule.verification_uri_member.as_deref().unwrap_or(standard);
    let fixed = rule.verification_uri.as_ref().map(Url::as_str);
    let uri = text(members, name)?
        .or(fixed)
        .ok_or_else(|| format!("`{name}` is missing"))?;
    page(uri, on_loopback).map_err(|wrong| format!("`{name}` {wrong}"))
}

/// An address that a person may be sent to. The error is a predicate that shows nothing of it.
pub(super) fn page(uri: &str, on_loopback: bool) -> Result<Url, String> {
    if uri.len() > URI_LIMIT {
        return Err("is longer than 2 KiB".into());
    }
    // The parser would quietly drop some of these.
    if uri.chars().any(|c| is_unsafe(c) || c.is_whitespace()) {
        return Err("holds blanks or control characters".into());
    }
    let url = Url::parse(uri).map_err(|_| "is not a URL")?;
    check_url(&url)?;
    if url.scheme() == "http" && !on_loopback {
        return Err("is not https".into());
    }
    Ok(url)
}

fn expires_in(members: &Map<String, Value>) -> Result<Duration, String> {
    match seconds(members, "expires_in", LONGEST_LIFE)?.unwrap_or(USUAL_LIFE) {
        0 => Err("`expires_in` says that the codes are over".into()),
        life => Ok(Duration::from_secs(life.into())),
    }
}
