//! `provider remove`: what is gone afterwards, and what is in the way of it.

use serde_json::json;

use keyfob_testkit::home::Home;
use keyfob_testkit::provider::{acme, acme_with};
use keyfob_testkit::scene::signed_in;
#[cfg(unix)]
use keyfob_testkit::screen::Screen;
use keyfob_testkit::server::Reply;

const POST: &str = "client_auth = \"client_secret_post\"\n";

fn exists(home: &Home, name: &str) -> bool {
    home.path(&format!("config/providers/{name}.toml")).exists()
}

fn keep_secret(home: &Home, name: &str) {
    home.run_with_input(
        &["provider", "set", name, "--client-secret"],
        "s3cret-value
",
    )
    .ok();
}

#[test]
fn a_provider_goes_with_what_is_kept_of_its_client() {
    let (home, _provider) = acme_with(POST);
    keep_secret(&home, "acme");
    assert!(!home.stored().is_empty());
    let answer = home
        .run(&["provider", "remove", "acme", "--yes", "--json"])
        .ok()
        .json();
    assert_eq!(
        (&answer["built_in"], &answer["client"], &answer["accounts"]),
        (&json!(false), &json!(true), &json!([]))
    );
    assert!(!exists(&home, "acme"));
    assert!(home.stored().is_empty(), "{:?}", home.stored());
    home.run(&["provider", "remove", "acme", "--yes"])
        .fails(2, &["no provider is called `acme`"]);
}

#[test]
fn of_a_built_in_row_only_what_lies_over_it_goes() {
    let home = Home::new();
    home.run(&["provider", "remove", "github", "--yes"])
        .fails(2, &["`github` is built in"]);
    home.run(&["provider", "remove", "sandbox", "--yes"])
        .fails(2, &["`sandbox` is built in"]);
    home.run(&["provider", "set", "github", "client_id=Iv1.abc"])
        .ok();
    let run = home.run(&["provider", "remove", "github", "--yes"]).ok();
    assert!(
        run.stderr
            .contains("the built-in definition is in effect again"),
        "{run:?}"
    );
    home.run(&["provider", "show", "github"]).ok();
    assert!(!exists(&home, "github"));
}

#[test]
fn a_provider_in_use_is_kept_unless_forced() {
    let (home, provider) = signed_in();
    home.login(&["acme", "--as", "work"]).ok();
    let run = home.run(&["provider", "remove", "acme", "--yes"]);
    run.fails(
        1,
        &[
            "`acme` is in use: acme/julien, acme/work",
            "keyfob provider remove acme --force",
        ],
    );
    assert!(exists(&home, "acme"));

    let run = home
        .run(&["provider", "remove", "acme", "--force", "--yes", "--json"])
        .ok();
    let answer = run.json();
    assert_eq!(answer["accounts"].as_array().unwrap().len(), 2);
    assert_eq!(answer["accounts"][0]["tokens"][0]["result"], "revoked");
    assert_eq!(provider.asked("/revoke").len(), 4);
    assert!(!exists(&home, "acme") && home.stored().is_empty());
}

#[test]
fn a_revocation_that_is_not_confirmed_is_said_and_the_rest_goes() {
    let (home, provider) = signed_in();
    provider.next(
        "/revoke",
        Reply::Json(400, json!({"error": "invalid_client"})),
    );
    home.run(&["provider", "remove", "acme", "--force", "--yes"])
        .fails(1, &["did not confirm the revocation", "removed"]);
    assert!(!exists(&home, "acme") && home.stored().is_empty());
}

#[test]
fn an_account_that_stays_keeps_its_provider() {
    let (home, _provider) = signed_in();
    home.write("data/accounts/acme/broken.json", "{");
    home.run(&["provider", "remove", "acme", "--force", "--yes"])
        .fails(1, &["broken.json"]);
    assert!(exists(&home, "acme"));
    assert_eq!(home.stored().len(), 3, "{:?}", home.stored());
}

#[test]
fn a_definition_that_cannot_be_read_can_be_removed() {
    let home = Home::new();
    home.provider("acme", "not even TOML");
    home.run(&["provider", "remove", "acme", "--yes"]).ok();
    assert!(!exists(&home, "acme"));
}

#[test]
fn without_anybody_to_ask_yes_must_be_said() {
    let (home, _provider) = acme();
    home.run(&["provider", "remove", "acme"])
        .fails(2, &["nobody can be asked", "--yes"]);
    assert!(exists(&home, "acme"));
}

#[cfg(unix)]
#[test]
fn a_person_is_asked() {
    let (home, _provider) = signed_in();
    let remove = ["provider", "remove", "acme", "--force"];
    for (answer, gone) in [("\r", false), ("y\r", true)] {
        let mut screen = Screen::start(&home.keyfob(&remove));
        screen.wait_for("sign out acme/julien and remove acme (");
        screen.press(answer);
        let (status, shown) = screen.end();
        assert_eq!(status, 0, "{shown}");
        assert_eq!(exists(&home, "acme"), !gone, "{shown}");
        assert_eq!(home.accounts().is_empty(), gone);
    }
}
