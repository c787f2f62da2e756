//! How long sign-ins last: spans that a person can have meant.

use super::{Checked, ensure};
use crate::provider::LifetimeRule;
use crate::provider::lifetime::seconds;

/// A hundred years, in seconds; every clock can add that to now.
const LONGEST: u64 = 100 * 365 * 24 * 60 * 60;

pub(super) fn check(rule: &LifetimeRule) -> Checked {
    for (key, span) in [
        ("lifetime.refresh_token_idle", &rule.refresh_token_idle),
        ("lifetime.refresh_token", &rule.refresh_token),
    ] {
        let span = span.as_deref().map(seconds);
        let fits = |span: Option<u64>| span.is_some_and(|span| (60..=LONGEST).contains(&span));
        let what = "must be a duration such as `90d`, from a minute to a hundred years";
        ensure(span.is_none_or(fits), key, what)?;
    }
    Ok(())
}
