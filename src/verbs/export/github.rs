//! The files that GitHub's runner reads after a step: `GITHUB_ENV` and `GITHUB_OUTPUT`.

use std::fs::{self, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};

use crate::account::random_id;
use crate::answer::export::Assignment;
use crate::answer::export::github::{is_reserved, mask, record};
use crate::error::{Code, Error, Result};
use keyfob_base::files;

/// The file, open at its end.
pub struct File {
    variable: &'static str,
    file: fs::File,
}

impl File {
    /// Opens the file of the step's outputs, or else of the environment of the steps that follow. The runner
    /// has made it, so one that is not there, or is no regular file of its own, is not taken for it.
    pub fn open(output: bool) -> Result<Self> {
        let variable = if output {
            "GITHUB_OUTPUT"
        } else {
            "GITHUB_ENV"
        };
        let path = std::env::var_os(variable).filter(|path| !path.is_empty());
        let path = path.ok_or_else(|| {
            Error::new(
                Code::Usage,
                format!("{variable} is not set, so this is no step of GitHub Actions"),
            )
            .hint("use `--format sh` elsewhere")
        })?;
        let mut options = OpenOptions::new();
        let file = files::open_regular(path.as_ref(), options.read(true).append(true));
        let file = file.map_err(|error| unusable(variable, &error))?;
        Ok(Self { variable, file })
    }

    /// Has every value masked, and then sets the variables, all in one write.
    pub fn set(mut self, assignments: &[Assignment]) -> Result<()> {
        if self.variable == "GITHUB_ENV"
            && let Some(one) = assignments.iter().find(|one| is_reserved(&one.variable))
        {
            return Err(reserved(&one.variable));
        }
        mask_all(assignments).map_err(|error| {
            Error::new(
                Code::InternalError,
                format!("cannot have the runner mask the tokens, so nothing was set: {error}"),
            )
            .hint("leave the step's standard output to the runner")
        })?;
        let records: String = assignments.iter().map(one_record).collect();
        append(&mut self.file, &records).map_err(|error| unusable(self.variable, &error))
    }
}

fn one_record(assignment: &Assignment) -> String {
    let value = assignment.token.expose();
    let mut delimiter = random_id();
    while value.contains(&delimiter) {
        delimiter = random_id();
    }
    record(&assignment.variable, value, &delimiter)
}

/// Writes the masks where the runner reads them; a reader that is gone is a failure here.
fn mask_all(assignments: &[Assignment]) -> io::Result<()> {
    let masks = assignments
        .iter()
        .filter_map(|one| mask(one.token.expose()));
    let masks: String = masks.map(|mask| mask + "\n").collect();
    if goes_nowhere() {
        return Err(io::Error::other("standard output goes nowhere"));
    }
    let mut stdout = io::stdout().lock();
    stdout.write_all(masks.as_bytes())?;
    stdout.flush()
}

/// Whether what is written is thrown away, as it is too where standard output was closed.
#[cfg(unix)]
fn goes_nowhere() -> bool {
    let device = |stat: rustix::fs::Stat| (stat.st_mode, stat.st_rdev);
    let null = rustix::fs::stat("/dev/null").map(device);
    null.is_ok() && rustix::fs::fstat(io::stdout()).map(device) == null
}

#[cfg(not(unix))]
fn goes_nowhere() -> bool {
    false
}

/// Appends in one write, on a line of its own. What was written of a part is taken back.
fn append(file: &mut fs::File, records: &str) -> io::Result<()> {
    let length = file.metadata()?.len();
    let end = if is_unended(file, length)? { "\n" } else { "" };
    let text = format!("{end}{records}");
    let written = file.write(text.as_bytes())?;
    if written == text.len() {
        return Ok(());
    }
    if file.metadata()?.len() == length + written as u64 {
        file.set_len(length)?; // nobody else has appended since
    }
    Err(io::ErrorKind::StorageFull.into())
}

/// Whether the last line has no end yet.
fn is_unended(file: &mut fs::File, length: u64) -> io::Result<bool> {
    if length == 0 {
        return Ok(false);
    }
    let mut last = [0];
    file.seek(SeekFrom::Start(length - 1))?;
    file.read_exact(&mut last)?;
    Ok(last != *b"\n")
}

fn unusable(variable: &str, error: &io::Error) -> Error {
    Error::new(
        Code::InternalError,
        format!("cannot append to the file that {variable} names: {error}"),
    )
    .hint(format!("leave {variable} as the runner sets it"))
}

fn reserved(variable: &str) -> Error {
    Error::new(
        Code::Usage,
        format!("the runner keeps {variable} to itself"),
    )
    .hint("choose another variable with `--name VAR`")
}
