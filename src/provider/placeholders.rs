//! The root keys that other keys are filled from: what each may be, and what it fills.

use toml::de::{DeTable, DeValue};
use url::Url;

use super::{SANDBOX, builtin};

/// The keys that stand for themselves in braces, each with an example for where there is no other.
pub(super) const PLACEHOLDERS: [(&str, &str); 2] =
    [("host", "host.example"), ("tenant", "example")];

/// `text` with both placeholders filled; neither value holds braces, so the order does not matter.
pub(super) fn fill(text: &str, host: Option<&str>, tenant: Option<&str>) -> String {
    let mut text = text.to_owned();
    for (braced, value) in [("{host}", host), ("{tenant}", tenant)] {
        if let Some(value) = value {
            text = text.replace(braced, value);
        }
    }
    text
}

/// So that types can be checked where they stand. Lists are left alone: none is of URLs.
pub(super) fn fill_for_types(table: &mut DeTable<'_>) {
    let own = |table: &DeTable<'_>, placeholder: &str| {
        let value = table
            .get(placeholder)
            .and_then(|value| value.get_ref().as_str());
        value.map(str::to_owned)
    };
    let [host, tenant] = PLACEHOLDERS
        .map(|(placeholder, example)| own(table, placeholder).unwrap_or_else(|| example.into()));
    fill_strings(table, &host, &tenant);
}

fn fill_strings(table: &mut DeTable<'_>, host: &str, tenant: &str) {
    for (_, value) in table.iter_mut() {
        match value.get_mut() {
            DeValue::String(text) if text.contains('{') => {
                *text = fill(text, Some(host), Some(tenant)).into();
            }
            DeValue::Table(table) => fill_strings(table, host, tenant),
            _ => {}
        }
    }
}

/// What `value` becomes as one of the template's root keys; the error says what it must be.
pub(super) fn check(key: &str, value: &str) -> Option<Result<String, &'static str>> {
    match key {
        "host" => Some(host(value)),
        "tenant" => Some(tenant(value)),
        "like" => Some(like(value)),
        _ => None,
    }
}

/// A host, its letters lower-cased, without the path's last slash.
fn host(value: &str) -> Result<String, &'static str> {
    const WHAT: &str = "must be a host, with a port or a path where it has one, such as `git.example.com` or `example.com:8443/git`";
    if value.contains("://") {
        return Err(
            "must be a host without a scheme: `git.example.com`, not `https://git.example.com`",
        );
    }
    let value = value.strip_suffix('/').unwrap_or(value);
    let (authority, path) = match value.split_once('/') {
        Some((authority, path)) => (authority.to_ascii_lowercase(), format!("/{path}")),
        None => (value.to_ascii_lowercase(), String::new()),
    };
    let url = format!("https://{authority}{path}/");
    // What a URL parser would quietly repair is refused: the host is part of issuers, compared byte
    // for byte. It drops a port that is the scheme's own.
    let kept = Url::parse(&url).is_ok_and(|parsed| parsed.as_str() == url)
        && !authority.is_empty()
        && !value.contains(['{', '}', '@', '?', '#', '\\', '%', '|'])
        && path
            .split('/')
            .skip(1)
            .all(|part| !matches!(part, "" | "." | ".."));
    if kept {
        Ok(format!("{authority}{path}"))
    } else {
        Err(WHAT)
    }
}

/// One segment of a path, or one label of a name.
fn tenant(value: &str) -> Result<String, &'static str> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let fits = (1..=128).contains(&value.len())
        && value.bytes().all(plain)
        && !value.contains("..")
        && value != ".";
    fits.then(|| value.to_owned())
        .ok_or("must be 1 to 128 letters, digits, `-`, `.`, `_` and `~`, without `..`")
}

fn like(value: &str) -> Result<String, &'static str> {
    let known = value != SANDBOX && builtin::names().any(|name| name == value);
    known.then(|| value.to_owned()).ok_or(
        "must name a built-in provider other than the sandbox; `keyfob provider list` shows them",
    )
}
