//! `token`: the stored one while it is good, a new one when it is not, or a failure that says why not.

use serde_json::json;

use crate::vault::HomeVault as _;
use crate::vault::expired;
use keyfob_testkit::home::Home;
use keyfob_testkit::provider::{MARK, Provider, acme, acme_with};
use keyfob_testkit::scene::signed_in;
use keyfob_testkit::server::Reply;

#[test]
fn a_good_token_is_printed_and_nothing_is_sent() {
    let (home, provider) = signed_in();
    let token = home.run(&["token"]).ok();
    assert_eq!(token.stdout, format!("{MARK}access-0002\n"));
    assert_eq!(token.stderr, "");
    assert_eq!(home.run(&["token", "acme"]).ok().stdout, token.stdout);
    assert_eq!(
        home.run(&["token", "acme/julien"]).ok().stdout,
        token.stdout
    );
    let header = home.run(&["token", "--header"]).ok();
    assert_eq!(
        header.line(),
        format!("Authorization: Bearer {}", token.line())
    );
    assert_eq!(
        provider.asked("/token").len(),
        1,
        "the login's and no other"
    );
}

#[test]
fn its_json_names_account_type_and_end() {
    let (home, _provider) = signed_in();
    let answer = home.run(&["token", "--json"]).ok().json();
    let end = home.account("acme/julien").expires_at.unwrap();
    assert_eq!(
        answer,
        json!({
            "account": "acme/julien",
            "access_token": format!("{MARK}access-0002"),
            "token_type": "Bearer",
            "expires_at": end.to_string(),
        })
    );
}

#[test]
fn an_expiring_token_is_refreshed_once_and_kept() {
    let (home, provider) = signed_in();
    home.later("acme/julien", 3541);
    let old = home.secrets("acme/julien").tokens.access_token;
    let token = home.run(&["token"]).ok();
    assert_ne!(token.line(), old.expose());
    assert_eq!(token.stderr, "");
    assert_eq!(home.run(&["token"]).ok().stdout, token.stdout);
    provider.assert_refreshes(1);

    home.later("acme/julien", 3600);
    home.run(&["token"]).ok();
    assert_eq!(
        provider.state(|state| (state.refreshes, state.reuses)),
        (2, 0),
        "the rotated refresh token was kept"
    );
}

#[test]
fn a_token_fresh_from_a_refresh_is_given_however_short_its_life() {
    let (home, provider) = expired();
    for life in [0, -5, 1] {
        provider.state(|state| state.expires_in = Some(life));
        let token = home.run(&["token"]).ok();
        assert!(token.line().starts_with(MARK), "{token:?}");
    }
    provider.assert_refreshes(3);
}

#[test]
fn a_token_without_an_expiry_is_taken_as_good() {
    let (home, provider) = signed_in();
    provider.state(|state| state.expires_in = None);
    home.run(&["refresh"]).ok();
    let answer = home
        .run(&["token", "--json", "--min-ttl", "30d"])
        .ok()
        .json();
    assert!(answer["expires_at"].is_null(), "{answer}");
    provider.assert_refreshes(1);
}

#[test]
fn without_a_refresh_token_the_end_of_the_token_asks_for_a_sign_in() {
    let (home, provider) = signed_in();
    provider.state(|state| state.refreshable = false);
    home.login(&["acme"]).ok();
    let asked = provider.asked("/token").len();
    home.run(&["token"]).ok();
    home.later("acme/julien", 3600);
    home.run(&["token"]).fails(
        4,
        &[
            "acme/julien",
            "no refresh token",
            "`keyfob login acme/julien`",
        ],
    );
    let failure = home.run(&["token", "--json"]).failure();
    assert_eq!(failure["error"], "login_required");
    assert_eq!(failure["account"], "acme/julien");
    assert_eq!(provider.asked("/token").len(), asked);
}

#[test]
fn nobody_signed_in_is_login_required() {
    let (home, provider) = (Home::new(), Provider::start());
    home.run(&["token"]).fails(4, &["nobody is signed in"]);
    home.provider("acme", &provider.definition(""));
    home.run(&["token", "acme"])
        .fails(4, &["`keyfob login acme`"]);
}

#[test]
fn a_secret_that_is_gone_is_not_mistaken_for_a_broken_store() {
    let (home, provider) = signed_in();
    home.vault().discard(&home.account("acme/julien")).unwrap();
    home.run(&["token"]).fails(
        4,
        &[
            "its secret was removed from the file store",
            "`keyfob login acme/julien`",
        ],
    );
    let _broken = home.break_writing();
    let run = home.run(&["token", "--json"]);
    assert_eq!(run.status, 5, "{run:?}");
    assert_eq!(run.failure()["error"], "store_unavailable");
    assert_eq!(provider.asked("/token").len(), 1);
}

#[test]
fn a_minimum_that_is_met_sends_nothing_and_one_that_is_not_refreshes() {
    let (home, provider) = signed_in();
    home.run(&["token", "--min-ttl", "59m"]).ok();
    provider.assert_refreshes(0);
    home.later("acme/julien", 120);
    home.run(&["token", "--min-ttl", "59m"]).ok();
    provider.assert_refreshes(1);
}

#[test]
fn a_minimum_beyond_what_the_server_issues_names_that_lifetime_and_sends_nothing() {
    let (home, provider) = signed_in();
    home.run(&["token", "--min-ttl", "2h"]).fails(
        1,
        &["acme/julien", "issued for 3600 s", "`--min-ttl 3600s`"],
    );
    assert_eq!(provider.asked("/token").len(), 1);

    provider.state(|state| state.refreshable = false);
    home.login(&["acme"]).ok();
    home.run(&["token", "--min-ttl", "2h"])
        .fails(1, &["acme/julien", "issued for 3600 s"]);
}

#[test]
fn a_refresh_that_brings_less_than_the_minimum_says_so() {
    let (home, provider) = signed_in();
    provider.state(|state| state.expires_in = Some(60));
    home.later("acme/julien", 120);
    home.run(&["token", "--min-ttl", "59m"])
        .fails(1, &["acme/julien", "issued for 60 s"]);
    assert!(home.run(&["token"]).ok().line().starts_with(MARK));
    provider.assert_refreshes(1);
}

#[test]
fn network_trouble_with_a_token_that_still_lives_is_a_warning() {
    let (home, provider) = signed_in();
    home.later("acme/julien", 3570);
    for trouble in [Reply::Close, Reply::Text(503, String::new(), String::new())] {
        provider.next("/token", trouble);
        let token = home.run(&["token"]).ok();
        assert_eq!(token.line(), format!("{MARK}access-0002"));
        assert!(
            token.stderr.starts_with("warning: acme/julien: "),
            "{token:?}"
        );
        assert!(token.stderr.contains("lives for"), "{token:?}");
    }
    provider.next("/token", Reply::Close);
    home.run(&["token", "--min-ttl", "50s"])
        .fails(3, &["acme/julien", "the stored tokens are unchanged"]);
    provider.next("/token", Reply::Close);
    assert_eq!(home.run(&["token", "-q"]).ok().stderr, "");
}

#[test]
fn a_server_that_is_not_there_is_exit_3_once_the_token_has_ended() {
    let (home, provider) = expired();
    let before = home.files();
    drop(provider);
    home.run(&["token"])
        .fails(3, &["acme/julien", "cannot reach 127.0.0.1", "unchanged"]);
    let failure = home.run(&["token", "--json"]).failure();
    assert_eq!(failure["error"], "network_error");
    assert_eq!(without_secrets(&before), without_secrets(&home.files()));
}

#[test]
fn a_store_that_cannot_be_written_stops_a_refresh_before_anything_is_sent() {
    let (home, provider) = signed_in();
    home.later("acme/julien", 3570);
    let broken = home.break_writing();
    let token = home.run(&["token"]).ok();
    assert!(token.stderr.contains("lives for"), "{token:?}");
    home.run(&["token", "--min-ttl", "1m"])
        .fails(5, &["acme/julien", "file store cannot be used"]);
    home.run(&["refresh"]).fails(5, &["acme/julien"]);
    drop(broken);
    home.later("acme/julien", 30);
    let broken = home.break_writing();
    home.run(&["token"]).fails(5, &["acme/julien"]);
    assert_eq!(provider.asked("/token").len(), 1, "nothing was sent");
    drop(broken);
    home.run(&["token"]).ok();
}

#[test]
fn a_client_secret_is_sent_in_later_processes_and_never_shown() {
    let (home, provider) =
        acme_with("client_auth = \"client_secret_post\"\nclient_secret_required = true\n");
    let secret = ("KEYFOB_ACME_CLIENT_SECRET", "hunter2-and-more");
    home.begin_login_with(&[secret], &["acme"]).sign_in().ok();
    home.later("acme/julien", 3600);
    let token = home.run(&["token", "-v"]).ok();
    assert!(!token.stderr.contains("hunter2"), "{token:?}");
    let refresh = &provider.asked("/token")[1];
    assert_eq!(refresh.form["client_secret"], "hunter2-and-more");
}

/// Files without the encrypted ones, which are written anew to prove the store.
fn without_secrets(files: &[(std::path::PathBuf, Vec<u8>)]) -> Vec<(String, String)> {
    let plain = files.iter().filter(|(path, _)| {
        path.extension()
            .is_some_and(|extension| extension == "json")
    });
    plain
        .map(|(path, bytes)| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            (
                name.into_owned(),
                String::from_utf8_lossy(bytes).into_owned(),
            )
        })
        .collect()
}

#[test]
fn a_minimum_without_a_known_expiry_is_no_promise() {
    let (home, provider) = acme();
    provider.state(|state| state.expires_in = None);
    home.login(&["acme"]).ok();
    let run = home.run(&["token", "--min-ttl", "2h"]).ok();
    assert!(run.line().starts_with(MARK), "{run:?}");
    assert!(run.stderr.contains("promises nothing"), "{run:?}");
    assert_eq!(home.run(&["token"]).ok().stderr, "");
}
