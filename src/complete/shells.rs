//! What goes back to the shells. A candidate may be a server's word, a definition's or the name of a file from
//! anywhere, and some shells put it into the line as it is, where Enter would run it.

use std::env;
use std::ffi::OsString;
use std::io::{Error, Write};
use std::path::Path;

use clap::Command;
use clap_complete::env::{Bash, Elvish, EnvCompleter, Fish, Powershell, Zsh};
use clap_complete::{CompletionCandidate, engine};

use keyfob_base::escape::{escape, is_unsafe};

/// How a shell puts a candidate into the line.
#[derive(Clone, Copy)]
enum Insertion {
    /// As one word, whatever it holds.
    Quoted,
    /// As it is; the function knows what this shell alone reads as something else.
    Raw(fn(&str) -> bool),
}

/// How the engine's script reads the candidates of its shell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Quoting {
    /// Between separators that the script names, without a description.
    Names,
    /// A line each, the description behind a tab.
    Lines,
    /// The same as zsh's `_describe` takes it.
    Described,
}

pub(super) struct AskingShell {
    name: &'static str,
    engine: &'static dyn EnvCompleter,
    insertion: Insertion,
    form: Quoting,
}

pub(super) const ASKING: [AskingShell; 6] = [
    AskingShell {
        name: "bash",
        engine: &Bash,
        insertion: Insertion::Raw(|_| false),
        form: Quoting::Names,
    },
    AskingShell {
        name: "elvish",
        engine: &Elvish,
        insertion: Insertion::Quoted,
        form: Quoting::Names,
    },
    AskingShell {
        name: "fish",
        engine: &Fish,
        insertion: Insertion::Quoted,
        form: Quoting::Lines,
    },
    AskingShell {
        name: "nushell",
        engine: &Fish,
        insertion: Insertion::Raw(|word| word.starts_with("...")), // spreads a list
        form: Quoting::Lines,
    },
    AskingShell {
        name: "powershell",
        engine: &Powershell,
        insertion: Insertion::Raw(|word| word.contains(',')), // parts two arguments
        form: Quoting::Lines,
    },
    AskingShell {
        name: "zsh",
        engine: &Zsh,
        insertion: Insertion::Quoted,
        form: Quoting::Described,
    },
];

/// A candidate that a shell inserts as one word which is what it says.
#[derive(Debug, PartialEq, Eq)]
struct CompletionWord(String);

impl CompletionWord {
    /// `typed` is what the candidate continues: a word that is no option must not begin like one.
    fn new(candidate: &CompletionCandidate, typed: &str, insertion: Insertion) -> Option<Self> {
        let word = candidate.get_value().to_str()?;
        let id = candidate.get_id().map(String::as_str).unwrap_or_default();
        let option = id.starts_with("arg::") || typed.starts_with('-');
        let one = !word.is_empty() && !word.chars().any(is_unsafe);
        let fit = one && (option || !word.starts_with('-')) && insertion.bears(word);
        fit.then(|| Self(word.to_owned()))
    }
}

impl Insertion {
    fn bears(self, word: &str) -> bool {
        let Self::Raw(means) = self else {
            return true;
        };
        let plain = |c: char| c.is_alphanumeric() || "_-./:@%+=,".contains(c) || is_separator(c);
        let begins = |c: char| c.is_alphanumeric() || "_-./".contains(c);
        word.starts_with(begins) && word.chars().all(plain) && !means(word)
    }
}

/// Whether it parts folders and is a character like others in the shells of this system.
fn is_separator(c: char) -> bool {
    cfg!(windows) && c == '\\'
}

impl EnvCompleter for AskingShell {
    fn name(&self) -> &'static str {
        self.name
    }

    fn is(&self, name: &str) -> bool {
        name == self.name || (self.name != "nushell" && self.engine.is(name))
    }

    fn write_registration(
        &self,
        var: &str,
        name: &str,
        bin: &str,
        completer: &str,
        buf: &mut dyn Write,
    ) -> Result<(), Error> {
        self.engine
            .write_registration(var, name, bin, completer, buf)
    }

    fn write_complete(
        &self,
        command: &mut Command,
        mut args: Vec<OsString>,
        current_dir: Option<&Path>,
        buf: &mut dyn Write,
    ) -> Result<(), Error> {
        let named = env::var(super::line::INDEX).ok();
        let index = match (self.form, named.and_then(|index| index.parse().ok())) {
            (Quoting::Lines, _) => args.len() - 1,
            (_, index) => index.unwrap_or_default(),
        };
        if args.len() == index {
            args.push(OsString::new()); // zsh leaves an empty word out
        }
        let typed = args
            .get(index)
            .map(|word| word.to_string_lossy().into_owned());
        let typed = typed.unwrap_or_default();
        let candidates = engine::complete(command, args, index, current_dir)?;
        let offers = candidates.iter().filter_map(|candidate| {
            let word = CompletionWord::new(candidate, &typed, self.insertion)?;
            let help = candidate.get_help().map(ToString::to_string);
            Some((word, help.unwrap_or_default()))
        });
        let ifs = env::var("_CLAP_IFS").unwrap_or_else(|_| "\n".into());
        for (at, (word, help)) in offers.enumerate() {
            if at > 0 && self.form != Quoting::Lines {
                write!(buf, "{ifs}")?;
            }
            self.form.write(&word, &help, buf)?;
        }
        Ok(())
    }
}

impl Quoting {
    fn write(self, word: &CompletionWord, help: &str, buf: &mut dyn Write) -> Result<(), Error> {
        let help = escape(help.lines().next().unwrap_or_default());
        match (self, &*help) {
            (Self::Names, _) => write!(buf, "{}", word.0),
            (Self::Lines, "") => writeln!(buf, "{}", word.0),
            (Self::Lines, help) => writeln!(buf, "{}\t{help}", word.0),
            (Self::Described, help) => {
                let word = word.0.replace('\\', "\\\\").replace(':', "\\:");
                write!(buf, "{word}")?;
                match help {
                    "" => Ok(()),
                    help => write!(buf, ":{}", help.replace('\\', "\\\\")),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A word, and where it is offered as a server's: in the shells that quote, and in those that do not.
    const WORDS: &[(&str, bool, &[&str])] = &[
        ("read:user", true, &["bash", "nushell", "powershell"]),
        (
            "https://a.example/auth/x.y",
            true,
            &["bash", "nushell", "powershell"],
        ),
        ("repository:a/b:pull,push", true, &["bash", "nushell"]),
        ("a@b", true, &["bash", "nushell", "powershell"]),
        (".default", true, &["bash", "nushell", "powershell"]),
        ("größe", true, &["bash", "nushell", "powershell"]),
        ("...spread", true, &["bash", "powershell"]),
        ("@splat", true, &[]),
        ("~root", true, &[]),
        ("=ls", true, &[]),
        ("%1", true, &[]),
        ("zz;touch${IFS}PWNED", true, &[]),
        ("$(touch PWNED)", true, &[]),
        ("`touch`", true, &[]),
        ("a|b", true, &[]),
        ("a&b", true, &[]),
        ("a>b", true, &[]),
        ("a<b", true, &[]),
        ("a\\b", true, &[]),
        ("a'b", true, &[]),
        ("a\"b", true, &[]),
        ("a b", true, &[]),
        ("*", true, &[]),
        ("a?", true, &[]),
        ("[a]", true, &[]),
        ("{a,b}", true, &[]),
        ("a!b", true, &[]),
        ("#a", true, &[]),
        ("^a^b", true, &[]),
        ("a\u{201c}b", true, &[]),
        ("--register", false, &[]),
        ("-x", false, &[]),
        ("", false, &[]),
        ("a\nb", false, &[]),
        ("a\tb", false, &[]),
        ("a\u{b}b", false, &[]),
        ("a\u{1b}[2Jb", false, &[]),
        ("a\u{202e}b", false, &[]),
        ("a\u{ad}b", false, &[]),
    ];

    #[test]
    fn a_shell_is_offered_what_it_inserts_as_one_word() {
        for (word, quoted, raw) in WORDS {
            for shell in &ASKING {
                let candidate = CompletionCandidate::new(*word);
                let offered = CompletionWord::new(&candidate, "", shell.insertion).is_some();
                let expected = match shell.insertion {
                    Insertion::Quoted => *quoted,
                    Insertion::Raw(_) => raw.contains(&shell.name),
                };
                assert_eq!(offered, expected, "{word:?} in {}", shell.name);
            }
        }
    }

    #[test]
    fn an_option_is_offered_where_it_is_one() {
        let raw = Insertion::Raw(|_| false);
        let option = CompletionCandidate::new("--scope").id(Some("arg::scope".into()));
        assert!(CompletionWord::new(&option, "", raw).is_some());
        let value = CompletionCandidate::new("--scope=read");
        assert!(CompletionWord::new(&value, "--scope=r", raw).is_some());
        assert!(CompletionWord::new(&value, "", raw).is_none());
    }
}
