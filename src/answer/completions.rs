//! The shape of `completions --install --json` and `completions --uninstall --json`.

use serde::Serialize;

use keyfob_base::escape::escape;

/// What was done for a shell.
#[derive(Debug, Serialize)]
pub struct Installed {
    /// The shell, as it is typed.
    pub shell: String,
    /// Every file that it concerns.
    pub files: Vec<Changed>,
}

/// A file, and what was done to it.
#[derive(Debug, Serialize)]
pub struct Changed {
    /// Its path.
    pub file: String,
    /// What of it is keyfob's.
    pub part: Part,
    /// What was done.
    pub result: Change,
}

/// What of a file is keyfob's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Part {
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
pub enum Change {
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

impl Changed {
    /// Says it to people.
    pub fn line(&self) -> String {
        let file = escape(&self.file);
        match (self.result, self.part) {
            (Change::Added, Part::Line) => format!("added a line to {file}"),
            (Change::Added, _) => format!("added {file}"),
            (Change::Renewed, Part::Line) => format!("renewed a line of {file}"),
            (Change::Renewed, _) => format!("renewed {file}"),
            (Change::Removed, Part::Line) => format!("took a line out of {file}"),
            (Change::Removed, Part::Cache) => format!("removed {file}, which the shell makes anew"),
            (Change::Removed, Part::Whole) => format!("removed {file}"),
            (Change::Unchanged, Part::Line) => format!("a line of {file} does it already"),
            (Change::Kept, _) => format!("{file} has a line that keyfob did not write, and stays"),
            (Change::Unchanged, _) => format!("{file} is there already"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verbs::fixture::assert_shape;

    #[test]
    fn the_shape_is_the_documented_one() {
        let installed = Installed {
            shell: "bash".into(),
            files: vec![Changed {
                file: "/home/ada/.local/share/bash-completion/completions/keyfob".into(),
                part: Part::Whole,
                result: Change::Added,
            }],
        };
        assert_shape(&installed, include_str!("../verbs/shapes/completions.json"));
    }
}
