//! Changes the text of a user's provider file and leaves the rest of it as it stood, one process at a
//! time.

use std::ops::Range;
use std::path::Path;
use std::time::Duration;

use toml_edit::{Document, DocumentMut, Item, Key, TableLike, Value};

use super::change::{Change, insert};
use crate::error::{Code, Error, Result};
use keyfob_base::files::{self, Guard};

/// How long another process may hold the lock: a write takes milliseconds.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);

/// `text` with every change made. `text` is valid TOML.
pub(super) fn apply(text: &str, changes: &[Change]) -> Result<String> {
    // A key of the root after a table would go above the comments at its head.
    let (root, tables): (Vec<_>, Vec<_>) =
        changes.iter().partition(|change| change.path().len() == 1);
    let mut all = root.into_iter().chain(tables);
    all.try_fold(text.to_owned(), |text, change| match change.value() {
        Some(value) => set(&text, change, value),
        None => unset(&text, change),
    })
}

pub(super) fn holds(text: &str, change: &Change) -> bool {
    Document::parse(text).is_ok_and(|document| find(document.as_table(), change.path()).is_some())
}

fn parse(text: &str) -> Result<Document<&str>> {
    // The message of the parser quotes the text, which may hold a secret in the wrong place.
    Document::parse(text).map_err(|_| {
        Error::new(Code::ConfigInvalid, "the definition cannot be edited").hint("mend it first")
    })
}

/// A value that is there is replaced where it stands; a new one goes to the end of its table.
fn set(text: &str, change: &Change, value: &Value) -> Result<String> {
    let document = parse(text)?;
    if let Some((_, item)) = find(document.as_table(), change.path()) {
        let Some(place) = item.as_value().and_then(Value::span) else {
            return Err(is_table(change));
        };
        let mut text = text.to_owned();
        text.replace_range(place, value.to_string().trim());
        return Ok(text);
    }
    let mut document = document.into_mut();
    let above = if document.is_empty() {
        comments_alone(&mut document)
    } else {
        String::new()
    };
    insert(&mut document, change.path(), value.clone());
    Ok(format!("{above}{document}"))
}

/// Takes the comments of a text that is nothing else, so that the first key goes below them.
fn comments_alone(document: &mut DocumentMut) -> String {
    let mut comments = document.trailing().as_str().unwrap_or_default().to_owned();
    document.set_trailing("");
    if !comments.is_empty() && !comments.ends_with('\n') {
        comments.push('\n');
    }
    comments
}

/// Takes the lines of a key out; a table that is empty then goes with them, its comments stay.
fn unset(text: &str, change: &Change) -> Result<String> {
    let document = parse(text)?;
    let Some((key, item)) = find(document.as_table(), change.path()) else {
        return Ok(text.to_owned());
    };
    let (Some(key), Some(value)) = (key.span(), item.as_value().and_then(Value::span)) else {
        return Err(is_table(change));
    };
    let inline = is_inline(document.as_table(), change.path());
    let rest = if inline {
        let mut document = document.into_mut();
        with_table(&mut document, change.path(), |table, leaf| {
            table.remove(leaf);
        });
        document.to_string()
    } else {
        let mut text = text.to_owned();
        text.replace_range(lines(&text, &(key.start..value.end)), "");
        text
    };
    without_empty_table(&rest, change.path())
}

/// Whole lines, the last one's break included.
fn lines(text: &str, place: &Range<usize>) -> Range<usize> {
    let start = text[..place.start].rfind('\n').map_or(0, |end| end + 1);
    let end = text[place.end..]
        .find('\n')
        .map_or(text.len(), |end| place.end + end + 1);
    start..end
}

fn find<'a>(table: &'a dyn TableLike, path: &[String]) -> Option<(&'a Key, &'a Item)> {
    let (first, rest) = path.split_first()?;
    let (key, item) = table.get_key_value(first)?;
    if rest.is_empty() {
        return Some((key, item));
    }
    find(item.as_table_like()?, rest)
}

/// Whether a key is between the braces of an inline table.
fn is_inline(table: &dyn TableLike, path: &[String]) -> bool {
    let Some((first, rest)) = path.split_first() else {
        return false;
    };
    match table.get(first) {
        Some(Item::Value(Value::InlineTable(inline))) if !inline.is_dotted() => !rest.is_empty(),
        Some(item) => item
            .as_table_like()
            .is_some_and(|table| is_inline(table, rest)),
        None => false,
    }
}

fn with_table(
    document: &mut DocumentMut,
    path: &[String],
    work: impl FnOnce(&mut dyn TableLike, &str),
) {
    let Some((leaf, tables)) = path.split_last() else {
        return;
    };
    let mut table: &mut dyn TableLike = document.as_table_mut();
    for name in tables {
        match table.get_mut(name).and_then(Item::as_table_like_mut) {
            Some(below) => table = below,
            None => return,
        }
    }
    work(table, leaf);
}

/// Takes out the table that held `path` where nothing is left in it, neither key nor comment.
fn without_empty_table(text: &str, path: &[String]) -> Result<String> {
    let Some((_, table)) = path.split_last().filter(|(_, table)| !table.is_empty()) else {
        return Ok(text.to_owned());
    };
    let mut document = parse(text)?.into_mut();
    let mut emptied = false;
    with_table(&mut document, table, |above, name| {
        if above.get(name).is_some_and(is_bare) {
            above.remove(name);
            emptied = true;
        }
    });
    if emptied {
        without_empty_table(&document.to_string(), table)
    } else {
        Ok(text.to_owned())
    }
}

/// Whether a table holds nothing, and no comment stands at its head.
fn is_bare(item: &Item) -> bool {
    let decor = match item {
        Item::Table(table) if table.is_empty() => table.decor(),
        Item::Value(Value::InlineTable(table)) if table.is_empty() => table.decor(),
        _ => return false,
    };
    [decor.prefix(), decor.suffix()]
        .into_iter()
        .flatten()
        .all(|text| text.as_str().is_none_or(|text| !text.contains('#')))
}

fn is_table(change: &Change) -> Error {
    let key = change.key();
    Error::new(Code::Usage, format!("`{key}` is a table in that file"))
        .hint(format!("change its keys one by one: `{key}.NAME=VALUE`"))
}

pub(super) fn lock(folder: &Path, patience: Duration) -> Result<Guard> {
    let path = folder.join("providers.lock");
    files::lock(&path, patience).map_err(|why| Error::lock(&path, &why, "provider"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changed(text: &str, assignments: &[&str]) -> String {
        let changes: Vec<_> = assignments
            .iter()
            .map(|one| Change::parse(one).unwrap())
            .collect();
        apply(text, &changes).unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    const TEXT: &str = "\
# mine
title = 'Mine'   # ours

# many
scopes = [
    'a', # first
    'b',
] # all
redirect.host = 'localhost' # so

[authorization] # more
# said twice
parameters = { prompt = 'login', hd = 'x' } # inline
switch.show = 'true'

# last
[identity]
subject = '/id'
# end
";

    #[test]
    fn a_value_is_replaced_where_it_stands() {
        let after = changed(
            TEXT,
            &[
                "title=Ours",
                "scopes=c",
                "redirect.host=::1",
                "authorization.parameters.hd=y",
                "identity.subject=/sub",
            ],
        );
        let expected = TEXT
            .replace("'Mine'", "\"Ours\"")
            .replace("[\n    'a', # first\n    'b',\n]", "[\"c\"]")
            .replace("'localhost'", "\"::1\"")
            .replace("hd = 'x'", "hd = \"y\"")
            .replace("'/id'", "\"/sub\"");
        assert_eq!(after, expected);
        let same = "title = \"x\"\r\n# crlf\r\n";
        assert_eq!(changed(same, &["title=x"]), same);
    }

    #[test]
    fn a_new_key_goes_to_the_end_of_its_table() {
        let after = changed(
            TEXT,
            &[
                "client_id=id",
                "redirect.path=/back",
                "authorization.parameters.a=b",
                "authorization.switch.c=d",
                "authorization.login_hint=login",
                "token.headers.X-A=b",
            ],
        );
        for line in [
            "redirect.host = 'localhost' # so\nredirect.path = \"/back\"\n",
            "client_id = \"id\"\n",
            "parameters = { prompt = 'login', hd = 'x' , a = \"b\" } # inline\n",
            "switch.show = 'true'\nswitch.c = \"d\"\n",
            "login_hint = \"login\"\n\n# last\n[identity]\nsubject = '/id'\n",
            "\n[token.headers]\nX-A = \"b\"\n",
        ] {
            let tight = |text: &str| text.replace(" ,", ",");
            assert!(
                tight(&after).contains(&tight(line)),
                "no {line:?} in\n{after}"
            );
        }
        for comment in TEXT.lines().filter_map(|line| line.split_once('#')) {
            assert!(after.contains(comment.1), "{}", comment.1);
        }
    }

    #[test]
    fn a_key_is_removed_and_the_comments_around_it_stay() {
        let after = changed(
            TEXT,
            &["title=", "scopes=", "redirect.host=", "identity.subject="],
        );
        let expected = "\
# mine

# many

[authorization] # more
# said twice
parameters = { prompt = 'login', hd = 'x' } # inline
switch.show = 'true'

# last
[identity]
# end
";
        assert_eq!(after, expected);
        let after = changed(TEXT, &["authorization.parameters.prompt="]);
        assert!(
            after.contains("parameters = {") && after.contains("hd = 'x' }"),
            "{after}"
        );
        assert!(!after.contains("prompt"));
    }

    #[test]
    fn a_table_that_is_empty_goes_with_its_last_key() {
        let before = "title = 'x'\n";
        let with = changed(
            before,
            &["authorization.parameters.a=b", "redirect.host=localhost"],
        );
        assert!(
            with.contains("\n[authorization.parameters]\na = \"b\"\n"),
            "{with}"
        );
        assert!(
            with.contains("\n[redirect]\nhost = \"localhost\"\n"),
            "{with}"
        );
        let after = changed(&with, &["authorization.parameters.a=", "redirect.host="]);
        assert_eq!(after.trim_end(), before.trim_end());
        assert_eq!(changed("a = 1 # x", &["title="]), "a = 1 # x");
    }

    #[test]
    fn a_file_of_comments_keeps_them_on_top() {
        assert_eq!(
            changed("# only words", &["redirect.host=localhost", "title=x"]),
            "# only words\ntitle = \"x\"\n\n[redirect]\nhost = \"localhost\"\n"
        );
    }

    #[test]
    fn what_is_no_toml_is_refused_without_showing_it() {
        let change = Change::parse("title=x").unwrap();
        let error = apply("secret = hunter2", &[change]).unwrap_err();
        assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
    }
}
