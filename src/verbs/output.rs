//! How a verb answers: text or one line of JSON on stdout, and what failed on stderr.

use std::fmt::Write as _;
use std::io::{IsTerminal, Write};
use std::ptr;

use serde::Serialize;

use super::app::App;
use crate::account::Account;
use crate::error::{Code, Error, Result, worst};
use crate::words::Text;
use keyfob_base::escape::is_unsafe;

pub(crate) fn print_help(help: &clap::Error) -> Result<()> {
    check_written(help.print().and_then(|()| std::io::stdout().flush()))
}

pub(crate) fn print(text: &Text) -> Result<()> {
    let text = text.as_str();
    let mut stdout = std::io::stdout().lock();
    let newline = if text.ends_with('\n') || text.is_empty() {
        ""
    } else {
        "\n"
    };
    let outcome = stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.write_all(newline.as_bytes()))
        .and_then(|()| stdout.flush());
    check_written(outcome)
}

/// What became of an answer. A reader that has gone is no failure.
fn check_written(outcome: std::io::Result<()>) -> Result<()> {
    match outcome {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(Error::new(
            Code::InternalError,
            format!("cannot write the answer: {error}"),
        )
        .hint("check where stdout goes")),
        _ => Ok(()),
    }
}

pub(crate) fn print_json(answer: &impl Serialize) -> Result<()> {
    print(&Text::new(&json(answer)))
}

/// Prints a shape where `--json` asks for one.
pub(crate) fn print_if_json(app: &App, answer: &impl Serialize) -> Result<()> {
    if app.manner.json {
        print_json(answer)
    } else {
        Ok(())
    }
}

/// Prints a shape under `--json`, else what people read.
pub(crate) fn print_answer(
    app: &App,
    answer: &impl Serialize,
    text: impl FnOnce() -> String,
) -> Result<()> {
    if app.manner.json {
        print_json(answer)
    } else {
        print(&Text::new(&text()))
    }
}

pub(crate) fn columns() -> (usize, bool) {
    let terminal = std::io::stdout().is_terminal();
    let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let width = console::Term::stdout().size().1;
    (if terminal { width.into() } else { 80 }, terminal && !plain)
}

/// Says every failure but the worst, and returns that one for the exit code.
pub(crate) fn report(app: &App, failures: &[Error]) -> Result<()> {
    let Some(worst) = worst(failures) else {
        return Ok(());
    };
    if !app.manner.json {
        let others = failures.iter().filter(|error| !ptr::eq(*error, worst));
        others.for_each(|error| caution(app, error));
    }
    Err(worst.clone())
}

/// Says a failure that does not end the command, with its next step.
pub(crate) fn caution(app: &App, error: &Error) {
    let hint = error.hint.iter().flat_map(|hint| hint.lines());
    let lines: Vec<String> = std::iter::once(error.to_string())
        .chain(hint.map(str::to_owned))
        .collect();
    app.term.warn(&lines.join("; "));
}

/// Writes a shape as one line of JSON, safe to show: what could act on a terminal is a JSON escape,
/// so a reader of the JSON gets every character back.
pub(crate) fn json(shape: &impl Serialize) -> String {
    escape_json(&serde_json::to_string(shape).expect("shapes have string keys"))
}

/// Line ends stay, which stand between members alone.
pub(crate) fn escape_json(plain: &str) -> String {
    let mut safe = String::with_capacity(plain.len());
    for c in plain.chars() {
        if is_unsafe(c) && c != '\n' {
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _ = write!(safe, "\\u{unit:04x}"); // writing to a String cannot fail
            }
        } else {
            safe.push(c);
        }
    }
    safe
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Origin {
    #[default]
    Account,
    Env,
}

/// The provider's identifier of whoever signed in; `None` where it names nobody.
pub(crate) fn account_id(account: &Account) -> Option<String> {
    Some(account.identity.subject.clone()).filter(|subject| !subject.is_empty())
}

#[cfg(test)]
mod tests {
    use super::json;

    #[test]
    fn json_is_safe_to_show_and_loses_nothing() {
        let hostile = "a\u{1b}[31m\u{7f}\u{9b}\u{202e}\u{e0041}日本";
        let written = json(&hostile);
        assert_eq!(
            written,
            "\"a\\u001b[31m\\u007f\\u009b\\u202e\\udb40\\udc41日本\""
        );
        assert_eq!(serde_json::from_str::<String>(&written).unwrap(), hostile);
    }
}
