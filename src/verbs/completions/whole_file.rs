//! A file that holds a completion and nothing else: whether keyfob wrote it.

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
pub fn is_of_keyfob(contents: &[u8]) -> bool {
    let text = contents.trim_ascii_start();
    BEGINNINGS
        .iter()
        .any(|beginning| text.starts_with(beginning.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::super::{place, script, script_of};
    use super::*;
    use crate::cli::Shell;
    use crate::complete::VARIABLE;

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
