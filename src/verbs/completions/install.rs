//! `completions --install`: puts the completion where a shell looks for it, once, and takes it back.
//!
//! What is put there asks this program for its script, so it is never of another version. A start file is
//! written only where the shell has no folder, or none that it reads.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::place::{CompletionPlace, Places};
use super::start_file::PlaceState;
use super::{Shell, ask, name, start_file, write};
use crate::error::{Code, Error, Result};
use keyfob_base::escape::escape;
use keyfob_base::files;

/// The most that is read of a start file.
const LIMIT: u64 = 4 * 1024 * 1024;

/// Whether a shell completes keyfob's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum State {
    /// It does, by this file.
    Installed(PathBuf),
    /// It does, by a file that `--install` renews.
    Stale(PathBuf),
    /// It does not.
    Missing,
    /// A file that is not keyfob's is in the way.
    Foreign(PathBuf),
}

/// Says whether a shell completes keyfob's words. Writes nothing; bash, zsh and PowerShell are asked, each for
/// at most some seconds.
pub(crate) fn state(shell: Shell) -> Result<State> {
    let places = Places::find(shell)?;
    if let Some(file) = places.packaged.iter().find(|file| file.is_file()) {
        return Ok(State::Installed(file.clone()));
    }
    let found = looked(&places, shell)?;
    let with = |wanted: &[PlaceState]| {
        let place = found.iter().find(|(_, found)| wanted.contains(found));
        place.map(|(place, _)| place.file.clone())
    };
    Ok(match with(&[PlaceState::Ours, PlaceState::Theirs]) {
        Some(file) => State::Installed(file),
        None => with(&[PlaceState::Stale])
            .map(State::Stale)
            .or_else(|| with(&[PlaceState::Foreign]).map(State::Foreign))
            .unwrap_or(State::Missing),
    })
}

/// Puts it there, unless it is.
pub(crate) fn install(shell: Shell) -> Result<Installed> {
    let places = Places::find(shell)?;
    let files = match there(&places, shell)? {
        Some(unchanged) => vec![unchanged],
        None => put(&places, shell)?,
    };
    Ok(Installed {
        shell: name(shell),
        files,
    })
}

/// Takes back what `install` has put anywhere, and nothing else.
pub(crate) fn uninstall(shell: Shell) -> Result<Installed> {
    let places = Places::find(shell)?;
    let mut files = Vec::new();
    for place in &places.own {
        match look(place, shell)? {
            PlaceState::Ours | PlaceState::Stale => {
                let part = take(place)?;
                files.push(changed(place, part, FileChange::Removed));
            }
            PlaceState::Theirs => files.push(changed(place, FilePart::Line, FileChange::Kept)),
            PlaceState::Nothing | PlaceState::Foreign => {}
        }
    }
    Ok(Installed {
        shell: name(shell),
        files,
    })
}

/// What does it already.
fn there(places: &Places, shell: Shell) -> Result<Option<ChangedFile>> {
    if let Some(file) = places.packaged.iter().find(|file| file.is_file()) {
        return Ok(Some(ChangedFile {
            file: file.display().to_string(),
            part: FilePart::Whole,
            result: FileChange::Unchanged,
        }));
    }
    let found = looked(places, shell)?.into_iter();
    let mut done = found.filter_map(|(place, found)| match found {
        PlaceState::Ours => Some(changed(place, place.part, FileChange::Unchanged)),
        PlaceState::Theirs => Some(changed(place, FilePart::Line, FileChange::Unchanged)),
        PlaceState::Nothing | PlaceState::Stale | PlaceState::Foreign => None,
    });
    Ok(done.next())
}

/// Writes the best place; the next where the shell does not take it from there.
fn put(places: &Places, shell: Shell) -> Result<Vec<ChangedFile>> {
    let mut found = looked(places, shell)?;
    found.sort_by_key(|(_, found)| *found != PlaceState::Stale); // stable: the best of each kind first
    for (place, found) in found {
        if found == PlaceState::Foreign {
            return Err(foreign(place, shell));
        }
        write_place(place, shell)?;
        let change = if found == PlaceState::Stale {
            FileChange::Renewed
        } else {
            FileChange::Added
        };
        let mut files = vec![changed(place, place.part, change)];
        if place.part == FilePart::Line || shell != Shell::Zsh {
            return Ok(files);
        }
        files.extend(forgotten(places)?);
        if ask::zsh().is_some_and(|zsh| zsh.knows) {
            return Ok(files);
        }
        write::remove(&place.file)?;
    }
    unreachable!("a start file takes a line, and comes last")
}

/// Removes what zsh remembers of its folders: some look there alone.
fn forgotten(places: &Places) -> Result<Option<ChangedFile>> {
    let Some(dump) = &places.dump else {
        return Ok(None);
    };
    let is_dump = files::read(dump, LIMIT)
        .is_ok_and(|dump| dump.is_some_and(|dump| dump.starts_with(b"#files: ")));
    if is_dump {
        write::remove(dump)?;
    }
    Ok(is_dump.then(|| ChangedFile {
        file: dump.display().to_string(),
        part: FilePart::Cache,
        result: FileChange::Removed,
    }))
}

/// The places that the shell reads, and what is there.
fn looked(places: &Places, shell: Shell) -> Result<Vec<(&CompletionPlace, PlaceState)>> {
    let read = places.own.iter().filter(|place| place.read);
    read.map(|place| Ok((place, look(place, shell)?))).collect()
}

fn look(place: &CompletionPlace, shell: Shell) -> Result<PlaceState> {
    let Some(contents) = contents(place)? else {
        return Ok(PlaceState::Nothing);
    };
    Ok(match place.part {
        FilePart::Line => start_file::look(&contents, &place.text, &name(shell)),
        _ if contents == place.text.as_bytes() => PlaceState::Ours,
        _ if is_of_keyfob(&contents) => PlaceState::Stale,
        _ if start_file::asks_anywhere(&contents, &name(shell)) => PlaceState::Theirs,
        _ => PlaceState::Foreign,
    })
}

fn contents(place: &CompletionPlace) -> Result<Option<Vec<u8>>> {
    files::read(&place.file, LIMIT).map_err(|error| {
        Error::io(format!("cannot read {}", place.file.display()), &error).hint(by_hand(place))
    })
}

fn write_place(place: &CompletionPlace, shell: Shell) -> Result<()> {
    let written = match place.part {
        FilePart::Line => {
            let there = contents(place)?;
            let made = there.is_none();
            let before = there.unwrap_or_default();
            if start_file::is_utf16(&before) {
                let what = format!("{} is written in UTF-16", place.file.display());
                return Err(Error::new(Code::ConfigInvalid, what).hint(by_hand(place)));
            }
            start_file::with(&before, &place.text, made)
        }
        _ => place.text.clone().into_bytes(),
    };
    write::replace(&place.file, &written).map_err(|error| match place.part {
        FilePart::Line => error.hint(by_hand(place)),
        _ => error.hint(format!(
            "`keyfob completions {}` prints what belongs there",
            name(shell)
        )),
    })
}

/// Takes it out of a place; what of that is gone.
fn take(place: &CompletionPlace) -> Result<FilePart> {
    match (place.part, contents(place)?) {
        (FilePart::Line, Some(before))
            if place.file.is_symlink() || !start_file::is_all_ours(&before) =>
        {
            write::replace(&place.file, &start_file::without(&before))?;
            Ok(FilePart::Line)
        }
        _ => write::remove(&place.file).map(|()| FilePart::Whole),
    }
}

fn by_hand(place: &CompletionPlace) -> String {
    match place.part {
        FilePart::Line => format!(
            "see to that file, or add this line to it yourself:\n{}",
            place.text
        ),
        _ => "see to that file, then run it again".into(),
    }
}

fn foreign(place: &CompletionPlace, shell: Shell) -> Error {
    let file = place.file.display();
    Error::new(
        Code::ConfigInvalid,
        format!("{file} is not keyfob's, and stays as it is"),
    )
    .hint(format!(
        "move it away, then run `keyfob completions {} --install` again",
        name(shell)
    ))
}

fn changed(place: &CompletionPlace, part: FilePart, result: FileChange) -> ChangedFile {
    ChangedFile {
        file: place.file.display().to_string(),
        part,
        result,
    }
}

/// Whether the program is where the completion will ask for it.
pub(crate) fn is_on_path() -> bool {
    let program = format!("keyfob{}", std::env::consts::EXE_SUFFIX);
    let folders = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&folders).any(|folder| Path::new(&folder).join(&program).is_file())
}

/// What was done for a shell.
#[derive(Debug, Serialize)]
pub(crate) struct Installed {
    /// The shell, as it is typed.
    pub shell: String,
    /// Every file that it concerns.
    pub files: Vec<ChangedFile>,
}

/// A file, and what was done to it.
#[derive(Debug, Serialize)]
pub(crate) struct ChangedFile {
    /// Its path.
    pub file: String,
    /// What of it is keyfob's.
    pub part: FilePart,
    /// What was done.
    pub result: FileChange,
}

/// What of a file is keyfob's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum FilePart {
    /// All of it.
    Whole,
    /// One line of a file of the person's, such as a start file.
    Line,
    /// Nothing: the shell makes it again.
    Cache,
}

/// What was done to a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum FileChange {
    /// It is there now.
    Added,
    /// It was there, of another version.
    Renewed,
    /// It is no longer there.
    Removed,
    /// It is as it was.
    Unchanged,
    /// It is as it was, for a person wrote it.
    Kept,
}

impl ChangedFile {
    /// Says it to people.
    pub(crate) fn line(&self) -> String {
        let file = escape(&self.file);
        match (self.result, self.part) {
            (FileChange::Added, FilePart::Line) => format!("added a line to {file}"),
            (FileChange::Added, _) => format!("added {file}"),
            (FileChange::Renewed, FilePart::Line) => format!("renewed a line of {file}"),
            (FileChange::Renewed, _) => format!("renewed {file}"),
            (FileChange::Removed, FilePart::Line) => format!("took a line out of {file}"),
            (FileChange::Removed, FilePart::Cache) => {
                format!("removed {file}, which the shell makes anew")
            }
            (FileChange::Removed, FilePart::Whole) => format!("removed {file}"),
            (FileChange::Unchanged, FilePart::Line) => format!("a line of {file} does it already"),
            (FileChange::Kept, _) => {
                format!("{file} has a line that keyfob did not write, and stays")
            }
            (FileChange::Unchanged, _) => format!("{file} is there already"),
        }
    }
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
}
