//! The polls of a device login at servers that are slow, down, wrong or never done.

use keyfob_testkit::process::GENEROUS;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use keyfob_testkit::home::{Home, Run};
use keyfob_testkit::process::Running;
use keyfob_testkit::provider::{Decision, Provider, acme_with_device};
use keyfob_testkit::screen::Screen;
use keyfob_testkit::server::Reply;

const DEVICE: [&str; 4] = ["login", "acme", "--flow", "device"];

/// Long enough for any wait of these tests that has a bound, and far less than a server's own.
const SOON: Duration = GENEROUS;

/// A server that gives its codes with these members.
fn with(members: &Value) -> (Home, Provider) {
    let (home, provider) = acme_with_device();
    let page = format!("{}/activate", provider.origin());
    let mut answer = json!({
        "device_code": "a-device-code",
        "user_code": "WDJB-MJHT",
        "verification_uri": page,
        "expires_in": 300,
        "interval": 1,
    });
    for (name, value) in members.as_object().expect("members") {
        answer[name] = value.clone();
    }
    provider.next("/device", Reply::Json(200, answer));
    (home, provider)
}

/// A login that has no more time than this.
#[track_caller]
fn within(home: &Home, timeout: &str) -> Run {
    home.run_within(SOON, &[&DEVICE[..], &["--timeout", timeout]].concat())
}

/// Signs in though the polls are answered so at first.
#[track_caller]
fn in_spite_of(replies: impl IntoIterator<Item = Reply>) -> Run {
    let (home, provider) = acme_with_device();
    let mut bad = 0;
    for reply in replies {
        provider.next("/token", reply);
        bad += 1;
    }
    provider.state(|state| state.decision = Decision::Granted);
    let run = home.run(&[&DEVICE[..], &["-v"]].concat()).ok();
    assert_eq!(provider.asked("/token").len(), bad + 1);
    assert_eq!(home.accounts(), ["acme/julien"]);
    run
}

fn status(status: u16, headers: &str) -> Reply {
    Reply::Text(status, headers.into(), String::new())
}

#[test]
fn a_sign_in_that_never_ends_is_bounded() {
    let (home, provider) = acme_with_device();
    let run = within(&home, "2500ms").fails(1, &["nobody signed in within 2s 500ms", "--timeout"]);
    assert!(run.stderr.contains("WDJB-MJHT"), "{run:?}");
    let polls = provider.asked("/token").len();
    assert!((1..=2).contains(&polls), "{polls} polls");
    assert!(home.stored().is_empty());
}

#[test]
fn an_interval_is_at_least_a_second() {
    for interval in [json!(0), json!(-1), json!("0.001"), json!(0.2)] {
        let (home, provider) = with(&json!({"interval": interval}));
        within(&home, "2500ms").fails(1, &["nobody signed in"]);
        let polls = provider.asked("/token").len();
        assert!((1..=2).contains(&polls), "{interval}: {polls} polls");
    }
}

#[test]
fn an_interval_or_a_life_without_end_ends_with_the_timeout() {
    for members in [
        json!({"interval": 1e9}),
        json!({"interval": 1e300, "expires_in": 1e300}),
        json!({"expires_in": 1e12}),
        json!({"expires_in": null}),
        json!({"interval": 60, "expires_in": 60}),
    ] {
        let (home, _provider) = with(&members);
        let run = within(&home, "1s").fails(1, &["nobody signed in within 1s"]);
        assert!(run.stderr.contains("WDJB-MJHT"), "{members}: {run:?}");
    }
}

#[test]
fn a_server_that_fails_for_a_while_costs_nothing() {
    let run = in_spite_of([status(500, "")]);
    assert!(run.stderr.contains("asking again later"), "{run:?}");
}

#[test]
fn a_server_that_fails_to_the_end_is_not_the_persons_silence() {
    let (home, provider) = acme_with_device();
    for _ in 0..9 {
        provider.next("/token", status(500, ""));
    }
    within(&home, "1500ms").fails(1, &["nobody signed in within", "; the last poll failed: "]);
}

#[test]
fn a_server_that_wants_a_pause_gets_one() {
    let (home, provider) = acme_with_device();
    for _ in 0..9 {
        provider.next("/token", status(429, "Retry-After: 2\r\n"));
    }
    within(&home, "4s").fails(1, &["nobody signed in"]);
    assert_eq!(provider.asked("/token").len(), 1, "slower than before");
}

#[test]
fn a_connection_that_drops_costs_nothing() {
    let half =
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 200\r\n\r\n{\"acc";
    in_spite_of([Reply::Raw(half.to_vec())]);
    in_spite_of([Reply::Close]);
}

#[test]
fn a_page_of_a_proxy_is_no_verdict() {
    let page = Reply::Text(
        200,
        "Content-Type: text/html\r\n".into(),
        "<h1>log in to the network</h1>".into(),
    );
    in_spite_of([page]);
}

/// Whatever the server does in the meantime: the wait for its answer is no longer than the person's.
#[test]
fn an_answer_that_never_ends_is_bounded() {
    for path in ["/device", "/token"] {
        let (home, provider) = acme_with_device();
        provider.next(path, Reply::Drip(Duration::from_millis(50)));
        within(&home, "2s").fails(1, &["nobody signed in within 2s"]);
        assert!(home.stored().is_empty());
    }
}

#[test]
fn a_token_that_no_header_can_carry_is_no_account() {
    let (home, provider) = acme_with_device();
    for answer in [
        json!({"access_token": "a\u{1b}[31m", "token_type": "Bearer"}),
        json!({"access_token": ["a"], "token_type": "Bearer"}),
        json!({"access_token": "a", "token_type": {"a": 1}}),
        json!({"token_type": "Bearer"}),
        json!({}),
    ] {
        provider.next("/token", Reply::Json(200, answer));
        home.run(&DEVICE).fails(1, &["nothing was stored"]);
    }
    assert!(home.stored().is_empty());
}

#[test]
fn a_grant_after_ctrl_c_is_nobodys() {
    let (home, provider) = acme_with_device();
    let door = provider.hold("/token");
    let mut screen = Screen::start(&home.keyfob(&DEVICE));
    screen.wait_for("WDJB-MJHT");
    provider.state(|state| state.decision = Decision::Granted);
    provider.wait_for("/token", 1);
    let begin = Instant::now();
    screen.press("\x03");
    let (status, shown) = screen.end();
    assert_eq!(status, 130, "{shown}");
    assert!(begin.elapsed() < SOON, "at once");
    drop(door);
    assert!(home.stored().is_empty());
    assert!(shown.contains("interrupted"), "{shown}");
    assert_eq!(provider.asked("/token").len(), 1, "nothing polls on");
}

#[test]
fn a_signal_while_the_code_is_asked_for_ends_it() {
    let (home, provider) = acme_with_device();
    for (path, signal) in [("/device", "TERM"), ("/token", "HUP"), ("/userinfo", "INT")] {
        let door = provider.hold(path);
        provider.state(|state| state.decision = Decision::Granted);
        let before = provider.asked(path).len();
        let login: Running = home.begin(&DEVICE);
        provider.wait_for(path, before + 1);
        login.signal(signal);
        let run = login.end();
        assert_eq!(run.status, 130, "{path}: {run:?}");
        assert!(run.stderr.contains("error: interrupted"), "{run:?}");
        drop(door);
        assert!(home.stored().is_empty(), "{path}");
    }
    home.run(&DEVICE).ok();
}
