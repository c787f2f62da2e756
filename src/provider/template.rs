//! Definitions with blanks: `{host}` and `{tenant}` in the strings of a row or file, and the tables of
//! a row that are no keys of a definition.
//!
//! `self_managed` holds the keys that replace a row's own where the host is not the row's. `placeholders`
//! gives an example of each key that only the user can say; until that is done the definition can be
//! looked at, not used.

use toml::de::{DeTable, DeValue};
use toml::{Table, Value};
use url::Url;

use super::overlay::{Overlay, leaves, merge};
use super::{Provider, SANDBOX, builtin};
use crate::error::{Code, Error};

/// The keys that stand for themselves in braces, each with an example for where there is no other.
const BLANKS: [(&str, &str); 2] = [("host", "host.example"), ("tenant", "example")];

/// A row, its own keys apart from the examples.
pub(super) struct Template {
    /// The keys that are in effect, those of `self_managed` in their places.
    pub row: Table,
    examples: Table,
}

impl Template {
    /// Opens the row of a definition, or the one that `overlay` starts from instead.
    pub fn open(row: Table, overlay: Option<&Overlay>) -> Self {
        let like = overlay.and_then(|overlay| overlay.text("like"));
        let mut row = match like {
            Some(name) => builtin::row(name).expect("a file is refused where it is like no row"),
            None => row,
        };
        let examples = take(&mut row, "placeholders");
        let self_managed = take(&mut row, "self_managed");
        let host = overlay.and_then(|overlay| overlay.text("host"));
        let usual = row.get("host").and_then(Value::as_str);
        if host.is_some_and(|host| Some(host) != usual) {
            merge(&mut row, self_managed);
        }
        Self { row, examples }
    }

    /// Fills the blanks of `table`, which is the row and what lies over it. Returns the keys that are
    /// missing, an example in the place of each.
    pub fn fill(&self, table: &mut Table) -> Vec<String> {
        let mut whole = self.examples.clone();
        merge(&mut whole, table.clone());
        for (blank, example) in BLANKS {
            if mentions(&whole, blank) {
                whole.entry(blank).or_insert_with(|| example.into());
            } else if !table.contains_key(blank) {
                whole.remove(blank);
            }
        }
        let given = leaves("", table);
        let missing = leaves("", &whole)
            .into_iter()
            .filter(|key| !given.contains(key))
            .collect();
        let [host, tenant] = BLANKS.map(|(blank, _)| text(&whole, blank).map(str::to_owned));
        substitute(&mut whole, host.as_deref(), tenant.as_deref());
        *table = whole;
        missing
    }
}

fn take(row: &mut Table, key: &str) -> Table {
    match row.remove(key) {
        Some(Value::Table(table)) => table,
        _ => Table::new(),
    }
}

fn text<'a>(table: &'a Table, key: &str) -> Option<&'a str> {
    table.get(key).and_then(Value::as_str)
}

fn mentions(table: &Table, blank: &str) -> bool {
    let braced = format!("{{{blank}}}");
    table.values().any(|value| holds(value, &braced))
}

fn holds(value: &Value, braced: &str) -> bool {
    match value {
        Value::String(text) => text.contains(braced),
        Value::Array(items) => items.iter().any(|item| holds(item, braced)),
        Value::Table(table) => table.values().any(|value| holds(value, braced)),
        _ => false,
    }
}

fn substitute(table: &mut Table, host: Option<&str>, tenant: Option<&str>) {
    for (_, value) in table.iter_mut() {
        substitute_in(value, host, tenant);
    }
}

fn substitute_in(value: &mut Value, host: Option<&str>, tenant: Option<&str>) {
    match value {
        Value::String(text) => *text = filled(text, host, tenant),
        Value::Array(items) => items
            .iter_mut()
            .for_each(|item| substitute_in(item, host, tenant)),
        Value::Table(table) => substitute(table, host, tenant),
        _ => {}
    }
}

/// `text` with both blanks filled; neither value holds braces, so the order does not matter.
fn filled(text: &str, host: Option<&str>, tenant: Option<&str>) -> String {
    let mut text = text.to_owned();
    for (braced, value) in [("{host}", host), ("{tenant}", tenant)] {
        if let Some(value) = value {
            text = text.replace(braced, value);
        }
    }
    text
}

/// A parsed file with the blanks of its strings filled, so that its types can be checked where they
/// stand. Lists are left alone: none is of URLs.
pub(super) fn filled_for_types(table: &mut DeTable<'_>) {
    let own = |table: &DeTable<'_>, blank: &str| {
        let value = table.get(blank).and_then(|value| value.get_ref().as_str());
        value.map(str::to_owned)
    };
    let [host, tenant] =
        BLANKS.map(|(blank, example)| own(table, blank).unwrap_or_else(|| example.into()));
    fill_strings(table, &host, &tenant);
}

fn fill_strings(table: &mut DeTable<'_>, host: &str, tenant: &str) {
    for (_, value) in table.iter_mut() {
        match value.get_mut() {
            DeValue::String(text) if text.contains('{') => {
                *text = filled(text, Some(host), Some(tenant)).into();
            }
            DeValue::Table(table) => fill_strings(table, host, tenant),
            _ => {}
        }
    }
}

/// What `value` becomes as the root key `key`, if that is one of the template's; the error says what
/// it must be.
pub(super) fn checked(key: &str, value: &str) -> Option<Result<String, &'static str>> {
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

/// The refusal to use a definition that is not complete.
pub(super) fn incomplete(provider: &Provider) -> Error {
    let keys: Vec<_> = provider
        .missing
        .iter()
        .map(|key| format!("`{key}`"))
        .collect();
    let wanted: Vec<_> = provider.missing.iter().map(|key| assignment(key)).collect();
    let name = &provider.name;
    let message = format!(
        "`{name}` needs {}, which only you can say",
        keys.join(" and ")
    );
    Error::new(Code::ConfigInvalid, message)
        .hint(format!("`keyfob provider set {name} {}`", wanted.join(" ")))
}

fn assignment(key: &str) -> String {
    let value = match key {
        "host" => "YOUR_DOMAIN".into(),
        "redirect.manual" => "YOUR_REDIRECT_URI".into(),
        key => format!(
            "YOUR_{}",
            key.rsplit('.').next().unwrap_or(key).to_ascii_uppercase()
        ),
    };
    format!("{key}={value}")
}

#[cfg(test)]
mod tests;
