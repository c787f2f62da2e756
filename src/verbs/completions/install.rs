//! `completions --install`: puts the completion where a shell looks for it, once, and takes it back.
//!
//! What is put there asks this program for its script, so it is never of another version. A start file is
//! written only where the shell has no folder, or none that it reads.

use std::path::{Path, PathBuf};

use super::place::{Place, Places};
use super::{ask, name, start_file, whole_file, write};
use crate::answer::completions::{Change, Changed, Installed, Part};
use crate::cli::Shell;
use crate::error::{Code, Error, Result};
use keyfob_base::files;

/// The most that is read of a start file.
const LIMIT: u64 = 4 * 1024 * 1024;

/// Whether a shell completes keyfob's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// It does, by this file.
    Installed(PathBuf),
    /// It does, by a file that `--install` renews.
    Stale(PathBuf),
    /// It does not.
    Missing,
    /// A file that is not keyfob's is in the way.
    Foreign(PathBuf),
}

/// What is in a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Found {
    Nothing,
    Ours,
    Stale,
    /// A line that the person wrote, there or in a file of their own, and that does the same.
    Theirs,
    Foreign,
}

/// Says whether a shell completes keyfob's words. Writes nothing; bash, zsh and PowerShell are asked, each for
/// at most some seconds.
pub fn state(shell: Shell) -> Result<State> {
    let places = Places::find(shell)?;
    if let Some(file) = places.packaged.iter().find(|file| file.is_file()) {
        return Ok(State::Installed(file.clone()));
    }
    let found = looked(&places, shell)?;
    let with = |wanted: &[Found]| {
        let place = found.iter().find(|(_, found)| wanted.contains(found));
        place.map(|(place, _)| place.file.clone())
    };
    Ok(match with(&[Found::Ours, Found::Theirs]) {
        Some(file) => State::Installed(file),
        None => with(&[Found::Stale])
            .map(State::Stale)
            .or_else(|| with(&[Found::Foreign]).map(State::Foreign))
            .unwrap_or(State::Missing),
    })
}

/// Puts it there, unless it is.
pub fn install(shell: Shell) -> Result<Installed> {
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
pub fn uninstall(shell: Shell) -> Result<Installed> {
    let places = Places::find(shell)?;
    let mut files = Vec::new();
    for place in &places.own {
        match look(place, shell)? {
            Found::Ours | Found::Stale => {
                let part = take(place)?;
                files.push(changed(place, part, Change::Removed));
            }
            Found::Theirs => files.push(changed(place, Part::Line, Change::Kept)),
            Found::Nothing | Found::Foreign => {}
        }
    }
    Ok(Installed {
        shell: name(shell),
        files,
    })
}

/// What does it already.
fn there(places: &Places, shell: Shell) -> Result<Option<Changed>> {
    if let Some(file) = places.packaged.iter().find(|file| file.is_file()) {
        return Ok(Some(Changed {
            file: file.display().to_string(),
            part: Part::Whole,
            result: Change::Unchanged,
        }));
    }
    let found = looked(places, shell)?.into_iter();
    let mut done = found.filter_map(|(place, found)| match found {
        Found::Ours => Some(changed(place, place.part, Change::Unchanged)),
        Found::Theirs => Some(changed(place, Part::Line, Change::Unchanged)),
        Found::Nothing | Found::Stale | Found::Foreign => None,
    });
    Ok(done.next())
}

/// Writes the best place; the next where the shell does not take it from there.
fn put(places: &Places, shell: Shell) -> Result<Vec<Changed>> {
    let mut found = looked(places, shell)?;
    found.sort_by_key(|(_, found)| *found != Found::Stale); // stable: the best of each kind first
    for (place, found) in found {
        if found == Found::Foreign {
            return Err(foreign(place, shell));
        }
        write_place(place, shell)?;
        let change = if found == Found::Stale {
            Change::Renewed
        } else {
            Change::Added
        };
        let mut files = vec![changed(place, place.part, change)];
        if place.part == Part::Line || shell != Shell::Zsh {
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
fn forgotten(places: &Places) -> Result<Option<Changed>> {
    let Some(dump) = &places.dump else {
        return Ok(None);
    };
    let is_dump = files::read(dump, LIMIT)
        .is_ok_and(|dump| dump.is_some_and(|dump| dump.starts_with(b"#files: ")));
    if is_dump {
        write::remove(dump)?;
    }
    Ok(is_dump.then(|| Changed {
        file: dump.display().to_string(),
        part: Part::Cache,
        result: Change::Removed,
    }))
}

/// The places that the shell reads, and what is there.
fn looked(places: &Places, shell: Shell) -> Result<Vec<(&Place, Found)>> {
    let read = places.own.iter().filter(|place| place.read);
    read.map(|place| Ok((place, look(place, shell)?))).collect()
}

fn look(place: &Place, shell: Shell) -> Result<Found> {
    let Some(contents) = contents(place)? else {
        return Ok(Found::Nothing);
    };
    Ok(match place.part {
        Part::Line => start_file::look(&contents, &place.text, &name(shell)).into(),
        _ if contents == place.text.as_bytes() => Found::Ours,
        _ if whole_file::is_of_keyfob(&contents) => Found::Stale,
        _ if start_file::asks_anywhere(&contents, &name(shell)) => Found::Theirs,
        _ => Found::Foreign,
    })
}

impl From<start_file::Found> for Found {
    fn from(found: start_file::Found) -> Self {
        match found {
            start_file::Found::Nothing => Self::Nothing,
            start_file::Found::Ours => Self::Ours,
            start_file::Found::Stale => Self::Stale,
            start_file::Found::Theirs => Self::Theirs,
        }
    }
}

fn contents(place: &Place) -> Result<Option<Vec<u8>>> {
    files::read(&place.file, LIMIT).map_err(|error| {
        Error::io(format!("cannot read {}", place.file.display()), &error).hint(by_hand(place))
    })
}

fn write_place(place: &Place, shell: Shell) -> Result<()> {
    let written = match place.part {
        Part::Line => {
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
        Part::Line => error.hint(by_hand(place)),
        _ => error.hint(format!(
            "`keyfob completions {}` prints what belongs there",
            name(shell)
        )),
    })
}

/// Takes it out of a place; what of that is gone.
fn take(place: &Place) -> Result<Part> {
    match (place.part, contents(place)?) {
        (Part::Line, Some(before))
            if place.file.is_symlink() || !start_file::is_all_ours(&before) =>
        {
            write::replace(&place.file, &start_file::without(&before))?;
            Ok(Part::Line)
        }
        _ => write::remove(&place.file).map(|()| Part::Whole),
    }
}

fn by_hand(place: &Place) -> String {
    match place.part {
        Part::Line => format!(
            "see to that file, or add this line to it yourself:\n{}",
            place.text
        ),
        _ => "see to that file, then run it again".into(),
    }
}

fn foreign(place: &Place, shell: Shell) -> Error {
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

fn changed(place: &Place, part: Part, result: Change) -> Changed {
    Changed {
        file: place.file.display().to_string(),
        part,
        result,
    }
}

/// Whether the program is where the completion will ask for it.
pub fn is_on_path() -> bool {
    let program = format!("keyfob{}", std::env::consts::EXE_SUFFIX);
    let folders = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&folders).any(|folder| Path::new(&folder).join(&program).is_file())
}
