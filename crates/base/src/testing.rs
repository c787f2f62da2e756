//! What a test may set otherwise. A build for release reads nothing of it.

use std::str::FromStr;
use std::time::Duration;

/// How the variables begin that say it.
const PREFIX: &str = "KEYFOB_TEST_";

/// A bound, unless `KEYFOB_TEST_<NAME>` says how many seconds it is.
pub fn bound(name: &str, ordinary: Duration) -> Duration {
    setting(name).map_or(ordinary, Duration::from_secs)
}

pub fn setting<T: FromStr>(name: &str) -> Option<T> {
    if !cfg!(debug_assertions) {
        return None;
    }
    let said = std::env::var(format!("{PREFIX}{name}"));
    said.ok()?.parse().ok()
}

/// Whether a variable is one of these.
pub fn is_setting(variable: &str) -> bool {
    cfg!(debug_assertions) && variable.starts_with(PREFIX)
}
