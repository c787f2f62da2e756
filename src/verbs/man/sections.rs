//! The sections of the man pages that the declarations do not hold.

use std::collections::BTreeMap;

use roff::{Roff, bold, italic, roman};

use crate::error::Code;

const EXITS: &[(u8, &str)] = &[
    (0, "Done. A closed pipe on standard output too."),
    (1, "Failed."),
    (2, "Usage: the arguments do not fit."),
    (3, "Temporary: trying again may help."),
    (4, "A person has to sign in first."),
    (5, "The store with the secrets cannot be used."),
    (126, "exec found its command, and it cannot be run."),
    (127, "exec found no such command."),
    (130, "Interrupted."),
];

/// Terms and their meanings from a text: a term a line, its meaning below with four blanks before each line.
pub(super) fn definitions(text: &'static str) -> impl Iterator<Item = (&'static str, String)> {
    text.split("\n\n").filter_map(|definition| {
        let (term, meaning) = definition.split_once('\n')?;
        let lines: Vec<&str> = meaning.lines().map(str::trim_start).collect();
        Some((term, lines.join(" ")))
    })
}

pub(crate) fn paragraphs(roff: &mut Roff, lines: &[&str]) {
    let mut fresh = true;
    for line in lines {
        if line.trim().is_empty() {
            fresh = true;
            continue;
        }
        if std::mem::take(&mut fresh) {
            roff.control("PP", []);
        }
        roff.text([roman(*line)]);
    }
}

pub(crate) fn exit_status(roff: &mut Roff, with_codes: bool) {
    let mut words: BTreeMap<u8, Vec<&str>> = BTreeMap::new();
    for code in Code::all()
        .iter()
        .filter(|code| **code != Code::Interrupted)
    {
        words.entry(code.exit()).or_default().push(code.as_str());
    }
    roff.control("SH", ["EXIT STATUS"]);
    for (exit, meaning) in EXITS {
        roff.control("TP", []);
        roff.text([bold(exit.to_string())]);
        roff.text([roman(*meaning)]);
        if let Some(words) = words.get(exit).filter(|_| with_codes) {
            roff.text([roman(format!("Codes: {}.", words.join(", ")))]);
        }
    }
    if with_codes {
        roff.control("PP", []);
        roff.text([roman(
            "Of several accounts that failed, the first of 5, 1, 4 and 3 that occurred counts.",
        )]);
    }
}

pub(crate) fn environment(roff: &mut Roff) {
    roff.control("SH", ["ENVIRONMENT"]);
    for (name, meaning) in definitions(include_str!("environment.txt")) {
        roff.control("TP", []);
        roff.text([bold(name)]);
        roff.text([roman(meaning)]);
    }
}

pub(crate) fn files(roff: &mut Roff) {
    roff.control("SH", ["FILES"]);
    roff.text([roman(
        "The XDG folders are ~/.config, ~/.local/share and ~/.local/state where they are not set. On \
         macOS and Windows the folders are that system's own.",
    )]);
    for (path, meaning) in definitions(include_str!("files.txt")) {
        roff.control("TP", []);
        roff.text([italic(path)]);
        roff.text([roman(meaning)]);
    }
}

pub(crate) fn examples(roff: &mut Roff, lines: &[&str]) {
    if !lines.is_empty() {
        roff.control("SH", ["EXAMPLES"]);
        verbatim(roff, lines.iter().copied());
    }
}

pub(crate) fn verbatim<'a>(roff: &mut Roff, lines: impl Iterator<Item = &'a str>) {
    roff.control("RS", ["4"]);
    roff.control("nf", []);
    for line in lines {
        roff.text([roman(line)]);
    }
    roff.control("fi", []);
    roff.control("RE", []);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_exit_code_has_its_meaning() {
        for code in Code::all() {
            let known = EXITS.iter().any(|(exit, _)| *exit == code.exit());
            assert!(known, "{code:?}");
        }
    }
}
