//! Who reads the assignments: the shell that keyfob was started from, and what each is told.

use clap::ValueEnum;

use super::{Export, Format};

pub(crate) fn here() -> Format {
    crate::verbs::arguments::detect_shell(format_of_shell).unwrap_or(Format::Sh)
}

fn format_of_shell(program: &str) -> Option<Format> {
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

pub(crate) fn name(format: Format) -> String {
    let value = format.to_possible_value();
    let value = value.expect("no format is hidden");
    value.get_name().to_owned()
}

pub(crate) fn on_screen(args: &Export, format: Format) -> String {
    let mut words: Vec<String> = std::env::args().skip(1).collect();
    let mut add = |flag: &str| {
        if args.format.is_none() {
            words.extend(["--format".to_owned(), flag.to_owned()]);
        }
    };
    match format {
        Format::Fish => add("fish"),
        Format::Elvish => add("elvish"),
        Format::PowerShell => add("powershell"),
        _ => {}
    }
    let words = words.iter().map(String::as_str);
    let export = shlex::try_join(words).unwrap_or_else(|_| "export".into()); // a NUL, which no argument holds
    let export = format!("keyfob {export}");
    let instead = match format {
        Format::Sh | Format::Bash | Format::Zsh => format!("`eval \"$({export})\"`"),
        Format::Fish => format!("`{export} | source`"),
        Format::Elvish => format!("`eval ({export} | slurp)`"),
        Format::PowerShell => format!("`{export} | Out-String | Invoke-Expression`"),
        Format::Nu => "`keyfob export … --json | from json | load-env`".into(),
        Format::Cmd | Format::Dotenv | Format::Json | Format::Github | Format::Gitlab => {
            "a pipe to what reads it".into()
        }
    };
    format!("a token is on the screen now; {instead} keeps it off")
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
            assert_eq!(format_of_shell(program), format, "{program}");
        }
    }

    #[test]
    fn formats_are_named_as_they_are_typed() {
        for format in Format::value_variants() {
            assert_eq!(Format::from_str(&name(*format), false), Ok(*format));
        }
    }
}
