//! Why a command cannot be run. The system says "not found" of a program, of the interpreter of a script and
//! of the folder that a path begins at alike; here they are told apart.

use std::ffi::OsStr;
use std::fs;
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};

use crate::error::{Code, Error, Result};
use keyfob_base::escape::escape_short;

/// The longest name of a program that is shown whole, in characters.
const NAME_LIMIT: usize = 200;

/// What hardly any program's name has, and lines for a shell do.
const SHELL_CHARACTERS: [char; 8] = [' ', '=', '|', '&', ';', '<', '>', '$'];

/// What is built into shells, and no program elsewhere.
const SHELL_WORDS: [&str; 9] = [
    ".", "alias", "cd", "eval", "exit", "export", "set", "source", "unset",
];

/// How much of a script is read for its interpreter, in bytes; Linux reads as much.
const HEAD: u64 = 256;

/// The failure of a program that was to be run and did not start, from what the system said.
pub(crate) fn spawn_error(program: &OsStr, failure: &io::Error) -> Error {
    let name = display_program(program);
    let cannot_run = |why: &str, hint: String| {
        let what = format!("`{name}` cannot be run: {why}");
        Error::new(Code::CommandNotExecutable, what).hint(hint)
    };
    let found = find(program);
    match (failure.kind(), found) {
        (ErrorKind::NotFound, Some(path)) => match interpreter(&path) {
            Some(interpreter) => cannot_run(
                &format!(
                    "its interpreter `{}` is missing",
                    escape_short(&interpreter, NAME_LIMIT)
                ),
                format!(
                    "install that, or change the first line of {}",
                    display_program(path.as_os_str())
                ),
            ),
            None => cannot_run(
                "the loader that it names is missing",
                format!(
                    "{} was built for another system; get one for this",
                    display_program(path.as_os_str())
                ),
            ),
        },
        (ErrorKind::NotFound, None) => not_found(program, &name),
        (ErrorKind::PermissionDenied, Some(path)) => {
            let (why, hint) = denied(&path);
            cannot_run(why, hint)
        }
        (ErrorKind::ArgumentListTooLong, _) => cannot_run(
            "its arguments and its environment are too long",
            "give it fewer or shorter arguments".into(),
        ),
        (_, path) => {
            let path = path.unwrap_or_else(|| program.into());
            cannot_run(
                &failure.to_string(),
                format!(
                    "check that {} is a program for this system",
                    display_program(path.as_os_str())
                ),
            )
        }
    }
}

/// Fails where there is certainly no such program, before anybody signs in for it.
pub(crate) fn startable(program: &OsStr) -> Result<()> {
    match find(program) {
        None if cfg!(unix) => Err(not_found(program, &display_program(program))),
        _ => Ok(()), // Windows adds suffixes of its own
    }
}

/// A name as it is shown; a hint has lines, and this is of one.
fn display_program(program: &OsStr) -> String {
    escape_short(&program.to_string_lossy(), NAME_LIMIT)
}

fn not_found(program: &OsStr, name: &str) -> Error {
    let path = Path::new(program);
    let by_path = has_folder(path);
    if by_path && path.is_relative() && std::env::current_dir().is_err() {
        let what = format!("`{name}` was not found: the working folder is gone");
        return Error::new(Code::CommandNotFound, what).hint("change to a folder that is there");
    }
    let hint = if name.is_empty() {
        "the command is an empty word; check the variable that it came from"
    } else if name.contains(SHELL_CHARACTERS) {
        "words are given one by one, as in `-- ls -l`; a line for the shell as `-- sh -c 'LINE'`"
    } else if SHELL_WORDS.contains(&name) {
        "it is a word of the shell; a line for the shell is given as `-- sh -c 'LINE'`"
    } else if by_path {
        "check the path"
    } else {
        "check the spelling, and that its folder is in PATH; aliases and functions are the shell's alone"
    };
    Error::new(Code::CommandNotFound, format!("`{name}` was not found")).hint(hint)
}

fn denied(path: &Path) -> (&'static str, String) {
    let shown = display_program(path.as_os_str());
    match fs::metadata(path) {
        Ok(file) if file.is_dir() => ("it is a folder", "name a program in it".into()),
        Ok(file) if !is_executable(&file) => (
            "it is not executable",
            format!("if it is a program, `chmod +x {shown}`"),
        ),
        _ => (
            "permission denied",
            format!(
                "check the permissions of {shown} and of the folders above it, and that its file system is not mounted `noexec`"
            ),
        ),
    }
}

#[cfg(unix)]
fn is_executable(file: &fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    file.permissions().mode() & 0o111 != 0
}

#[cfg(not(unix))]
fn is_executable(_: &fs::Metadata) -> bool {
    true
}

/// The file that the system would have run: where a path says, else the first of that name in PATH.
fn find(program: &OsStr) -> Option<PathBuf> {
    let path = Path::new(program);
    let there = |path: &PathBuf| fs::symlink_metadata(path).is_ok() && path.exists();
    if program.is_empty() {
        return None;
    }
    if has_folder(path) {
        return Some(path.to_owned()).filter(there);
    }
    let folders = std::env::var_os("PATH")?;
    let mut places = std::env::split_paths(&folders).map(|folder| folder.join(path));
    places.find(there)
}

/// Whether the system takes it as a path and does not look into PATH.
fn has_folder(path: &Path) -> bool {
    path.as_os_str()
        .as_encoded_bytes()
        .iter()
        .any(|byte| std::path::is_separator(char::from(*byte)))
}

fn interpreter(path: &Path) -> Option<String> {
    let mut head = Vec::new();
    let file = fs::File::open(path).ok()?;
    file.take(HEAD).read_to_end(&mut head).ok()?;
    let line = head
        .strip_prefix(b"#!")?
        .split(|byte| *byte == b'\n')
        .next()?;
    let line = String::from_utf8_lossy(line);
    let line = line.trim_start_matches([' ', '\t']);
    // Not at every blank: a carriage return belongs to the name, and is often what is wrong with it.
    line.split([' ', '\t']).next().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(contents: &str) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("script");
        fs::write(&path, contents).unwrap();
        (folder, path)
    }

    #[test]
    fn a_script_names_its_interpreter() {
        for (first, name) in [
            ("#!/no/such\n", Some("/no/such")),
            ("#! /no/such -x\nmore", Some("/no/such")),
            ("#!/bin/sh\r\n", Some("/bin/sh\r")),
            ("#!", Some("")),
            ("#", None),
            ("", None),
            ("\u{7f}ELF", None),
        ] {
            let (_folder, path) = written(first);
            assert_eq!(interpreter(&path).as_deref(), name, "{first:?}");
        }
    }

    #[test]
    fn what_is_not_there_is_127_and_what_cannot_be_run_126() {
        let (folder, path) = written("#!/no/such\n");
        let judged =
            |program: &Path, kind: ErrorKind| spawn_error(program.as_os_str(), &kind.into());
        let script = judged(&path, ErrorKind::NotFound);
        assert_eq!(script.code, Code::CommandNotExecutable);
        assert!(script.message.contains("`/no/such`"), "{script}");
        let folder = judged(folder.path(), ErrorKind::PermissionDenied);
        assert!(folder.message.contains("is a folder"), "{folder}");
        for missing in ["/no/such", "no-such-program", ""] {
            let error = judged(Path::new(missing), ErrorKind::NotFound);
            assert_eq!(error.code, Code::CommandNotFound, "{missing}");
        }
        let hostile = judged(Path::new("no\u{1b}[31m"), ErrorKind::NotFound);
        assert!(!hostile.message.contains('\u{1b}'), "{hostile}");
        let long = judged(Path::new(&"x".repeat(9000)), ErrorKind::InvalidFilename);
        assert!(long.message.len() < 500, "{long}");
    }
}
