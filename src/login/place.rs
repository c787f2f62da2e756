//! Which account a grant goes to: the rules of names and identities.

use super::{Plan, identity::Who};
use crate::account::{Account, SignIn};
use crate::ci;
use crate::error::{Code, Error, Result};
use crate::names;
use crate::provider::Provider;
use crate::vault::{Listing, Vault};

/// Where a grant goes.
#[derive(Debug, PartialEq)]
pub enum Place {
    /// A new account; `taken` is the name it would have had.
    New { name: String, taken: Option<String> },
    /// This account of the same identity.
    Update(Box<Account>),
    /// The name of this account of another identity, which is forgotten.
    Replace(Box<Account>),
}

/// Finds the place as the index stands now.
pub fn find_place(vault: &Vault, plan: &Plan, who: &Who) -> Result<Place> {
    let provider = &plan.provider.name;
    let known = vault.accounts_of(provider);
    place(plan, who, &known, vault.default_of(provider).as_deref())
}

/// The rules: a name that was asked for is taken if it is free or the same identity's; otherwise the
/// same identity keeps its account, and a new one gets the next free name. An entry that cannot be read
/// has its name all the same.
fn place(plan: &Plan, who: &Who, known: &Listing, default: Option<&str>) -> Result<Place> {
    let accounts = &known.accounts;
    let asked = plan
        .expected
        .as_ref()
        .map(|account| &account.name)
        .or(plan.name.as_ref());
    if let Some(name) = asked {
        readable(known, &plan.provider, name)?;
        let found = accounts.iter().find(|account| account.name == *name);
        // An account that was expected keeps its name for its person, logged out meanwhile or not.
        let holder = found.or(plan.expected.as_ref());
        if let Some(other) = holder.filter(|holder| holder.identity != who.identity)
            && !plan.replace
        {
            return Err(conflict(other, who));
        }
        return Ok(match found {
            Some(same) if same.identity == who.identity => Place::Update(Box::new(same.clone())),
            Some(other) => Place::Replace(Box::new(other.clone())),
            None => Place::New {
                name: name.clone(),
                taken: None,
            },
        });
    }
    let derived = match who.identity.kind {
        SignIn::Exchange => ci::account_name(&plan.subject_from).to_owned(),
        _ => names::name_from(who.username.as_deref().unwrap_or_default()),
    };
    let same = || {
        accounts
            .iter()
            .filter(|account| account.identity == who.identity)
    };
    let update = same()
        .find(|account| account.name == derived)
        .or_else(|| same().find(|account| Some(account.name.as_str()) == default))
        .or_else(|| same().min_by_key(|account| account.created_at));
    Ok(match update {
        Some(account) => Place::Update(Box::new(account.clone())),
        None => free_name(derived, known, &plan.provider),
    })
}

/// Fails where the entry of this name cannot be read: what it leads to must not be lost.
pub fn readable(known: &Listing, provider: &Provider, name: &str) -> Result<()> {
    let account = format!("{}/{name}", provider.name);
    let mut broken = known.broken.iter();
    match broken.find(|error| error.account.as_ref() == Some(&account)) {
        Some(error) => Err(error.clone()),
        None => Ok(()),
    }
}

/// The derived name, or with `-2`, `-3` … where others have it.
fn free_name(derived: String, known: &Listing, provider: &Provider) -> Place {
    let accounts = &known.accounts;
    let free = |name: &String| {
        readable(known, provider, name).is_ok()
            && !accounts.iter().any(|account| account.name == *name)
    };
    if free(&derived) {
        return Place::New {
            name: derived,
            taken: None,
        };
    }
    let numbered = |number: usize| {
        let suffix = format!("-{number}");
        let room = 64 - suffix.len();
        format!("{}{suffix}", &derived[..derived.len().min(room)])
    };
    let name = (2..=accounts.len() + known.broken.len() + 2)
        .map(numbered)
        .find(free)
        .expect("one more number than accounts");
    Place::New {
        name,
        taken: Some(derived),
    }
}

fn conflict(holder: &Account, who: &Who) -> Error {
    let switch = match who.identity.kind {
        SignIn::Person => "`--switch` asks the provider for another person, ",
        SignIn::Client | SignIn::Given | SignIn::Exchange => "",
    };
    let signed_in = who.username.as_deref().unwrap_or(&who.identity.subject);
    Error::new(
        Code::AccountConflict,
        format!("`{signed_in}` signed in, and {holder} is somebody else; nothing was stored"),
    )
    .hint(format!(
        "{switch}`--as NAME` adds an account, `--replace` puts this one in the place of {holder}"
    ))
    .account(holder)
}

#[cfg(test)]
mod tests;
