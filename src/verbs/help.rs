//! `help`: the verbs, a verb's own help, and the pages that are no verb's. And what keyfob says where nothing was
//! typed.

use std::fmt::Write;

use clap::{Args, Command, CommandFactory, Parser};
use clap_complete::engine::ArgValueCompleter;
use console::{measure_text_width, style};

use super::output::{columns, print, print_help};
use crate::complete;
use crate::error::{Error, Result};
use crate::help::{Block, TOPICS, Topic};
use crate::names::nearest;
use crate::paths::Paths;
use crate::vault;
use crate::vault::Named;
use crate::verbs::Cli;
use crate::words::Text;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  keyfob help                           lists what there is
  keyfob help scripting
  keyfob help provider show             as `keyfob provider show --help`")]
pub struct Help {
    /// A verb, or one of accounts, scripting, stores and providers
    #[arg(value_name = "VERB|PAGE", num_args = 0..=2, add = ArgValueCompleter::new(complete::pages))]
    pub words: Vec<String>,
}

/// The widest that text is wrapped to; longer lines are hard to read.
const WIDEST: usize = 100;

pub(crate) fn run(args: &Help) -> Result<()> {
    let words: Vec<&str> = args.words.iter().map(String::as_str).collect();
    if let [name] = words[..]
        && let Some(topic) = Topic::find(name)
    {
        let (width, coloured) = columns();
        return print(&Text::new(&render_page(topic, width.min(WIDEST), coloured)));
    }
    let root = Cli::command();
    if words.is_empty() {
        return print(&Text::new(&list_contents(&root)));
    }
    is_known(&root, &words)?;
    let asked = std::iter::once("keyfob").chain(words).chain(["--help"]);
    match Cli::try_parse_from(asked) {
        Err(help) => print_help(&help),
        Ok(_) => unreachable!("`--help` ends the parsing"),
    }
}

fn list_contents(root: &Command) -> String {
    let verbs: Vec<_> = root
        .get_subcommands()
        .filter(|verb| !verb.is_hide_set())
        .map(|verb| {
            let about = verb.get_about().map(ToString::to_string);
            (verb.get_name().to_owned(), about.unwrap_or_default())
        })
        .collect();
    let topics = TOPICS
        .iter()
        .map(|topic| (topic.name.to_owned(), topic.about().to_owned()));
    let mut text = "Verbs, with `keyfob help VERB` for each:\n".to_owned();
    list(&mut text, verbs);
    text += "\nPages, with `keyfob help PAGE`:\n";
    list(&mut text, topics);
    text
}

fn list(text: &mut String, entries: impl IntoIterator<Item = (String, String)>) {
    for (name, about) in entries {
        let _ = writeln!(text, "  {name:<12} {about}"); // writing to a String cannot fail
    }
}

fn is_known(root: &Command, words: &[&str]) -> Result<()> {
    let mut command = root;
    for (at, word) in words.iter().enumerate() {
        if let Some(below) = command.find_subcommand(word) {
            command = below;
            continue;
        }
        let verbs = command.get_subcommands().map(Command::get_name);
        let topics = TOPICS.iter().map(|topic| topic.name).filter(|_| at == 0);
        let meant = nearest(word, verbs.chain(topics));
        let typed = words[..=at].join(" ");
        let error = Error::usage(format!("there is no help on `{typed}`"));
        return Err(match meant {
            Some(near) => {
                let near = words[..at].iter().copied().chain([near]);
                let near = near.collect::<Vec<_>>().join(" ");
                error.hint(format!("did you mean `keyfob help {near}`?"))
            }
            None => error.hint("`keyfob help` lists the verbs and pages"),
        });
    }
    Ok(())
}

fn render_page(topic: &Topic, width: usize, coloured: bool) -> String {
    let title = |text: &str| {
        let title = style(text).bold().force_styling(coloured);
        title.to_string()
    };
    let mut page = wrap(&format!("{}: {}", topic.name, topic.about()), width);
    for block in topic.blocks() {
        match block {
            Block::Heading(heading) => {
                let _ = writeln!(page, "\n{}", title(heading)); // writing to a String cannot fail
            }
            Block::Paragraph(text) => {
                page.push('\n');
                page += &wrap(&text, width);
            }
            Block::Lines(lines) => {
                page.push('\n');
                for line in lines {
                    let _ = writeln!(page, "  {line}");
                }
            }
        }
    }
    page
}

/// Breaks a text between its words, but for those of code between backticks.
fn wrap(text: &str, width: usize) -> String {
    let mut lines = String::new();
    let mut used = 0;
    for word in split_words(text) {
        let needed = measure_text_width(word);
        if used > 0 && used + 1 + needed > width {
            lines.push('\n');
            used = 0;
        } else if used > 0 {
            lines.push(' ');
            used += 1;
        }
        lines.push_str(word);
        used += needed;
    }
    lines.push('\n');
    lines
}

/// What stands between blanks that are not in code.
fn split_words(text: &str) -> impl Iterator<Item = &str> {
    let mut in_code = false;
    text.split(move |c: char| {
        in_code ^= c == '`';
        c == ' ' && !in_code
    })
    .filter(|word| !word.is_empty())
}

/// What somebody needs who has typed `keyfob` alone. Where somebody is signed in, it speaks of their provider.
pub(crate) fn first_steps() -> String {
    let names = Paths::discover().map(|paths| vault::names(&paths));
    describe_steps(&names.unwrap_or_default())
}

fn describe_steps(accounts: &[Named]) -> String {
    let provider = accounts
        .first()
        .map_or("huggingface", |named| &named.provider);
    let signed_in = match accounts.len() {
        0 => "Nobody is signed in yet.".to_owned(),
        1 => "1 account is signed in.".to_owned(),
        count => format!("{count} accounts are signed in."),
    };
    let token = format!("keyfob token {provider}");
    let exec = format!("keyfob exec {provider} -- CMD");
    let login = format!("keyfob login {provider}");
    let mut text = format!(
        "keyfob signs in to OAuth providers, keeps the tokens where the system keeps secrets, and hands\n\
         out valid ones. {signed_in}\n\n"
    );
    let first = if accounts.is_empty() {
        [
            (&*login, "sign in; `keyfob provider list` names the others"),
            ("keyfob login sandbox", "practise, with no provider at all"),
        ]
    } else {
        [
            ("keyfob list", "who is signed in, and for how long"),
            (
                "keyfob login PROVIDER",
                "sign in; `keyfob provider list` names them",
            ),
        ]
    };
    let then = [
        (&*token, "print a valid token"),
        (&*exec, "run a command that finds it in its environment"),
        (
            "keyfob completions --install",
            "let TAB know accounts, providers and scopes",
        ),
        (
            "keyfob help",
            "all verbs, and pages on accounts, scripting, stores, providers",
        ),
    ];
    for (command, what) in first.into_iter().chain(then) {
        let _ = writeln!(text, "  {command:<31} {what}"); // writing to a String cannot fail
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_broken_between_words_and_not_in_code() {
        let text = "aa bb `cc dd` ee";
        assert_eq!(wrap(text, 80), format!("{text}\n"));
        assert_eq!(wrap(text, 9), "aa bb\n`cc dd`\nee\n");
        assert_eq!(wrap(text, 1), "aa\nbb\n`cc dd`\nee\n");
    }

    #[test]
    fn a_page_fits_a_terminal_of_eighty_columns_and_a_wide_one_is_not_filled() {
        for topic in &TOPICS {
            let narrow = render_page(topic, 80, false);
            assert!(narrow.lines().count() < 60, "{narrow}");
            assert!(narrow.lines().all(|line| line.len() <= 80), "{narrow}");
            assert!(!narrow.contains('\u{1b}'));
            assert!(render_page(topic, 80, true).contains("\u{1b}[1m"));
        }
    }

    #[test]
    fn a_newcomer_reads_of_logins_and_others_of_their_provider() {
        let named = |provider: &str| Named {
            provider: provider.into(),
            name: "ada".into(),
            regular: true,
        };
        let none = describe_steps(&[]);
        assert!(none.contains("Nobody is signed in yet") && none.contains("keyfob login sandbox"));
        let some = describe_steps(&[named("acme"), named("beta")]);
        assert!(some.contains("2 accounts are signed in") && some.contains("keyfob token acme "));
        for text in [none, some] {
            assert!(text.lines().all(|line| line.len() <= 100), "{text}");
        }
    }
}
