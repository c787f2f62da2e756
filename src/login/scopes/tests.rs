//! What is asked for, and in which order.

use super::*;
use crate::account::Account;
use crate::login::fixture;
use crate::verbs::fixture::account;

fn strings(scopes: &[&str]) -> Vec<String> {
    scopes.iter().map(ToString::to_string).collect()
}

/// A provider with usual scopes `openid` and `read`, and two presets.
fn plan(scopes: &[&str], presets: &[&str], holds: Option<&[&str]>) -> Plan {
    let preset = |name: &str, scopes| (name.to_owned(), strings(scopes));
    let provider = Provider {
        title: "Acme".into(),
        scopes: strings(&["openid", "read"]),
        presets: [preset("publish", &["read", "write"]), preset("none", &[])].into(),
        ..Provider::default()
    };
    Plan {
        wanted: Wanted {
            scopes: strings(scopes),
            presets: strings(presets),
        },
        expected: holds.map(|scopes| Account {
            scopes: strings(scopes),
            ..account()
        }),
        ..fixture::plan(provider)
    }
}

#[test]
fn what_is_named_takes_the_place_of_the_usual_and_each_comes_once() {
    for (scopes, presets, holds, asked) in [
        (&[][..], &[][..], None, &["openid", "read"][..]),
        (&["x"], &[], None, &["x"]),
        (
            &["x", "x", "read"],
            &["publish"],
            None,
            &["read", "write", "x"],
        ),
        (&[], &["publish"], None, &["read", "write"]),
        (&[], &["none"], None, &["openid", "read"]),
    ] {
        assert_eq!(settle(&plan(scopes, presets, holds)).unwrap(), asked);
    }
}

#[test]
fn an_account_that_signs_in_again_asks_for_what_it_holds_too() {
    let held = Some(&["read", "admin"][..]);
    for (scopes, presets, asked) in [
        (&["x"][..], &[][..], &["x", "read", "admin"][..]),
        (&[], &[], &["openid", "read", "admin"]),
        (&[], &["publish"], &["read", "write", "admin"]),
    ] {
        assert_eq!(settle(&plan(scopes, presets, held)).unwrap(), asked);
    }
}

#[test]
fn a_preset_that_is_not_there_is_said_with_those_that_are() {
    let hint = |plan: Plan, name: &str| {
        let error = settle(&plan).unwrap_err();
        assert_eq!(error.code, Code::Usage);
        assert!(error.message.contains(&format!("`{name}`")), "{error}");
        error.hint.unwrap()
    };
    let near = hint(plan(&[], &["publsh"], None), "publsh");
    assert!(near.contains("`--for publish`"), "{near}");
    let far = hint(plan(&[], &["administration"], None), "administration");
    assert!(far.contains("none, publish"), "{far}");
    let mut bare = plan(&[], &["publish"], None);
    bare.provider.presets.clear();
    let none = hint(bare, "publish");
    assert!(none.contains("`--scope`"), "{none}");
}
