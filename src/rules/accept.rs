//! `use --trust`: accepts what would choose here and was not accepted. What is recorded is the hash of the
//! bytes that were read, whose accounts are shown.

use std::path::PathBuf;
use std::slice;

use super::configured::Scope;
use super::file::{self, sha256};
use super::remote::Remote;
use super::rule::Accounts;
use super::rules::{Here, Rules};
use super::trust::{FoundFile, Trust, lock_trust, record_trust, trust_in};
use crate::error::{Code, Error, Result};

#[derive(Debug, Default)]
pub(crate) struct Acceptance {
    pub accepted: Vec<Accepted>,
    pub before: Vec<Accepted>,
    pub refused: Vec<Error>,
}

#[derive(Debug)]
pub(crate) struct Accepted {
    /// The rule file, or the repository for which rules of `config.toml` hold.
    pub path: PathBuf,
    pub accounts: Vec<String>,
    pub remotes: Vec<String>,
}

impl Rules {
    /// Accepts every rule file that reaches the working folder, and the repository where a rule is for one
    /// of its remotes.
    pub(crate) fn trust(&self) -> Result<Acceptance> {
        let here = self.must_be_here()?;
        let _turn = lock_trust(&self.paths)?;
        let mut outcome = Acceptance::default();
        for file in &here.files {
            match file {
                Ok(FoundFile { file, .. }) => {
                    let rule = Accepted {
                        path: file.path.clone(),
                        accounts: file.accounts.names(),
                        remotes: Vec::new(),
                    };
                    self.accept(rule, slice::from_ref(&file.sha256), &mut outcome)?;
                }
                Err(refused) => outcome.refused.push(refused.clone()),
            }
        }
        match self.repository(here) {
            Ok(Some((rule, sha256))) => self.accept(rule, &sha256, &mut outcome)?,
            Ok(None) => {}
            Err(refused) => outcome.refused.push(refused),
        }
        if !outcome.accepted.is_empty() || !outcome.before.is_empty() {
            return Ok(outcome);
        }
        Err(outcome
            .refused
            .into_iter()
            .next()
            .unwrap_or_else(nothing_to_accept))
    }

    fn accept(&self, rule: Accepted, sha256: &[String], outcome: &mut Acceptance) -> Result<()> {
        let trust = |sha256: &String| trust_in(&self.paths, &rule.path, sha256);
        if sha256.iter().all(|one| trust(one) == Trust::Accepted) {
            outcome.before.push(rule);
            return Ok(());
        }
        let sha256: Vec<&str> = sha256.iter().map(String::as_str).collect();
        record_trust(&self.paths, &rule.path, &sha256)?;
        outcome.accepted.push(rule);
        Ok(())
    }

    fn repository(&self, here: &Here) -> Result<Option<(Accepted, Vec<String>)>> {
        let Some(repository) = &here.reach.repository else {
            return Ok(None);
        };
        let rules = self.configured.iter().filter_map(|rule| match &rule.scope {
            Scope::Remote(remote) => Some((remote, &rule.accounts)),
            Scope::Path(_) => None,
        });
        let rules: Vec<(&Remote, &Accounts)> = rules.collect();
        if rules.is_empty() {
            return Ok(None);
        }
        let mut remotes = self.remotes(repository)?.to_vec();
        remotes.retain(|one| rules.iter().any(|(remote, _)| remote.covers(one)));
        if remotes.is_empty() {
            return Ok(None);
        }
        let mut named = Accounts::default();
        for (remote, accounts) in rules {
            if remotes.iter().any(|one| remote.covers(one)) {
                let fresh = accounts.only(|provider| named.get(provider).is_none());
                fresh.into_iter().for_each(|(p, name)| named.set(&p, &name));
            }
        }
        let remotes: Vec<String> = remotes.iter().map(ToString::to_string).collect();
        let hashes = remotes.iter().map(|one| sha256(one.as_bytes())).collect();
        let rule = Accepted {
            path: repository.clone(),
            accounts: named.names(),
            remotes,
        };
        Ok(Some((rule, hashes)))
    }

    pub(super) fn must_be_here(&self) -> Result<&Here> {
        match self.here()? {
            Some(here) => Ok(here),
            None => Err(self.place().reach().expect_err("else it would be here")),
        }
    }
}

fn nothing_to_accept() -> Error {
    Error::new(
        Code::Usage,
        format!("there is no {} to accept here", file::NAME),
    )
    .hint("`keyfob use PROVIDER/NAME --here` writes one for this folder")
}
