//! Client credentials, with a confidential client that is registered at the sandbox.

use serde_json::{Value, json};

use crate::stage::{Stage, post_json};

const FOR_ITSELF: [&str; 4] = ["login", "acme", "--flow", "client-credentials"];

/// A confidential client that acts for itself, and a definition that has it.
fn machine(method: &str) -> Stage {
    let lines = format!("client_auth = \"{method}\"\nscopes = [\"read\", \"write\"]");
    let mut stage = Stage::new(|o| o.access_lifetime = 1, &lines);
    let registered = post_json(
        &stage.running,
        "/register",
        &json!({
            "token_endpoint_auth_method": method,
            "grant_types": ["client_credentials"],
            "response_types": [],
        }),
    );
    let text = |name: &str| registered[name].as_str().expect("a string").to_owned();
    stage.home.set("KEYFOB_ACME_CLIENT_ID", text("client_id"));
    stage
        .home
        .set("KEYFOB_ACME_CLIENT_SECRET", text("client_secret"));
    stage
}

#[test]
fn a_machine_signs_in_and_fetches_a_new_token_without_its_environment() {
    for method in ["client_secret_basic", "client_secret_post"] {
        let mut stage = machine(method);
        let login = stage
            .run(&[&FOR_ITSELF[..], &["--json"]].concat())
            .expect("a login")
            .json();
        let account = login["account"].as_str().expect("a name").to_owned();
        assert!(account.starts_with("acme/sandbox_client_"), "{account}");
        assert_eq!(stage.entry()["identity"]["kind"], "client");
        stage.home.unset("KEYFOB_ACME_CLIENT_ID");
        stage.home.unset("KEYFOB_ACME_CLIENT_SECRET");
        let first = stage.run(&["token", "acme"]).expect("a token");
        stage.run(&["refresh", "acme"]).expect("another");
        let second = stage.run(&["token", "acme"]).expect("a token");
        assert_ne!(first.stdout, second.stdout);
        stage.run(&["logout", "acme"]).expect("a logout");
        assert!(stage.home.stored().is_empty());
    }
}

#[test]
fn a_machine_is_its_client_to_whoami() {
    let stage = machine("client_secret_basic");
    stage.run(&FOR_ITSELF).expect("a login");
    let run = stage.home.run(&["whoami", "acme"]).ok();
    assert!(run.stdout.contains("sandbox_client_"), "{run:?}");
}

#[test]
fn a_wrong_secret_is_said_and_nothing_is_stored() {
    let mut stage = machine("client_secret_basic");
    stage.home.set("KEYFOB_ACME_CLIENT_SECRET", "MARKED-wrong");
    let run = stage
        .home
        .run(&FOR_ITSELF)
        .fails(1, &["invalid_client", "KEYFOB_ACME_CLIENT_SECRET"]);
    assert!(!run.stderr.contains("MARKED"), "{run:?}");
    assert!(stage.home.stored().is_empty());
}

#[test]
fn scopes_that_are_a_persons_are_refused_with_the_servers_words() {
    let stage = machine("client_secret_basic");
    let run = stage
        .home
        .run(&[&FOR_ITSELF[..], &["--scope", "openid", "--json"]].concat());
    assert_eq!(run.status, 1, "{run:?}");
    let failure: Value = run.failure();
    assert_eq!(failure["error"], "token_exchange_failed");
    assert!(
        failure["error_description"]
            .as_str()
            .unwrap()
            .contains("invalid_scope")
    );
}
