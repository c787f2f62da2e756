//! Signing in through the peer's own forms, and what keyfob makes of answers that were tampered with.

use serde_json::json;
use url::Url;

use crate::browser::Browser;
use crate::peer::{Lifetimes, Peer};
use keyfob_testkit::home::{Home, Run};
use keyfob_testkit::visitor;

/// Signing in with the peer's own forms.
pub trait SignIn {
    /// Signs in as somebody, through every form from the first to the last.
    fn sign_in(&self, args: &[&str], person: &str) -> Run {
        self.login_by(args, |url| Browser::of(person).consent(url))
    }

    /// A login at `peer` whose browser ends where `browse` says.
    fn login_by(&self, args: &[&str], browse: impl FnOnce(&Url) -> Url) -> Run;
}

impl SignIn for Home {
    fn login_by(&self, args: &[&str], browse: impl FnOnce(&Url) -> Url) -> Run {
        let waiting = self.begin_login(args);
        let redirect = browse(&waiting.url);
        visitor::get(&redirect);
        waiting.end()
    }
}

/// A parameter of a URL put in place of the one it has, or taken out.
fn with(url: &Url, name: &str, value: Option<&str>) -> Url {
    let kept: Vec<_> = url
        .query_pairs()
        .into_owned()
        .filter(|(key, _)| key != name)
        .collect();
    let mut changed = url.clone();
    changed
        .query_pairs_mut()
        .clear()
        .extend_pairs(kept)
        .extend_pairs(value.map(|value| (name, value)));
    changed
}

#[test]
fn the_forms_of_the_provider_lead_to_an_account() {
    let Some(peer) = Peer::start(Lifetimes::LONG) else {
        return;
    };
    let home = peer.home();
    let login = home.sign_in(&["peer"], "julien").ok();
    assert!(
        login
            .stderr
            .contains("signed in to Peer as julien: peer/julien"),
        "{login:?}"
    );

    let listed = home.run(&["list", "--json"]).ok().json();
    let account = &listed["accounts"][0];
    assert_eq!(account["account_id"], "julien");
    assert_eq!(account["scope"], "openid profile email");
    assert_eq!(account["refreshable"], true);

    let whoami = home.run(&["whoami", "--json"]).ok().json();
    assert_eq!(whoami["claims"]["sub"], account["account_id"]);
    assert_eq!(whoami["name"], "julien of the peer");
    assert_eq!(whoami["email"], "julien@example.com");

    let token = home.run(&["token"]).ok();
    assert_eq!(home.run(&["token"]).ok().line(), token.line());
    assert_eq!(peer.seen("grant.error"), 0);
}

#[test]
fn two_people_are_two_accounts_and_one_person_twice_is_one() {
    let Some(peer) = Peer::start(Lifetimes::LONG) else {
        return;
    };
    let home = peer.home();
    home.sign_in(&["peer"], "julien").ok();
    home.sign_in(&["peer"], "ada").ok();
    let again = home.sign_in(&["peer"], "julien").ok();
    assert!(
        again
            .stderr
            .contains("signed in again to Peer as julien: peer/julien"),
        "{again:?}"
    );
    for person in ["julien", "ada"] {
        let whoami = home
            .run(&["whoami", &format!("peer/{person}"), "--json"])
            .ok();
        assert_eq!(whoami.json()["claims"]["sub"], person);
    }
    assert_eq!(home.run(&["list"]).ok().stdout.lines().count(), 3); // a line of titles
}

#[test]
fn an_id_token_of_another_login_is_refused() {
    let Some(peer) = Peer::start(Lifetimes::LONG) else {
        return;
    };
    let home = peer.home();
    home.login_by(&["peer"], |url| {
        Browser::of("julien").consent(&with(url, "nonce", Some("another")))
    })
    .fails(1, &["the answer of Peer is not for this login", "`nonce`"]);
    assert_eq!(
        home.run(&["list", "--json"]).ok().json(),
        json!({"accounts": []})
    );
}

#[test]
fn a_code_for_another_verifier_is_not_exchanged() {
    let Some(peer) = Peer::start(Lifetimes::LONG) else {
        return;
    };
    let home = peer.home();
    let other = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"; // of RFC 7636, appendix B
    home.login_by(&["peer"], |url| {
        Browser::of("julien").consent(&with(url, "code_challenge", Some(other)))
    })
    .fails(
        1,
        &["refused the code: invalid_grant", "nothing was stored"],
    );
    assert_eq!(peer.seen("grant.error"), 1);
}

#[test]
fn an_answer_that_names_no_issuer_or_another_ends_the_login() {
    let Some(peer) = Peer::start(Lifetimes::LONG) else {
        return;
    };
    let home = peer.home();
    for issuer in [None, Some("https://id.example.com")] {
        home.login_by(&["peer"], |url| {
            with(&Browser::of("julien").consent(url), "iss", issuer)
        })
        .fails(1, &["does not name the issuer"]);
    }
}

#[test]
fn somebody_who_cancels_is_taken_at_their_word() {
    let Some(peer) = Peer::start(Lifetimes::LONG) else {
        return;
    };
    let home = peer.home();
    let login = home.login_by(&["peer", "--json"], |url| Browser::of("julien").cancel(url));
    assert_eq!(login.status, 1, "{login:?}");
    assert_eq!(login.failure()["error"], "access_denied");
    assert!(
        login.stderr.contains("End-User aborted interaction"),
        "{login:?}"
    );
}
