//! Each flow by itself, in the places where people type it: SSH, a container, a pipe, CI, a terminal
//! without a display.

use keyfob_testkit::process::GENEROUS;
use std::io::Read;
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::json;
use url::Url;

use keyfob_testkit::home::{Home, Run};
use keyfob_testkit::provider::{Decision, acme, acme_with, acme_with_device};
use keyfob_testkit::screen::Screen;
use keyfob_testkit::server::Reply;
use keyfob_testkit::visitor::{begin_visit, get};

/// "At once": no wait for a person, a browser or a poll.
const AT_ONCE: Duration = GENEROUS;

const MACHINE: &str = "client_auth = \"client_secret_basic\"\n";

fn ends_on(url: &Url) -> Url {
    Url::parse(get(url).header("location")).expect("a redirect")
}

#[test]
fn the_device_flow_needs_no_terminal() {
    let (home, provider) = acme_with_device();
    provider.state(|state| state.decision = Decision::Granted);
    let run = home.run(&["login", "acme", "--flow", "device"]).ok();
    for word in ["/activate", "WDJB-MJHT", "for nobody else"] {
        assert!(run.stderr.contains(word), "no {word}: {run:?}");
    }
    assert!(provider.asked("/authorize").is_empty());
    home.run(&["refresh", "acme"]).ok();
}

#[test]
fn a_pipe_without_a_browser_uses_the_device_flow_by_itself() {
    let (home, provider) = acme_with_device();
    provider.state(|state| state.decision = Decision::Granted);
    home.run(&["login", "acme"]).ok();
    assert!(provider.asked("/authorize").is_empty());
}

#[test]
fn a_device_code_that_nobody_types_is_an_error_of_its_own() {
    let (home, provider) = acme_with_device();
    provider.state(|state| state.code_lives = 1);
    let run = home.run(&["login", "acme", "--flow", "device", "--json"]);
    assert_eq!(run.status, 1, "{run:?}");
    assert_eq!(run.failure()["error"], "expired_token");
    assert!(home.stored().is_empty());
}

#[test]
fn a_denial_on_the_device_is_another() {
    let (home, provider) = acme_with_device();
    provider.state(|state| state.decision = Decision::Denied);
    let run = home.run(&["login", "acme", "--flow", "device", "--json"]);
    assert_eq!(run.status, 1, "{run:?}");
    assert_eq!(run.failure()["error"], "access_denied");
}

#[test]
fn quiet_still_shows_the_code() {
    let (home, provider) = acme_with_device();
    provider.state(|state| state.decision = Decision::Granted);
    let run = home.run(&["login", "acme", "--flow", "device", "-q"]).ok();
    assert!(run.stderr.contains("WDJB-MJHT"), "{run:?}");
}

#[test]
fn where_nothing_can_finish_it_ends_at_once() {
    let (home, provider) = acme();
    for (flow, word) in [
        ("auto", "here: "),
        ("browser", "here: "),
        ("paste", "no terminal"),
    ] {
        let start = Instant::now();
        let run = home.run(&["login", "acme", "--flow", flow]);
        run.fails(4, &[word, "keyfob login acme"]);
        assert!(start.elapsed() < AT_ONCE, "{flow}");
    }
    home.run(&["login", "acme", "--flow", "device"])
        .fails(2, &["no device flow is known for Acme"]);
    assert!(provider.asked("/authorize").is_empty() && home.stored().is_empty());
}

#[test]
fn a_closed_standard_input_ends_at_once_too() {
    let (home, _provider) = acme();
    let run = home.shell("keyfob login acme <&-");
    run.fails(4, &["nobody can sign in to Acme here"]);
}

#[test]
fn paste_alone_listens_nowhere() {
    let (home, provider) = acme();
    let mut screen = Screen::start(&home.keyfob(&["login", "acme", "--flow", "paste"]));
    screen.wait_for("ends on");
    let url = screen.authorization_url();
    let to = ends_on(&url);
    assert_eq!(get(&to).status, 0, "nothing answers at {to}");
    screen.press(&format!("{to}\r"));
    let (status, shown) = screen.end();
    assert_eq!(status, 0, "{shown}");
    let sent = &provider.asked("/token")[0].form["redirect_uri"];
    assert!(to.as_str().starts_with(sent), "{to} {sent}");
}

#[test]
fn a_page_that_shows_the_code_takes_it_bare_or_with_its_state() {
    let manual = "[redirect]\nno_loopback = true\nshows_code = true\nmanual = \"https://id.example.com/code\"\n";
    for with_state in [true, false] {
        let (home, provider) = acme_with(manual);
        let mut screen = Screen::start(&home.keyfob(&["login", "acme"]));
        screen.wait_for("the code that it shows");
        let to = ends_on(&screen.authorization_url());
        let sent: std::collections::BTreeMap<_, _> = to.query_pairs().into_owned().collect();
        let typed = if with_state {
            format!("{}#{}", sent["code"], sent["state"])
        } else {
            sent["code"].clone()
        };
        screen.press(&format!("{typed}\r"));
        let (status, shown) = screen.end();
        assert_eq!(status, 0, "{shown}");
        let uri = &provider.asked("/token")[0].form["redirect_uri"];
        assert_eq!(uri, "https://id.example.com/code");
    }
}

#[test]
fn a_bare_code_is_refused_where_no_page_shows_one() {
    let (home, provider) = acme();
    let mut screen = Screen::start(&home.keyfob(&["login", "acme"]));
    screen.wait_for("ends on");
    let to = ends_on(&screen.authorization_url());
    let (_, code) = to.query_pairs().next().expect("a code");
    screen.press(&format!("{code}\r"));
    screen.wait_for("warning");
    assert!(provider.asked("/token").is_empty());
    screen.press("\x03");
    assert_eq!(screen.end().0, 130);
}

#[test]
fn ssh_is_told_how_to_forward_the_redirect() {
    let (mut home, _provider) = acme();
    home.set("SSH_CONNECTION", "10.0.0.2 50000 10.0.0.1 22");
    home.set("DISPLAY", ":0");
    let mut screen = Screen::start(&home.keyfob(&["login", "acme"]));
    screen.wait_for("SSH session");
    screen.wait_for("ssh -L ");
    let url = screen.authorization_url();
    let redirect = url.query_pairs().find(|(name, _)| name == "redirect_uri");
    let port = Url::parse(&redirect.unwrap().1).unwrap().port().unwrap();
    screen.wait_for(&format!("ssh -L {port}:127.0.0.1:{port} "));
    let browser = begin_visit(&url); // as the forwarded port would bring it
    let (status, shown) = screen.end();
    assert_eq!(status, 0, "{shown}");
    browser.join().unwrap();
}

#[test]
fn where_nothing_else_finishes_the_forwarded_port_is_no_alternative() {
    let (mut home, _provider) = acme();
    home.set("SSH_CONNECTION", "10.0.0.2 50000 10.0.0.1 22");
    let mut screen = Screen::start(&home.keyfob(&["login", "acme", "--flow", "browser"]));
    screen.wait_for("\nforward the redirect first");
    screen.press("\x03");
    assert_eq!(screen.end().0, 130);
}

#[test]
fn a_container_is_recognised() {
    let (mut home, _provider) = acme();
    home.set("container", "podman");
    let mut screen = Screen::start(&home.keyfob(&["login", "acme"]));
    screen.wait_for("podman container");
    screen.press("\x03");
    assert_eq!(screen.end().0, 130);
}

/// Reads until the child has said a word.
fn said(child: &mut std::process::Child, word: &str) -> String {
    let mut stderr = child.stderr.take().expect("a pipe");
    let mut said = Vec::new();
    let mut byte = [0];
    while !String::from_utf8_lossy(&said).contains(word) {
        assert_eq!(stderr.read(&mut byte).expect("stderr"), 1, "{said:?}");
        said.push(byte[0]);
    }
    child.stderr = Some(stderr);
    String::from_utf8_lossy(&said).into_owned()
}

#[test]
fn a_browser_that_does_not_open_hands_over_to_the_device_code() {
    let (home, provider) = acme_with_device();
    let mut command = home.keyfob(&["login", "acme", "--browser", "/no/such/browser"]);
    let mut child = command.stdin(Stdio::null()).spawn().unwrap();
    said(&mut child, "WDJB-MJHT");
    provider.state(|state| state.decision = Decision::Granted);
    Run::of(child.wait_with_output().unwrap()).ok();
}

#[test]
fn where_no_browser_opens_and_no_code_is_given_it_ends_at_once() {
    let (home, provider) = acme_with_device();
    let refusal = json!({"error": "unauthorized_client"});
    provider.next("/device", Reply::Json(400, refusal));
    let start = Instant::now();
    let run = home.run(&["login", "acme", "--browser", "/no/such/browser"]);
    run.fails(1, &["no browser opened", "unauthorized_client"]);
    assert!(start.elapsed() < AT_ONCE);
}

#[test]
fn no_browser_opens_none() {
    let (mut home, provider) = acme_with_device();
    home.set("KEYFOB_BROWSER", home.recording_browser());
    provider.state(|state| state.decision = Decision::Granted);
    home.run(&["login", "acme", "--no-browser"]).ok();
    assert!(!home.path("browser/arguments").exists());
}

fn machine() -> (Home, keyfob_testkit::provider::Provider) {
    let (mut home, provider) = acme_with(MACHINE);
    provider.state(|state| state.machines = true);
    home.set("KEYFOB_ACME_CLIENT_SECRET", "MARKED-SECRET-client");
    (home, provider)
}

const FOR_ITSELF: [&str; 5] = ["login", "acme", "--flow", "client-credentials", "--json"];

#[test]
fn a_machine_signs_in_by_its_own_secret_and_fetches_a_new_token_when_the_old_one_ends() {
    let (mut home, provider) = machine();
    provider.state(|state| state.expires_in = Some(0));
    let answer = home.run(&FOR_ITSELF).ok().json();
    assert_eq!(answer["account"], "acme/keyfob-test");
    assert_eq!(answer["refreshable"], true);
    assert!(provider.asked("/userinfo").is_empty());
    let entry = home.entry("acme/keyfob-test");
    assert_eq!(entry["identity"]["kind"], "client");

    home.unset("KEYFOB_ACME_CLIENT_SECRET");
    let first = home.run(&["token", "acme"]).ok();
    let second = home.run(&["token", "acme"]).ok();
    assert_ne!(first.stdout, second.stdout, "an ended token is replaced");
    let asked = provider.asked("/token");
    assert!(
        asked
            .iter()
            .all(|asked| asked.form["grant_type"] == "client_credentials")
    );
    assert!(asked[2].headers["authorization"].starts_with("Basic "));
    assert_eq!(asked[2].form["scope"], "read write");
    for (path, bytes) in home.files() {
        let text = String::from_utf8_lossy(&bytes);
        assert!(!text.contains("MARKED-SECRET"), "{}", path.display());
    }
}

#[test]
fn a_machine_without_a_secret_is_told_where_to_give_it() {
    let (mut home, provider) = machine();
    home.unset("KEYFOB_ACME_CLIENT_SECRET");
    let run = home.run(&FOR_ITSELF);
    assert_eq!(run.failure()["error"], "registration_required");
    assert!(run.stderr.contains("KEYFOB_ACME_CLIENT_SECRET"), "{run:?}");
    assert!(provider.asked("/token").is_empty());
}

#[test]
fn a_machine_and_a_person_are_two_accounts() {
    let (home, _provider) = machine();
    home.run(&FOR_ITSELF).ok();
    home.login(&["acme"]).ok();
    assert_eq!(home.accounts(), ["acme/julien", "acme/keyfob-test"]);
    home.run(&["logout", "acme/keyfob-test"]).ok();
    assert_eq!(home.accounts(), ["acme/julien"]);
}

#[test]
fn a_machine_is_its_client_and_proves_that_its_grant_still_works() {
    let (home, provider) = machine();
    home.run(&FOR_ITSELF).ok();
    let whoami = home.run(&["whoami", "acme", "--json"]).ok().json();
    assert_eq!(whoami["id"], "keyfob-test");
    assert_eq!(whoami["username"], "keyfob-test");
    assert!(whoami["claims"].is_null(), "{whoami}");
    assert!(provider.asked("/userinfo").is_empty());
    assert_eq!(provider.asked("/token").len(), 2, "a grant of its own");

    provider.state(|state| state.machines = false);
    home.run(&["whoami"]).fails(1, &["acme/keyfob-test"]);
}

#[test]
fn a_machine_whose_token_has_ended_needs_no_sign_in() {
    let (home, provider) = machine();
    provider.state(|state| state.expires_in = Some(0));
    home.run(&FOR_ITSELF).ok();
    let listed = home.run(&["list", "--json"]).ok().json();
    assert_eq!(listed["accounts"][0]["refreshable"], true);
    assert_eq!(listed["accounts"][0]["status"], "expired");
    let refreshed = home.run(&["refresh", "--all", "--json"]).ok().json();
    assert_eq!(refreshed["accounts"][0]["account"], "acme/keyfob-test");
    assert_eq!(
        refreshed["accounts"][0]["result"], "refreshed",
        "{refreshed}"
    );
    assert_eq!(provider.asked("/token").len(), 2);
}

#[test]
fn presets_ask_for_what_they_name() {
    let presets = "[presets]\nread = [\"read\"]\npublish = [\"read\", \"publish\"]\n";
    let (home, provider) = acme_with(presets);
    home.login(&["acme", "--for", "publish", "--scope", "extra"])
        .ok();
    assert_eq!(
        provider.asked("/authorize")[0].query["scope"],
        "read publish extra"
    );
    home.refused_login(&["acme", "--for", "publsh"]).fails(
        2,
        &["no preset of Acme is called `publsh`", "--for publish"],
    );
}

#[test]
fn signing_in_again_with_one_more_scope_keeps_those_it_has() {
    let (home, provider) = acme();
    home.login(&["acme"]).ok();
    home.login(&["acme/julien", "--scope", "admin"]).ok();
    assert_eq!(
        provider.asked("/authorize")[1].query["scope"],
        "admin read write"
    );
}

#[test]
fn resource_and_audience_are_asked_for_and_kept() {
    let (home, provider) = acme();
    let wanted = [
        "acme",
        "--resource",
        "https://api.example.com/v1",
        "--audience",
        "api",
    ];
    home.login(&wanted).ok();
    let asked = &provider.asked("/authorize")[0].query;
    assert_eq!(asked["resource"], "https://api.example.com/v1");
    assert_eq!(asked["audience"], "api");
    home.run(&["refresh", "acme"]).ok();
    for asked in provider.asked("/token") {
        assert_eq!(asked.form["resource"], "https://api.example.com/v1");
    }
    for (wrong, what) in [
        ("api", "absolute URI"),
        ("https://a.example/#x", "no fragment"),
    ] {
        home.refused_login(&["acme", "--resource", wrong])
            .fails(2, &[what]);
    }
}
