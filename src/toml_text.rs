//! TOML files of the user's, and what is said of one that is wrong.

use std::io;
use std::path::Path;

use crate::error::{Code, Error, Result};
use keyfob_base::escape::escape_short;
use keyfob_base::files;

const LIMIT: u64 = 256 * 1024;

pub(crate) fn read_text(path: &Path) -> Result<Option<String>> {
    let invalid = |cause: &dyn std::fmt::Display, hint: &str| {
        Error::new(
            Code::ConfigInvalid,
            format!("cannot read {}: {cause}", path.display()),
        )
        .hint(hint)
    };
    let unread = |error: &io::Error| match error.kind() {
        io::ErrorKind::PermissionDenied => invalid(error, "let this user read it, its folder too"),
        _ => invalid(error, "mend or remove that file"),
    };
    let Some(bytes) = files::read(path, LIMIT).map_err(|error| unread(&error))? else {
        if path.is_symlink() {
            let hint = "mend or remove that link";
            return Err(invalid(&"it is a link to what is not there", hint));
        }
        return Ok(None);
    };
    String::from_utf8(bytes)
        .map(Some)
        .map_err(|error| invalid(&error, "mend or remove that file"))
}

/// The most characters of a key that are shown: the file may be a stranger's.
const SHOWN: usize = 80;

/// A TOML error as `FILE:LINE: KEY: message`. Values are not shown: one of them may be a secret in
/// the wrong place.
pub(crate) fn invalid_toml(path: &Path, text: &str, error: &toml::de::Error) -> Error {
    let start = error.span().map_or(0, |span| span.start.min(text.len()));
    let line = text[..start].matches('\n').count() + 1;
    let key = text
        .lines()
        .nth(line - 1)
        .and_then(|shown| shown.split_once('='))
        .map(|(key, _)| format!(" `{}`:", escape_short(key.trim(), SHOWN)))
        .unwrap_or_default();
    let message = complaint(error.message());
    Error::new(
        Code::ConfigInvalid,
        format!("{}:{line}:{key} {message}", path.display()),
    )
    .hint("mend that line, or remove it to have the default")
}

/// A parser's words without a value it quotes, which stands before the last `expected`.
pub(crate) fn complaint(message: &str) -> String {
    let message = message.lines().collect::<Vec<_>>().join("; ");
    match message.rsplit_once("expected ") {
        Some((found, expected)) if !found.starts_with("unknown field") => {
            format!("expected {expected}")
        }
        _ => message,
    }
}
