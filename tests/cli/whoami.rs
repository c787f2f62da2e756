//! `whoami`: the provider's word on whose token this is, asked with a good one.

use serde_json::json;

use crate::vault::HomeVault as _;
use crate::vault::expired;
use keyfob_testkit::home::{Home, Run};
use keyfob_testkit::provider::{Provider, acme_with};
use keyfob_testkit::scene::{signed_in, signed_in_to};
use keyfob_testkit::server::Reply;

fn unauthorized() -> Reply {
    Reply::Text(401, "WWW-Authenticate: Bearer\r\n".into(), String::new())
}

/// What went to userinfo since the login, as tokens.
fn asked_with(provider: &Provider) -> Vec<String> {
    let asked = provider.asked("/userinfo").into_iter().skip(1);
    asked
        .map(|request| request.headers["authorization"].clone())
        .collect()
}

#[test]
fn it_prints_what_the_provider_says_and_sends_the_stored_token() {
    let (home, provider) = signed_in();
    let whoami = home.run(&["whoami"]).ok();
    assert_eq!(
        whoami.stdout,
        "account   acme/julien\nid        u-1\nusername  julien\nname      Julien\nemail     j@example.com\n"
    );
    assert_eq!(whoami.stderr, "");
    let header = home.run(&["token", "--header"]).ok();
    let sent = asked_with(&provider);
    assert_eq!(format!("Authorization: {}", sent[0]), header.line());
    assert_eq!(provider.asked("/token").len(), 1);
}

#[test]
fn its_json_adds_organizations_and_the_providers_own_claims() {
    let (home, provider) = signed_in_to("[identity]\norganizations = [\"/orgs/*/name\"]\n");
    let claims = json!({"sub": "u-1", "preferred_username": "julien", "plan": {"name": "pro"},
        "orgs": [{"name": "acme"}, {"name": "tools"}, {"name": "acme"}]});
    provider.state(|state| state.person = claims.clone());
    assert_eq!(
        home.run(&["whoami", "--json"]).ok().json(),
        json!({"account": "acme/julien", "provider": "acme", "id": "u-1", "username": "julien",
            "name": null, "email": null, "organizations": ["acme", "tools"], "claims": claims})
    );
    let text = home.run(&["whoami"]).ok().stdout;
    assert!(text.contains("organizations  acme, tools\n"), "{text}");
}

#[test]
fn a_token_that_has_ended_is_refreshed_first() {
    let (home, provider) = expired();
    home.run(&["whoami"]).ok();
    provider.assert_refreshes(1);
    assert_eq!(asked_with(&provider).len(), 1);
}

#[test]
fn a_token_that_is_not_accepted_is_refreshed_once_and_tried_again() {
    let (home, provider) = signed_in();
    provider.next("/userinfo", unauthorized());
    home.run(&["whoami"]).ok();
    provider.assert_refreshes(1);
    let sent = asked_with(&provider);
    assert_eq!(sent.len(), 2);
    assert_ne!(sent[0], sent[1]);
}

#[test]
fn a_renewed_token_that_is_not_accepted_either_is_unauthorized() {
    let (home, provider) = signed_in();
    for _ in 0..4 {
        provider.next("/userinfo", unauthorized());
    }
    home.run(&["whoami"]).fails(
        4,
        &["acme/julien", "just renewed", "`keyfob login acme/julien`"],
    );
    assert_eq!(asked_with(&provider).len(), 2, "no third time");
    assert_eq!(
        home.run(&["whoami", "--json"]).failure()["error"],
        "unauthorized"
    );
}

#[test]
fn without_a_refresh_token_a_refusal_asks_for_a_sign_in() {
    let (home, provider) = signed_in();
    provider.state(|state| state.refreshable = false);
    home.login(&["acme"]).ok();
    provider.next("/userinfo", unauthorized());
    let run = home.run(&["whoami", "--json"]);
    assert_eq!(run.status, 4, "{run:?}");
    assert_eq!(run.failure()["error"], "login_required");
    assert_eq!(run.failure()["account"], "acme/julien");
}

#[test]
fn a_userinfo_endpoint_at_its_worst_is_a_clear_failure() {
    for (reply, status, words) in [
        (
            Reply::Text(200, "Content-Type: text/html\r\n".into(), "<html>".into()),
            1,
            "text/html",
        ),
        (Reply::Json(200, json!(["u-1"])), 1, "not an object"),
        (
            Reply::Json(403, json!({"error": "insufficient_scope"})),
            1,
            "insufficient_scope",
        ),
        (
            Reply::Redirect("https://elsewhere.example/".into()),
            1,
            "redirect",
        ),
        (
            Reply::Json(
                200,
                json!({"ok": false, "error": "account_inactive", "sub": "u-1"}),
            ),
            1,
            "account_inactive",
        ),
        (
            Reply::Json(
                200,
                json!({"errors": [{"message": "not you"}], "data": null}),
            ),
            1,
            "not you",
        ),
        (Reply::Text(500, String::new(), String::new()), 3, "500"),
        (Reply::Close, 3, "no answer from"),
    ] {
        let (home, provider) = signed_in();
        provider.next("/userinfo", reply);
        home.run(&["whoami"]).fails(status, &["acme/julien", words]);
        provider.assert_refreshes(0);
    }
}

#[test]
fn the_definition_says_how_to_ask() {
    let more = "[identity]\nmethod = \"POST\"\nbody = '{\"query\":\"{ viewer { id } }\"}'\nscheme = \"OAuth\"\n\
                subject = \"/data/viewer/id\"\nusername = \"/data/viewer/name\"\n\
                [identity.headers]\nClient-Id = \"{client_id}\"\n";
    let (home, provider) = acme_with(more);
    let viewer = json!({"data": {"viewer": {"id": 7, "name": "ada"}}});
    for _ in 0..2 {
        provider.next("/userinfo", Reply::Json(200, viewer.clone()));
    }
    home.login(&["acme"]).ok();
    let whoami = home.run(&["whoami"]).ok();
    assert_eq!(
        whoami.stdout,
        "account   acme/ada\nid        7\nusername  ada\n"
    );
    let asked = provider.asked("/userinfo");
    assert_eq!(asked.len(), 2);
    for request in asked {
        assert_eq!(request.method, "POST");
        assert_eq!(request.json(), json!({"query": "{ viewer { id } }"}));
        assert!(request.headers["authorization"].starts_with("OAuth "));
        assert_eq!(request.headers["client-id"], "keyfob-test");
    }
}

#[test]
fn a_provider_without_userinfo_says_which_key_is_missing() {
    let (home, provider) = signed_in();
    let endpoint = format!("userinfo_endpoint = \"{}/userinfo\"\n", provider.origin());
    let mut account = home.account("acme/julien");
    account.endpoints.userinfo = None;
    home.vault().record(&account).unwrap();
    home.provider("acme", &provider.definition("").replace(&endpoint, ""));
    home.run(&["whoami"])
        .fails(1, &["acme/julien", "userinfo_endpoint"]);
}

#[test]
fn hostile_claims_cannot_act_on_the_terminal() {
    let (home, provider) = signed_in();
    let evil = "x\u{1b}[2J\u{202e}\r\naccount   root\u{9b}";
    provider.state(|state| {
        state.person =
            json!({"sub": "u-1", "preferred_username": evil, "name": evil, "email": evil});
    });
    let text = home.run(&["whoami"]).ok().stdout;
    assert_eq!(text.lines().count(), 5, "{text}");
    assert!(harmless(&text), "{text:?}");
    let run = home.run(&["whoami", "--json"]).ok();
    assert!(harmless(&run.stdout), "{run:?}");
    assert_eq!(run.json()["claims"]["name"], evil, "JSON loses nothing");
}

fn harmless(text: &str) -> bool {
    text.chars()
        .all(|c| c == '\n' || !c.is_control() && c != '\u{202e}')
}

#[test]
fn headers_that_the_definition_asks_for_are_sent() {
    let (home, provider) = signed_in_to("[identity.headers]\nX-Api-Version = \"2022-11-28\"\n");
    home.run(&["whoami"]).ok();
    let asked = provider.asked("/userinfo");
    assert_eq!(asked.last().unwrap().headers["x-api-version"], "2022-11-28");
}

#[test]
fn it_needs_an_account() {
    let home = Home::new();
    let run: Run = home.run(&["whoami"]);
    run.fails(4, &["nobody is signed in", "keyfob login"]);
}
