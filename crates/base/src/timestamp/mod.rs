//! Points in time, in whole seconds UTC, written as RFC 3339.

mod relative;

use std::fmt;
use std::str::FromStr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub use relative::until;

/// Seconds since 1970-01-01 UTC. What judges a token takes "now" as an argument, so tests never wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(u64);

/// The last second of the year 9999, the latest that RFC 3339 can write.
const LAST: u64 = 253_402_300_799;

impl Timestamp {
    pub fn now() -> Self {
        let since = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        Self::from_unix(since.as_secs())
    }

    /// Takes seconds since the epoch; beyond the year 9999 it stays there.
    pub fn from_unix(seconds: u64) -> Self {
        Self(seconds.min(LAST))
    }

    pub fn unix(self) -> u64 {
        self.0
    }

    #[must_use]
    pub fn plus(self, seconds: u64) -> Self {
        Self::from_unix(self.0.saturating_add(seconds))
    }

    #[must_use]
    pub fn minus(self, seconds: u64) -> Self {
        Self(self.0.saturating_sub(seconds))
    }

    /// Seconds from `earlier` to this; zero when this is not later.
    pub fn since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = UNIX_EPOCH + Duration::from_secs(self.0);
        humantime::format_rfc3339_seconds(time).fmt(f)
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl FromStr for Timestamp {
    type Err = humantime::TimestampError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let time = humantime::parse_rfc3339(text)?;
        let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
        Ok(Self::from_unix(since.as_secs()))
    }
}

#[cfg(test)]
mod tests {
    use super::Timestamp;

    #[test]
    fn written_and_read_as_rfc_3339_utc() {
        let at = Timestamp::from_unix(1_700_000_000);
        assert_eq!(at.to_string(), "2023-11-14T22:13:20Z");
        let json = serde_json::to_string(&at).unwrap();
        assert_eq!(serde_json::from_str::<Timestamp>(&json).unwrap(), at);
    }

    #[test]
    fn absurd_times_stop_at_the_year_9999() {
        let end = Timestamp::from_unix(5).plus(u64::MAX);
        assert_eq!(end.to_string(), "9999-12-31T23:59:59Z");
    }
}
