//! Who reads the assignments: the shell that keyfob was started from, and what each is told.

use std::path::Path;

use clap::ValueEnum;

use crate::cli::Format;

/// The format of the shell that this process was started from; else of `SHELL`; else `sh`.
pub fn here() -> Format {
    let named = std::env::var_os("SHELL").and_then(|path| {
        let name = Path::new(&path).file_name()?;
        shell(name.to_str()?)
    });
    parent().or(named).unwrap_or(Format::Sh)
}

/// The shell that started this process, where the system says and it is one.
#[cfg(target_os = "linux")]
fn parent() -> Option<Format> {
    let parent = std::os::unix::process::parent_id();
    let name = std::fs::read_to_string(format!("/proc/{parent}/comm")).ok()?;
    shell(name.trim_end())
}

#[cfg(not(target_os = "linux"))]
fn parent() -> Option<Format> {
    None
}

/// The format that a shell reads, by the name of its program.
fn shell(program: &str) -> Option<Format> {
    Some(match program {
        "sh" | "dash" | "ash" | "ksh" | "mksh" => Format::Sh,
        "bash" => Format::Bash,
        "zsh" => Format::Zsh,
        "fish" => Format::Fish,
        "elvish" => Format::Elvish,
        "nu" => Format::Nu,
        "pwsh" => Format::PowerShell,
        _ => return None,
    })
}

/// What `--format` calls it.
pub fn name(format: Format) -> String {
    let value = format.to_possible_value();
    let value = value.expect("no format is hidden");
    value.get_name().to_owned()
}

/// What to say once a token is on the screen, with a way that keeps it off.
pub fn on_screen(format: Format) -> &'static str {
    match format {
        Format::Sh | Format::Bash | Format::Zsh => {
            "a token is on the screen now; `eval \"$(keyfob export …)\"` keeps it off"
        }
        Format::Fish => {
            "a token is on the screen now; `keyfob export … --format fish | source` keeps it off"
        }
        Format::Elvish => {
            "a token is on the screen now; `eval (keyfob export … --format elvish | slurp)` keeps it off"
        }
        Format::Nu => {
            "a token is on the screen now; `keyfob export … --json | from json | load-env` keeps it off"
        }
        Format::PowerShell => {
            "a token is on the screen now; `keyfob export … --format powershell | Out-String | \
             Invoke-Expression` keeps it off"
        }
        Format::Cmd | Format::Dotenv | Format::Json | Format::Github | Format::Gitlab => {
            "a token is on the screen now; a pipe to what reads it keeps it off"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shells_are_known_by_their_programs() {
        for (program, format) in [
            ("dash", Some(Format::Sh)),
            ("bash", Some(Format::Bash)),
            ("zsh", Some(Format::Zsh)),
            ("fish", Some(Format::Fish)),
            ("elvish", Some(Format::Elvish)),
            ("nu", Some(Format::Nu)),
            ("pwsh", Some(Format::PowerShell)),
            ("sshd", None),
            ("make", None),
            ("", None),
        ] {
            assert_eq!(shell(program), format, "{program}");
        }
    }

    #[test]
    fn formats_are_named_as_they_are_typed() {
        for format in Format::value_variants() {
            assert_eq!(Format::from_str(&name(*format), false), Ok(*format));
        }
    }
}
