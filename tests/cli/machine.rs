//! Machine accounts beside other processes, other definitions and a server that changes its mind.

use serde_json::json;

use crate::vault::HomeVault as _;
use keyfob_testkit::home::{Home, Run};
use keyfob_testkit::process::{Running, until};
use keyfob_testkit::provider::{MARK, Provider, acme_with};
use keyfob_testkit::server::Reply;

const BASIC: &str = "client_auth = \"client_secret_basic\"\n";

const ACCOUNT: &str = "acme/keyfob-test";

const LOGIN: [&str; 4] = ["login", "acme", "--flow", "client-credentials"];

fn secret() -> String {
    format!("{MARK}client")
}

fn server() -> (Home, Provider) {
    let (home, provider) = acme_with(BASIC);
    provider.state(|state| state.machines = true);
    (home, provider)
}

fn sign_in(home: &Home, args: &[&str]) -> Run {
    let mut command = home.keyfob(args);
    command.env("KEYFOB_ACME_CLIENT_SECRET", secret());
    Run::of(command.output().expect("keyfob starts"))
}

/// A machine that is signed in, and whose secret is with its account alone.
fn signed_in() -> (Home, Provider) {
    let (home, provider) = server();
    sign_in(&home, &LOGIN).ok();
    (home, provider)
}

/// The same, its token at its end.
fn ended() -> (Home, Provider) {
    let (home, provider) = signed_in();
    home.later(ACCOUNT, 3600);
    (home, provider)
}

#[test]
fn twenty_processes_fetch_one_token() {
    let (home, provider) = ended();
    let door = provider.hold("/token");
    let crowd: Vec<Running> = (0..20).map(|_| home.begin(&["token"])).collect();
    if cfg!(target_os = "linux") {
        let lock = format!("{}.lock", home.account(ACCOUNT).id);
        until("all of them are at the lock", || {
            crowd.iter().all(|process| process.has_open(&lock))
        });
    }
    drop(door);
    let tokens: std::collections::BTreeSet<String> = crowd
        .into_iter()
        .map(|process| process.end().ok().stdout)
        .collect();
    assert_eq!(tokens.len(), 1, "{tokens:?}");
    assert_eq!(provider.asked("/token").len(), 2, "the login's and one");
}

#[test]
fn a_token_endpoint_that_moved_gets_nothing() {
    let (home, _provider) = ended();
    let elsewhere = Provider::start();
    elsewhere.state(|state| state.machines = true);
    home.provider("acme", &elsewhere.definition(BASIC));
    for verb in ["token", "refresh"] {
        let run = sign_in(&home, &[verb, "acme", "--json"]);
        assert_eq!(run.status, 1, "{run:?}");
        assert_eq!(run.failure()["error"], "endpoint_changed");
        assert!(run.stderr.contains("keyfob login acme/keyfob-test"));
    }
    assert!(elsewhere.asked("/token").is_empty());
    // Nor does the secret that is kept with the account.
    home.run(&LOGIN).fails(1, &["--replace"]);
    let replace = [&LOGIN[..], &["--replace"]].concat();
    home.run(&replace).fails(1, &["KEYFOB_ACME_CLIENT_SECRET"]);
    assert!(elsewhere.asked("/token").is_empty());
}

#[test]
fn a_new_path_on_the_pinned_origin_is_taken() {
    let (home, provider) = ended();
    let moved = provider
        .definition(BASIC)
        .replace("/token\"", "/token?a=b\"");
    home.provider("acme", &moved);
    home.run(&["token"]).ok();
    assert_eq!(provider.asked("/token")[1].query["a"], "b");
}

#[test]
fn another_definition_of_the_same_client_has_no_claim_to_its_secret() {
    let (home, provider) = signed_in();
    let elsewhere = Provider::start();
    for server in [&provider, &elsewhere] {
        server.state(|state| state.machines = true);
        home.provider("beta", &server.definition(BASIC));
        let run = home.run(&["login", "beta", "--flow", "client-credentials"]);
        run.fails(1, &["KEYFOB_BETA_CLIENT_SECRET"]);
    }
    assert_eq!(provider.asked("/token").len(), 1);
    assert!(elsewhere.asked("/token").is_empty());
}

#[test]
fn a_machine_signs_in_again_by_its_accounts_name() {
    let (home, provider) = ended();
    home.run(&["login", ACCOUNT]).ok();
    let asked = provider.asked("/token");
    assert_eq!(asked.len(), 2);
    assert_eq!(asked[1].form["grant_type"], "client_credentials");
    assert_eq!(home.accounts(), [ACCOUNT]);
    assert!(provider.asked("/authorize").is_empty());
}

#[test]
fn a_refresh_token_that_a_server_adds_is_not_needed() {
    let (home, provider) = server();
    let added =
        json!({"access_token": "a", "token_type": "Bearer", "refresh_token": "r", "expires_in": 0});
    provider.next("/token", Reply::Json(200, added));
    sign_in(&home, &LOGIN).ok();
    home.run(&["token"]).ok();
    let grant = &provider.asked("/token")[1].form["grant_type"];
    assert_eq!(grant, "client_credentials");
}

#[test]
fn a_secret_that_is_no_longer_taken_is_said_with_the_way_to_give_the_new_one() {
    let (home, provider) = ended();
    for (status, error) in [
        (401, "invalid_client"),
        (400, "unauthorized_client"),
        (400, "invalid_grant"),
    ] {
        let refusal = json!({"error": error, "error_description": secret()});
        provider.next("/token", Reply::Json(status, refusal));
        let run = home
            .run(&["token", "-v"])
            .fails(1, &[error, ACCOUNT, "KEYFOB_ACME_CLIENT_SECRET"]);
        assert!(!run.stderr.contains("refresh token"), "{run:?}");
        assert!(!run.stderr.contains(MARK), "{run:?}");
    }
    sign_in(&home, &["login", ACCOUNT]).ok();
    home.run(&["token"]).ok();
}

#[test]
fn a_login_that_is_refused_says_what_to_do_about_the_secret() {
    let (home, provider) = server();
    let refusal = json!({"error": "invalid_client", "error_description": secret()});
    provider.next("/token", Reply::Json(401, refusal));
    let run = sign_in(&home, &[&LOGIN[..], &["-v"]].concat());
    let run = run.fails(1, &["invalid_client", "KEYFOB_ACME_CLIENT_SECRET"]);
    assert!(!run.stderr.contains(MARK), "{run:?}");
    assert!(home.stored().is_empty());
}

#[test]
fn a_store_that_fails_is_found_out_before_anything_is_sent() {
    let (home, provider) = ended();
    let broken = home.break_writing();
    sign_in(&home, &LOGIN).fails(5, &["file store"]);
    home.run(&["token"]).fails(5, &["file store", ACCOUNT]);
    assert_eq!(provider.asked("/token").len(), 1);
    drop(broken);
    home.run(&["token"]).ok();
}

#[test]
fn a_machine_without_a_client_is_told_to_register_one_with_a_secret() {
    let run = Home::new().run(&["login", "gitlab", "--flow", "client-credentials"]);
    let run = run.fails(
        1,
        &[
            "register a confidential client at https://gitlab.com/",
            "`keyfob provider set gitlab client_id=ID client_auth=client_secret_basic --client-secret`",
        ],
    );
    assert!(!run.stderr.contains("Redirect URI"), "{run:?}");
}
