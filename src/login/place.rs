//! Which account a grant goes to: the rules of names and identities.

use super::{Plan, identity::Who};
use crate::account::{Account, SignIn, SubjectFrom};
use crate::ci;
use crate::error::{Code, Error, Result};
use crate::names;
use crate::provider::Provider;
use crate::store::Kind;
use crate::vault::{Listing, Vault};

/// The part of a plan that says where its grant goes and how it is kept.
#[derive(Debug)]
pub struct Keeping {
    /// Whose grant it is.
    pub provider: Provider,
    /// The account that must sign in, from `PROVIDER/NAME`.
    pub expected: Option<Account>,
    /// `--as`.
    pub name: Option<String>,
    /// `--replace`.
    pub replace: bool,
    /// Where the secrets go.
    pub store: Kind,
    /// The resources that the tokens are for.
    pub resource: Vec<String>,
    /// The API that the tokens are for.
    pub audience: Option<String>,
    /// Where an identity token comes from, for an exchange alone.
    pub subject_from: Option<SubjectFrom>,
}

impl Keeping {
    /// That of a login.
    pub fn of(plan: &Plan) -> Self {
        Self {
            provider: plan.provider.clone(),
            expected: plan.expected.clone(),
            name: plan.name.clone(),
            replace: plan.replace,
            store: plan.store,
            resource: plan.resource.clone(),
            audience: plan.audience.clone(),
            subject_from: Some(plan.subject_from.clone()),
        }
    }
}

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
pub fn find_place(vault: &Vault, plan: &Keeping, who: &Who) -> Result<Place> {
    let provider = &plan.provider.name;
    let known = vault.accounts_of(provider);
    place(plan, who, &known, vault.default_of(provider).as_deref())
}

/// Fails where what is known beforehand stands in the way: the entry of the name that was asked for cannot
/// be read, or its account is of another kind of sign-in.
pub fn settle(vault: &Vault, plan: &Keeping, kind: SignIn) -> Result<()> {
    let known = vault.accounts_of(&plan.provider.name);
    let mut named = plan.expected.as_ref();
    if let Some(name) = &plan.name {
        known.readable(&plan.provider.name, name)?;
        named = known.accounts.iter().find(|account| account.name == *name);
    }
    match named.filter(|holder| holder.identity.kind != kind) {
        Some(holder) if !plan.replace => Err(of_another_kind(holder, kind)),
        _ => Ok(()),
    }
}

/// The rules: a name that was asked for is taken if it is free or the same identity's; otherwise the
/// same identity keeps its account, and a new one gets the next free name. An entry that cannot be read
/// has its name all the same.
fn place(plan: &Keeping, who: &Who, known: &Listing, default: Option<&str>) -> Result<Place> {
    let accounts = &known.accounts;
    let asked = plan
        .expected
        .as_ref()
        .map(|account| &account.name)
        .or(plan.name.as_ref());
    if let Some(name) = asked {
        known.readable(&plan.provider.name, name)?;
        let found = accounts.iter().find(|account| account.name == *name);
        // An account that was expected keeps its name for its person, logged out meanwhile or not.
        let holder = found.or(plan.expected.as_ref());
        if let Some(other) = holder.filter(|holder| !is_same(holder, who))
            && !plan.replace
        {
            return Err(conflict(other, who));
        }
        return Ok(match found {
            Some(same) if is_same(same, who) => Place::Update(Box::new(same.clone())),
            Some(other) => Place::Replace(Box::new(other.clone())),
            None => Place::New {
                name: name.clone(),
                taken: None,
            },
        });
    }
    let derived = match (who.identity.kind, &plan.subject_from) {
        (SignIn::Exchange, Some(from)) => ci::account_name(from).to_owned(),
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
    if let Some(account) = update {
        return Ok(Place::Update(Box::new(account.clone())));
    }
    let name = known.free_name(&plan.provider.name, &derived);
    let taken = (name != derived).then_some(derived);
    Ok(Place::New { name, taken })
}

/// Whether a grant is for the account that was named. Where nobody was asked whose its given token is, the
/// first answer says it.
fn is_same(holder: &Account, who: &Who) -> bool {
    let (held, new) = (&holder.identity, &who.identity);
    let unseen = held.kind == SignIn::Given && held.subject.is_empty();
    held == new || unseen && held.kind == new.kind && held.issuer == new.issuer
}

fn conflict(holder: &Account, who: &Who) -> Error {
    let kind = who.identity.kind;
    if holder.identity.kind != kind {
        return of_another_kind(holder, kind);
    }
    let instead =
        format!("`--as NAME` adds an account, `--replace` puts this one in the place of {holder}");
    let unseen = who.identity.subject.is_empty();
    let signed_in = who.username.as_deref().unwrap_or(&who.identity.subject);
    let (what, hint) = match kind {
        SignIn::Given if unseen => (
            format!("nobody was asked whose token this is, and {holder} is known to be somebody's"),
            format!("leave `--no-verify` out, {instead}"),
        ),
        SignIn::Given => (
            format!("this is a token of `{signed_in}`, and {holder} is somebody else"),
            instead,
        ),
        SignIn::Person => (
            format!("`{signed_in}` signed in, and {holder} is somebody else"),
            format!("`--switch` asks the provider for another person, {instead}"),
        ),
        SignIn::Client | SignIn::Exchange => (
            format!("`{signed_in}` signed in, and {holder} is somebody else"),
            instead,
        ),
    };
    Error::new(Code::AccountConflict, format!("{what}; nothing was stored"))
        .hint(hint)
        .account(holder)
}

/// The same person by another kind of sign-in is another account.
fn of_another_kind(holder: &Account, kind: SignIn) -> Error {
    let noun = |kind| match kind {
        SignIn::Person => "a person's sign-in",
        SignIn::Client => "a client's own sign-in",
        SignIn::Given => "a token that was given",
        SignIn::Exchange => "an exchanged identity token",
    };
    let what = format!(
        "{holder} is {}, and this is {}; nothing was stored",
        noun(holder.identity.kind),
        noun(kind)
    );
    Error::new(Code::AccountConflict, what)
        .hint(format!(
            "`{}` updates it, `keyfob login {} --as NAME` adds an account, `--replace` puts this one in the place of {holder}",
            holder.login_command(),
            holder.provider
        ))
        .account(holder)
}

#[cfg(test)]
mod tests;
