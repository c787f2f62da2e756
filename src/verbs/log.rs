//! `log`: what the audit log holds. Reads no secret, sends nothing.

use std::io::IsTerminal;

use super::app::App;
use super::{columns, print, print_json};
use crate::answer::log::Log;
use crate::audit;
use crate::choose::Target;
use crate::cli;
use crate::error::{Error, Result};
use keyfob_base::timestamp::Timestamp;

/// Prints what was written down of an account, a provider or all, also of accounts that are gone.
pub fn run(app: &App, args: &cli::Log) -> Result<()> {
    let account = args.account.as_deref();
    account.map(Target::parse).transpose()?;
    let start = args.since.map(|since| since.start(Timestamp::now()));
    let reading = audit::read(&app.paths, |event| {
        account.is_none_or(|account| event.concerns(account))
            && start.is_none_or(|start| event.time >= start)
    })
    .map_err(|error| {
        let file = app.paths.events();
        Error::io(format!("cannot read {}", file.display()), &error)
            .hint("put what lies there in its place aside; a new one is begun where none is")
    })?;
    if reading.damaged > 0 {
        app.term.warn(&damaged(reading.damaged));
    }
    let log = Log {
        events: reading.events,
    };
    if !app.config.audit_log {
        let file = app.paths.config_file();
        let off = format!(
            "recording is off: `audit_log = false` in {}",
            file.display()
        );
        app.term.say(&off);
    } else if log.events.is_empty() {
        app.term.say(&nothing(args));
    }
    if app.manner.json {
        return print_json(&log);
    }
    let (width, colour) = columns();
    // What reads a pipe wants the whole line, and can cut it itself.
    let piped = !std::io::stdout().is_terminal();
    print(&log.table(if piped { usize::MAX } else { width }, colour))
}

fn damaged(lines: usize) -> String {
    match lines {
        1 => "a line of the audit log is damaged and left out".into(),
        lines => format!("{lines} lines of the audit log are damaged and left out"),
    }
}

fn nothing(args: &cli::Log) -> String {
    let of = args
        .account
        .as_ref()
        .map(|account| format!(" of {account}"));
    let since = if args.since.is_some() {
        " in that time"
    } else {
        ""
    };
    format!("nothing is recorded{}{since}", of.unwrap_or_default())
}
