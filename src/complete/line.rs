//! What was typed before the word that is completed: a completer is told that word alone, and reads the rest
//! here, from the arguments.

use std::env;
use std::ffi::OsString;

use clap::{Arg, Command};

/// Where the engine's scripts say which word is completed; without it, it is the last one.
pub(super) const INDEX: &str = "_CLAP_COMPLETE_INDEX";

#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Line {
    /// Verbs: `login`, or `provider` and `set`.
    pub verbs: Vec<String>,
    /// What is no verb, no option and no option's value.
    pub arguments: Vec<String>,
    /// Long options without their dashes, each with its value, empty where it takes none.
    pub options: Vec<(String, String)>,
    /// Whether what is completed belongs to a command after `--`, and not to keyfob.
    pub in_command: bool,
}

impl Line {
    /// Reads it from this process's arguments, which are `keyfob -- keyfob WORD…`; `root` declares the
    /// command line.
    pub(crate) fn read(root: &Command) -> Self {
        let index = env::var(INDEX).ok().and_then(|index| index.parse().ok());
        Self::before(root, env::args_os(), index)
    }

    fn before(
        root: &Command,
        arguments: impl Iterator<Item = OsString>,
        index: Option<usize>,
    ) -> Self {
        let mut words: Vec<String> = arguments
            .skip_while(|word| word != "--")
            .skip(1)
            .map(|word| word.to_string_lossy().into_owned())
            .collect();
        words.truncate(index.unwrap_or(words.len().saturating_sub(1)));
        Self::parse(root, words.into_iter().skip(1))
    }

    /// Parses what may be incomplete and wrong.
    fn parse(root: &Command, mut words: impl Iterator<Item = String>) -> Self {
        let mut line = Self::default();
        let mut command = root;
        while let Some(word) = words.next() {
            if word == "--" {
                line.in_command = command.get_positionals().any(Arg::is_last_set);
                line.arguments.extend(words);
                break;
            }
            if let Some(option) = word.strip_prefix("--") {
                let (name, value) = match option.split_once('=') {
                    Some((name, value)) => (name, Some(value.to_owned())),
                    None if takes_value(command, option) => (option, words.next()),
                    None => (option, None),
                };
                line.options.push((name.into(), value.unwrap_or_default()));
            } else if word.starts_with('-') {
                // no short option takes a value
            } else if let (true, Some(below)) =
                (line.arguments.is_empty(), command.find_subcommand(&word))
            {
                command = below;
                line.verbs.push(word);
            } else {
                line.arguments.push(word);
            }
        }
        line
    }

    pub(crate) fn target(&self) -> Option<&str> {
        self.arguments.first().map(String::as_str)
    }

    pub(crate) fn has(&self, option: &str) -> bool {
        self.options.iter().any(|(name, _)| name == option)
    }

    pub(crate) fn gives(&self, option: &str, value: &str) -> bool {
        let mut options = self.options.iter();
        options.any(|(name, given)| name == option && given == value)
    }
}

fn takes_value(command: &Command, option: &str) -> bool {
    let mut known = command.get_arguments();
    known.any(|known| known.get_long() == Some(option) && known.get_action().takes_values())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;
    use crate::verbs::Cli;

    fn line(typed: &str) -> Line {
        let words = typed.split(' ').map(OsString::from);
        Line::before(&Cli::command(), words, None)
    }

    #[test]
    fn what_was_typed_is_told_apart() {
        let line =
            line("keyfob -- keyfob -q login --as git --scope=repo --scope gist github/ada --for ");
        assert_eq!(line.verbs, ["login"]);
        assert_eq!(line.arguments, ["github/ada"]);
        assert_eq!(line.target(), Some("github/ada"));
        assert!(line.gives("as", "git") && line.gives("scope", "repo"));
        assert!(line.gives("scope", "gist") && line.has("for"));
        assert!(!line.gives("scope", "git") && !line.has("q"));
        assert!(!line.in_command);
    }

    #[test]
    fn the_word_that_is_completed_and_those_behind_it_do_not_count() {
        assert_eq!(line("keyfob -- keyfob logout a b").arguments, ["a"]);
        let words = ["keyfob", "--", "keyfob", "logout", "a", "b", "c"];
        let words = || words.into_iter().map(OsString::from);
        assert_eq!(
            Line::before(&Cli::command(), words(), Some(3)).arguments,
            ["a"]
        );
        assert_eq!(
            Line::before(&Cli::command(), words(), Some(5)).arguments,
            ["a", "b", "c"]
        );
        assert_eq!(
            Line::before(&Cli::command(), words(), Some(99))
                .arguments
                .len(),
            3
        );
    }

    #[test]
    fn a_verb_counts_as_one_only_in_its_place() {
        assert_eq!(
            line("keyfob -- keyfob provider set list a").verbs,
            ["provider", "set"]
        );
        assert_eq!(line("keyfob -- keyfob token list a").arguments, ["list"]);
    }

    #[test]
    fn a_command_of_somebody_else_begins_behind_two_dashes() {
        assert!(line("keyfob -- keyfob exec github -- make ").in_command);
        assert!(line("keyfob -- keyfob exec -- ").in_command);
        assert!(!line("keyfob -- keyfob exec github --").in_command);
        let token = line("keyfob -- keyfob token -- github ");
        assert!(!token.in_command);
        assert_eq!(token.arguments, ["github"]);
    }

    #[test]
    fn no_line_is_too_short() {
        for typed in [
            "",
            "keyfob",
            "keyfob --",
            "keyfob -- keyfob",
            "keyfob -- keyfob login --as",
        ] {
            assert_eq!(line(typed).arguments, Vec::<String>::new(), "{typed}");
        }
    }

    #[test]
    fn no_short_option_takes_a_value() {
        fn check(command: &Command) {
            let mut short = command
                .get_arguments()
                .filter(|arg| arg.get_short().is_some());
            assert!(short.all(|arg| !arg.get_action().takes_values()));
            command.get_subcommands().for_each(check);
        }
        check(&Cli::command());
    }
}
