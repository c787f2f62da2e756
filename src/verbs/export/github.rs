//! GitHub Actions: what a step says to the runner, on its output and in the files of `GITHUB_ENV` and
//! `GITHUB_OUTPUT`.

use std::fs::{self, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};

use super::formats::Assignment;
use crate::account::random_id;
use crate::error::{Code, Error, Result};
use crate::verbs::mask;
use crate::words::{VariableName, VariableValue};
use keyfob_base::files;

pub(crate) struct File {
    variable: &'static str,
    file: fs::File,
}

impl File {
    /// Opens the file of the step's outputs, or else of the environment of the steps that follow. The runner
    /// has made it, so one that is not there, or is no regular file of its own, is not taken for it.
    pub(crate) fn open(output: bool) -> Result<Self> {
        let variable = if output {
            "GITHUB_OUTPUT"
        } else {
            "GITHUB_ENV"
        };
        let path = std::env::var_os(variable).filter(|path| !path.is_empty());
        let path = path.ok_or_else(|| {
            Error::usage(format!(
                "{variable} is not set, so this is no step of GitHub Actions"
            ))
            .hint("use `--format sh` elsewhere")
        })?;
        let mut options = OpenOptions::new();
        let file = files::open_regular(path.as_ref(), options.read(true).append(true));
        let file = file.map_err(|error| unusable(variable, &error))?;
        Ok(Self { variable, file })
    }

    /// Has every value masked, and then sets the variables, all in one write.
    pub(crate) fn set(mut self, assignments: &[Assignment]) -> Result<()> {
        if self.variable == "GITHUB_ENV"
            && let Some(one) = assignments
                .iter()
                .find(|one| is_reserved(one.variable.as_str()))
        {
            return Err(reserved(&one.variable));
        }
        mask_all(assignments).map_err(|error| mask::explain_failure(&error))?;
        let records: String = assignments.iter().map(one_record).collect();
        append(&mut self.file, &records).map_err(|error| unusable(self.variable, &error))
    }
}

fn one_record(assignment: &Assignment) -> String {
    let mut delimiter = random_id();
    while assignment.token.expose().contains(&delimiter) {
        delimiter = random_id();
    }
    record(&assignment.variable, &assignment.token, &delimiter)
}

/// Writes the masks where the runner reads them; a reader that is gone is a failure here.
fn mask_all(assignments: &[Assignment]) -> io::Result<()> {
    let masks = assignments.iter().map(|one| mask::mask(&one.token) + "\n");
    let masks: String = masks.collect();
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

fn reserved(variable: &VariableName) -> Error {
    Error::usage(format!("the runner keeps {variable} to itself"))
        .hint("choose another variable with `--name VAR`")
}

/// Lines for the file of `GITHUB_ENV` or `GITHUB_OUTPUT` that set a variable. The delimiter, which nobody can
/// guess, is not in the value.
pub(crate) fn record(variable: &VariableName, value: &VariableValue, delimiter: &str) -> String {
    let value = value.expose();
    format!("{variable}<<{delimiter}\n{value}\n{delimiter}\n")
}

/// Whether the runner refuses to set a variable for later steps, or sets its own value over it: `GITHUB_*`,
/// `RUNNER_*`, `CI`, `NODE_OPTIONS`, in any case.
pub(crate) fn is_reserved(variable: &str) -> bool {
    let variable = variable.to_ascii_uppercase();
    variable.starts_with("GITHUB_")
        || variable.starts_with("RUNNER_")
        || ["CI", "NODE_OPTIONS"].contains(&variable.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use keyfob_base::secret::Secret;

    #[test]
    fn a_record_stands_between_its_delimiters() {
        let variable = VariableName::new("V").unwrap();
        let value = VariableValue::new(&Secret::new("a=<<b")).unwrap();
        let record = record(&variable, &value, "end");
        assert_eq!(record, "V<<end\na=<<b\nend\n");
    }

    #[test]
    fn the_runners_own_variables_are_reserved() {
        for variable in [
            "GITHUB_TOKEN",
            "github_env",
            "RUNNER_X",
            "CI",
            "NODE_OPTIONS",
        ] {
            assert!(is_reserved(variable), "{variable}");
        }
        for variable in ["GH_TOKEN", "CI_TOKEN", "MY_GITHUB_TOKEN", "GITHUB"] {
            assert!(!is_reserved(variable), "{variable}");
        }
    }
}
