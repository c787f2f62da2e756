//! The shape and the table of `log`.

use console::Style;
use serde::Serialize;

use super::table::{Column, Shrink, render};
use crate::audit::AuditEvent;
use keyfob_base::escape::escape;

/// What was done, the oldest first.
#[derive(Debug, Serialize)]
pub struct Log {
    /// The lines of the audit log.
    pub events: Vec<AuditEvent<'static>>,
}

impl Log {
    /// Writes the table, for people; every line fits `width`. With no events there is none.
    pub fn table(&self, width: usize, colour: bool) -> String {
        if self.events.is_empty() {
            return String::new();
        }
        let of = |cell: &dyn Fn(&AuditEvent) -> String| self.events.iter().map(cell).collect();
        let styles = self.events.iter().map(|event| match event.error {
            Some(_) => Style::new().red(),
            None => Style::new(),
        });
        let result =
            |event: &AuditEvent| escape(event.error.as_deref().unwrap_or("done")).into_owned();
        let mut columns = [
            Column::new("TIME", of(&|event| event.time.to_string()), Shrink::Never),
            Column::new(
                "EVENT",
                of(&|event| escape(&event.event).into()),
                Shrink::Second,
            ),
            Column::new("ACCOUNT", of(&account), Shrink::Last),
            Column::new("BY", of(&by), Shrink::First),
            Column::new("RESULT", of(&result), Shrink::Second).styled(styles.collect()),
        ];
        render(&mut columns, width, colour)
    }
}

fn account(event: &AuditEvent) -> String {
    escape(event.account.as_deref().unwrap_or("-")).into_owned()
}

/// The program and its process, as far as they are known.
fn by(event: &AuditEvent) -> String {
    let program = event.caller.as_deref().map(escape);
    match (program, event.caller_pid) {
        (Some(program), Some(pid)) => format!("{program} ({pid})"),
        (Some(program), None) => program.into_owned(),
        (None, Some(pid)) => format!("({pid})"),
        (None, None) => "-".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answer::fixture::{assert_shape, now};

    fn log() -> Log {
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
        Log {
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
        assert_eq!(Log { events: Vec::new() }.table(80, false), "");
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
}
