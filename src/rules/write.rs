//! `use --here`: writes the working folder's rule file and accepts it, both or neither.

use std::path::Path;

use toml_edit::{Array, Document, Item, RawString, Value};

use super::accept::turn;
use super::file::{self, LIMIT, NAME, RuleFile, sha256};
use super::trust::{self, Standing};
use super::{Rule, Rules, unaccepted};
use crate::error::{Code, Error, Result};
use crate::files;

/// What a new rule file says of itself.
const HEAD: &str = "# The accounts that keyfob uses in this folder and below, one a provider.\n";

/// What was written.
#[derive(Debug)]
pub struct Written {
    /// The rule that now names the account.
    pub rule: Rule,
    /// The account's name that the file had there until now.
    pub previous: Option<String>,
    /// Whether the rule holds in that folder alone, which is neither below the home nor in a repository.
    pub alone: bool,
}

impl Rules {
    /// Lets the working folder's rule file name an account; what else it says stays. A file that was not
    /// accepted is left as it is, for accepting one account would accept them all.
    pub fn write(&self, provider: &str, name: &str) -> Result<Written> {
        let reach = self.place().reach()?;
        let _turn = turn(&self.paths)?;
        let path = reach.folder().join(NAME);
        let before = file::read(reach.folder())?;
        if let Some(before) = &before {
            let standing = trust::standing(&self.paths, &path, &before.sha256);
            if standing != Standing::Accepted {
                return Err(unaccepted(before, standing, &before.accounts));
            }
        }
        let previous = before.as_ref().and_then(|file| file.accounts.get(provider));
        let previous = previous.map(str::to_owned);
        if previous.as_deref() != Some(name) {
            self.replace(&path, before.as_ref(), provider, name)?;
        }
        Ok(Written {
            rule: Rule::file(path),
            previous,
            alone: reach.is_alone(),
        })
    }

    /// What stands there and what will are both accepted while the one becomes the other, so that neither a
    /// crash nor a full disk leaves a file that waits for its acceptance.
    fn replace(
        &self,
        path: &Path,
        before: Option<&RuleFile>,
        provider: &str,
        name: &str,
    ) -> Result<()> {
        let text = match before {
            Some(file) => edited(file, provider, name)?,
            None => HEAD.to_owned() + &line(provider, name),
        };
        if text.len() as u64 > LIMIT {
            return Err(Error::new(
                Code::ConfigInvalid,
                format!("{} would be larger than 16 KiB", path.display()),
            )
            .hint("shorten that file first"));
        }
        let (old, new) = (before.map(|file| &*file.sha256), sha256(text.as_bytes()));
        let both: Vec<&str> = old.into_iter().chain([&*new]).collect();
        trust::accept(&self.paths, path, &both)?;
        if let Err(error) = files::replace(path, text.as_bytes()) {
            match old {
                Some(old) => trust::accept(&self.paths, path, &[old])?,
                None => trust::forget(&self.paths, path),
            }
            let doing = format!("cannot write {}", path.display());
            return Err(Error::io(doing, &error));
        }
        trust::accept(&self.paths, path, &[&new])
    }
}

fn line(provider: &str, name: &str) -> String {
    format!("accounts = [\"{provider}/{name}\"]\n")
}

/// The text with that account in its list.
fn edited(file: &RuleFile, provider: &str, name: &str) -> Result<String> {
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
    use super::*;

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
                edited(&file(before), "a", "new").unwrap(),
                after,
                "{before}"
            );
        }
    }
}
