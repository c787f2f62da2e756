//! Where a grant goes, row by row.

use super::*;
use crate::account::Identity;
use crate::verbs::fixture;
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
    match place(&Keeping::of(plan), who, &known, default) {
        Ok(Place::New { name, taken: None }) => format!("new {name}"),
        Ok(Place::New {
            name,
            taken: Some(taken),
        }) => format!("new {name} not {taken}"),
        Ok(Place::Update(account)) => format!("update {}", account.name),
        Ok(Place::Replace(account)) => format!("replace {}", account.name),
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
            name: Some(name.into()),
            replace,
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
            expected: Some(known[0].clone()),
            replace,
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
    let Place::New { name, taken } =
        place(&Keeping::of(&plan()), &who("2", &long), &known, None).unwrap()
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
        plan.name = Some(name.into());
        plan
    };
    let expected = |account: &Account| {
        let mut plan = unnamed();
        plan.expected = Some(account.clone());
        plan
    };
    let replacing = |name: &str| {
        let mut plan = named(name);
        plan.replace = true;
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
        let name = (&plan.name, plan.expected.is_some());
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
