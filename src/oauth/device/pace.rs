//! When a device polls (RFC 8628 §3.5): never sooner than the server allows, slower where it says so,
//! slower still while there is trouble, and not beyond the life of the codes.
//!
//! It reads no clock: times are arguments, of the monotonic clock, which nobody sets back.

use std::time::{Duration, Instant};

use super::DeviceAuthorization;

/// What `slow_down` adds to the interval (RFC 8628 §3.5).
const SLOWER: Duration = Duration::from_secs(5);
/// Trouble does not make the wait longer than this, unless the interval itself is.
const LONGEST_BACK_OFF: Duration = Duration::from_secs(60);

/// So long before the end of the codes a poll can still bring something.
const LAST_CHANCE: Duration = Duration::from_secs(1);

/// The pace of the polls of one device authorization.
///
/// Made when the codes arrive; then, until [`Pace::next_poll`] is `None`: wait until then, poll, and say
/// what came of it with [`Pace::pending`], [`Pace::slow_down`] or [`Pace::trouble`]. Each takes the time
/// of the answer, from which the next wait counts, so a slow server is not asked sooner for it.
#[derive(Debug, Clone)]
pub(crate) struct Pace {
    interval: Duration,
    /// The time before the next one: the interval, or more while there is trouble.
    wait: Duration,
    next: Instant,
    end: Instant,
}

impl Pace {
    /// Begins with the codes that arrived at `now`. The interval passes before the first poll too.
    pub(crate) fn new(authorization: &DeviceAuthorization, now: Instant) -> Self {
        Self {
            interval: authorization.interval,
            wait: authorization.interval,
            next: now + authorization.interval,
            end: now + authorization.expires_in,
        }
    }

    /// When to poll next; `None` where the codes end before that, and the login with them.
    pub(crate) fn next_poll(&self) -> Option<Instant> {
        (self.next < self.end).then_some(self.next)
    }

    /// The person has not decided: the interval passes again, after trouble too.
    pub(crate) fn pending(&mut self, now: Instant) {
        self.wait = self.interval;
        self.next = now + self.wait;
    }

    /// From now on five seconds more lie between polls, or `interval` where that is longer.
    pub(crate) fn slow_down(&mut self, interval: Option<Duration>, now: Instant) {
        let slower = self.interval + SLOWER;
        self.interval = interval.map_or(slower, |interval| interval.max(slower));
        self.pending(now);
    }

    /// There was no answer, or none to rely on: twice the last wait passes, at most a minute or the
    /// interval, whichever is longer. Where the codes end before that, a last poll goes just before.
    pub(crate) fn trouble(&mut self, now: Instant) {
        let longest = LONGEST_BACK_OFF.max(self.interval);
        self.wait = (self.wait * 2).min(longest);
        let left = self.end.saturating_duration_since(now);
        let last = left.saturating_sub(LAST_CHANCE).max(self.interval);
        self.next = now + self.wait.min(last);
    }
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::*;
    use crate::oauth::device::UserCode;
    use keyfob_base::secret::Secret;

    const fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn begun(interval: u64, expires_in: u64) -> (Pace, Instant) {
        let authorization = DeviceAuthorization {
            device_code: Secret::new("d"),
            user_code: UserCode::new("U"),
            verification_uri: Url::parse("https://id.example.com/device").unwrap(),
            verification_uri_complete: None,
            expires_in: seconds(expires_in),
            interval: seconds(interval),
        };
        let now = Instant::now();
        (Pace::new(&authorization, now), now)
    }

    /// Waits until the next poll, tells it, and gives the time and how long that was.
    fn poll(pace: &mut Pace, now: &mut Instant, say: impl Fn(&mut Pace, Instant)) -> u64 {
        let next = pace.next_poll().expect("the codes still live");
        let waited = next - *now;
        *now = next;
        say(pace, next);
        waited.as_secs()
    }

    #[test]
    fn the_interval_passes_before_each_poll_and_the_first() {
        let (mut pace, mut now) = begun(5, 900);
        for _ in 0..3 {
            assert_eq!(poll(&mut pace, &mut now, Pace::pending), 5);
        }
    }

    #[test]
    fn the_wait_counts_from_the_answer() {
        let (mut pace, now) = begun(5, 900);
        let answered = pace.next_poll().unwrap() + seconds(7);
        pace.pending(answered);
        assert_eq!(pace.next_poll(), Some(answered + seconds(5)));
        assert_eq!(answered - now, seconds(12));
    }

    #[test]
    fn slow_down_holds_for_all_later_polls() {
        let (mut pace, mut now) = begun(5, 900);
        let bare = |pace: &mut Pace, at| pace.slow_down(None, at);
        assert_eq!(poll(&mut pace, &mut now, bare), 5);
        assert_eq!(poll(&mut pace, &mut now, Pace::pending), 10);
        assert_eq!(poll(&mut pace, &mut now, bare), 10);
        assert_eq!(poll(&mut pace, &mut now, Pace::pending), 15);
        assert_eq!(poll(&mut pace, &mut now, Pace::pending), 15);
    }

    #[test]
    fn slow_down_takes_the_answers_interval_only_where_it_is_longer() {
        let (mut pace, mut now) = begun(5, 900);
        let to = |interval| move |pace: &mut Pace, at| pace.slow_down(Some(seconds(interval)), at);
        assert_eq!(poll(&mut pace, &mut now, to(30)), 5);
        assert_eq!(poll(&mut pace, &mut now, to(1)), 30);
        assert_eq!(poll(&mut pace, &mut now, Pace::pending), 35);
    }

    #[test]
    fn trouble_doubles_the_wait_until_an_answer_comes() {
        let (mut pace, mut now) = begun(5, 900);
        let waits: Vec<_> = (0..6)
            .map(|_| poll(&mut pace, &mut now, Pace::trouble))
            .collect();
        assert_eq!(waits, [5, 10, 20, 40, 60, 60]);
        assert_eq!(poll(&mut pace, &mut now, Pace::pending), 60);
        assert_eq!(poll(&mut pace, &mut now, Pace::trouble), 5);
        assert_eq!(poll(&mut pace, &mut now, |p, at| p.slow_down(None, at)), 10);
        assert_eq!(poll(&mut pace, &mut now, Pace::pending), 10);
    }

    #[test]
    fn trouble_never_makes_polls_faster_than_the_interval() {
        let (mut pace, mut now) = begun(60, 3600);
        poll(&mut pace, &mut now, |p, at| p.slow_down(None, at));
        assert_eq!(poll(&mut pace, &mut now, Pace::trouble), 65);
        assert_eq!(poll(&mut pace, &mut now, Pace::trouble), 65);
    }

    #[test]
    fn trouble_does_not_outwait_the_codes() {
        let (mut pace, mut now) = begun(5, 60);
        let waits: Vec<_> = (0..4)
            .map(|_| poll(&mut pace, &mut now, Pace::trouble))
            .collect();
        assert_eq!(waits, [5, 10, 20, 24]);
        assert_eq!(pace.next_poll(), None);
    }

    #[test]
    fn no_poll_is_sent_once_the_codes_are_over() {
        let (mut pace, mut now) = begun(5, 12);
        assert_eq!(poll(&mut pace, &mut now, Pace::pending), 5);
        assert_eq!(poll(&mut pace, &mut now, Pace::pending), 5);
        assert_eq!(pace.next_poll(), None);
        assert_eq!(begun(5, 5).0.next_poll(), None);
    }
}
