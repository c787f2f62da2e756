//! `completions --install`: puts a file where a shell reads a folder of them, and takes it back. A start file is
//! the person's own: where a shell has no such folder, the line to add to it is said.
//!
//! What is put there asks this program for its script, so it is never of another version.

use std::path::Path;

use serde::Serialize;

use super::place::{CompletionFile, Places, StartLine};
use super::write::replace;
use super::{Shell, ask, name};
use crate::doctor::Completion;
use crate::error::{Code, Error, Result};
use keyfob_base::escape::escape;
use keyfob_base::files;

/// The most that is read of a start file, in bytes.
const LIMIT: u64 = 4 * 1024 * 1024;

/// Says whether a shell completes keyfob's words. Writes nothing; bash, zsh and PowerShell are asked, each for
/// at most some seconds.
pub(crate) fn state(shell: Shell) -> Result<Completion> {
    find_state(&Places::find(shell)?, shell)
}

/// Puts it there, unless it is; or says which line a start file lacks.
pub(crate) fn install(shell: Shell) -> Result<Installed> {
    let places = Places::find(shell)?;
    let files = match find_state(&places, shell)? {
        Completion::Installed(file) => {
            vec![ChangedFile::whole(&file, FileChange::Unchanged)]
        }
        Completion::ByHand(file) => vec![ChangedFile {
            part: FilePart::Line,
            ..ChangedFile::whole(&file, FileChange::Unchanged)
        }],
        Completion::Stale(file) => put(&places, shell, Some(&file))?,
        _ => put(&places, shell, None)?,
    };
    Ok(Installed {
        shell: name(shell),
        files,
    })
}

/// Removes the files that `install` has written anywhere, and names the lines that a person wrote.
pub(crate) fn uninstall(shell: Shell) -> Result<Installed> {
    let places = Places::find(shell)?;
    let mut files = Vec::new();
    for file in &places.files {
        let state = state_of_file(file, shell)?;
        if matches!(state, Completion::Installed(_) | Completion::Stale(_)) {
            remove(&file.path)?;
            files.push(ChangedFile::whole(&file.path, FileChange::Removed));
        }
    }
    let start_file = places.line.iter().map(|line| &line.file);
    for file in places.files.iter().map(|file| &file.path).chain(start_file) {
        let contents = read(file)?.filter(|contents| !is_of_keyfob(contents));
        if let Some(line) = contents.and_then(|contents| asking_line(&contents, shell)) {
            files.push(ChangedFile {
                part: FilePart::Line,
                line: Some(line),
                ..ChangedFile::whole(file, FileChange::Kept)
            });
        }
    }
    Ok(Installed {
        shell: name(shell),
        files,
    })
}

/// The best of what is in the places that the shell reads.
fn find_state(places: &Places, shell: Shell) -> Result<Completion> {
    if let Some(file) = places.packaged.iter().find(|file| file.is_file()) {
        return Ok(Completion::Installed(file.clone()));
    }
    let mut states = Vec::new();
    for file in places.files.iter().filter(|file| file.read) {
        states.push(state_of_file(file, shell)?);
    }
    if let Some(StartLine { file, .. }) = &places.line
        && file.is_absolute() // `$PROFILE` of a PowerShell that does not tell where that is
        && let Some(contents) = read(file)?
        && asking_line(&contents, shell).is_some()
    {
        states.push(Completion::ByHand(file.clone()));
    }
    let rank = |state: &Completion| match state {
        Completion::Installed(_) | Completion::ByHand(_) => 0,
        Completion::Stale(_) => 1,
        Completion::Foreign(_) => 2,
        Completion::Missing | Completion::Unknown(_) => 3,
    };
    Ok(states
        .into_iter()
        .min_by_key(rank)
        .unwrap_or(Completion::Missing))
}

fn state_of_file(file: &CompletionFile, shell: Shell) -> Result<Completion> {
    let path = file.path.clone();
    Ok(match read(&path)? {
        None => Completion::Missing,
        Some(contents) if contents == file.text.as_bytes() => Completion::Installed(path),
        Some(contents) if is_of_keyfob(&contents) => Completion::Stale(path),
        Some(contents) if asking_line(&contents, shell).is_some() => Completion::ByHand(path),
        Some(_) => Completion::Foreign(path),
    })
}

/// Writes the best place; the next where the shell does not take it from there.
fn put(places: &Places, shell: Shell, stale: Option<&Path>) -> Result<Vec<ChangedFile>> {
    let mut readable: Vec<_> = places.files.iter().filter(|file| file.read).collect();
    readable.sort_by_key(|file| Some(&*file.path) != stale); // stable: the best of the others first
    for file in readable {
        if matches!(state_of_file(file, shell)?, Completion::Foreign(_)) {
            return Err(foreign(&file.path, shell));
        }
        write(file, shell)?;
        let change = if Some(&*file.path) == stale {
            FileChange::Renewed
        } else {
            FileChange::Added
        };
        let mut files = vec![ChangedFile::whole(&file.path, change)];
        if shell != Shell::Zsh {
            return Ok(files);
        }
        files.extend(remove_dump(places)?);
        if ask::zsh().is_some_and(|zsh| zsh.knows) {
            return Ok(files);
        }
        remove(&file.path)?;
    }
    let line = places.line.as_ref();
    let line = line.expect("a shell that reads no folder has a start file");
    Ok(vec![ChangedFile {
        part: FilePart::Line,
        line: Some(line.text.to_owned()),
        ..ChangedFile::whole(&line.file, FileChange::Wanted)
    }])
}

/// Removes what zsh remembers of its folders: some look there alone.
fn remove_dump(places: &Places) -> Result<Option<ChangedFile>> {
    let Some(dump) = &places.dump else {
        return Ok(None);
    };
    let is_dump = files::read(dump, LIMIT)
        .is_ok_and(|dump| dump.is_some_and(|dump| dump.starts_with(b"#files: ")));
    if is_dump {
        remove(dump)?;
    }
    Ok(is_dump.then(|| ChangedFile {
        part: FilePart::Cache,
        ..ChangedFile::whole(dump, FileChange::Removed)
    }))
}

fn read(file: &Path) -> Result<Option<Vec<u8>>> {
    files::read(file, LIMIT).map_err(|error| {
        Error::io(format!("cannot read {}", file.display()), &error)
            .hint("see to that file, then run it again")
    })
}

fn write(file: &CompletionFile, shell: Shell) -> Result<()> {
    replace(&file.path, file.text.as_bytes()).map_err(|error| match error.code {
        Code::ConfigInvalid => error, // somebody else's, with its own next step
        _ => error.hint(format!(
            "`keyfob completions {}` prints what belongs there",
            name(shell)
        )),
    })
}

fn remove(file: &Path) -> Result<()> {
    let removed = files::remove(file).map(drop);
    removed.map_err(|error| Error::io(format!("cannot remove {}", file.display()), &error))
}

fn foreign(file: &Path, shell: Shell) -> Error {
    let what = format!("{} is not keyfob's, and stays as it is", file.display());
    Error::new(Code::ConfigInvalid, what).hint(format!(
        "move it away, then run `keyfob completions {} --install` again",
        name(shell)
    ))
}

#[derive(Debug, Serialize)]
pub(crate) struct Installed {
    pub shell: String,
    pub files: Vec<ChangedFile>,
}

#[derive(Debug, Serialize)]
pub(crate) struct ChangedFile {
    file: String,
    part: FilePart,
    pub result: FileChange,
    /// The line to add or to remove, where that is left to the person.
    pub line: Option<String>,
}

/// What of a file is keyfob's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum FilePart {
    Whole,
    /// One line of a file of the person's, such as a start file.
    Line,
    /// Nothing: the shell makes it again.
    Cache,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum FileChange {
    Added,
    /// It was there, of another version.
    Renewed,
    Removed,
    Unchanged,
    /// It lacks a line, which the person is to add.
    Wanted,
    /// It is as it was, for a person wrote it.
    Kept,
}

impl ChangedFile {
    fn whole(file: &Path, result: FileChange) -> Self {
        Self {
            file: file.display().to_string(),
            part: FilePart::Whole,
            result,
            line: None,
        }
    }

    /// Says it to people.
    pub(crate) fn describe(&self) -> String {
        let file = escape(&self.file);
        let line = escape(self.line.as_deref().unwrap_or_default());
        match (self.result, self.part) {
            (FileChange::Added, _) => format!("added {file}"),
            (FileChange::Renewed, _) => format!("renewed {file}"),
            (FileChange::Removed, FilePart::Cache) => {
                format!("removed {file}, which the shell makes anew")
            }
            (FileChange::Removed, _) => format!("removed {file}"),
            (FileChange::Unchanged, FilePart::Line) => format!("a line of {file} does it already"),
            (FileChange::Unchanged, _) => format!("{file} is there already"),
            (FileChange::Wanted, _) => format!("add this line to {file}:"),
            (FileChange::Kept, _) => {
                format!("{file} is yours, and stays; remove this line from it: {line}")
            }
        }
    }
}

/// The line of a person's that asks for the script; one with a flag, such as an alias, does something else.
fn asking_line(contents: &[u8], shell: Shell) -> Option<String> {
    let asks = format!("keyfob completions {}", name(shell));
    let contents = String::from_utf8_lossy(contents);
    let mut lines = contents.lines().map(str::trim);
    let line = lines.find(|line| {
        let code = line.split(" # ").next().unwrap_or(line); // a comment may well name the flag
        !line.starts_with('#')
            && code.contains(&asks)
            && !code.contains("--install")
            && !code.contains("--uninstall")
    });
    line.map(str::to_owned)
}

/// How the files for packagers begin, and what `keyfob completions` prints for the shells that read files whole;
/// with and without what is ours in it.
const BEGINNINGS: [&str; 7] = [
    "# Completion for keyfob in ",
    "#compdef keyfob\n# Completion for keyfob in ",
    "#compdef keyfob\nfunction _clap_dynamic_completer_keyfob() {",
    "# Answers behind `keyfob exec \u{2026} --` as for a line that begins there.\n_keyfob_command() {",
    "_clap_complete_keyfob() {",
    "function __keyfob_command --description ",
    "complete --keep-order --exclusive --command keyfob --arguments \"(KEYFOB_COMPLETE=fish ",
];

/// Whether a whole file is keyfob's, of this version or another. One that asks for a script among lines of a
/// person's own is theirs.
pub(crate) fn is_of_keyfob(contents: &[u8]) -> bool {
    let text = contents.trim_ascii_start();
    BEGINNINGS
        .iter()
        .any(|beginning| text.starts_with(beginning.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::fixture::assert_shape;
    use crate::complete::VARIABLE;
    use crate::verbs::completions::{Shell, place, script, script_of};

    #[test]
    fn the_shape_is_the_documented_one() {
        let installed = Installed {
            shell: "bash".into(),
            files: vec![ChangedFile {
                file: "/home/ada/.local/share/bash-completion/completions/keyfob".into(),
                part: FilePart::Whole,
                result: FileChange::Added,
                line: None,
            }],
        };
        assert_shape(&installed, include_str!("../shapes/completions.json"));
    }

    #[test]
    fn what_keyfob_writes_and_prints_is_known_again() {
        for shell in [Shell::Bash, Shell::Fish, Shell::Zsh, Shell::Nushell] {
            let script = script(shell).unwrap();
            assert!(is_of_keyfob(script.as_bytes()), "{script}");
            if let Ok(engine) = script_of(shell) {
                let mut script = Vec::new();
                let written =
                    engine.write_registration(VARIABLE, "keyfob", "keyfob", "keyfob", &mut script);
                written.unwrap();
                assert!(is_of_keyfob(&script), "{shell:?}");
            }
        }
        for packaged in [place::BASH, place::FISH, place::ZSH] {
            assert!(is_of_keyfob(packaged.as_bytes()), "{packaged}");
        }
    }

    #[test]
    fn what_a_person_wrote_around_it_is_not() {
        for theirs in [
            "complete -c kf -w keyfob\nkeyfob completions fish | source\n",
            "#compdef keyfob\neval \"$(keyfob completions zsh)\"\n",
            "complete -c keyfob -a \"(KEYFOB_COMPLETE=fish keyfob -- x)\"\n",
            "",
        ] {
            assert!(!is_of_keyfob(theirs.as_bytes()), "{theirs}");
        }
    }

    #[test]
    fn a_line_that_the_person_wrote_is_theirs() {
        let theirs = b"use str\n  eval (keyfob completions elvish | slurp)\r\n\xff\n";
        let line = asking_line(theirs, Shell::Elvish);
        assert_eq!(
            line.as_deref(),
            Some("eval (keyfob completions elvish | slurp)")
        );
        assert_eq!(asking_line(theirs, Shell::Bash), None);
        let marked =
            "eval (keyfob completions elvish | slurp) # added by `keyfob completions --install`";
        let found = asking_line(marked.as_bytes(), Shell::Elvish);
        assert_eq!(found.as_deref(), Some(marked));
        for other in [
            "",
            "a\n# keyfob completions elvish\n",
            "alias kc='keyfob completions elvish --uninstall'\n",
            "# eval (keyfob completions elvish | slurp) # added by `keyfob completions --install`\n",
            "keyfob completions elvish --install\n",
        ] {
            assert_eq!(
                asking_line(other.as_bytes(), Shell::Elvish),
                None,
                "{other}"
            );
        }
    }
}
