//! Renewing and revoking where refresh tokens rotate and a spent one ends the whole grant.

use std::collections::BTreeSet;

use crate::login::SignIn as _;
use crate::peer::{Lifetimes, Peer};
use crate::vault::HomeVault as _;
use keyfob_testkit::home::Home;

/// Who signed in comes from the id token, so that no token of a second has to last for a question.
const BY_ID_TOKEN: &str =
    "client_id = \"keyfob-test\"\n[identity]\nfrom = \"id_token\"\nusername = \"/sub\"\n";

fn signed_in(peer: &Peer) -> Home {
    let home = Home::new();
    home.provider("peer", &peer.definition(BY_ID_TOKEN));
    home.sign_in(&["peer"], "julien").ok();
    home
}

#[test]
fn a_token_that_has_ended_is_renewed_and_works() {
    let Some(peer) = Peer::start(Lifetimes::SHORT_LOGIN) else {
        return;
    };
    let home = signed_in(&peer);
    home.later("peer/julien", 3600);
    assert_eq!(
        home.run(&["whoami", "--json"]).ok().json()["claims"]["sub"],
        "julien"
    );
    assert_eq!(peer.seen("refresh_token.consumed"), 1);

    let token = home.run(&["token"]).ok();
    assert_eq!(home.run(&["token"]).ok().line(), token.line());
    assert_eq!(peer.seen("refresh_token.consumed"), 1);
}

#[test]
fn tokens_of_a_second_are_renewed_as_often_as_needed() {
    let Some(peer) = Peer::start(Lifetimes::SHORT) else {
        return;
    };
    let home = signed_in(&peer);
    let mut tokens = BTreeSet::new();
    for _ in 0..3 {
        home.later("peer/julien", 3600);
        tokens.insert(home.run(&["token"]).ok().stdout);
    }
    assert_eq!(tokens.len(), 3);
    assert_eq!(peer.seen("refresh_token.consumed"), 3);
}

#[test]
fn thirty_refreshes_in_a_row_spend_each_refresh_token_once() {
    let Some(peer) = Peer::start(Lifetimes::LONG) else {
        return;
    };
    let home = signed_in(&peer);
    for _ in 0..30 {
        home.run(&["refresh"]).ok();
    }
    assert_eq!(peer.seen("refresh_token.consumed"), 30);
    assert_eq!(peer.seen("grant.revoked"), 0);
    home.run(&["whoami"]).ok();
}

#[test]
fn twenty_processes_share_one_refresh() {
    let Some(peer) = Peer::start(Lifetimes::SHORT_LOGIN) else {
        return;
    };
    let home = signed_in(&peer);
    home.later("peer/julien", 3600);
    let tokens: BTreeSet<String> = home
        .run_many(20, &["token"])
        .into_iter()
        .map(|run| run.ok().stdout)
        .collect();
    assert_eq!(tokens.len(), 1, "{tokens:?}");
    assert_eq!(peer.seen("refresh_token.consumed"), 1);
    assert_eq!(peer.seen("grant.revoked"), 0);
    home.run(&["refresh"]).ok();
    home.run(&["whoami"]).ok();
}

#[test]
fn twenty_processes_that_each_want_a_new_token_take_turns() {
    let Some(peer) = Peer::start(Lifetimes::SHORT) else {
        return;
    };
    let home = signed_in(&peer);
    for run in home.run_many(20, &["refresh"]) {
        run.ok();
    }
    assert_eq!(peer.seen("grant.error"), 0);
    assert_eq!(peer.seen("grant.revoked"), 0);
    home.run(&["refresh"]).ok();
}

#[test]
fn a_refresh_token_spent_twice_ends_the_account_and_is_said_so() {
    let Some(peer) = Peer::start(Lifetimes::LONG) else {
        return;
    };
    let home = signed_in(&peer);
    let copy = home.copy();
    home.run(&["refresh"]).ok();
    for home in [&copy, &home] {
        home.run(&["refresh"]).fails(
            4,
            &["peer/julien", "invalid_grant", "keyfob login peer/julien"],
        );
    }
    assert_eq!(peer.seen("grant.revoked"), 1);
    home.sign_in(&["peer"], "julien").ok();
    home.run(&["refresh"]).ok();
}

#[test]
fn logout_takes_both_tokens_back() {
    let Some(peer) = Peer::start(Lifetimes::LONG) else {
        return;
    };
    let home = signed_in(&peer);
    let copy = home.copy();
    copy.run(&["whoami"]).ok();
    let logout = home.run(&["logout", "peer", "--json"]).ok().json();
    for token in logout["accounts"][0]["tokens"].as_array().expect("two") {
        assert_eq!(token["result"], "revoked", "{logout}");
    }
    home.run(&["token", "peer"])
        .fails(4, &["keyfob login peer"]);
    copy.run(&["whoami"])
        .fails(4, &["keyfob login peer/julien"]);
    copy.run(&["refresh"])
        .fails(4, &["invalid_grant", "keyfob login peer/julien"]);
}
