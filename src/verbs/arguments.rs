//! What the arguments of several verbs have in common.

use std::path::Path;
use std::time::Duration;

use crate::account::SubjectFrom;
use crate::error::{Error, Result};
use crate::provider::parse_host;

/// `--scope` may be repeated, and each may hold several.
pub(crate) fn scopes(given: &[String]) -> Vec<String> {
    let mut scopes: Vec<String> = Vec::new();
    for scope in given.iter().flat_map(|given| given.split_whitespace()) {
        if !scopes.iter().any(|known| known == scope) {
            scopes.push(scope.into());
        }
    }
    scopes
}

/// `--subject-token-file`, as it is found from any folder and can be written down.
pub(crate) fn subject_file(file: &Path) -> Result<SubjectFrom> {
    let absolute = std::path::absolute(file).ok();
    let absolute = absolute.filter(|path| path.to_str().is_some());
    absolute.map(SubjectFrom::File).ok_or_else(|| {
        Error::usage("`--subject-token-file` is no path that can be kept")
            .hint("name a file whose path is Unicode")
    })
}

/// A server to accept, such as `id.example.com`; with its port on this machine.
pub(crate) fn host(text: &str) -> std::result::Result<String, String> {
    parse_host(text).ok_or_else(|| "not a host; write for example id.example.com".into())
}

/// The longest duration that is taken: a century, which every clock can add to now.
const LONGEST: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);

/// A duration such as `90s`, `10m`, `1h 30m`, `7d`; a bare number is seconds.
pub(crate) fn duration(text: &str) -> std::result::Result<Duration, String> {
    let duration = match text.parse() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => humantime::parse_duration(text)
            .map_err(|error| format!("{error}; write for example 90s, 10m or 1h"))?,
    };
    if duration > LONGEST {
        return Err("longer than a hundred years; write for example 90s, 10m or 1h".into());
    }
    Ok(duration)
}

/// What `known` makes of the shell that this process was started from; else of `SHELL`.
pub(crate) fn detect_shell<T>(known: impl Fn(&str) -> Option<T>) -> Option<T> {
    let named = || {
        let path = std::env::var_os("SHELL")?;
        known(Path::new(&path).file_name()?.to_str()?)
    };
    parent_program()
        .and_then(|name| known(&name))
        .or_else(named)
}

#[cfg(target_os = "linux")]
fn parent_program() -> Option<String> {
    let parent = std::os::unix::process::parent_id();
    let name = std::fs::read_to_string(format!("/proc/{parent}/comm")).ok()?;
    Some(name.trim_end().to_owned())
}

#[cfg(not(target_os = "linux"))]
fn parent_program() -> Option<String> {
    None
}
