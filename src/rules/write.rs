//! `use --here`: writes the working folder's rule file and accepts it, both or neither.

use std::path::Path;

use super::edit;
use super::file::{self, LIMIT, NAME, RuleFile, sha256};
use super::rule::Rule;
use super::rules::Rules;
use super::trust::{Trust, file_unaccepted, lock_trust, record_trust, trust_in};
use crate::error::{Code, Error, Result};
use keyfob_base::files;

#[derive(Debug)]
pub(crate) struct WrittenRule {
    pub rule: Rule,
    pub previous: Option<String>,
    /// Whether the rule holds in that folder alone, which is neither below the home nor in a repository.
    pub alone: bool,
}

impl Rules {
    /// Lets the working folder's rule file name an account; what else it says stays. A file that was not
    /// accepted is left as it is, for accepting one account would accept them all.
    pub(crate) fn write(&self, provider: &str, name: &str) -> Result<WrittenRule> {
        let reach = self.place().reach()?;
        let _lock = lock_trust(&self.paths)?;
        let path = reach.folder().join(NAME);
        let before = file::read(reach.folder())?;
        if let Some(before) = &before {
            let trust = trust_in(&self.paths, &path, &before.sha256);
            if trust != Trust::Accepted {
                return Err(file_unaccepted(before, trust, &before.accounts));
            }
        }
        let previous = before.as_ref().and_then(|file| file.accounts.get(provider));
        let previous = previous.map(str::to_owned);
        if previous.as_deref() != Some(name) {
            self.replace(&path, before.as_ref(), provider, name)?;
        }
        Ok(WrittenRule {
            rule: Rule::file(path),
            previous,
            alone: reach.is_alone(),
        })
    }

    /// What stands there and what will are both accepted before the one becomes the other, so that neither a
    /// crash nor a full disk leaves a file that waits for its acceptance. Both are the user's own wish.
    fn replace(
        &self,
        path: &Path,
        before: Option<&RuleFile>,
        provider: &str,
        name: &str,
    ) -> Result<()> {
        let text = match before {
            Some(file) => edit::naming(file, provider, name)?,
            None => edit::fresh(provider, name),
        };
        if text.len() as u64 > LIMIT {
            return Err(Error::new(
                Code::ConfigInvalid,
                format!("{} would be larger than 16 KiB", path.display()),
            )
            .hint("shorten that file first"));
        }
        let (old, new) = (before.map(|file| &*file.sha256), sha256(text.as_bytes()));
        let both: Vec<&str> = old.into_iter().chain([&*new]).collect();
        record_trust(&self.paths, path, &both)?;
        files::replace(path, text.as_bytes())
            .map_err(|error| Error::io(format!("cannot write {}", path.display()), &error))?;
        let _ = record_trust(&self.paths, path, &[&new]); // what it leaves was accepted too
        Ok(())
    }
}
