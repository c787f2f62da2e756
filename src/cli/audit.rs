//! The declarations of the verbs that look and change nothing: `check`, `which` and `log`.

use std::time::Duration;

use clap::Args;
use clap_complete::engine::ArgValueCompleter;

use crate::complete;
use crate::verbs::arguments::duration;
use keyfob_base::timestamp::Timestamp;

/// Arguments of `check`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  keyfob check huggingface || test $? -eq 3 || keyfob login huggingface
  keyfob check --all --min-ttl 1h
  keyfob check 'github/*'
  keyfob check github --live            ask the provider too

Exit codes: 0 valid or of unknown end, 3 expired and the next use refreshes it, 4 login needed. A \
token that lives is valid to its end if it can be refreshed; `--min-ttl` demands more. Without \
`--live` it reads no secret and sends nothing.")]
pub struct Check {
    /// PROVIDER/NAME, PROVIDER for the one used here, or a pattern of `*` and `?`
    #[arg(value_name = "ACCOUNT", add = ArgValueCompleter::new(complete::accounts))]
    pub accounts: Vec<String>,
    /// Every account
    #[arg(long, conflicts_with = "accounts")]
    pub all: bool,
    /// Demand tokens that live at least this long
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub min_ttl: Option<Duration>,
    /// Ask the provider whether it takes the token
    #[arg(long)]
    pub live: bool,
}

/// Arguments of `which`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  keyfob which huggingface
  KEYFOB_ACCOUNT=github/work keyfob which github --json

Reads no secret and sends nothing.")]
pub struct Which {
    /// The provider; without it, what a command without an account would use
    #[arg(value_name = "PROVIDER", add = ArgValueCompleter::new(complete::accounts))]
    pub account: Option<String>,
}

/// Arguments of `log`.
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
    #[arg(long, value_name = "DURATION|DATE", value_parser = since)]
    pub since: Option<Since>,
}

/// Where `--since` begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Since {
    /// So long ago.
    Ago(Duration),
    /// Then.
    At(Timestamp),
}

impl Since {
    /// The first second that counts.
    pub fn start(self, now: Timestamp) -> Timestamp {
        match self {
            Self::Ago(time) => now.minus(time.as_secs()),
            Self::At(start) => start,
        }
    }
}

/// A duration, or a date as `2026-05-01` or `2026-05-01T08:00:00Z`, both in UTC.
fn since(text: &str) -> Result<Since, String> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn since_takes_a_duration_or_a_date() {
        let at = |text: &str| Ok(Since::At(text.parse().unwrap()));
        assert_eq!(since("90"), Ok(Since::Ago(Duration::from_secs(90))));
        assert_eq!(since("1h 30m"), Ok(Since::Ago(Duration::from_secs(5400))));
        assert_eq!(since("2026-05-01"), at("2026-05-01T00:00:00Z"));
        assert_eq!(since("2026-05-01T08:00:00Z"), at("2026-05-01T08:00:00Z"));
        for wrong in [
            "2026-13-01",
            "2026-05",
            "2026-05-01T08:00",
            "yesterday",
            "",
            "9999y",
        ] {
            assert!(since(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_time_before_the_epoch_is_the_epoch() {
        let now = Timestamp::from_unix(100);
        assert_eq!(Since::Ago(Duration::from_secs(40)).start(now).unix(), 60);
        assert_eq!(Since::Ago(Duration::from_secs(400)).start(now).unix(), 0);
    }
}
