//! `log`: what the audit log holds. Reads no secret, sends nothing.

use std::io::IsTerminal;
use std::time::Duration;

use clap::Args;
use clap_complete::engine::ArgValueCompleter;
use console::Style;
use serde::Serialize;

use super::app::App;
use super::arguments::duration;
use super::table::{Column, Shrink, render};
use super::{columns, print, print_json};
use crate::audit;
use crate::audit::AuditEvent;
use crate::choose::Target;
use crate::complete;
use crate::error::{Error, Result};
use crate::words::Text;
use keyfob_base::timestamp::Timestamp;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  keyfob log --since 1h
  keyfob log huggingface --since 2026-05-01
  keyfob log huggingface/work --json | jq .

`audit_log = false` in config.toml ends the recording.")]
pub struct Log {
    /// Only this account, or this provider's
    #[arg(value_name = "ACCOUNT", add = ArgValueCompleter::new(complete::accounts))]
    pub account: Option<String>,
    /// Only what happened within this time, or from this date on
    #[arg(long, value_name = "DURATION|DATE", value_parser = parse_since)]
    pub since: Option<Since>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Since {
    Ago(Duration),
    At(Timestamp),
}

impl Since {
    pub(crate) fn start(self, now: Timestamp) -> Timestamp {
        match self {
            Self::Ago(time) => now.minus(time.as_secs()),
            Self::At(start) => start,
        }
    }
}

/// A duration, or a date as `2026-05-01` or `2026-05-01T08:00:00Z`, both in UTC.
fn parse_since(text: &str) -> std::result::Result<Since, String> {
    let midnight = || format!("{text}T00:00:00Z").parse();
    match text.parse().or_else(|_| midnight()) {
        Ok(start) => Ok(Since::At(start)),
        Err(_) if text.contains('-') => Err(
            "no date; write for example 2026-05-01 or 2026-05-01T08:00:00Z, or a duration".into(),
        ),
        Err(_) => {
            let time = duration(text).map_err(|wrong| format!("{wrong}, or 2026-05-01"))?;
            Ok(Since::Ago(time))
        }
    }
}

pub(crate) fn run(app: &App, args: &Log) -> Result<()> {
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
        app.term.warn(&describe_damage(reading.damaged));
    }
    let log = LogAnswer {
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
        app.term.say(&describe_nothing(args));
    }
    if app.manner.json {
        return print_json(&log);
    }
    let (width, colour) = columns();
    // What reads a pipe wants the whole line, and can cut it itself.
    let piped = !std::io::stdout().is_terminal();
    let width = if piped { usize::MAX } else { width };
    print(&Text::new(&log.table(width, colour)))
}

fn describe_damage(lines: usize) -> String {
    match lines {
        1 => "a line of the audit log is damaged and left out".into(),
        lines => format!("{lines} lines of the audit log are damaged and left out"),
    }
}

fn describe_nothing(args: &Log) -> String {
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

#[derive(Debug, Serialize)]
pub(crate) struct LogAnswer {
    pub events: Vec<AuditEvent<'static>>,
}

impl LogAnswer {
    /// Writes the table, for people; every line fits `width`. With no events there is none.
    pub(crate) fn table(&self, width: usize, colour: bool) -> String {
        if self.events.is_empty() {
            return String::new();
        }
        let of = |cell: &dyn Fn(&AuditEvent) -> String| self.events.iter().map(cell).collect();
        let styles = self.events.iter().map(|event| match event.error {
            Some(_) => Style::new().red(),
            None => Style::new(),
        });
        let result = |event: &AuditEvent| event.error.as_deref().unwrap_or("done").to_owned();
        let mut columns = [
            Column::new("TIME", of(&|event| event.time.to_string()), Shrink::Never),
            Column::new(
                "EVENT",
                of(&|event| event.event.to_string()),
                Shrink::Second,
            ),
            Column::new("ACCOUNT", of(&account_cell), Shrink::Last),
            Column::new("BY", of(&caller_cell), Shrink::First),
            Column::new("RESULT", of(&result), Shrink::Second).styled(styles.collect()),
        ];
        render(&mut columns, width, colour)
    }
}

fn account_cell(event: &AuditEvent) -> String {
    event.account.as_deref().unwrap_or("-").to_owned()
}

fn caller_cell(event: &AuditEvent) -> String {
    let program = event.caller.as_deref();
    match (program, event.caller_pid) {
        (Some(program), Some(pid)) => format!("{program} ({pid})"),
        (Some(program), None) => program.to_owned(),
        (None, Some(pid)) => format!("({pid})"),
        (None, None) => "-".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::fixture::{assert_shape, now};

    fn log() -> LogAnswer {
        let given = AuditEvent {
            time: now(),
            event: "hand_out".into(),
            account: Some("huggingface/julien".into()),
            verb: "token".into(),
            caller: Some("make".into()),
            caller_pid: Some(4242),
            pid: 4243,
            error: None,
        };
        let failed = AuditEvent {
            time: now().plus(60),
            event: "refresh".into(),
            account: Some("github/ada".into()),
            verb: "refresh".into(),
            caller: None,
            caller_pid: None,
            pid: 4250,
            error: Some("network_error".into()),
        };
        LogAnswer {
            events: vec![given, failed],
        }
    }

    #[test]
    fn the_shape_is_the_documented_one() {
        assert_shape(&log(), include_str!("shapes/log.json"));
    }

    #[test]
    fn the_table_says_who_got_what() {
        let shown = log().table(80, false);
        let expected = "\
TIME                  EVENT     ACCOUNT             BY           RESULT
2023-11-14T22:13:20Z  hand_out  huggingface/julien  make (4242)  done
2023-11-14T22:14:20Z  refresh   github/ada          -            network_error
";
        assert_eq!(shown, expected);
        assert_eq!(LogAnswer { events: Vec::new() }.table(80, false), "");
    }

    #[test]
    fn a_hostile_log_stays_in_its_lines() {
        let mut log = log();
        let hostile = "\u{1b}[2J\nforged\u{202e}".repeat(20);
        log.events[0].account = Some(hostile.clone().into());
        log.events[0].caller = Some(hostile.clone().into());
        log.events[0].event = hostile.clone().into();
        log.events[0].error = Some(hostile.into());
        let shown = log.table(80, false);
        assert_eq!(shown.lines().count(), 3, "{shown}");
        assert!(!shown.contains(['\u{1b}', '\u{202e}']), "{shown}");
        assert!(
            shown.lines().all(|line| line.chars().count() <= 80),
            "{shown}"
        );
    }

    #[test]
    fn since_takes_a_duration_or_a_date() {
        let at = |text: &str| Ok(Since::At(text.parse().unwrap()));
        assert_eq!(parse_since("90"), Ok(Since::Ago(Duration::from_secs(90))));
        assert_eq!(
            parse_since("1h 30m"),
            Ok(Since::Ago(Duration::from_secs(5400)))
        );
        assert_eq!(parse_since("2026-05-01"), at("2026-05-01T00:00:00Z"));
        assert_eq!(
            parse_since("2026-05-01T08:00:00Z"),
            at("2026-05-01T08:00:00Z")
        );
        for wrong in [
            "2026-13-01",
            "2026-05",
            "2026-05-01T08:00",
            "yesterday",
            "",
            "9999y",
        ] {
            assert!(parse_since(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_time_before_the_epoch_is_the_epoch() {
        let now = Timestamp::from_unix(100);
        assert_eq!(Since::Ago(Duration::from_secs(40)).start(now).unix(), 60);
        assert_eq!(Since::Ago(Duration::from_secs(400)).start(now).unix(), 0);
    }
}
