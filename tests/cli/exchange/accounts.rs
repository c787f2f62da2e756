//! Accounts of CI jobs: kept, found again, renewed, signed out.

use serde_json::json;

use super::LOGIN;
use super::ci::{Ci, GITHUB, claims};
use crate::vault::HomeVault as _;
use keyfob_testkit::home::Run;
use keyfob_testkit::provider::MARK;
use keyfob_testkit::server::Reply;

const ACCOUNT: &str = "huggingface/github-actions";

fn signed_in() -> Ci {
    let ci = Ci::new().inside(&GITHUB);
    ci.home.run(&LOGIN).ok();
    ci
}

#[test]
fn a_job_signs_in_and_its_account_says_how() {
    let ci = Ci::new().inside(&GITHUB);
    let run = ci.home.run(&LOGIN).ok();
    assert!(
        run.last()
            .contains("as acme/model: huggingface/github-actions, the default"),
        "{run:?}"
    );
    let entry = ci.home.entry(ACCOUNT);
    assert_eq!(
        entry["identity"],
        json!({
            "issuer": "https://huggingface.co",
            "subject": "repo:acme/app:ref:refs/heads/main acme/model",
            "kind": "exchange",
        })
    );
    assert_eq!(entry["resource"], json!(["acme/model"]));
    assert_eq!(entry["subject_from"], "ci");
    assert_eq!(entry["client"]["id"], "");
    assert_eq!(entry["refreshable"], true);
    let secrets = ci.home.secrets(ACCOUNT);
    assert_eq!(secrets.tokens.refresh_token, None);
    assert_eq!(secrets.tokens.id_token, None);
    assert_eq!(
        ci.home.run(&["token", "huggingface"]).ok().line(),
        format!("{MARK}access-0001")
    );
    let list = ci.home.run(&["list", "--json"]).ok().json();
    assert_eq!(list["accounts"][0]["status"], "valid");
}

#[test]
fn the_same_job_comes_back_to_its_account_and_another_resource_is_another() {
    let ci = signed_in();
    let again = ci.home.run(&LOGIN).ok();
    assert!(again.last().starts_with("signed in again"), "{again:?}");
    let data = [
        "login",
        "huggingface",
        "--flow",
        "token-exchange",
        "--resource",
        "datasets/acme/set",
    ];
    ci.demand_json(&[
        (
            "subject_token_type",
            "urn:ietf:params:oauth:token-type:id_token",
        ),
        ("resource", "datasets/acme/set"),
    ]);
    let other = ci.home.run(&data).ok();
    assert!(
        other.last().contains("huggingface/github-actions-2"),
        "{other:?}"
    );
    ci.home.run(&[&data[..], &["--as", "data"]].concat()).ok();
    assert_eq!(ci.home.accounts().len(), 3);

    // Its own resource stands in where none is named.
    let again = ci.home.run(&["login", "huggingface/data"]).ok();
    assert!(again.last().contains("signed in again"), "{again:?}");
    // Another job is somebody else.
    let mut ci = ci;
    let token = ci.mint(&claims(&json!({"sub": "repo:evil/app"})));
    ci.home.set("HF_OIDC_ID_TOKEN", token);
    let run = ci
        .home
        .run(&["login", "huggingface/data"])
        .fails(1, &["somebody else", "--replace"]);
    assert!(!run.stderr.contains("--switch"), "{run:?}");
}

#[test]
fn a_token_that_has_ended_is_exchanged_for_anew() {
    let ci = signed_in();
    ci.home.later(ACCOUNT, 3600);
    assert_eq!(
        ci.home.run(&["token"]).ok().line(),
        format!("{MARK}access-0002")
    );
    assert_eq!(ci.asked("/idtoken/1").len(), 2);
    assert_eq!(
        ci.home.run(&["token"]).ok().line(),
        format!("{MARK}access-0002")
    );
    ci.home.run(&["refresh", ACCOUNT]).ok();
    let whoami = ci.home.run(&["whoami", "--json"]).ok().json();
    assert_eq!(whoami["username"], "acme/model");
    assert_eq!(ci.asked("/token").len(), 4);
}

#[test]
fn twenty_processes_exchange_once() {
    let ci = signed_in();
    ci.home.later(ACCOUNT, 3600);
    let runs = ci.home.run_many(20, &["token"]).into_iter();
    let tokens: std::collections::BTreeSet<String> = runs.map(|run| run.ok().stdout).collect();
    assert_eq!(tokens.len(), 1, "{tokens:?}");
    assert_eq!(ci.asked("/token").len(), 2, "the login's and one");
}

#[test]
fn outside_the_job_it_is_said_where_it_renews_and_nothing_is_lost() {
    let mut ci = signed_in();
    ci.outside(&GITHUB);
    ci.home.run(&["token"]).ok();
    ci.home.later(ACCOUNT, 3600);
    let before = (ci.home.entry(ACCOUNT), ci.home.secrets(ACCOUNT).generation);
    for verb in [&["token"][..], &["refresh", ACCOUNT]] {
        let run = ci.home.run(verb).fails(
            4,
            &[
                ACCOUNT,
                "no identity token here to exchange at Hugging Face",
                "GitHub Actions",
            ],
        );
        assert!(!run.stdout.contains(MARK), "{run:?}");
    }
    let after = (ci.home.entry(ACCOUNT), ci.home.secrets(ACCOUNT).generation);
    assert_eq!(after, before);
    let ci = ci.inside(&GITHUB);
    ci.home.run(&["token"]).ok();
}

#[test]
fn a_job_that_is_trusted_no_longer_is_told_so_and_its_account_stays() {
    let ci = signed_in();
    ci.home.later(ACCOUNT, 3600);
    for error in ["invalid_grant", "invalid_request"] {
        let refusal = json!({"error": error, "error_description": format!("{MARK}sig")});
        ci.next("/token", Reply::Json(400, refusal));
        let run = ci.home.run(&["token"]).fails(
            1,
            &[
                ACCOUNT,
                "refused the identity token from GitHub Actions",
                "whose subject is `repo:acme/app:ref:refs/heads/main`",
                "stored tokens are unchanged",
            ],
        );
        assert!(!run.stderr.contains("client"), "{run:?}");
    }
    ci.home.run(&["token"]).ok();
}

#[test]
fn a_server_that_wants_a_client_after_all_is_said_to() {
    let ci = signed_in();
    ci.home.later(ACCOUNT, 3600);
    ci.next(
        "/token",
        Reply::Json(401, json!({"error": "invalid_client"})),
    );
    ci.home
        .run(&["token"])
        .fails(1, &["wants a client, and it has none"]);
}

#[test]
fn a_dead_network_leaves_a_token_that_is_still_good() {
    let ci = signed_in();
    ci.home.later(ACCOUNT, 3560);
    ci.next("/idtoken/1", Reply::Close);
    let run = ci.home.run(&["token"]).ok();
    assert_eq!(run.line(), format!("{MARK}access-0001"));
    assert!(run.stderr.contains("lives for"), "{run:?}");
    ci.next("/idtoken/1", Reply::Close);
    ci.home
        .run(&["token", "--min-ttl", "10m"])
        .fails(3, &["GitHub Actions"]);
}

#[test]
fn a_file_is_read_anew_at_each_renewal_from_any_folder() {
    let ci = Ci::new();
    let write = |sub: &str| {
        let token = ci.mint(&claims(&json!({"sub": sub})));
        ci.home.write("job.jwt", &token);
    };
    write("system:serviceaccount:ci:builder");
    let mut login = ci
        .home
        .keyfob(&[&LOGIN[..], &["--subject-token-file", "job.jwt"]].concat());
    login.current_dir(ci.home.path(""));
    Run::of(login.output().expect("keyfob starts")).ok();
    let account = "huggingface/exchange";
    let kept = ci.home.entry(account)["subject_from"]["file"].clone();
    assert!(
        kept.as_str().expect("a path").ends_with("/job.jwt"),
        "{kept}"
    );
    assert!(kept.as_str().expect("a path").starts_with('/'), "{kept}");
    ci.home.later(account, 3600);
    write("system:serviceaccount:ci:builder");
    ci.home.run(&["token"]).ok();
    ci.home.later(account, 3600);
    std::fs::remove_file(ci.home.path("job.jwt")).expect("a file");
    ci.home
        .run(&["token"])
        .fails(4, &[account, "there is no such file", "job.jwt"]);
    ci.home
        .run(&["login", account])
        .fails(4, &["there is no such file"]);
}

#[test]
fn a_token_endpoint_that_moved_gets_no_identity_token() {
    let ci = signed_in();
    ci.home.later(ACCOUNT, 3600);
    let elsewhere = Ci::new();
    let origin = elsewhere.origin();
    ci.home.provider(
        "huggingface",
        &format!("discovery = false\ntoken_endpoint = \"{origin}/token\"\n"),
    );
    ci.home
        .run(&["token"])
        .fails(1, &["keyfob login huggingface/github-actions"]);
    assert!(elsewhere.asked("/token").is_empty());
    assert_eq!(ci.asked("/idtoken/1").len(), 1);
}

#[test]
fn signing_out_forgets_it() {
    let ci = signed_in();
    ci.home.run(&["logout", "huggingface"]).ok();
    assert!(ci.home.stored().is_empty());
}

#[test]
fn a_login_that_fails_stores_nothing() {
    let ci = Ci::new().inside(&GITHUB);
    ci.next("/idtoken/1", Reply::Close);
    ci.home
        .run(&LOGIN)
        .fails(3, &["GitHub Actions gave no identity token"]);
    assert!(ci.home.stored().is_empty());
    let broken = Ci::new().inside(&GITHUB);
    broken.home.run(&LOGIN).ok();
    let guard = broken.home.break_writing();
    broken.home.run(&LOGIN).fails(5, &["file store"]);
    assert_eq!(broken.asked("/token").len(), 1, "the store is proved first");
    drop(guard);
}
