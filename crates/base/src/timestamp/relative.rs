//! Times as people say them: "in 7 h", "2 h ago".

use super::Timestamp;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;
const TWO_DAYS: u64 = 2 * DAY;

/// Says how far `end` is from `now`, rounded down: "in 40 s", "in 12 min", "in 7 h", "in 3 d", "2 h ago",
/// "now". Hours are counted up to two days.
pub fn until(end: Timestamp, now: Timestamp) -> String {
    match (end.since(now), now.since(end)) {
        (0, 0) => "now".into(),
        (0, past) => format!("{} ago", span(past)),
        (left, _) => format!("in {}", span(left)),
    }
}

fn span(seconds: u64) -> String {
    let (unit, name) = match seconds {
        TWO_DAYS.. => (DAY, "d"),
        HOUR.. => (HOUR, "h"),
        MINUTE.. => (MINUTE, "min"),
        _ => (1, "s"),
    };
    format!("{} {name}", seconds / unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_said_in_their_largest_fitting_unit() {
        let now = Timestamp::from_unix(1_700_000_000);
        for (offset, said) in [
            (0, "now"),
            (1, "in 1 s"),
            (59, "in 59 s"),
            (60, "in 1 min"),
            (3599, "in 59 min"),
            (3600, "in 1 h"),
            (2 * DAY - 1, "in 47 h"),
            (2 * DAY, "in 2 d"),
            (400 * DAY, "in 400 d"),
        ] {
            assert_eq!(until(now.plus(offset), now), said);
        }
        assert_eq!(until(now, now.plus(2 * HOUR)), "2 h ago");
        assert_eq!(until(now, now.plus(5)), "5 s ago");
    }

    #[test]
    fn absurd_times_are_said_too() {
        let end = Timestamp::from_unix(u64::MAX);
        assert_eq!(until(end, Timestamp::from_unix(0)), "in 2932896 d");
    }
}
