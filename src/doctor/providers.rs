//! The user's definitions: each is read, and a file that is none is named.

use std::fs;

use super::{Finding, Patient, Status};
use crate::names::is_provider_name;

const CHECK: &str = "providers";

/// Reads every file of the user's.
pub fn providers(patient: &Patient) -> Vec<Finding> {
    let folder = patient.paths.providers();
    let entries = match fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return vec![Finding::pass(CHECK, "those built in, and none of your own")];
        }
        Err(error) => {
            let message = format!("cannot read {}: {error}", folder.display());
            return vec![Finding::fail(
                CHECK,
                message,
                "make that folder yours, and readable",
            )];
        }
    };
    let mut files: Vec<String> = entries
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|name| !name.starts_with('.'))
        .collect();
    files.sort_unstable();
    let mut findings = Vec::new();
    let mut valid = 0;
    for file in files {
        let path = folder.join(&file);
        match file
            .strip_suffix(".toml")
            .filter(|name| is_provider_name(name))
        {
            None if file.ends_with('~') || path.is_dir() => {} // an editor's copy, somebody's folder
            None => findings.push(Finding::warn(
                CHECK,
                format!("{} has no provider's name, and is ignored", path.display()),
                "call it NAME.toml, in lower-case letters, digits and `-`, or put it elsewhere",
            )),
            Some(name) if !patient.concerns(name) => {}
            Some(name) => match patient.registry.get(name) {
                Ok(_) => valid += 1,
                Err(error) => findings.push(Finding::of(CHECK, Status::Fail, &error)),
            },
        }
    }
    if findings.is_empty() {
        let said = match valid {
            1 => "1 file is valid".to_owned(),
            valid => format!("{valid} files are valid"),
        };
        findings.push(Finding::pass(
            CHECK,
            format!("{}: {said}", folder.display()),
        ));
    }
    findings
}
