//! Which secrets of the file store are sealed, and so are taken no other way. It lies beside the identity: whoever can
//! write the data folder alone cannot take a mark away.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::disk::lock;
use crate::store::Setup;
use keyfob_base::files;

const LIMIT: u64 = 1024 * 1024;

/// All of them: a store made since there are seals, or one in which each has its own by now.
const ALL: &str = "*";

const HEAD: &str = "# the secrets of the file store that are sealed; *: all\n";

pub(super) struct Marks {
    path: PathBuf,
    lock: PathBuf,
}

impl Marks {
    pub(super) fn new(setup: &Setup) -> Self {
        Self {
            path: setup.identity.join("sealed.txt"),
            lock: setup.locks.join("file-store.lock"),
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn text_of_all() -> String {
        format!("{HEAD}{ALL}\n")
    }

    pub(super) fn hold(&self, key: &str) -> bool {
        let marks = self.read();
        marks.contains(ALL) || marks.contains(key)
    }

    /// Marks a secret that was just written. A configuration folder that cannot be written keeps no mark; the entry
    /// in the index still says that the secret is sealed.
    pub(super) fn add(&self, key: &str, held: impl Fn() -> Vec<String>) {
        if self.hold(key) {
            return;
        }
        let Ok(_turn) = lock(&self.lock) else {
            return;
        };
        let mut marks = self.read();
        marks.insert(key.to_owned());
        let text = if held().iter().all(|key| marks.contains(key)) {
            Self::text_of_all()
        } else {
            let lines: Vec<&str> = marks.iter().map(String::as_str).collect();
            format!("{HEAD}{}\n", lines.join("\n"))
        };
        let _ = files::replace(&self.path, text.as_bytes());
    }

    /// One that cannot be read holds all: it is there, so some are sealed.
    fn read(&self) -> BTreeSet<String> {
        let text = match files::read(&self.path, LIMIT) {
            Ok(found) => found.map_or(Ok(String::new()), String::from_utf8),
            Err(_) => Ok(ALL.to_owned()),
        };
        let text = text.unwrap_or_else(|_| ALL.to_owned());
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        lines.map(str::to_owned).collect()
    }
}
