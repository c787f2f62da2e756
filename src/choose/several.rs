//! What several arguments mean together: names, and patterns that stand for every account they match.

use std::collections::BTreeSet;

use super::missing::no_match;
use super::pattern::{fits, is_pattern};
use super::{Choice, Chooser, Source};
use crate::account::Account;
use crate::error::{Error, Result};
use crate::vault::Listing;

#[derive(Debug)]
pub(crate) struct Several<T> {
    /// In the order of the arguments, each once.
    pub chosen: Vec<T>,
    pub matched: Vec<String>,
    /// A line for each account that somebody may not have expected: it is not its provider's default.
    pub surprises: Vec<String>,
    /// Matched too, and not to be read.
    pub broken: Vec<Error>,
    /// The ids of the accounts that an argument names, whether or not a pattern matches them too.
    pub named: BTreeSet<String>,
}

impl<T> Several<T> {
    pub(crate) fn summary(&self) -> impl Iterator<Item = &String> {
        self.matched.iter().chain(&self.surprises)
    }
}

impl Chooser<'_> {
    /// The accounts that some names and patterns mean; with none, the one that nothing means.
    pub(crate) fn accounts(&self, typed: &[String]) -> Result<Several<Account>> {
        let one = |typed: Option<&str>| {
            let (account, why) = self.account_and_why(typed)?;
            let surprise = self.not_default(&account, &why);
            Ok((account, surprise))
        };
        self.several(typed, one, |account| account, |account| account.id.clone())
    }

    /// The same where a variable's token will do, which no pattern matches.
    pub(crate) fn sources_matching(&self, typed: &[String]) -> Result<Several<Source>> {
        let one = |typed: Option<&str>| {
            let Choice { source, why } = self.source(typed)?;
            let surprise = match &source {
                Source::Account(account) => self.not_default(account, &why),
                Source::Variable(_) => None,
            };
            Ok((source, surprise))
        };
        let account = |account| Source::Account(Box::new(account));
        self.several(typed, one, account, |source| match source {
            Source::Account(account) => account.id.clone(),
            Source::Variable(variable) => format!("${}", variable.name),
        })
    }

    /// `one` finds what a name means and what surprises of it, `matched` makes the same of an account, and `key` tells two apart.
    fn several<T>(
        &self,
        typed: &[String],
        one: impl Fn(Option<&str>) -> Result<(T, Option<String>)>,
        matched: impl Fn(Account) -> T,
        key: impl Fn(&T) -> String,
    ) -> Result<Several<T>> {
        let mut several = Several {
            chosen: Vec::new(),
            matched: Vec::new(),
            surprises: Vec::new(),
            broken: Vec::new(),
            named: BTreeSet::new(),
        };
        let (mut known, mut unread) = (BTreeSet::new(), BTreeSet::new());
        let mut listing = None;
        for argument in arguments(typed) {
            let found = match argument.filter(|typed| is_pattern(typed)) {
                None => {
                    let (found, surprise) = one(argument)?;
                    several.named.insert(key(&found));
                    several.surprises.extend(surprise);
                    vec![found]
                }
                Some(pattern) => {
                    let listing = listing.get_or_insert_with(|| self.vault.accounts());
                    let (accounts, broken) = matching(pattern, listing)?;
                    several.matched.push(line(pattern, &accounts));
                    let fresh = broken.into_iter();
                    let fresh = fresh.filter(|error| unread.insert(error.to_string()));
                    several.broken.extend(fresh);
                    accounts.into_iter().map(&matched).collect()
                }
            };
            let fresh = found.into_iter().filter(|one| known.insert(key(one)));
            several.chosen.extend(fresh);
        }
        Ok(several)
    }
}

/// What a pattern matches: accounts, and entries that cannot be read. Nothing is a failure.
fn matching(pattern: &str, listing: &Listing) -> Result<(Vec<Account>, Vec<Error>)> {
    let accounts = listing.accounts.iter();
    let accounts: Vec<_> = accounts
        .filter(|account| fits(pattern, &account.to_string()))
        .cloned()
        .collect();
    let concerned = |error: &&Error| match &error.account {
        Some(account) => fits(pattern, account),
        None => true, // a folder that may hold what is meant
    };
    let broken: Vec<_> = listing.broken.iter().filter(concerned).cloned().collect();
    if accounts.is_empty() && broken.is_empty() {
        return Err(no_match(pattern, &listing.accounts));
    }
    Ok((accounts, broken))
}

fn arguments(typed: &[String]) -> Vec<Option<&str>> {
    if typed.is_empty() {
        return vec![None];
    }
    typed.iter().map(|typed| Some(typed.as_str())).collect()
}

fn line(pattern: &str, accounts: &[Account]) -> String {
    let names: Vec<_> = accounts.iter().map(ToString::to_string).collect();
    match names.as_slice() {
        [] => format!("`{pattern}` matches nothing that can be read"),
        names => format!("`{pattern}` matches {}", names.join(", ")),
    }
}
