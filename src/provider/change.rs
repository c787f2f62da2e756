//! One change of a definition, as it is typed: `KEY=VALUE`, the value written by the key's own type,
//! or `KEY=` to have the default again.
//!
//! No error shows a value: it may be a secret in the wrong place.

use std::path::Path;

use toml_edit::{Array, DocumentMut, InlineTable, Item, Key, Table, TableLike, Value};

use super::fault::dotted;
use super::keys::keys;
use super::overlay::{Overlay, names_a_secret};
use crate::error::{Code, Error, Result};
use crate::names::nearest;
use keyfob_base::escape::escape_short;

#[derive(Debug, Clone)]
pub(crate) struct Change {
    path: Vec<String>,
    value: Option<Value>,
}

/// What a key takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeyType {
    Text,
    Flag,
    Texts,
    Numbers,
    Table,
}

impl Change {
    /// The error says what the key wants, or which key is nearest to an unknown one.
    pub(crate) fn parse(assignment: &str) -> Result<Self> {
        match assignment.split_once('=') {
            Some((key, "")) => Ok(Self {
                path: path(key.trim())?,
                value: None,
            }),
            Some((key, value)) => Self::typed(key.trim(), value),
            None => Err(no_assignment(assignment)),
        }
    }

    /// Sets a key to what `text` means by the key's type.
    pub(crate) fn typed(key: &str, text: &str) -> Result<Self> {
        let path = path(key)?;
        if path.iter().any(|part| names_a_secret(part)) {
            return Err(secret_as_argument());
        }
        let key = spell(&path);
        let value = match key_type(&path).ok_or_else(|| refuse_unknown(&key))? {
            KeyType::Text => text.into(),
            KeyType::Flag => match text.trim().parse::<bool>() {
                Ok(flag) => flag.into(),
                Err(_) => return Err(refuse_value(&key, "`true` or `false`")),
            },
            KeyType::Texts => list(text, |item| Some(item.into()))
                .ok_or_else(|| refuse_value(&key, "a list such as `a,b`, or as TOML writes one"))?,
            KeyType::Numbers => list(text, |item| item.parse::<i64>().ok().map(Value::from))
                .ok_or_else(|| {
                    refuse_value(&key, "a list of whole numbers such as `53682,53683`")
                })?,
            KeyType::Table => return Err(is_table(&key)),
        };
        judge(&path, &value).map_err(|what| refuse_definition(&what))?;
        Ok(Self {
            path,
            value: Some(value),
        })
    }

    /// Sets a key of the program's own choice. The definition is checked when it is written.
    pub(crate) fn set(key: &str, value: impl Into<Value>) -> Self {
        Self {
            path: key.split('.').map(str::to_owned).collect(),
            value: Some(value.into()),
        }
    }

    pub(crate) fn set_list(key: &str, items: &[String]) -> Self {
        Self::set(
            key,
            Value::Array(items.iter().map(String::as_str).collect()),
        )
    }

    pub(crate) fn key(&self) -> String {
        spell(&self.path)
    }

    pub(super) fn path(&self) -> &[String] {
        &self.path
    }

    /// What it becomes; `None` where it is removed.
    pub(crate) fn value(&self) -> Option<&Value> {
        self.value.as_ref()
    }

    /// Whether a key that is not in a file is one that could be.
    pub(super) fn is_known(&self) -> bool {
        key_type(&self.path).is_some()
    }

    pub(super) fn unknown(&self) -> Error {
        refuse_unknown(&self.key())
    }
}

pub(crate) fn key_type_of(key: &str) -> Option<KeyType> {
    path(key).ok().and_then(|path| key_type(&path))
}

fn key_type(path: &[String]) -> Option<KeyType> {
    let (key, known) = (spell(path), keys());
    let within = format!("{key}.");
    if known.iter().any(|known| known.starts_with(&within)) {
        return Some(KeyType::Table);
    }
    let any_table = Value::InlineTable(InlineTable::new());
    let is_known = known.contains(&key)
        || path.split_last().is_some_and(|(_, table)| {
            known.contains(&spell(table)) && judge(table, &any_table).is_ok()
        });
    is_known.then(|| {
        let array = |item: Value| Value::Array(Array::from_iter([item]));
        let kinds = [
            (KeyType::Flag, Value::from(true)),
            (KeyType::Texts, array("x".into())),
            (KeyType::Numbers, array(1.into())),
            (KeyType::Table, any_table),
        ];
        let fits = kinds
            .into_iter()
            .find(|(_, probe)| judge(path, probe).is_ok());
        fits.map_or(KeyType::Text, |(kind, _)| kind)
    })
}

/// Reads a file with nothing but this key in it; the error is what is wrong with it.
fn judge(path: &[String], value: &Value) -> std::result::Result<(), String> {
    let nowhere = Path::new("");
    let mut document = DocumentMut::new();
    insert(&mut document, path, value.clone());
    Overlay::parse(nowhere, "NAME", &document.to_string())
        .map(|_| ())
        .map_err(|error| strip_place(nowhere, &error))
}

/// Adds a key that is not there, and the tables above it.
pub(super) fn insert(document: &mut DocumentMut, path: &[String], value: Value) {
    let Some((leaf, tables)) = path.split_last() else {
        return;
    };
    let mut table: &mut dyn TableLike = document.as_table_mut();
    for (at, name) in tables.iter().enumerate() {
        let item = table.entry(name).or_insert_with(|| {
            let mut new = Table::new();
            new.set_implicit(at + 1 < tables.len());
            Item::Table(new)
        });
        match item.as_table_like_mut() {
            Some(below) => table = below,
            None => return, // a value stands there, and the types refuse what is below it
        }
    }
    table.insert(leaf, Item::Value(value));
}

/// An error's words without file and line, for a text that was never a file.
pub(super) fn strip_place(path: &Path, error: &Error) -> String {
    let place = path.display().to_string();
    let rest = error.message.strip_prefix(&place).unwrap_or(&error.message);
    let what = rest.split_once(": ").map_or(rest, |(_, what)| what);
    what.to_owned()
}

fn path(key: &str) -> Result<Vec<String>> {
    let parts = Key::parse(key).map_err(|_| {
        Error::new(Code::Usage, "a key is made of words with dots between them")
            .hint("write `KEY=VALUE`, such as `redirect.host=localhost`")
    })?;
    Ok(parts.iter().map(|part| part.get().to_owned()).collect())
}

fn spell(path: &[String]) -> String {
    path.iter()
        .fold(String::new(), |key, part| dotted(&key, part))
}

/// A list as TOML writes one, or its items with commas between them.
fn list(text: &str, item: impl Fn(&str) -> Option<Value>) -> Option<Value> {
    let text = text.trim();
    if text.starts_with('[') {
        return text.parse().ok().filter(Value::is_array);
    }
    let parts = text
        .split(',')
        .map(str::trim)
        .filter(|part| !part.is_empty());
    parts.map(item).collect::<Option<Array>>().map(Value::Array)
}

fn refuse_value(key: &str, what: &str) -> Error {
    refuse_definition(&format!("`{}` wants {what}", escape_short(key, 80)))
}

/// A value that does not fit, which is not shown.
pub(super) fn refuse_definition(what: &str) -> Error {
    Error::new(Code::Usage, what)
        .hint("nothing was changed; `keyfob provider show PROVIDER` shows every key and its value")
}

fn is_table(key: &str) -> Error {
    let shown = escape_short(key, 80);
    let below = format!("{key}.");
    let own: Vec<String> = keys()
        .into_iter()
        .filter(|known| known.starts_with(&below))
        .map(|known| format!("`{known}`"))
        .collect();
    let hint = if own.is_empty() {
        format!("set one of its keys: `{shown}.NAME=VALUE`")
    } else {
        format!("set one of its keys: {}", own.join(", "))
    };
    Error::new(Code::Usage, format!("`{shown}` is a table")).hint(hint)
}

fn refuse_unknown(key: &str) -> Error {
    let shown = escape_short(key, 80);
    let known = keys();
    let hint = match nearest(key, known.iter().map(String::as_str)) {
        Some(nearest) => format!("did you mean `{nearest}`?"),
        None => "`keyfob provider show PROVIDER` shows every key".into(),
    };
    Error::new(Code::Usage, format!("there is no key `{shown}`")).hint(hint)
}

/// What stands alone may be a secret that followed `--client-secret`: only a key is shown.
fn no_assignment(text: &str) -> Error {
    let hint = if keys().iter().any(|key| key == text) {
        format!("write `{text}=VALUE`, or `{text}=` to have the default again")
    } else {
        "write each as `KEY=VALUE`; a secret is never an argument, and `--client-secret` asks for it"
            .into()
    };
    Error::new(Code::Usage, "an argument is not KEY=VALUE").hint(hint)
}

fn secret_as_argument() -> Error {
    Error::new(
        Code::Usage,
        "a client secret is never an argument, nor in a plain file",
    )
    .hint("`keyfob provider set PROVIDER --client-secret` asks for it, and keeps it in a store; what was given here is in your shell's history")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(assignment: &str) -> String {
        let change =
            Change::parse(assignment).unwrap_or_else(|error| panic!("{assignment}: {error}"));
        change.value().expect("a value").to_string()
    }

    fn refusal(assignment: &str) -> Error {
        let error = Change::parse(assignment).expect_err(assignment);
        assert_eq!(error.code, Code::Usage);
        assert!(error.hint.is_some(), "{error}");
        assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
        error
    }

    #[test]
    fn a_value_is_of_the_keys_own_type() {
        for (assignment, written) in [
            ("title=true", "\"true\""),
            ("title=a = b", "\"a = b\""),
            ("discovery=false", "false"),
            (
                "scopes=openid,profile , email",
                "[\"openid\", \"profile\", \"email\"]",
            ),
            ("scopes=openid", "[\"openid\"]"),
            ("scopes=[\"a,b\"]", "[\"a,b\"]"),
            ("redirect.ports=53682,53683", "[53682, 53683]"),
            ("redirect.ports=[ 1 ]", "[ 1 ]"),
            ("redirect.host=localhost", "\"localhost\""),
            ("client_auth=client_secret_post", "\"client_secret_post\""),
            ("authorization.parameters.prompt=consent", "\"consent\""),
            ("authorization.parameters.\"a.b\"=c", "\"c\""),
            ("identity.headers.X-One=two", "\"two\""),
            ("presets.read=a,b", "[\"a\", \"b\"]"),
            ("device.pending_statuses=403,404", "[403, 404]"),
            (
                "token_endpoint=https://id.example.com/t",
                "\"https://id.example.com/t\"",
            ),
            (" title =x", "\"x\""),
        ] {
            assert_eq!(value(assignment), written, "{assignment}");
        }
    }

    #[test]
    fn a_value_of_another_type_is_refused_with_what_the_key_wants() {
        for (assignment, wants) in [
            ("discovery=hunter2", "`discovery` wants `true` or `false`"),
            (
                "redirect.ports=hunter2",
                "`redirect.ports` wants a list of whole numbers",
            ),
            ("redirect.ports=70000", "`redirect.ports`: expected u16"),
            ("redirect.host=hunter2", "`127.0.0.1`, `::1`, `localhost`"),
            ("client_auth=hunter2", "`client_secret_basic`"),
            ("token_endpoint=hunter2", "`token_endpoint`: expected a URL"),
            ("scopes=[hunter2", "`scopes` wants a list"),
            ("scopes=[1]", "`scopes`"),
            ("redirect=hunter2", "`redirect` is a table"),
            ("presets=hunter2", "`presets` is a table"),
            ("title=hunter2\u{7}", "control characters"),
        ] {
            let error = refusal(assignment);
            assert!(error.message.contains(wants), "{assignment}: {error}");
        }
        let long = format!("title={}", "x".repeat(5_000));
        assert!(refusal(&long).message.len() < 200);
    }

    #[test]
    fn an_unknown_key_is_answered_with_the_nearest() {
        for (assignment, nearest) in [
            ("scope=hunter2", "did you mean `scopes`?"),
            ("tittle=hunter2", "did you mean `title`?"),
            ("redirect.hosts=hunter2", "did you mean `redirect.host`?"),
            ("redirect_host=hunter2", "did you mean `redirect.host`?"),
            ("client-id=hunter2", "did you mean `client_id`?"),
        ] {
            let error = refusal(assignment);
            assert!(error.message.starts_with("there is no key"), "{error}");
            assert_eq!(error.hint.as_deref(), Some(nearest), "{assignment}");
        }
        refusal("embedded=true");
        refusal("name=hunter2");
        refusal("title.x=hunter2");
        refusal("=hunter2");
        refusal("a b=hunter2");
    }

    #[test]
    fn a_secret_is_never_an_argument() {
        for assignment in [
            "client_secret=hunter2",
            "ClientSecret=hunter2",
            "token.client-secret=hunter2",
        ] {
            let error = refusal(assignment);
            assert!(error.hint.unwrap().contains("--client-secret"));
        }
        refusal("hunter2");
        assert!(refusal("title").hint.unwrap().contains("`title=VALUE`"));
    }

    #[test]
    fn a_key_alone_is_removed() {
        let change = Change::parse("redirect.host=").unwrap();
        assert_eq!(
            (change.key().as_str(), change.value().is_none()),
            ("redirect.host", true)
        );
    }
}
