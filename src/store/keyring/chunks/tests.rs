//! Splitting under crashes, concurrent writers and damage.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use keyring_core::{Entry, Error, mock};

use super::*;
use crate::store::keyring::cause::explain;
use crate::store::keyring::system::tests::{Mock, filled};

const LIMIT: usize = 120;

/// Entries that refuse what is too long, and everything after a number of changes.
struct Fused {
    mock: Mock,
    changes_left: Arc<AtomicUsize>,
}

impl Fused {
    fn change(&self) -> Result<(), StoreError> {
        let burnt = self
            .changes_left
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
                left.checked_sub(1)
            });
        burnt.map(drop).map_err(|_| explain(&Error::NoDefaultStore))
    }
}

impl Entries for Fused {
    fn entry(&self, name: &str) -> Result<Entry, StoreError> {
        self.mock.entry(name)
    }
    fn set(&self, name: &str, octets: &[u8]) -> Result<(), StoreError> {
        assert!(octets.len() <= LIMIT, "an entry of {} octets", octets.len());
        self.change()?;
        self.mock.set(name, octets)
    }
    fn remove(&self, name: &str) -> Result<bool, StoreError> {
        self.change()?;
        self.mock.remove(name)
    }
}

struct Bench {
    store: Arc<mock::Store>,
    changes_left: Arc<AtomicUsize>,
    chunks: Chunks,
}

fn bench() -> Bench {
    let store = mock::Store::new().unwrap();
    let changes_left = Arc::new(AtomicUsize::new(usize::MAX));
    let entries = Fused {
        mock: Mock(Arc::clone(&store)),
        changes_left: Arc::clone(&changes_left),
    };
    Bench {
        store,
        changes_left,
        chunks: Chunks::new(Box::new(entries), Some(LIMIT)),
    }
}

impl Bench {
    fn read(&self) -> Vec<u8> {
        self.chunks.get("0a").unwrap().unwrap().to_vec()
    }
}

fn secret(letter: u8, chunks: usize) -> Vec<u8> {
    vec![letter; (chunks * LIMIT).saturating_sub(1)]
}

#[test]
fn a_write_killed_anywhere_leaves_the_old_secret_or_the_new_one() {
    for (old, new) in [(3, 5), (5, 3), (1, 4), (4, 1)] {
        let (old, new) = (secret(b'o', old), secret(b'n', new));
        for changes in 0.. {
            let bench = bench();
            bench.chunks.put("0a", &old).unwrap();
            bench.changes_left.store(changes, Ordering::Relaxed);
            let written = bench.chunks.put("0a", &new).is_ok();
            let spent = bench.changes_left.swap(usize::MAX, Ordering::Relaxed) == 0;
            assert_eq!(bench.read(), if written { &new[..] } else { &old[..] });

            bench.chunks.put("0a", &secret(b'x', 2)).unwrap();
            assert_eq!(bench.read(), secret(b'x', 2));
            assert_eq!(
                filled(&bench.store),
                3,
                "killed after {changes} changes: leftovers"
            );
            if !spent {
                break;
            }
        }
    }
}

#[test]
fn a_removal_killed_anywhere_is_finished_by_the_next() {
    for changes in 0..5 {
        let bench = bench();
        bench.chunks.put("0a", &secret(b'o', 4)).unwrap();
        bench.changes_left.store(changes, Ordering::Relaxed);
        let _ = bench.chunks.remove("0a");
        bench.changes_left.store(usize::MAX, Ordering::Relaxed);
        bench.chunks.remove("0a").unwrap();
        assert!(bench.chunks.get("0a").unwrap().is_none());
        assert_eq!(filled(&bench.store), 0);
    }
}

#[test]
fn a_missing_or_foreign_chunk_is_damage_and_can_be_replaced() {
    let bench = bench();
    let mock = Mock(Arc::clone(&bench.store));
    bench.chunks.put("0a", &secret(b'o', 3)).unwrap();
    mock.set("0a.a.1", &[b'f'; LIMIT]).unwrap();
    assert!(
        bench
            .chunks
            .get("0a")
            .unwrap_err()
            .cause
            .contains("do not fit together")
    );
    mock.remove("0a.a.1").unwrap();
    assert!(bench.chunks.get("0a").is_err());
    for head in [
        "keyfob-split 2 a 3 x",
        "keyfob-split 1 c 3 x",
        "keyfob-split 1 a 9999999 x",
        "keyfob-split ",
    ] {
        mock.set("0a", head.as_bytes()).unwrap();
        assert!(bench.chunks.get("0a").is_err(), "{head}");
    }
    bench.chunks.put("0a", &secret(b'n', 2)).unwrap();
    assert_eq!(bench.read(), secret(b'n', 2));
}

#[test]
fn a_secret_that_looks_like_a_head_is_kept_as_it_is() {
    let bench = bench();
    let secret = format!("{MARK}1 a 3 x");
    bench.chunks.put("0a", secret.as_bytes()).unwrap();
    assert_eq!(bench.read(), secret.as_bytes());
}

#[test]
fn too_many_chunks_are_refused_with_the_old_secret_kept() {
    let bench = bench();
    bench.chunks.put("0a", b"old").unwrap();
    assert!(bench.chunks.put("0a", &secret(b'n', MOST + 1)).is_err());
    assert_eq!(bench.read(), b"old");
}

/// Entries that somebody else writes to while they are read.
struct Contended {
    mock: Mock,
    reads: AtomicUsize,
}

impl Entries for Contended {
    fn entry(&self, name: &str) -> Result<Entry, StoreError> {
        // The third read is the second chunk; two writes use the generation that is being read again.
        if self.reads.fetch_add(1, Ordering::Relaxed) == 2 {
            let writer = Chunks::new(Box::new(Mock(Arc::clone(&self.mock.0))), Some(LIMIT));
            writer.put("0a", &secret(b'm', 3)).unwrap();
            writer.put("0a", &secret(b'n', 3)).unwrap();
        }
        self.mock.entry(name)
    }
}

#[test]
fn a_read_that_meets_a_writer_never_mixes_two_secrets() {
    let bench = bench();
    bench.chunks.put("0a", &secret(b'o', 3)).unwrap();
    let contended = Contended {
        mock: Mock(Arc::clone(&bench.store)),
        reads: AtomicUsize::new(0),
    };
    let reader = Chunks::new(Box::new(contended), Some(LIMIT));
    assert_eq!(reader.get("0a").unwrap().unwrap().to_vec(), secret(b'n', 3));
}
