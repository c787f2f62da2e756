use super::*;
use crate::account::SignIn;
use crate::answer::fixture::{account, now};
use crate::store::Kind;

fn named(provider: &str, name: &str) -> Account {
    let mut account = account();
    account.provider = provider.into();
    account.name = name.into();
    account.username = Some(name.into());
    account
}

fn github() -> Account {
    let mut account = named("github", "ada");
    account.scopes = vec!["repo".into(), "read:org".into()];
    account.expires_at = None;
    account.refreshable = false;
    account
}

#[test]
fn the_table_is_aligned_and_marks_defaults() {
    let (hf, gh) = (account(), github());
    assert_eq!(
        list(&[(&gh, false), (&hf, true)], &[], now(), 80, false),
        "\
\u{20} ACCOUNT             WHO     SCOPES          EXPIRES
  github/ada          ada     repo read:org   unknown
* huggingface/julien  julien  openid profile  in 7 h
"
    );
}

#[test]
fn a_given_token_shows_its_age_and_an_old_one_in_yellow() {
    let mut given = github();
    given.identity.kind = SignIn::Given;
    let at = |days: u64, colour| {
        let later = given.received_at.plus(days * 24 * 60 * 60);
        list(&[(&given, true)], &[], later, 80, colour)
    };
    assert!(at(89, false).contains("  given 89 d ago\n"));
    assert!(at(90, false).contains("  given 90 d ago, rotate\n"));
    let yellow = "\u{1b}[33mgiven";
    assert!(!at(89, true).contains(yellow));
    assert!(at(90, true).contains(yellow));
}

#[test]
fn columns_that_say_nothing_are_left_out_and_mixed_stores_shown() {
    let (mut hf, mut gh) = (account(), github());
    hf.username = None;
    gh.username = None;
    gh.store = Kind::File;
    let shown = list(&[(&gh, true), (&hf, true)], &[], now(), 80, false);
    assert!(!shown.contains("WHO"), "{shown}");
    assert!(
        shown.contains("STORE") && shown.contains("keyring  in 7 h"),
        "{shown}"
    );
}

#[test]
fn a_variable_is_a_row_that_names_it() {
    let variable = SetVariable {
        provider: "github".into(),
        name: "GH_TOKEN".into(),
    };
    let shown = list(
        &[(&account(), true)],
        std::slice::from_ref(&variable),
        now(),
        80,
        false,
    );
    assert_eq!(
        shown,
        "\
\u{20} ACCOUNT             WHO     SCOPES          STORE         EXPIRES
* huggingface/julien  julien  openid profile  keyring       in 7 h
  github                                      env GH_TOKEN  unknown
"
    );
    let alone = list(&[], &[variable], now(), 80, false);
    let line = alone.lines().nth(1).unwrap();
    assert!(
        line.starts_with("  github") && line.ends_with("env GH_TOKEN  unknown"),
        "{alone}"
    );
}

#[test]
fn every_line_fits_whatever_the_server_said() {
    let mut long = named(&"p".repeat(32), &"n".repeat(64));
    long.username = Some("日本語".repeat(50));
    long.scopes = vec!["scope".into(); 100];
    let mut hostile = account();
    hostile.username = Some("a\u{1b}[31mb\u{202e}c\nd".into());
    hostile.scopes = vec!["x\u{9b}31m\r".into()];
    hostile.store = Kind::File;
    for width in [1, 5, 20, 40, 79, 80, 200, 100_000] {
        for colour in [false, true] {
            let shown = list(
                &[(&long, true), (&hostile, false)],
                &[],
                now(),
                width,
                colour,
            );
            for line in shown.lines() {
                assert!(measure_text_width(line) <= width, "{width}: {line}");
            }
            assert_eq!(shown.lines().count(), 3);
        }
    }
    let shown = list(
        &[(&long, true), (&hostile, false)],
        &[],
        now(),
        100_000,
        false,
    );
    assert!(
        !shown.contains(['\u{1b}', '\u{9b}', '\u{202e}', '\r']),
        "{shown}"
    );
}

#[test]
fn scopes_give_way_first_and_the_account_last() {
    let mut account = account();
    account.scopes = vec!["read-everything".into(); 10];
    let shown = list(&[(&account, true)], &[], now(), 80, false);
    assert!(
        shown.contains("huggingface/julien  julien  read-everything"),
        "{shown}"
    );
    assert!(shown.contains("…  in 7 h"), "{shown}");
    let narrow = list(&[(&account, true)], &[], now(), 50, false);
    assert!(narrow.contains("huggingface/julien  julien  "), "{narrow}");
}

#[test]
fn the_expiry_says_what_comes_next() {
    let mut account = account();
    assert_eq!(expiry(&account, now()), "in 7 h");
    assert_eq!(expiry(&account, now().plus(100_000)), "refreshes on use");
    account.refused_generation = Some(account.generation);
    assert_eq!(expiry(&account, now()), "in 7 h, then login");
    let end = account.expires_at.unwrap().since(now());
    assert_eq!(expiry(&account, now().plus(end - 60)), "login needed");
    assert_eq!(expiry(&account, now().plus(100_000)), "login needed");
    account.expires_at = None;
    assert_eq!(expiry(&account, now()), "unknown");
}

#[test]
fn colour_is_on_demand() {
    let account = account();
    assert!(!list(&[(&account, true)], &[], now(), 80, false).contains('\u{1b}'));
    assert!(list(&[(&account, true)], &[], now(), 80, true).contains('\u{1b}'));
}

#[test]
fn no_accounts_make_no_table() {
    assert_eq!(list(&[], &[], now(), 80, false), "");
}
