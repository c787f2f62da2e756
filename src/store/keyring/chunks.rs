//! Secrets larger than a keyring's entry, split over several.
//!
//! The head entry has the secret's own name. It holds the secret, or where that does not fit, the
//! line `keyfob-split 1 GENERATION COUNT SHA256`, and the secret is in the entries
//! `NAME.GENERATION.0` and up. There are two generations, `a` and `b`. A write fills the one that
//! is not in use, then the head, then empties the other; killed anywhere, it leaves the old secret
//! or the new one. Entries are filled from 0 up and removed from the last down, so what a killed
//! process leaves behind has no gaps, and the next write finds and removes all of it.

use std::fmt;

use secrecy::zeroize::Zeroizing;
use sha2::{Digest, Sha256};

use super::entries::{Entries, Octets};
use crate::store::{StoreError, hex};

const MARK: &str = "keyfob-split ";

/// Reads that meet a writer see entries of two secrets; they start over this often.
const READS: usize = 4;

/// A secret of more chunks is a mistake.
const MOST: usize = 1_000;

pub(crate) struct Chunks {
    entries: Box<dyn Entries>,
    limit: Option<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Generation {
    A,
    B,
}

impl Generation {
    fn other(self) -> Self {
        match self {
            Self::A => Self::B,
            Self::B => Self::A,
        }
    }
}

impl fmt::Display for Generation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::A => "a",
            Self::B => "b",
        })
    }
}

#[derive(Debug, PartialEq, Eq)]
struct Split {
    generation: Generation,
    count: usize,
    digest: String,
}

enum Head {
    Whole(Octets),
    Split(Split),
    Damaged,
}

impl Chunks {
    pub(crate) fn new(entries: Box<dyn Entries>, limit: Option<usize>) -> Self {
        Self { entries, limit }
    }

    pub(crate) fn entries(&self) -> &dyn Entries {
        self.entries.as_ref()
    }

    pub(crate) fn get(&self, name: &str) -> Result<Option<Octets>, StoreError> {
        for _ in 0..READS {
            match self.head(name)? {
                None => return Ok(None),
                Some(Head::Whole(octets)) => return Ok(Some(octets)),
                Some(Head::Damaged) => break,
                Some(Head::Split(split)) => {
                    if let Some(octets) = self.join(name, &split)? {
                        return Ok(Some(octets));
                    }
                }
            }
        }
        Err(damaged(name))
    }

    pub(crate) fn put(&self, name: &str, secret: &[u8]) -> Result<(), StoreError> {
        let Some(limit) = self.limit else {
            return self.entries.set(name, secret);
        };
        if secret.len() <= limit && !secret.starts_with(MARK.as_bytes()) {
            self.entries.set(name, secret)?;
            self.tidy(name, Generation::A, 0);
            return Ok(());
        }
        let count = secret.len().div_ceil(limit);
        if count > MOST {
            return Err(too_large(secret.len()));
        }
        let generation = match self.head(name)? {
            Some(Head::Split(split)) => split.generation.other(),
            _ => Generation::A,
        };
        for (index, chunk) in secret.chunks(limit).enumerate() {
            self.entries.set(&part(name, generation, index), chunk)?;
        }
        let head = format!("{MARK}1 {generation} {count} {}", digest(secret));
        self.entries.set(name, head.as_bytes())?;
        self.tidy(name, generation, count);
        Ok(())
    }

    /// Removes a secret; `false` where there was none. What a killed process left of one goes too.
    pub(crate) fn remove(&self, name: &str) -> Result<bool, StoreError> {
        let removed = self.entries.remove(name)?;
        if self.limit.is_some() {
            self.sweep(name, Generation::A, 0)?;
            self.sweep(name, Generation::B, 0)?;
        }
        Ok(removed)
    }

    fn head(&self, name: &str) -> Result<Option<Head>, StoreError> {
        let Some(octets) = self.entries.get(name)? else {
            return Ok(None);
        };
        if self.limit.is_none() || !octets.starts_with(MARK.as_bytes()) {
            return Ok(Some(Head::Whole(octets)));
        }
        let split = std::str::from_utf8(&octets).ok().and_then(parse);
        Ok(Some(split.map_or(Head::Damaged, Head::Split)))
    }

    /// Puts the chunks together; `None` where they are not those that the head was written for.
    fn join(&self, name: &str, split: &Split) -> Result<Option<Octets>, StoreError> {
        let size = split.count * self.limit.unwrap_or(0);
        let mut secret = Zeroizing::new(Vec::with_capacity(size)); // never grows, so is wiped whole
        for index in 0..split.count {
            match self.entries.get(&part(name, split.generation, index))? {
                Some(chunk) if secret.len() + chunk.len() <= size => {
                    secret.extend_from_slice(&chunk);
                }
                _ => return Ok(None),
            }
        }
        Ok((digest(&secret) == split.digest).then_some(secret))
    }

    /// The new secret is stored by now, so a failure is none of the write; the next write tries again.
    fn tidy(&self, name: &str, generation: Generation, count: usize) {
        let _ = self.sweep(name, generation.other(), 0);
        let _ = self.sweep(name, generation, count);
    }

    /// Removes the chunks of a generation from index `from` on, the last one first.
    fn sweep(&self, name: &str, generation: Generation, from: usize) -> Result<(), StoreError> {
        let mut end = from;
        while self.entries.get(&part(name, generation, end))?.is_some() {
            end += 1;
        }
        for index in (from..end).rev() {
            self.entries.remove(&part(name, generation, index))?;
        }
        Ok(())
    }
}

fn part(name: &str, generation: Generation, index: usize) -> String {
    format!("{name}.{generation}.{index}")
}

fn digest(secret: &[u8]) -> String {
    hex(&Sha256::digest(secret))
}

fn parse(head: &str) -> Option<Split> {
    let mut words = head.strip_prefix(MARK)?.split(' ');
    let (version, generation, count, digest) =
        (words.next()?, words.next()?, words.next()?, words.next()?);
    let generation = match generation {
        "a" => Generation::A,
        "b" => Generation::B,
        _ => return None,
    };
    let count = count
        .parse()
        .ok()
        .filter(|count| (1..=MOST).contains(count))?;
    (version == "1" && words.next().is_none()).then(|| Split {
        generation,
        count,
        digest: digest.into(),
    })
}

fn too_large(size: usize) -> StoreError {
    StoreError {
        cause: format!("a secret of {size} bytes is more than the keyring takes"),
        hint: "ask for fewer scopes".into(),
    }
}

fn damaged(name: &str) -> StoreError {
    StoreError {
        cause: format!("the keyring's entries of `{name}` do not fit together"),
        hint: "sign in again to replace them".into(),
    }
}

#[cfg(test)]
mod tests;
