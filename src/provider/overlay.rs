//! A user's provider file: read within bounds, and parsed with the place of every key, so that an
//! error can name file, line and key. Values are never shown: one may be a secret in the wrong place.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::ops::Range;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml::Spanned;
use toml::de::{DeTable, DeValue, Deserializer};

use super::check::Fault;
use super::{Provider, SANDBOX};
use crate::config::read_text;
use crate::error::{Code, Error, Result};
use crate::escape::escape_short;

/// The longest string in a file; longer ones are an accident, and would fill a terminal.
const LONGEST: usize = 2048;

/// The longest list in a file.
const MOST: usize = 100;

/// What a user's file sets, and where.
pub(super) struct Overlay {
    pub path: PathBuf,
    /// The keys as they stand, types checked.
    pub table: toml::Table,
    /// The line of each key that holds a value, by its dotted path.
    pub lines: BTreeMap<String, usize>,
}

/// A key's place in the text.
struct Place {
    key: String,
    name: Range<usize>,
    value: Range<usize>,
    is_table: bool,
}

impl Overlay {
    /// Parses `text`, the file for the provider `name`, and checks types and what no file may hold.
    pub fn parse(path: &Path, name: &str, text: &str) -> Result<Self> {
        let error = |line: usize, key: &str, what: &str| {
            let fault = Fault {
                key: key.into(),
                what: what.into(),
            };
            refuse(path, Some(line), &fault)
        };
        let line_at = |offset: usize| {
            let before = &text.as_bytes()[..offset.min(text.len())];
            before.iter().filter(|byte| **byte == b'\n').count() + 1
        };
        let parsed = DeTable::parse(text).map_err(|cause| {
            let line = line_at(cause.span().map_or(0, |span| span.start));
            error(line, "", &cause.message().replace('\n', "; "))
        })?;

        let mut places = Vec::new();
        survey("", parsed.get_ref(), &mut |place, value| {
            let line = line_at(place.name.start);
            forbidden(path, name, line, &place)?;
            if let Some(what) = oversized(&place.key, value) {
                return Err(error(line, &place.key, what));
            }
            places.push(place);
            Ok(())
        })?;

        let mistyped = |cause: toml::de::Error| {
            let start = cause.span().map_or(0, |span| span.start);
            let key = key_at(&places, start);
            error(line_at(start), key, &complaint(key, cause.message()))
        };
        Provider::deserialize(Deserializer::from(parsed.clone())).map_err(mistyped)?;
        let table = toml::Table::deserialize(Deserializer::from(parsed)).map_err(mistyped)?;
        let leaves = places.into_iter().filter(|place| !place.is_table);
        Ok(Self {
            path: path.into(),
            table,
            lines: leaves.map(|place| (place.key, line_at(place.name.start))).collect(),
        })
    }

    /// A fault of the merged definition as an error; with its line where this file has the key.
    pub fn refuse(&self, fault: &Fault) -> Error {
        refuse(&self.path, self.lines.get(&fault.key).copied(), fault)
    }
}

/// Reads a definition's text; `None` where there is no file.
pub(super) fn read(path: &Path) -> Result<Option<String>> {
    let unreadable = |cause: &str| {
        let message = format!("cannot read {}: {cause}", path.display());
        Error::new(Code::ConfigInvalid, message).hint("put a plain file there, or remove it")
    };
    match fs::symlink_metadata(path) {
        // A pipe would never end, and a link would be replaced when a client id is written.
        Ok(found) if found.is_symlink() => Err(unreadable("it is a symbolic link")),
        Ok(found) if !found.is_file() => Err(unreadable("it is not a file")),
        Ok(_) => read_text(path),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(unreadable(&error.to_string())),
    }
}

/// Lays `over` on `base`: tables key by key, everything else replaced.
pub(super) fn merge(base: &mut toml::Table, over: toml::Table) {
    for (key, value) in over {
        match (base.get_mut(&key), value) {
            (Some(toml::Value::Table(base)), toml::Value::Table(over)) => merge(base, over),
            (_, value) => {
                base.insert(key, value);
            }
        }
    }
}

/// The dotted paths of all values in `table`.
pub(super) fn leaves(prefix: &str, table: &toml::Table) -> Vec<String> {
    let of = |(key, value): (&String, &toml::Value)| match value {
        toml::Value::Table(inner) => leaves(&dotted(prefix, key), inner),
        _ => vec![dotted(prefix, key)],
    };
    table.iter().flat_map(of).collect()
}

/// `prefix.key`, the key quoted where TOML would.
pub(super) fn dotted(prefix: &str, key: &str) -> String {
    let bare = !key.is_empty()
        && key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    let key = if bare { key.into() } else { format!("{key:?}") };
    if prefix.is_empty() {
        key
    } else {
        format!("{prefix}.{key}")
    }
}

/// Visits every key, outer before inner, those of tables within arrays too.
fn survey(
    prefix: &str,
    table: &DeTable<'_>,
    visit: &mut impl FnMut(Place, &DeValue<'_>) -> Result<()>,
) -> Result<()> {
    for (key, value) in table {
        let place = Place {
            key: dotted(prefix, key.get_ref()),
            name: key.span(),
            value: value.span(),
            is_table: value.get_ref().is_table(),
        };
        let path = place.key.clone();
        visit(place, value.get_ref())?;
        let inner = match value.get_ref() {
            DeValue::Array(items) => items.iter().map(Spanned::get_ref).collect(),
            value => vec![value],
        };
        for table in inner.into_iter().filter_map(DeValue::as_table) {
            survey(&path, table, visit)?;
        }
    }
    Ok(())
}

/// Refuses the keys that no user's file may hold.
fn forbidden(path: &Path, name: &str, line: usize, place: &Place) -> Result<()> {
    let last = place.key.rsplit('.').next().unwrap_or_default();
    let word: String = last.chars().filter(char::is_ascii_alphanumeric).collect();
    let fault = |what: &str| Fault {
        key: place.key.clone(),
        what: what.into(),
    };
    if word.eq_ignore_ascii_case("clientsecret") {
        let provider = Provider {
            name: name.into(),
            ..Provider::default()
        };
        let variable = provider.variable("CLIENT_SECRET");
        let fault = fault("a client secret never belongs in a plain file");
        let hint = format!("remove that line, and give the secret in {variable}");
        return Err(refuse(path, Some(line), &fault).hint(hint));
    }
    if place.key == "embedded" {
        let fault = fault("no file can set this; it is the sandbox's own");
        return Err(refuse(path, Some(line), &fault));
    }
    Ok(())
}

/// Says what makes a key or its value unfit to be shown or sent, if anything does.
fn oversized(key: &str, value: &DeValue<'_>) -> Option<&'static str> {
    if key.len() > LONGEST {
        return Some("is too long a key");
    }
    match value {
        DeValue::String(text) if text.len() > LONGEST => Some("is longer than 2048 bytes"),
        DeValue::String(text) if text.chars().any(char::is_control) => {
            Some("must hold no line breaks or other control characters")
        }
        DeValue::Array(items) if items.len() > MOST => Some("holds more than 100 items"),
        DeValue::Array(items) => items.iter().find_map(|item| oversized(key, item.get_ref())),
        _ => None,
    }
}

/// The innermost key whose name or value stands at `offset`.
fn key_at(places: &[Place], offset: usize) -> &str {
    let here = |place: &&Place| place.name.contains(&offset) || place.value.contains(&offset);
    places.iter().rfind(here).map_or("", |place| &place.key)
}

/// What a type error wants, without the value it quotes: that stands before the last `expected`.
fn complaint(key: &str, message: &str) -> String {
    let Some((found, expected)) = message.rsplit_once("expected ") else {
        return "is not what belongs here".into();
    };
    if found.starts_with("unknown field") {
        format!("unknown key, expected {expected}")
    } else if key.ends_with("_endpoint") || key.ends_with(".page") {
        format!("expected a URL: {expected}")
    } else {
        format!("expected {expected}")
    }
}

/// `FILE:LINE: KEY: what`.
fn refuse(path: &Path, line: Option<usize>, fault: &Fault) -> Error {
    let line = line.map(|line| format!(":{line}")).unwrap_or_default();
    let key = match fault.key.as_str() {
        "" => String::new(),
        key => format!(" `{}`:", escape_short(key, 80)),
    };
    let message = format!("{}{line}:{key} {}", path.display(), fault.what);
    Error::new(Code::ConfigInvalid, message).hint("mend that line, or remove it to have the default")
}

/// The refusal of any file for the sandbox.
pub(super) fn sandbox_is_fixed(path: &Path) -> Error {
    let message = format!("the definition of `{SANDBOX}` cannot be changed: {}", path.display());
    Error::new(Code::ConfigInvalid, message).hint("give that file another name, or remove it")
}
