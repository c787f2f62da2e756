//! `logout`: revoked at the provider, refresh token first, and forgotten here whatever the provider says.

use std::time::Duration;

use serde_json::{Value, json};

use crate::vault::HomeVault as _;
use keyfob_testkit::home::Home;
use keyfob_testkit::provider::{MARK, Provider, acme_with};
use keyfob_testkit::scene::{signed_in, signed_in_to};
#[cfg(unix)]
use keyfob_testkit::screen::Screen;
use keyfob_testkit::server::Reply;

/// What was sent to be revoked: hint and token.
fn revoked(provider: &Provider) -> Vec<(String, String)> {
    let asked = provider.asked("/revoke").into_iter();
    asked
        .map(|request| {
            (
                request.form["token_type_hint"].clone(),
                request.form["token"].clone(),
            )
        })
        .collect()
}

/// Nothing of an account is left here.
#[track_caller]
fn forgotten(home: &Home) {
    let list = home.run(&["list", "--json"]).ok();
    assert_eq!(list.json(), json!({"accounts": []}));
    assert!(home.vault().defaults().is_empty());
    let left: Vec<_> = home
        .files()
        .into_iter()
        .map(|(path, _)| path.display().to_string())
        .filter(|path| path.contains("/secrets/") || path.contains("/accounts/"))
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

fn tokens(answer: &Value) -> Vec<(&str, &str)> {
    let tokens = answer["accounts"][0]["tokens"].as_array().expect("tokens");
    tokens
        .iter()
        .map(|one| {
            (
                one["token"].as_str().unwrap(),
                one["result"].as_str().unwrap(),
            )
        })
        .collect()
}

#[test]
fn the_refresh_token_is_revoked_first_and_then_the_access_token() {
    let (home, provider) = signed_in();
    let logout = home.run(&["logout"]).ok();
    assert_eq!(logout.stdout, "");
    assert_eq!(logout.stderr, "signed out acme/julien\n");
    let sent = revoked(&provider);
    assert_eq!(
        sent[0],
        ("refresh_token".into(), format!("{MARK}refresh-0003"))
    );
    assert_eq!(
        sent[1],
        ("access_token".into(), format!("{MARK}access-0002"))
    );
    assert_eq!(
        provider.asked("/revoke")[0].form["client_id"],
        "keyfob-test"
    );
    assert!(provider.state(|state| state.alive.is_empty()));
    forgotten(&home);
    home.run(&["logout", "acme"])
        .fails(4, &["nobody is signed in at acme"]);
}

#[test]
fn its_json_says_what_became_of_each_token() {
    let (home, _provider) = signed_in();
    let answer = home.run(&["logout", "--json"]).ok().json();
    assert_eq!(
        answer,
        json!({"accounts": [{"account": "acme/julien", "removed": true, "tokens": [
            {"token": "refresh_token", "result": "revoked", "detail": null},
            {"token": "access_token", "result": "revoked", "detail": null},
        ], "secret_left_in": [], "error": null}]})
    );
}

#[test]
fn a_server_that_does_not_confirm_changes_nothing_about_forgetting() {
    for (reply, cause) in [
        (
            Reply::Json(401, json!({"error": "invalid_client"})),
            "invalid_client",
        ),
        (Reply::Text(500, String::new(), String::new()), "500"),
        (Reply::Text(404, String::new(), String::new()), "404"),
    ] {
        let (home, provider) = signed_in_to("[revocation]\npage = \"https://acme.example/apps\"\n");
        let end = home.account("acme/julien").expires_at.unwrap().to_string();
        provider.next("/revoke", reply.clone());
        provider.next("/revoke", reply);
        home.run(&["logout"]).fails(
            1,
            &["acme/julien", cause, &end, "https://acme.example/apps"],
        );
        forgotten(&home);
    }
}

#[test]
fn without_a_page_to_revoke_by_hand_none_is_promised() {
    let (home, provider) = signed_in();
    provider.next("/revoke", Reply::Text(500, String::new(), String::new()));
    let run = home.run(&["logout"]).fails(1, &["acme/julien"]);
    assert!(!run.stderr.contains("by hand"), "{run:?}");
    assert!(
        !run.stderr.contains("its access token"),
        "it was revoked: {run:?}"
    );
    assert!(run.stderr.contains("its refresh token lives"), "{run:?}");
}

#[test]
fn a_failed_revocation_is_an_error_with_its_own_code() {
    let (home, provider) = signed_in();
    provider.next(
        "/revoke",
        Reply::Json(401, json!({"error": "invalid_client"})),
    );
    let run = home.run(&["logout", "--json"]);
    assert_eq!(run.status, 1, "{run:?}");
    assert_eq!(run.failure()["error"], "revocation_failed");
    let answer = run.json();
    assert_eq!(
        tokens(&answer),
        [("refresh_token", "failed"), ("access_token", "revoked")]
    );
    assert!(
        answer["accounts"][0]["tokens"][0]["detail"]
            .as_str()
            .unwrap()
            .contains("invalid_client")
    );
    forgotten(&home);
}

#[test]
fn a_server_that_hangs_is_waited_for_once() {
    let (mut home, provider) = signed_in();
    home.set("KEYFOB_TEST_HTTP", "2");
    provider.next("/revoke", Reply::Drip(Duration::from_millis(200)));
    provider.next("/revoke", Reply::Drip(Duration::from_millis(200)));
    let run = home.run(&["logout", "--json"]);
    assert_eq!(run.status, 1, "{run:?}");
    assert_eq!(
        tokens(&run.json()),
        [("refresh_token", "failed"), ("access_token", "failed")]
    );
    forgotten(&home);
}

#[test]
fn a_provider_without_revocation_is_said_and_is_no_failure() {
    let (home, provider) = (Home::new(), Provider::start());
    let definition = provider.definition("").replace("revocation_endpoint", "#");
    home.provider("acme", &definition);
    home.login(&["acme"]).ok();
    let run = home.run(&["logout", "--json"]).ok();
    assert_eq!(
        tokens(&run.json()),
        [
            ("refresh_token", "unsupported"),
            ("access_token", "unsupported")
        ]
    );
    assert!(run.stderr.contains("cannot revoke"), "{run:?}");
    assert!(run.stderr.contains("lives until"), "{run:?}");
    forgotten(&home);
}

#[test]
fn a_provider_that_revokes_access_tokens_only_is_asked_for_those() {
    let more = "client_auth = \"client_secret_post\"\n[revocation]\nstyle = \"delete_token\"\n";
    let (home, provider) = acme_with(more);
    home.begin_login_with(&[("KEYFOB_ACME_CLIENT_SECRET", "hunter2")], &["acme"])
        .sign_in()
        .ok();
    let run = home.run(&["logout", "--json"]).ok();
    assert_eq!(
        tokens(&run.json()),
        [
            ("refresh_token", "unsupported"),
            ("access_token", "revoked")
        ]
    );
    assert!(run.stderr.contains("its refresh token lives"), "{run:?}");
    assert_eq!(provider.asked("/revoke").len(), 1);
    forgotten(&home);
}

#[test]
fn an_access_token_may_revoke_itself() {
    let (home, provider) = signed_in_to("[revocation]\nstyle = \"bearer\"\n");
    let run = home.run(&["logout", "--json"]).ok();
    assert_eq!(
        tokens(&run.json()),
        [
            ("refresh_token", "unsupported"),
            ("access_token", "revoked")
        ]
    );
    let asked = provider.asked("/revoke");
    assert_eq!(asked.len(), 1);
    let bearer = format!("Bearer {MARK}access-0002");
    assert_eq!(asked[0].headers["authorization"], bearer);
    assert!(asked[0].body.is_empty());
    forgotten(&home);

    let (home, provider) = signed_in_to("[revocation]\nstyle = \"bearer\"\n");
    let refusal = json!({"ok": false, "error": "fatal_error"});
    provider.next("/revoke", Reply::Json(200, refusal));
    home.run(&["logout"])
        .fails(1, &["did not confirm", "fatal_error"]);
    forgotten(&home);
}

#[test]
fn a_provider_that_revokes_refresh_tokens_only_is_asked_for_those() {
    let more = "[token.headers]\nX-Version = \"2022\"\n\
                [revocation]\nstyle = \"json\"\nrefresh_tokens_only = true\n";
    let (home, provider) = signed_in_to(more);
    let run = home.run(&["logout", "--json"]).ok();
    assert_eq!(
        tokens(&run.json()),
        [
            ("refresh_token", "revoked"),
            ("access_token", "unsupported")
        ]
    );
    assert!(
        run.stderr.contains("refresh tokens only") && run.stderr.contains("its access token lives"),
        "{run:?}"
    );
    let asked = provider.asked("/revoke");
    assert_eq!(asked.len(), 1);
    assert_eq!(
        asked[0].json(),
        json!({"token": format!("{MARK}refresh-0003"), "token_type_hint": "refresh_token",
            "client_id": "keyfob-test"})
    );
    assert_eq!(asked[0].headers["x-version"], "2022");
    forgotten(&home);
}

#[test]
fn local_sends_nothing() {
    let (home, provider) = signed_in();
    let run = home.run(&["logout", "--local", "--json"]).ok();
    assert_eq!(
        tokens(&run.json()),
        [("refresh_token", "skipped"), ("access_token", "skipped")]
    );
    assert!(provider.asked("/revoke").is_empty());
    forgotten(&home);
}

#[test]
fn a_secret_that_is_gone_leaves_only_the_entry_to_forget() {
    let (home, provider) = signed_in();
    home.vault().discard(&home.account("acme/julien")).unwrap();
    home.run(&["logout"]).ok();
    assert!(provider.asked("/revoke").is_empty());
    forgotten(&home);
}

#[test]
fn all_asks_and_names_the_answer_where_nobody_can() {
    let (home, provider) = signed_in();
    home.copy_account("acme/julien", "acme/other");
    home.run(&["logout", "--all"])
        .fails(2, &["sign out all 2 accounts", "--yes"]);
    assert!(provider.asked("/revoke").is_empty());
    let run = home.run(&["logout", "--all", "--yes", "--json"]).ok();
    assert_eq!(run.json()["accounts"].as_array().unwrap().len(), 2);
    forgotten(&home);
    let run = home.run(&["logout", "--all", "--yes"]).ok();
    assert!(run.stderr.contains("nobody is signed in"), "{run:?}");
}

#[cfg(unix)]
#[test]
fn all_is_asked_on_a_terminal_and_enter_is_no() {
    let (home, _provider) = signed_in();
    let answer = |keys| {
        let mut screen = Screen::start(&home.keyfob(&["logout", "--all", "--local"]));
        screen.wait_for("sign out acme/julien? [y/N]");
        screen.press(keys);
        screen.end()
    };
    let (status, shown) = answer("\n");
    assert_eq!(status, 0);
    assert!(shown.contains("nobody was signed out"), "{shown}");
    home.run(&["token"]).ok();
    let (status, shown) = answer("y\n");
    assert_eq!(status, 0);
    assert!(shown.contains("signed out acme/julien"), "{shown}");
    forgotten(&home);
}

#[test]
fn all_leaves_what_it_cannot_read_and_says_so() {
    let (home, _provider) = signed_in();
    home.write("data/accounts/acme/newer.json", "{\"version\": 2}");
    let run = home.run(&["logout", "--all", "--yes"]);
    let run = run.fails(1, &["acme/newer", "newer"]);
    assert!(run.stderr.contains("signed out acme/julien"), "{run:?}");
    assert!(home.path("data/accounts/acme/newer.json").exists());
}

#[test]
fn a_store_that_cannot_be_read_keeps_the_account() {
    let (home, provider) = signed_in();
    let identity = home.path("config/identity/identity.txt");
    let aside = identity.with_extension("aside");
    std::fs::rename(&identity, &aside).unwrap();
    home.run(&["logout"])
        .fails(5, &["acme/julien", "file store cannot be used"]);
    assert!(provider.asked("/revoke").is_empty());
    let run = home.run(&["logout", "--json"]);
    assert_eq!(run.json()["accounts"][0]["removed"], false, "{run:?}");
    assert_eq!(run.failure()["error"], "store_unavailable");
    std::fs::rename(&aside, &identity).unwrap();
    home.run(&["logout"]).ok();
    forgotten(&home);
}

#[test]
fn a_secret_is_left_only_where_that_is_asked_for_and_its_store_fails() {
    let (home, _provider) = signed_in();
    let entry = home.path("data/accounts/acme/julien.json");
    let text = std::fs::read_to_string(&entry).unwrap();
    std::fs::write(&entry, text.replace("\"file\"", "\"keyring\"")).unwrap();
    let before = home.holdings();
    assert_eq!(home.run(&["logout", "--leave-secret"]).status, 2);
    for verb in ["token", "refresh", "whoami"] {
        let run = home.run(&[verb]);
        let run = run.fails(5, &["`keyfob login acme/julien --store file`"]);
        assert!(
            !run.stderr.contains("KEYFOB_STORE=file"),
            "it moves none: {run:?}"
        );
    }
    home.run(&["logout", "--local"])
        .fails(5, &["`keyfob logout acme/julien --local --leave-secret`"]);
    assert_eq!(home.holdings(), before);
    let run = home
        .run(&["logout", "--local", "--leave-secret", "--json"])
        .ok();
    let forgotten = &run.json()["accounts"][0];
    assert_eq!(forgotten["removed"], true);
    assert_eq!(forgotten["secret_left_in"], serde_json::json!(["keyring"]));
    assert!(run.stderr.contains("stays in the keyring"), "{run:?}");
    assert!(!entry.exists());
    let defaults = std::fs::read_to_string(home.path("data/defaults.json")).unwrap();
    assert!(!defaults.contains("julien"), "{defaults}");
}

#[test]
fn what_was_revoked_is_said_even_where_forgetting_fails() {
    let (home, provider) = signed_in();
    let door = provider.hold("/revoke");
    let logout = home.begin(&["logout", "--json"]);
    provider.wait_for("/revoke", 1);
    let id = home.account("acme/julien").id;
    let secret = home.path(&format!("data/secrets/{id}.age"));
    std::fs::remove_file(&secret).unwrap();
    std::fs::create_dir(&secret).unwrap(); // no file to remove
    drop(door);
    let run = logout.end();
    assert_eq!(run.status, 5, "{run:?}");
    assert!(!run.stderr.contains("signed out"), "{run:?}");
    let answer = run.json();
    assert_eq!(answer["accounts"][0]["removed"], false);
    assert_eq!(answer["accounts"][0]["error"], run.failure());
    assert_eq!(answer["accounts"][0]["error"]["account"], "acme/julien");
    let revoked = [("refresh_token", "revoked"), ("access_token", "revoked")];
    assert_eq!(tokens(&answer), revoked);
    assert_eq!(home.accounts(), ["acme/julien"]);
}

#[test]
fn the_next_account_is_not_made_the_default_behind_anybodys_back() {
    let (home, _provider) = signed_in();
    home.copy_account("acme/julien", "acme/one");
    home.copy_account("acme/julien", "acme/two");
    home.run(&["logout", "acme"]).ok();
    home.run(&["token", "acme"])
        .fails(2, &["no default", "`acme/one`", "`acme/two`"]);
    home.run(&["logout", "acme/one", "--local"]).ok();
    home.run(&["token", "acme"]).ok();
}

#[test]
fn a_logout_that_is_interrupted_can_be_repeated() {
    let (home, provider) = signed_in();
    let door = provider.hold("/revoke");
    let logout = home.begin(&["logout"]);
    provider.wait_for("/revoke", 1);
    logout.signal("INT");
    assert_eq!(logout.end().status, 130);
    drop(door);
    home.run(&["logout"]).ok();
    forgotten(&home);
}
