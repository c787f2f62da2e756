//! The text of a rule file with another account in it, the rest of it as it stood.

use toml_edit::{Array, Document, Item, RawString, Value};

use super::file::{self, RuleFile};
use crate::error::{Code, Error, Result};

const HEAD: &str = "# The accounts that keyfob uses in this folder and below, one a provider.\n";

fn line(provider: &str, name: &str) -> String {
    format!("accounts = [\"{provider}/{name}\"]\n")
}

pub(crate) fn fresh(provider: &str, name: &str) -> String {
    HEAD.to_owned() + &line(provider, name)
}

pub(crate) fn naming(file: &RuleFile, provider: &str, name: &str) -> Result<String> {
    let cannot = || {
        Error::new(
            Code::ConfigInvalid,
            format!("{} cannot be edited", file.path.display()),
        )
        .hint("write the account into it, and accept it with `keyfob use --trust`")
    };
    let document = Document::parse(file.text.as_str()).map_err(|_| cannot())?;
    let place = document.get("accounts").and_then(Item::span);
    let mut document = document.into_mut();
    let mut text = file.text.clone();
    if let Some(place) = place {
        let list = document.get_mut("accounts").and_then(Item::as_array_mut);
        let list = list.ok_or_else(cannot)?;
        put(list, provider, name);
        list.decor_mut().clear(); // it stands in the text already
        let list = list.to_string();
        let breaks = if text.contains("\r\n") { "\r\n" } else { "\n" }; // of which the list has lost some
        let list = list.replace("\r\n", "\n").replace('\n', breaks);
        text.replace_range(place, &list);
    } else {
        if !text.is_empty() && !text.ends_with('\n') {
            text.push('\n');
        }
        text.push_str(&line(provider, name));
    }
    let mut expected = file.accounts.clone();
    expected.set(provider, name);
    match file::parse(&file.path, &text) {
        Ok(accounts) if accounts == expected => Ok(text),
        _ => Err(cannot()),
    }
}

/// Replaces the provider's entry where it stands, or adds one at the end, written as the one before it.
fn put(list: &mut Array, provider: &str, name: &str) {
    let of_provider = |value: &Value| {
        let parts = value.as_str().and_then(|entry| entry.split_once('/'));
        parts.is_some_and(|(of, _)| of == provider)
    };
    let mut value = Value::from(format!("{provider}/{name}"));
    let found = list.iter().position(of_provider);
    if let Some((at, before)) = found.and_then(|at| Some((at, list.get(at)?))) {
        *value.decor_mut() = before.decor().clone();
        list.replace_formatted(at, value);
        return;
    }
    append(list, value);
}

/// A comment behind the last entry stands behind it, or at the end of the list; it stays with that entry.
fn append(list: &mut Array, mut value: Value) {
    let text = |raw: Option<&RawString>| {
        raw.and_then(RawString::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    let mut behind = text(Some(list.trailing()));
    let mut before = String::new();
    let end = list.len().checked_sub(1);
    if let Some(entry) = end.and_then(|end| list.get_mut(end)) {
        before = text(entry.decor().prefix());
        let suffix = text(entry.decor().suffix());
        if suffix.contains('#') {
            entry.decor_mut().set_suffix("");
            behind = suffix + &behind;
        }
    }
    let comment = behind.contains('#');
    let indent = match before.rfind('\n') {
        Some(at) => before[at..].to_owned(),
        None if comment => "\n  ".into(),
        None if end.is_none() => String::new(),
        None => " ".into(),
    };
    if comment {
        value
            .decor_mut()
            .set_prefix(behind.trim_end().to_owned() + &indent);
        list.set_trailing("\n");
    } else {
        value.decor_mut().set_prefix(indent);
    }
    list.push_formatted(value);
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::rules::file::sha256;

    fn file(text: &str) -> RuleFile {
        let path = Path::new("/x/.keyfob.toml").to_owned();
        RuleFile {
            accounts: file::parse(&path, text).unwrap(),
            sha256: sha256(text.as_bytes()),
            text: text.into(),
            path,
        }
    }

    #[test]
    fn what_else_a_file_says_stays() {
        for (before, after) in [
            ("", "accounts = [\"a/new\"]\n"),
            ("# mine", "# mine\naccounts = [\"a/new\"]\n"),
            ("accounts = []", "accounts = [\"a/new\"]"),
            (
                "# mine\r\naccounts = ['b/x']  # two\r\n# end\r\n",
                "# mine\r\naccounts = ['b/x', \"a/new\"]  # two\r\n# end\r\n",
            ),
            (
                "accounts = ['a/old', 'b/x']",
                "accounts = [\"a/new\", 'b/x']",
            ),
            (
                "accounts = [\n  'a/old', # one\n  # two\n  'b/x',\n]\n",
                "accounts = [\n  \"a/new\", # one\n  # two\n  'b/x',\n]\n",
            ),
            (
                "accounts = [\n  'b/x',\n]\n",
                "accounts = [\n  'b/x',\n  \"a/new\",\n]\n",
            ),
            (
                "accounts = [\n  'b/x', # two\n]\n",
                "accounts = [\n  'b/x', # two\n  \"a/new\",\n]\n",
            ),
            (
                "accounts = [\n  'b/x' # two\n]\n",
                "accounts = [\n  'b/x', # two\n  \"a/new\"\n]\n",
            ),
            (
                "accounts = [\r\n  'b/x',\r\n]\r\n",
                "accounts = [\r\n  'b/x',\r\n  \"a/new\",\r\n]\r\n",
            ),
            (
                "accounts = [ # none\n]\n",
                "accounts = [ # none\n  \"a/new\"\n]\n",
            ),
            (
                "\u{feff}accounts = ['a/old']\n",
                "\u{feff}accounts = [\"a/new\"]\n",
            ),
        ] {
            assert_eq!(
                naming(&file(before), "a", "new").unwrap(),
                after,
                "{before}"
            );
        }
    }
}
