//! What an issuer's metadata may do to a login, and what it may not.

use keyfob_testkit::process::GENEROUS;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use url::Url;

use keyfob_testkit::home::{Home, Run};
use keyfob_testkit::provider::Provider;
use keyfob_testkit::server::Reply;

const OPENID: &str = "/.well-known/openid-configuration";

/// A home that knows of a provider nothing but its issuer and a client, and metadata that `change` has
/// had its way with.
fn known_by_issuer(path: &str, change: impl Fn(&mut Value)) -> (Home, Provider) {
    let (home, provider) = (Home::new(), Provider::start());
    let origin = provider.origin();
    let issuer = format!("{origin}{path}");
    home.provider(
        "acme",
        &format!("title = \"Acme\"\nissuer = \"{issuer}\"\nclient_id = \"keyfob-test\"\n"),
    );
    let mut metadata = json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{origin}/authorize"),
        "token_endpoint": format!("{origin}/token"),
        "userinfo_endpoint": format!("{origin}/userinfo"),
    });
    change(&mut metadata);
    let place = format!("{}{OPENID}", path.trim_end_matches('/'));
    provider.next(&place, Reply::Json(200, metadata));
    (home, provider)
}

/// A login that this metadata ends before anything is opened.
#[track_caller]
fn refused(change: impl Fn(&mut Value)) -> Run {
    let (mut home, provider) = known_by_issuer("", change);
    let browser = home.recording_browser();
    home.set("KEYFOB_BROWSER", browser);
    let run = home.refused_login(&["acme"]);
    assert!(!home.path("browser/arguments").exists(), "{run:?}");
    assert!(provider.asked("/authorize").is_empty() && home.stored().is_empty());
    run
}

/// What the browser was launched with, a line each, once it was.
#[track_caller]
fn opened(home: &Home) -> String {
    let deadline = Instant::now() + GENEROUS;
    loop {
        let arguments = fs::read_to_string(home.path("browser/arguments")).unwrap_or_default();
        if arguments.ends_with('\n') {
            return arguments;
        }
        assert!(Instant::now() < deadline, "no browser was launched");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_hostile_authorization_endpoint_reaches_no_launcher() {
    for hostile in [
        "file:///etc/passwd",
        "javascript:alert(1)",
        "data:text/html,x",
        "-flag",
        "--new-window",
        "&calc",
        "$(touch pwned)",
        "\"https://id.example.com/\"",
        "http://id.example.com/",
        "https://user:word@id.example.com/",
        "https://$(touch pwned)/",
        "https://id.example.com/\n-flag",
        "https://id.example.com/%0a-flag",
        "https://id.example.com/#fragment",
    ] {
        let run = refused(|metadata| metadata["authorization_endpoint"] = hostile.into());
        run.fails(1, &["`authorization_endpoint` ", "nothing was stored"]);
    }
}

#[test]
fn an_odd_authorization_endpoint_is_one_argument_and_no_shell_reads_it() {
    let (mut home, _provider) = known_by_issuer("", |metadata| {
        let endpoint = metadata["authorization_endpoint"].as_str().unwrap();
        let odd = format!("{endpoint}?a=$(touch pwned)&calc;touch pwned|`touch pwned`\"'< >\\");
        metadata["authorization_endpoint"] = odd.into();
    });
    let browser = home.recording_browser();
    home.set("KEYFOB_BROWSER", browser);
    let waiting = home.begin_login(&["acme"]);
    let (url, opened) = (waiting.url.clone(), opened(&home));
    waiting.sign_in().ok();
    let same = Url::parse(opened.trim_end()).expect("one URL");
    assert!(same.query_pairs().eq(url.query_pairs()), "{same}");
    assert!(
        !opened.contains(|c| " \"'<>$()`;|\\".contains(c)),
        "{opened}"
    );
    assert_eq!(opened.lines().count(), 1, "{opened}");
    assert!(!Path::new("pwned").exists() && !home.path("pwned").exists());
}

#[test]
fn an_issuer_below_a_path_is_read_with_and_without_its_slash() {
    for path in ["/realms/a", "/realms/a/", "/"] {
        let (home, provider) = known_by_issuer(path, |_| ());
        home.login(&["acme"]).ok();
        let issuer = home.entry("acme/julien")["identity"]["issuer"].clone();
        assert_eq!(issuer, format!("{}{path}", provider.origin()));
    }
}

#[test]
fn metadata_of_another_issuer_is_no_use_and_names_it() {
    refused(|metadata| metadata["issuer"] = "https://evil.example".into()).fails(
        1,
        &[
            "names another issuer, `https://evil.example`",
            "nothing was stored",
        ],
    );
    let template = "https://login.example.com/{tenantid}/v2.0";
    refused(|metadata| metadata["issuer"] = template.into())
        .fails(1, &[template, "the issuer of one tenant is needed"]);
}

#[test]
fn metadata_without_endpoints_says_which_keys_to_add() {
    refused(|metadata| {
        metadata.as_object_mut().unwrap().remove("token_endpoint");
    })
    .fails(1, &["`authorization_endpoint` and `token_endpoint`"]);
    refused(|metadata| metadata["require_pushed_authorization_requests"] = true.into())
        .fails(1, &["`pushed_authorization_request_endpoint`"]);
}

#[test]
fn a_trifle_that_is_wrong_ends_no_login() {
    let (home, _provider) = known_by_issuer("", |metadata| {
        metadata["scopes_supported"] = "openid".into();
        metadata["grant_types_supported"] = json!({"a": 1});
        metadata["code_challenge_methods_supported"] = json!([7]);
    });
    home.login(&["acme"]).ok();
}
