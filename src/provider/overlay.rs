//! A user's provider file: read within bounds, and parsed with the place of every key, so that an
//! error can name file, line and key. Values are never shown: one may be a secret in the wrong place.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml::Spanned;
use toml::de::{DeTable, DeValue, Deserializer};

use super::fault::{Fault, dotted};
use super::keys::is_table_key;
use super::placeholders::{self, PLACEHOLDERS};
use super::{Provider, SANDBOX};
use crate::error::{Code, Error, Result};
use crate::names;
use keyfob_base::escape::escape_short;

/// The longest string in a file; longer ones are an accident, and would fill a terminal.
const LONGEST: usize = 2048;

const MOST: usize = 100;

pub(super) struct Overlay {
    pub path: PathBuf,
    /// The keys as they stand, types checked.
    pub table: toml::Table,
    /// The line of each key that holds a value, by its dotted path.
    pub lines: BTreeMap<String, usize>,
}

impl Overlay {
    pub(crate) fn parse(path: &Path, name: &str, text: &str) -> Result<Self> {
        let mut spans = Spans::new(path, text);
        let mut parsed = DeTable::parse(text).map_err(|cause| {
            let start = cause.span().map_or(0, |span| span.start);
            spans.refuse(start, "", &cause.message().replace('\n', "; "))
        })?;
        spans.survey("", parsed.get_ref(), name)?;
        spans.normalize(parsed.get_mut())?;
        let mut filled = parsed.clone();
        placeholders::fill_for_types(filled.get_mut());
        Provider::deserialize(Deserializer::from(filled))
            .map_err(|cause| spans.refuse_type(&cause))?;
        let table = toml::Table::deserialize(Deserializer::from(parsed))
            .map_err(|cause| spans.refuse_type(&cause))?;
        Ok(Self {
            path: path.into(),
            table,
            lines: spans.lines_of_values(),
        })
    }

    pub(crate) fn text(&self, key: &str) -> Option<&str> {
        self.table.get(key).and_then(toml::Value::as_str)
    }

    /// The strings of a list in a table.
    pub(super) fn list(&self, table: &str, key: &str) -> Vec<&str> {
        let list = self.table.get(table).and_then(|table| table.get(key));
        let items = list.and_then(toml::Value::as_array).into_iter().flatten();
        items.filter_map(toml::Value::as_str).collect()
    }

    /// What it says of where the server is, for definitions that leave that open.
    pub(super) fn places(&self) -> Self {
        let mut table = self.table.clone();
        table.retain(|key, _| PLACEHOLDERS.iter().any(|(name, _)| *name == key));
        Self {
            path: self.path.clone(),
            table,
            lines: BTreeMap::new(),
        }
    }

    /// A fault of the merged definition as an error; with its line where this file has the key.
    pub(crate) fn refuse(&self, fault: &Fault) -> Error {
        let line = self.lines.get(&fault.key).copied();
        refuse(&self.path, line, &fault.key, &fault.what)
    }
}

struct Spans<'a> {
    path: &'a Path,
    breaks: Vec<usize>,
    places: Vec<KeySpan>,
}

/// A key's place in the text, as offsets; `key` is its dotted path.
struct KeySpan {
    key: String,
    name: Range<usize>,
    value: Range<usize>,
    is_table: bool,
}

impl<'a> Spans<'a> {
    fn new(path: &'a Path, text: &str) -> Self {
        Self {
            path,
            breaks: text.match_indices('\n').map(|(offset, _)| offset).collect(),
            places: Vec::new(),
        }
    }

    /// Notes every key, outer before inner; ends at the first that no file may hold.
    fn survey(&mut self, prefix: &str, table: &DeTable<'_>, name: &str) -> Result<()> {
        for (key, value) in table {
            let path = dotted(prefix, key.get_ref());
            let is_table = value.get_ref().is_table();
            let start = key.span().start;
            if names_a_secret(key.get_ref()) {
                let error = self.refuse(
                    start,
                    &path,
                    "a client secret never belongs in a plain file",
                );
                return Err(error.hint(secret_hint(name)));
            }
            if let Some(what) =
                forbid(&path, is_table).or_else(|| find_flaw(&path, value.get_ref()))
            {
                return Err(self.refuse(start, &path, what));
            }
            self.places.push(KeySpan {
                key: path.clone(),
                name: key.span(),
                value: value.span(),
                is_table,
            });
            let inner = match value.get_ref() {
                DeValue::Array(items) => items.iter().map(Spanned::get_ref).collect(),
                value => vec![value],
            };
            for table in inner.into_iter().filter_map(DeValue::as_table) {
                self.survey(&path, table, name)?;
            }
        }
        Ok(())
    }

    /// Checks the root keys that other keys are filled from, and writes each in its one form.
    fn normalize(&self, root: &mut DeTable<'_>) -> Result<()> {
        for (key, value) in root.iter_mut() {
            let DeValue::String(text) = value.get_mut() else {
                continue;
            };
            if let Some(checked) = placeholders::check(key.get_ref(), text) {
                let refuse = |what| self.refuse(key.span().start, key.get_ref(), what);
                *text = checked.map_err(refuse)?.into();
            }
        }
        Ok(())
    }

    /// A value of the wrong type, under the innermost key that stands there.
    fn refuse_type(&self, cause: &toml::de::Error) -> Error {
        let start = cause.span().map_or(0, |span| span.start);
        let here = |place: &&KeySpan| place.name.contains(&start) || place.value.contains(&start);
        let place = self.places.iter().rfind(here);
        let key = place.map_or("", |place| &place.key);
        self.refuse(start, key, &explain_type(key, cause.message()))
    }

    fn refuse(&self, offset: usize, key: &str, what: &str) -> Error {
        refuse(self.path, Some(self.line(offset)), key, what)
    }

    fn line(&self, offset: usize) -> usize {
        self.breaks.partition_point(|end| *end < offset) + 1
    }

    fn lines_of_values(&self) -> BTreeMap<String, usize> {
        let places = self.places.iter().filter(|place| !place.is_table);
        places
            .map(|place| (place.key.clone(), self.line(place.name.start)))
            .collect()
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

pub(super) fn leaves(prefix: &str, table: &toml::Table) -> Vec<String> {
    let of = |(key, value): (&String, &toml::Value)| match value {
        toml::Value::Table(inner) => leaves(&dotted(prefix, key), inner),
        _ => vec![dotted(prefix, key)],
    };
    table.iter().flat_map(of).collect()
}

/// However it is spelt.
pub(super) fn names_a_secret(key: &str) -> bool {
    let letters: String = key.chars().filter(char::is_ascii_alphanumeric).collect();
    letters.eq_ignore_ascii_case("clientsecret")
}

fn secret_hint(name: &str) -> String {
    let variable = names::variable(name, "CLIENT_SECRET");
    format!(
        "remove that line, then `keyfob provider set {name} --client-secret`, or give the secret in {variable}"
    )
}

fn forbid(key: &str, is_table: bool) -> Option<&'static str> {
    match key {
        "embedded" => Some("no file can set this; it is the sandbox's own"),
        "origins" => Some("no file can set this; it is a built-in row's own"),
        // serde would take a list for a table, field by field.
        key if is_table_key(key) && !is_table => Some("expected a table"),
        _ => None,
    }
}

fn find_flaw(key: &str, value: &DeValue<'_>) -> Option<&'static str> {
    if key.len() > LONGEST {
        return Some("is too long a key");
    }
    match value {
        DeValue::String(text) if text.len() > LONGEST => Some("is longer than 2048 bytes"),
        DeValue::String(text) if text.chars().any(char::is_control) => {
            Some("must hold no line breaks or other control characters")
        }
        DeValue::Array(items) if items.len() > MOST => Some("holds more than 100 items"),
        DeValue::Array(items) => items.iter().find_map(|item| find_flaw(key, item.get_ref())),
        _ => None,
    }
}

/// What a type error wants, without the value it quotes: that stands before the last `expected`.
fn explain_type(key: &str, message: &str) -> String {
    let end = key.rsplit(['_', '.']).next();
    let is_url = matches!(end, Some("endpoint" | "page" | "uri"));
    match message.rsplit_once("expected ") {
        Some((found, expected)) if found.starts_with("unknown field") => {
            format!("unknown key, expected {expected}")
        }
        Some((_, expected)) if is_url => format!("expected a URL: {expected}"),
        Some((_, expected)) => format!("expected {expected}"),
        None if is_url => "expected a URL such as `https://id.example.com/token`".into(),
        None => "is not what belongs here".into(),
    }
}

fn refuse(path: &Path, line: Option<usize>, key: &str, what: &str) -> Error {
    let (line, hint) = match line {
        Some(line) => (
            format!(":{line}"),
            "mend that line, or remove it to have the default",
        ),
        None => (String::new(), "set that key in that file"),
    };
    let key = match key {
        "" => String::new(),
        key => format!(" `{}`:", escape_short(key, 80)),
    };
    let message = format!("{}{line}:{key} {}", path.display(), what);
    Error::new(Code::ConfigInvalid, message).hint(hint)
}

pub(super) fn sandbox_is_fixed(path: &Path) -> Error {
    let message = format!(
        "the definition of `{SANDBOX}` cannot be changed: {}",
        path.display()
    );
    Error::new(Code::ConfigInvalid, message).hint("give that file another name, or remove it")
}
