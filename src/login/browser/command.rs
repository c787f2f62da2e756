//! A command that somebody named, with the URL in it.

use std::path::{Path, PathBuf};
use std::process::Command;

use url::Url;

use crate::process::find_in_path;
use crate::words::PageAddress;

/// Browsers that draw on the terminal, where the login itself is talking.
const TEXT_BROWSERS: [&str; 10] = [
    "www-browser",
    "lynx",
    "links",
    "links2",
    "elinks",
    "w3m",
    "browsh",
    "carbonyl",
    "netrik",
    "retawq",
];

/// Why an entry's program is none to open, if it is a text browser.
pub(crate) fn text_browser(entry: &str) -> Option<String> {
    find_flaw(words(entry)?.first()?)
}

fn find_flaw(program: &str) -> Option<String> {
    let named = Path::new(program);
    let is_text = |path: &Path| {
        let name = path.file_stem().unwrap_or_default();
        TEXT_BROWSERS.iter().any(|text| name == *text)
    };
    // `x-www-browser` and its like are links to what the system's owner chose.
    let found = || find_program(named)?.canonicalize().ok();
    (is_text(named) || found().is_some_and(|path| is_text(&path))).then(|| {
        let name = named.file_stem().unwrap_or_default().to_string_lossy();
        format!("`{name}` is a text browser and needs the terminal for itself")
    })
}

fn find_program(program: &Path) -> Option<PathBuf> {
    if program.components().count() > 1 {
        return Some(program.to_owned());
    }
    find_in_path(program)
}

/// Why a command would not start, as far as a look tells. Windows finds programs in ways of its own.
pub(crate) fn obstacle(command: &Command) -> Option<String> {
    if cfg!(windows) {
        return None;
    }
    let found = find_program(Path::new(command.get_program())).filter(|path| path.is_file());
    match found {
        None => Some("was not found".into()),
        Some(path) if !is_executable(&path) => Some("is no program".into()),
        Some(_) => None,
    }
}

/// Why an entry names no command, without a word of it.
pub(crate) fn describe_flaw(entry: &str) -> String {
    match words(entry) {
        None => "has an open quote".into(),
        Some(words) if words.is_empty() => "names no program".into(),
        Some(_) => "is a text browser, which needs the terminal for itself".into(),
    }
}

#[cfg(unix)]
fn is_executable(path: &Path) -> bool {
    use rustix::fs::{Access, access};
    access(path, Access::EXEC_OK).is_ok()
}

#[cfg(not(unix))]
fn is_executable(_path: &Path) -> bool {
    true
}

/// Turns an entry into a command with the URL as one argument: in place of every `%s`, else at the end.
pub(crate) fn command(entry: &str, url: &Url) -> Result<Command, String> {
    let words = words(entry).ok_or_else(|| format!("`{entry}` has an open quote"))?;
    let (program, arguments) = words
        .split_first()
        .ok_or_else(|| format!("`{entry}` names no program"))?;
    if let Some(why) = find_flaw(program) {
        return Err(why);
    }
    let url = PageAddress::new(url);
    let url = url.as_str();
    let mut command = Command::new(program);
    let mut placed = false;
    for argument in arguments {
        let (argument, has_url) = expand(argument, url);
        command.arg(argument);
        placed |= has_url;
    }
    if !placed {
        command.arg(url);
    }
    Ok(command)
}

/// Splits shell words; on Windows a backslash stands in paths and quotes nothing.
fn words(entry: &str) -> Option<Vec<String>> {
    if cfg!(windows) {
        shlex::split(&entry.replace('\\', r"\\"))
    } else {
        shlex::split(entry)
    }
}

/// Puts the URL for `%s`, in one pass so that a `%` of the URL is left alone, and says whether it is in it.
fn expand(word: &str, url: &str) -> (String, bool) {
    let mut expanded = String::new();
    let mut has_url = false;
    let mut rest = word;
    while let Some(at) = rest.find('%') {
        expanded.push_str(&rest[..at]);
        let (put, length) = match rest.as_bytes().get(at + 1) {
            Some(b's') => (url, 2),
            Some(b'%') => ("%", 2),
            _ => ("%", 1),
        };
        has_url |= put == url;
        expanded.push_str(put);
        rest = &rest[at + length..];
    }
    expanded.push_str(rest);
    (expanded, has_url)
}
