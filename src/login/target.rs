//! Which account a grant goes to: the rules of names and identities.

use super::Plan;
use super::identity::Who;
use crate::account::{Account, SignIn};
use crate::ci;
use crate::error::{Code, Error, Result};
use crate::names;
use crate::vault::{Listing, Vault};

#[derive(Debug, PartialEq)]
pub(crate) enum Destination {
    /// A new account; `taken` is the name it would have had.
    New {
        name: String,
        taken: Option<String>,
    },
    Update(Box<Account>),
    /// The name of this account of another identity, which is forgotten.
    Replace(Box<Account>),
}

pub(crate) fn find_destination(vault: &Vault, plan: &Plan, who: &Who) -> Result<Destination> {
    let provider = &plan.wish.provider.name;
    let known = vault.accounts_of(provider);
    choose_destination(plan, who, &known, vault.default_of(provider).as_deref())
}

/// Fails where what is known beforehand stands in the way: the entry of the name that was asked for cannot
/// be read, or its account is of another kind of sign-in.
pub(crate) fn settle(vault: &Vault, plan: &Plan, kind: SignIn) -> Result<()> {
    let known = vault.accounts_of(&plan.wish.provider.name);
    let mut named = plan.keeping.expected.as_ref();
    if let Some(name) = &plan.keeping.name {
        known.readable(&plan.wish.provider.name, name)?;
        named = known.accounts.iter().find(|account| account.name == *name);
    }
    match named.filter(|holder| holder.identity.kind != kind) {
        Some(holder) if !plan.keeping.replace => Err(kind_error(holder, kind)),
        _ => Ok(()),
    }
}

/// The rules: a name that was asked for is taken if it is free or the same identity's; otherwise the
/// same identity keeps its account, and a new one gets the next free name. An entry that cannot be read
/// has its name all the same.
fn choose_destination(
    plan: &Plan,
    who: &Who,
    known: &Listing,
    default: Option<&str>,
) -> Result<Destination> {
    let accounts = &known.accounts;
    let expected = plan.keeping.expected.as_ref();
    let asked = expected.map(|account| &account.name);
    if let Some(name) = asked.or(plan.keeping.name.as_ref()) {
        known.readable(&plan.wish.provider.name, name)?;
        let found = accounts.iter().find(|account| account.name == *name);
        // An account that was expected keeps its name for its person, logged out meanwhile or not.
        let holder = found.or(expected);
        if let Some(other) = holder.filter(|holder| !is_same(holder, who))
            && !plan.keeping.replace
        {
            return Err(conflict_error(other, who));
        }
        return Ok(match found {
            Some(same) if is_same(same, who) => Destination::Update(Box::new(same.clone())),
            Some(other) => Destination::Replace(Box::new(other.clone())),
            None => Destination::New {
                name: name.clone(),
                taken: None,
            },
        });
    }
    let derived = match (who.identity.kind, &plan.wish.subject_from) {
        (SignIn::Exchange, from) => ci::account_name(from).to_owned(),
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
        return Ok(Destination::Update(Box::new(account.clone())));
    }
    let name = known.free_name(&plan.wish.provider.name, &derived);
    let taken = (name != derived).then_some(derived);
    Ok(Destination::New { name, taken })
}

/// Whether a grant is for the account that was named. Where nobody was asked whose its given token is, the
/// first answer says it.
fn is_same(holder: &Account, who: &Who) -> bool {
    let (held, new) = (&holder.identity, &who.identity);
    let unseen = held.kind == SignIn::Given && held.subject.is_empty();
    held == new || unseen && held.kind == new.kind && held.issuer == new.issuer
}

fn conflict_error(holder: &Account, who: &Who) -> Error {
    let kind = who.identity.kind;
    if holder.identity.kind != kind {
        return kind_error(holder, kind);
    }
    let instead =
        format!("`--as NAME` adds an account, `--replace` puts this one in the place of {holder}");
    let unseen = who.identity.subject.is_empty();
    let signed_in = who.username.as_deref().unwrap_or(&who.identity.subject);
    let other = format!("`{signed_in}` signed in, and {holder} is somebody else");
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
            other,
            format!("`--switch` asks the provider for another person, {instead}"),
        ),
        SignIn::Client | SignIn::Exchange => (other, instead),
    };
    Error::new(Code::AccountConflict, format!("{what}; nothing was stored"))
        .hint(hint)
        .account(holder)
}

/// The same person by another kind of sign-in is another account.
fn kind_error(holder: &Account, kind: SignIn) -> Error {
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
mod tests {
    use super::*;
    use crate::account::Identity;
    use crate::account::fixture;
    use crate::login::Keeping;
    use crate::provider::Provider;
    use crate::store::Kind;
    use keyfob_base::timestamp::Timestamp;

    fn who(subject: &str, username: &str) -> Who {
        let identity = Identity {
            subject: subject.into(),
            ..fixture::account().identity
        };
        Who {
            identity,
            username: (!username.is_empty()).then(|| username.into()),
        }
    }

    /// The account `name` of the person `subject`, each made later than the one before.
    fn accounts(given: &[(&str, &str)]) -> Vec<Account> {
        let made = |(at, (name, subject)): (u64, &(&str, &str))| Account {
            name: (*name).into(),
            identity: who(subject, "").identity,
            created_at: Timestamp::from_unix(fixture::NOW + at),
            ..fixture::account()
        };
        (0..).zip(given).map(made).collect()
    }

    fn plan() -> Plan {
        crate::login::fixture::plan(Provider::default())
    }

    /// The place in a few words: `new NAME`, `new NAME not TAKEN`, `update NAME`, `replace NAME`,
    /// `conflict NAME`.
    fn placed(plan: &Plan, who: &Who, accounts: &[Account], default: Option<&str>) -> String {
        let known = Listing {
            accounts: accounts.into(),
            broken: Vec::new(),
        };
        match choose_destination(plan, who, &known, default) {
            Ok(Destination::New { name, taken: None }) => format!("new {name}"),
            Ok(Destination::New {
                name,
                taken: Some(taken),
            }) => format!("new {name} not {taken}"),
            Ok(Destination::Update(account)) => format!("update {}", account.name),
            Ok(Destination::Replace(account)) => format!("replace {}", account.name),
            Err(error) => {
                assert_eq!(error.code, Code::AccountConflict);
                format!("conflict {}", error.account.unwrap())
            }
        }
    }

    #[test]
    fn without_a_name_the_identity_decides_and_then_the_next_free_name() {
        let two = [("julien", "1"), ("grace", "2")];
        let further = [("work", "1"), ("julien-read", "1"), ("grace", "2")];
        for (subject, username, known, default, expected) in [
            ("1", "julien", &[][..], None, "new julien"),
            ("1", "julien", &two, None, "update julien"),
            ("1", "renamed", &two, None, "update julien"),
            ("2", "julien", &two, None, "update grace"),
            ("3", "julien", &two, None, "new julien-2 not julien"),
            ("3", "", &two, None, "new account"),
            ("3", "J ü l", &two, None, "new j-l"),
            (
                "3",
                "a",
                &[("a", "1"), ("a-2", "2"), ("a-4", "4")],
                None,
                "new a-3 not a",
            ),
            // Of several accounts of one person: the one of that name, the default, the oldest.
            (
                "1",
                "julien-read",
                &further,
                Some("work"),
                "update julien-read",
            ),
            (
                "1",
                "renamed",
                &further,
                Some("julien-read"),
                "update julien-read",
            ),
            ("1", "renamed", &further, Some("grace"), "update work"),
            ("1", "renamed", &further, None, "update work"),
        ] {
            let found = placed(&plan(), &who(subject, username), &accounts(known), default);
            assert_eq!(
                found, expected,
                "{subject} {username} {known:?} {default:?}"
            );
        }
    }

    #[test]
    fn a_name_that_was_asked_for_is_taken_free_or_from_the_same_identity() {
        let known = accounts(&[("julien", "1"), ("grace", "2")]);
        for (name, subject, replace, expected) in [
            ("work", "1", false, "new work"),
            ("work", "3", true, "new work"),
            ("julien", "1", false, "update julien"),
            ("julien", "1", true, "update julien"),
            ("julien", "2", false, "conflict huggingface/julien"),
            ("julien", "3", false, "conflict huggingface/julien"),
            ("julien", "3", true, "replace julien"),
        ] {
            let plan = Plan {
                keeping: Keeping {
                    name: Some(name.into()),
                    replace,
                    ..Keeping::from(Kind::File)
                },
                ..plan()
            };
            let found = placed(&plan, &who(subject, "whoever"), &known, Some("grace"));
            assert_eq!(found, expected, "--as {name}, {subject}, {replace}");
        }
    }

    #[test]
    fn an_expected_account_lets_its_own_person_in_and_by_replace_others() {
        let known = accounts(&[("julien", "1"), ("grace", "2")]);
        for (logged_out, subject, replace, expected) in [
            (false, "1", false, "update julien"),
            (false, "2", false, "conflict huggingface/julien"),
            (false, "2", true, "replace julien"),
            (true, "1", false, "new julien"),
            (true, "2", false, "conflict huggingface/julien"),
            (true, "2", true, "new julien"),
        ] {
            let plan = Plan {
                keeping: Keeping {
                    expected: Some(known[0].clone()),
                    replace,
                    ..Keeping::from(Kind::File)
                },
                ..plan()
            };
            let left = if logged_out { &known[1..] } else { &known[..] };
            let found = placed(&plan, &who(subject, "julien"), left, None);
            assert_eq!(found, expected, "{logged_out} {subject} {replace}");
        }
    }

    #[test]
    fn a_numbered_name_still_fits_the_grammar() {
        let long = "x".repeat(64);
        let known = Listing {
            accounts: accounts(&[(&long, "1")]),
            broken: Vec::new(),
        };
        let Destination::New { name, taken } =
            choose_destination(&plan(), &who("2", &long), &known, None).unwrap()
        else {
            panic!("a new account");
        };
        assert!(names::is_name(&name) && name.ends_with("-2"), "{name}");
        assert_eq!(taken, Some(long));
    }

    #[test]
    fn the_same_subject_of_another_issuer_is_another_identity() {
        let known = accounts(&[("julien", "1")]);
        let mut other = who("1", "julien");
        other.identity.issuer = "https://elsewhere.example".into();
        assert_eq!(
            placed(&plan(), &other, &known, None),
            "new julien-2 not julien"
        );
    }

    #[test]
    fn another_kind_of_sign_in_is_another_account_of_the_same_person() {
        let given = |subject: &str| {
            let mut who = who(subject, "julien");
            who.identity.kind = SignIn::Given;
            who
        };
        let mut accounts = accounts(&[("julien", "1"), ("ci", ""), ("pat", "1")]);
        for account in &mut accounts[1..] {
            account.identity.kind = SignIn::Given;
        }
        let unnamed = || Box::new(plan());
        let named = |name: &str| {
            let mut plan = unnamed();
            plan.keeping.name = Some(name.into());
            plan
        };
        let expected = |account: &Account| {
            let mut plan = unnamed();
            plan.keeping.expected = Some(account.clone());
            plan
        };
        let replacing = |name: &str| {
            let mut plan = named(name);
            plan.keeping.replace = true;
            plan
        };
        for (plan, who, said) in [
            (unnamed(), given("1"), "update pat"),
            (unnamed(), given("2"), "new julien-2 not julien"),
            (unnamed(), who("1", "julien"), "update julien"),
            (named("julien"), given("1"), "conflict huggingface/julien"),
            (named("pat"), who("1", "julien"), "conflict huggingface/pat"),
            (named("pat"), given("2"), "conflict huggingface/pat"),
            // What nobody was asked about is anybody's who gives the next token for it by name.
            (named("ci"), given("1"), "update ci"),
            (expected(&accounts[1]), given("2"), "update ci"),
            (named("ci"), given(""), "update ci"),
            (named("ci"), who("1", "julien"), "conflict huggingface/ci"),
            (named("pat"), given(""), "conflict huggingface/pat"),
            (
                expected(&accounts[2]),
                given(""),
                "conflict huggingface/pat",
            ),
            (replacing("julien"), given("1"), "replace julien"),
        ] {
            let name = (&plan.keeping.name, plan.keeping.expected.is_some());
            assert_eq!(
                placed(&plan, &who, &accounts, None),
                said,
                "{name:?} {who:?}"
            );
        }
        let mut elsewhere = given("1");
        elsewhere.identity.issuer = "https://other.example".into();
        let said = placed(&named("ci"), &elsewhere, &accounts, None);
        assert_eq!(said, "conflict huggingface/ci");
    }
}
