//! What of an entry tells accounts apart at a glance. The rest is passed over, which halves the time.

use std::fs::File;
use std::io::Read;

use serde::Deserialize;

use super::{Named, check_version, each};
use crate::account::{SignIn, Standing};
use crate::paths::Paths;
use keyfob_base::timestamp::Timestamp;

/// What one look into a file gives, in bytes: more than most entries have.
const LOOK: usize = 2048;

/// What is seen at a glance.
#[derive(Debug)]
pub struct Glance {
    /// What the provider calls the person.
    pub username: Option<String>,
    /// What the server granted.
    pub scopes: Vec<String>,
    /// How its token stands.
    pub standing: Standing,
}

/// The part of an entry that is read.
#[derive(Deserialize)]
struct Part {
    identity: Identity,
    username: Option<String>,
    scopes: Vec<String>,
    refreshable: bool,
    generation: u64,
    received_at: Timestamp,
    expires_at: Option<Timestamp>,
    #[serde(default)]
    refused_generation: Option<u64>,
}

#[derive(Deserialize)]
struct Identity {
    kind: SignIn,
}

/// Takes a glance at each entry, in the order given; `None` for what cannot be read.
pub fn glance<T: Send>(
    paths: &Paths,
    named: &[Named],
    see: impl Fn(&Named, &Glance) -> T + Sync,
) -> Vec<Option<T>> {
    each(named, |named| {
        let glance = read(paths, named)?;
        Some(see(named, &glance))
    })
}

/// One look is enough for an entry that is whole in it, which its own syntax tells.
fn read(paths: &Paths, named: &Named) -> Option<Glance> {
    let path = named.path(paths);
    if named.regular {
        let mut look = [0; LOOK];
        let seen = File::open(&path).ok()?.read(&mut look).ok()?;
        if let Some(glance) = parse(&look[..seen]) {
            return Some(glance);
        }
    }
    parse(&named.contents(&path).ok()??)
}

fn parse(contents: &[u8]) -> Option<Glance> {
    check_version(contents).ok()?;
    let part: Part = serde_json::from_str(str::from_utf8(contents).ok()?).ok()?;
    Some(Glance {
        standing: Standing {
            kind: part.identity.kind,
            received_at: part.received_at,
            expires_at: part.expires_at,
            renewable: part.refreshable && part.refused_generation != Some(part.generation),
        },
        username: part.username,
        scopes: part.scopes,
    })
}
