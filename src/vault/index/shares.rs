//! Many entries: further threads take shares of them too.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use super::Named;

/// The most threads that read entries at once.
pub const THREADS: usize = 4;

/// How many entries a thread takes at a time.
pub const SHARE: usize = 32;

/// Does the same with each; gives what came of it, in their order.
pub fn each<T: Send>(named: &[Named], act: impl Fn(&Named) -> T + Sync) -> Vec<T> {
    let shares: Vec<_> = named.chunks(SHARE).collect();
    let next = AtomicUsize::new(0);
    let take_shares = || {
        let take = || next.fetch_add(1, Ordering::Relaxed);
        let mut done = Vec::new();
        let mut place = take();
        while let Some(share) = shares.get(place) {
            done.push((place, share.iter().map(&act).collect::<Vec<_>>()));
            place = take();
        }
        done
    };
    let mut done = thread::scope(|scope| {
        let helpers = (1..shares.len().min(THREADS)).filter_map(|_| {
            let helper = thread::Builder::new().spawn_scoped(scope, take_shares);
            helper.ok() // with no thread to be had, this one does all
        });
        let helpers: Vec<_> = helpers.collect();
        let mut done = take_shares();
        for helper in helpers {
            done.extend(helper.join().expect("reading does not panic"));
        }
        done
    });
    done.sort_unstable_by_key(|(place, _)| *place);
    done.into_iter().flat_map(|(_, share)| share).collect()
}
