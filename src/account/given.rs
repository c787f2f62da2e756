//! How old a given token is: nobody says when it ends, so its age is what tells that it should be replaced.

use crate::account::{SignIn, Standing};
use keyfob_base::timestamp::Timestamp;
use keyfob_base::timestamp::until;

/// From this age on a token is to be replaced, in seconds: 90 days, what most rules for secrets ask for.
const ROTATE: u64 = 90 * 24 * 60 * 60;

/// Says when an account's token was given, and from 90 days on to replace it; `None` for every other kind.
pub fn age(standing: Standing, now: Timestamp) -> Option<String> {
    if standing.kind != SignIn::Given {
        return None;
    }
    let given = standing.received_at.min(now); // a clock that was wrong makes nothing younger than new
    let rotate = if is_old(standing, now) {
        ", rotate"
    } else {
        ""
    };
    Some(format!("given {}{rotate}", until(given, now)))
}

/// Whether a given token is to be replaced.
pub fn is_old(standing: Standing, now: Timestamp) -> bool {
    standing.kind == SignIn::Given && now.since(standing.received_at) >= ROTATE
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::Account;
    use crate::verbs::fixture;

    const DAY: u64 = 24 * 60 * 60;

    #[test]
    fn a_given_token_is_to_be_replaced_from_90_days_on() {
        let mut account = fixture::account();
        let said =
            |account: &Account, later| age(account.standing(), account.received_at.plus(later));
        assert_eq!(said(&account, 91 * DAY), None);
        account.identity.kind = SignIn::Given;
        for (later, text) in [
            (0, "given now"),
            (12 * DAY, "given 12 d ago"),
            (90 * DAY - 1, "given 89 d ago"),
            (90 * DAY, "given 90 d ago, rotate"),
            (91 * DAY, "given 91 d ago, rotate"),
        ] {
            assert_eq!(said(&account, later).as_deref(), Some(text));
        }
        let before = Timestamp::from_unix(account.received_at.unix() - DAY);
        assert_eq!(
            age(account.standing(), before).as_deref(),
            Some("given now")
        );
    }
}
