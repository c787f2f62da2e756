//! Until when a sign-in lasts, so that a person is told before it ends and not by its failure.

use crate::account::{Account, SignIn};
use crate::provider::LifetimeRule;
use keyfob_base::timestamp::Timestamp;

/// From how many seconds before the end it is told: 14 days, a holiday.
const NOTICE: u64 = 14 * 24 * 60 * 60;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct End {
    /// When only a new sign-in helps.
    pub at: Timestamp,
    /// A refresh before that moves it.
    movable: bool,
    /// From then on it is told.
    notice: Timestamp,
}

/// `None` where nobody knows, and where there is no refresh token that could end. An entry that does not know its
/// last sign-in counts from the first.
pub(crate) fn end(account: &Account, rule: &LifetimeRule) -> Option<End> {
    if !has_refresh_token(account) {
        return None;
    }
    let signed_in = account.signed_in_at.unwrap_or(account.created_at);
    let of = |from: Timestamp, span: u64, movable| End {
        at: from.plus(span),
        movable,
        notice: from.plus(span - NOTICE.min(span / 2)), // a short one is not told of from its first day
    };
    let idle = rule.idle().map(|span| of(account.updated_at, span, true));
    let whole = rule.whole().map(|span| of(signed_in, span, false));
    whole.into_iter().chain(idle).min_by_key(|end| end.at)
}

pub(crate) fn has_refresh_token(account: &Account) -> bool {
    account.identity.kind == SignIn::Person && account.refreshable && !account.refused()
}

impl End {
    /// What to do about it, from 14 days before (of one shorter than 28 days, from its half): "sign in by
    /// 2026-12-03", or "refresh by" where that is enough.
    pub(crate) fn notice(&self, now: Timestamp) -> Option<String> {
        if now < self.notice {
            return None;
        }
        let date = self.date();
        Some(match (now < self.at, self.movable) {
            (false, _) => format!("sign-in was due {date}"),
            (true, true) => format!("refresh by {date}"),
            (true, false) => format!("sign in by {date}"),
        })
    }

    /// Its day, in UTC: `2026-12-03`.
    pub(crate) fn date(&self) -> String {
        self.at.to_string().chars().take(10).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::fixture;

    const DAY: u64 = 24 * 60 * 60;

    fn rule(idle: Option<&str>, whole: Option<&str>) -> LifetimeRule {
        LifetimeRule {
            refresh_token_idle: idle.map(str::to_owned),
            refresh_token: whole.map(str::to_owned),
            rotation: None,
        }
    }

    #[test]
    fn one_end_counts_from_the_sign_in_and_one_from_the_last_refresh() {
        let mut account = fixture::account();
        let (signed_in, updated) = (account.signed_in_at.unwrap(), account.updated_at);
        assert_ne!(signed_in, updated);
        let at = |account: &Account, rule| end(account, &rule).map(|end| end.at);
        assert_eq!(at(&account, rule(None, None)), None);
        let idle = at(&account, rule(Some("90d"), None));
        assert_eq!(idle, Some(updated.plus(90 * DAY)));
        let whole = at(&account, rule(None, Some("90d")));
        assert_eq!(whole, Some(signed_in.plus(90 * DAY)));
        let nearer = at(&account, rule(Some("90d"), Some("365d")));
        assert_eq!(nearer, idle);
        account.signed_in_at = None;
        let first = at(&account, rule(None, Some("90d")));
        assert_eq!(first, Some(account.created_at.plus(90 * DAY)));
    }

    #[test]
    fn what_has_no_refresh_token_has_no_end() {
        let both = rule(Some("90d"), Some("365d"));
        let without = |change: fn(&mut Account)| {
            let mut account = fixture::account();
            change(&mut account);
            end(&account, &both)
        };
        assert!(without(|_| ()).is_some());
        assert_eq!(without(|account| account.refreshable = false), None);
        assert_eq!(
            without(|account| account.refused_generation = Some(1)),
            None
        );
        assert_eq!(
            without(|account| account.identity.kind = SignIn::Client),
            None
        );
        assert_eq!(
            without(|account| account.identity.kind = SignIn::Given),
            None
        );
    }

    #[test]
    fn it_is_told_from_two_weeks_before_and_never_from_the_first_day() {
        let account = fixture::account();
        let said = |rule: LifetimeRule, later: u64| {
            let end = end(&account, &rule).unwrap();
            end.notice(account.updated_at.plus(later))
        };
        let month = || rule(Some("30d"), None);
        assert_eq!(said(month(), 16 * DAY - 1), None);
        let date = end(&account, &month()).unwrap().date();
        assert_eq!(date, "2023-12-14");
        let refresh = Some(format!("refresh by {date}"));
        assert_eq!(said(month(), 16 * DAY), refresh);
        assert_eq!(said(month(), 30 * DAY - 1), refresh);
        assert_eq!(
            said(month(), 30 * DAY),
            Some(format!("sign-in was due {date}"))
        );
        assert_eq!(said(rule(Some("14d"), None), 7 * DAY - 1), None);
        assert!(said(rule(Some("14d"), None), 7 * DAY).is_some());
        let fixed = said(rule(None, Some("180d")), 170 * DAY);
        assert_eq!(fixed.as_deref(), Some("sign in by 2024-05-12"));
    }

    #[test]
    fn absurd_times_stop_at_the_last_year() {
        let mut account = fixture::account();
        account.updated_at = Timestamp::from_unix(u64::MAX);
        let end = end(&account, &rule(Some("100years"), None)).unwrap();
        assert_eq!(end.date(), "9999-12-31");
    }
}
