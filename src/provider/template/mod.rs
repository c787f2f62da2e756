//! Definitions with placeholders: `{host}` and `{tenant}` in the strings of a row or file, and the tables of
//! a row that are no keys of a definition.
//!
//! `self_managed` holds the keys that replace a row's own where the host is not the row's. `placeholders`
//! gives an example of each key that only the user can say; until that is done the definition can be
//! looked at, not used.

use toml::{Table, Value};

use super::overlay::{Overlay, leaves, merge};
use super::placeholders::{PLACEHOLDERS, fill};
use super::{Provider, builtin};
use crate::error::{Code, Error};

/// What a row says of one server alone: an endpoint by which a file names another server, and the keys,
/// in a table, that the other one does not inherit then. Its tokens and the identity tokens for it would
/// else go to the row's server, and those for the row's server to it.
const OF_ITS_SERVER: [(&str, &str, &[&str]); 2] = [
    (
        "userinfo_endpoint",
        "given",
        &["userinfo_endpoint", "subject", "username"],
    ),
    ("token_endpoint", "exchange", &["audience"]),
];

/// A row, its own keys apart from the examples.
pub(super) struct Template {
    /// The keys that are in effect, those of `self_managed` in their places.
    pub row: Table,
    examples: Table,
}

impl Template {
    pub(crate) fn open(row: Table, overlay: Option<&Overlay>) -> Self {
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
        if let Some(overlay) = overlay {
            leave_behind(&mut row, overlay);
        }
        Self { row, examples }
    }

    /// For a definition that is another server's: the row's variables and its client are the row's server's.
    pub(super) fn leave_tokens_behind(&mut self) {
        self.row.remove("client_id");
        for table in ["environment", "exchange"] {
            if let Some(Value::Table(rule)) = self.row.get_mut(table) {
                rule.remove("variables");
            }
        }
    }

    /// Returns the keys that are missing in `table`, an example in the place of each.
    pub(crate) fn fill(&self, table: &mut Table) -> Vec<String> {
        let mut whole = self.examples.clone();
        merge(&mut whole, table.clone());
        for (placeholder, example) in PLACEHOLDERS {
            let braced = format!("{{{placeholder}}}");
            if whole.values().any(|value| holds(value, &braced)) {
                whole.entry(placeholder).or_insert_with(|| example.into());
            } else if !table.contains_key(placeholder) {
                whole.remove(placeholder);
            }
        }
        let given = leaves("", table);
        let missing = leaves("", &whole)
            .into_iter()
            .filter(|key| !given.contains(key))
            .collect();
        let [host, tenant] =
            PLACEHOLDERS.map(|(placeholder, _)| text(&whole, placeholder).map(str::to_owned));
        for (_, value) in &mut whole {
            substitute(value, host.as_deref(), tenant.as_deref());
        }
        *table = whole;
        missing
    }
}

fn leave_behind(row: &mut Table, overlay: &Overlay) {
    for (endpoint, table, keys) in OF_ITS_SERVER {
        let own = overlay.text(endpoint);
        let moved = own.is_some() && own != text(row, endpoint);
        if let (true, Some(Value::Table(rule))) = (moved, row.get_mut(table)) {
            for key in keys {
                rule.remove(*key);
            }
        }
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

fn holds(value: &Value, braced: &str) -> bool {
    match value {
        Value::String(text) => text.contains(braced),
        Value::Array(items) => items.iter().any(|item| holds(item, braced)),
        Value::Table(table) => table.values().any(|value| holds(value, braced)),
        _ => false,
    }
}

fn substitute(value: &mut Value, host: Option<&str>, tenant: Option<&str>) {
    match value {
        Value::String(text) => *text = fill(text, host, tenant),
        Value::Array(items) => items
            .iter_mut()
            .for_each(|item| substitute(item, host, tenant)),
        Value::Table(table) => table
            .iter_mut()
            .for_each(|(_, value)| substitute(value, host, tenant)),
        _ => {}
    }
}

pub(super) fn refuse_incomplete(provider: &Provider) -> Error {
    let missing = provider.missing.iter();
    let (keys, wanted): (Vec<_>, Vec<_>) = missing
        .map(|key| (format!("`{key}`"), assignment(key)))
        .unzip();
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
        "host" => "DOMAIN".into(),
        "redirect.manual" => "REDIRECT_URI".into(),
        key => key.rsplit('.').next().unwrap_or(key).to_ascii_uppercase(),
    };
    format!("{key}=YOUR_{value}")
}

#[cfg(test)]
mod tests;
