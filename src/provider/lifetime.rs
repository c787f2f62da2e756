//! How long a sign-in lasts at a server: when its refresh token ends though nobody revoked it.

use serde::{Deserialize, Serialize};

/// When refresh tokens end: spans are durations such as `90d`; never, or nobody knows, where absent.
#[derive(Debug, Clone, Default, Serialize, Deserialize, PartialEq)]
#[serde(default, deny_unknown_fields)]
pub struct LifetimeRule {
    /// One ends when no refresh happens for so long.
    pub refresh_token_idle: Option<String>,
    /// All end so long after the sign-in, refreshed or not.
    pub refresh_token: Option<String>,
    /// Each refresh spends its refresh token and brings another, so that one in two places is the end of both.
    pub rotation: Option<bool>,
}

impl LifetimeRule {
    pub(super) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The seconds without a refresh after which the token ends.
    pub fn idle(&self) -> Option<u64> {
        seconds(self.refresh_token_idle.as_deref()?)
    }

    /// The seconds from the sign-in to the end of all its tokens.
    pub fn whole(&self) -> Option<u64> {
        seconds(self.refresh_token.as_deref()?)
    }
}

/// The seconds of a duration; `None` for what is none.
pub(super) fn seconds(text: &str) -> Option<u64> {
    let duration = humantime::parse_duration(text).ok()?;
    Some(duration.as_secs())
}
