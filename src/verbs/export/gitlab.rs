//! A dotenv report, which GitLab keeps as an artifact and gives to later jobs as variables. It is dotenv in
//! name alone: what follows the `=` is the value, quotes and all.

use std::path::{Path, PathBuf};

use super::formats::{Assignment, is_simple};
use super::refuse;
use crate::error::{Error, Result};
use crate::verbs::app::App;
use crate::words::{VariableName, VariableValue};
use keyfob_base::files;

pub(crate) struct Report(PathBuf);

impl Report {
    /// A regular file, which need not be there; its folder must. It is replaced, and a device such as
    /// `/dev/null` would be gone.
    pub(crate) fn at(file: &Path) -> Result<Self> {
        let file = Path::new(".").join(file); // a folder for a bare name; an absolute path stays
        let folder = file.parent().is_some_and(Path::is_dir);
        let replaceable = file.metadata().map_or(true, |there| there.is_file());
        if folder && file.file_name().is_some() && replaceable {
            return Ok(Self(file));
        }
        Err(
            Error::usage(format!("no report can be written to {}", file.display()))
                .hint("name a new file, or a regular one, in a folder that exists"),
        )
    }

    /// Writes the report for this user alone (0600), after saying who will be able to read it.
    pub(crate) fn write(&self, app: &App, assignments: &[Assignment]) -> Result<()> {
        let report = text(assignments)?;
        let file = self.0.display();
        app.term.warn(&format!(
            "whoever may download the artifacts of this pipeline can read the tokens in {file}, and later jobs get them"
        ));
        files::replace(&self.0, report.as_bytes())
            .map_err(|error| Error::io(format!("cannot write {file}"), &error))
    }
}

fn text(assignments: &[Assignment]) -> Result<String> {
    let mut report = String::new();
    for one in assignments {
        let line = report_line(&one.variable, &one.token);
        report += &line.ok_or_else(|| refuse(one, "a report of GitLab"))?;
        report.push('\n');
    }
    if report.len() <= REPORT_LIMIT {
        return Ok(report);
    }
    Err(Error::usage(format!(
        "the report would have {} bytes, and GitLab takes {REPORT_LIMIT}",
        report.len()
    ))
    .hint("export the tokens in the job that needs them, without `--report`"))
}

/// The most bytes that GitLab takes in a report.
pub(crate) const REPORT_LIMIT: usize = 5 * 1024;

/// `NAME=VALUE`, of `[A-Za-z0-9._~+/=-]` alone: nothing can be quoted, blanks are stripped, and a `$` in a
/// variable of a job is expanded.
pub(crate) fn report_line(variable: &VariableName, value: &VariableValue) -> Option<String> {
    is_simple(value).then(|| format!("{variable}={}", value.expose()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verbs::export::formats::fixture::{assert_simple_only, assign};

    #[test]
    fn a_line_is_bare_or_refused() {
        assert_eq!(assign(report_line, "glpat-a_b==").unwrap(), "V=glpat-a_b==");
        assert_simple_only(report_line);
    }
}
