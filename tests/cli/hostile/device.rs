//! A device endpoint that names pages and codes for somebody else than the person.

use serde_json::{Value, json};

use super::*;
use keyfob_testkit::provider::{Decision, acme_with_device};
use keyfob_testkit::screen::Screen;
use keyfob_testkit::visitor::begin_visit;

const DEVICE: [&str; 4] = ["login", "acme", "--flow", "device"];

/// What only a QR code has on a screen without colours.
const HALF_BLOCK: char = '▀';

/// A good answer, with one member that is another.
fn answer(provider: &Provider, member: &str, value: Value) -> Reply {
    let page = format!("{}/activate", provider.origin());
    let mut answer = json!({
        "device_code": "a-device-code",
        "user_code": "WDJB-MJHT",
        "verification_uri": page,
        "verification_uri_complete": format!("{page}?user_code=WDJB-MJHT"),
        "expires_in": 60,
        "interval": 1,
    });
    answer[member] = value;
    Reply::Json(200, answer)
}

/// On a screen without colours nothing but line ends acts.
#[track_caller]
fn assert_still(screen: &mut Screen) {
    let raw = screen.raw();
    let acts = raw.chars().find(|c| !"\r\n".contains(*c) && is_unsafe(*c));
    assert_eq!(acts, None, "{raw:?}");
}

fn deep() -> Reply {
    let body = format!("{{\"device_code\":{}", "[".repeat(100_000));
    Reply::Text(200, "Content-Type: application/json\r\n".into(), body)
}

#[test]
fn a_page_that_is_none_is_never_shown() {
    let (mut home, provider) = acme_with_device();
    home.set("KEYFOB_BROWSER", home.recording_browser());
    let odd = [json!(7), json!(null), json!({"a": 1}), json!(["https://a"])];
    for hostile in HOSTILE_URLS.iter().map(|url| json!(url)).chain(odd) {
        provider.next("/device", answer(&provider, "verification_uri", hostile));
        let run = home
            .run(&DEVICE)
            .fails(1, &["verification_uri", "nothing was stored"]);
        assert_tame(&run);
        assert!(!run.stderr.contains("WDJB"), "no code is shown: {run:?}");
    }
    assert!(provider.asked("/token").is_empty());
    assert!(!home.path("browser/arguments").exists());
}

#[test]
fn codes_that_nobody_should_type_are_not_shown() {
    let (home, provider) = acme_with_device();
    let long = "x".repeat(100_000);
    for (member, value) in [
        ("user_code", json!(HOSTILE)),
        ("user_code", json!("\u{1b}]0;x\u{7}")),
        ("user_code", json!("WD\u{202e}JB")),
        ("user_code", json!("")),
        ("user_code", json!(12345)),
        ("user_code", json!(long)),
        ("device_code", json!("a\nb")),
        ("device_code", json!("\u{1b}[2J")),
        ("device_code", json!(long)),
        ("device_code", json!(["a"])),
        ("device_code", json!(null)),
        ("expires_in", json!(0)),
        ("expires_in", json!(-1)),
        ("expires_in", json!("soon")),
        ("interval", json!("often")),
        ("interval", json!({"seconds": 5})),
    ] {
        for manner in MANNERS {
            provider.next("/device", answer(&provider, member, value.clone()));
            let run = home.run(&[&DEVICE[..], manner].concat());
            let run = run.fails(1, &[member, "nothing was stored"]);
            assert_tame(&run);
            assert!(run.stderr.len() < 2000, "{} bytes", run.stderr.len());
        }
    }
    for reply in [
        deep(),
        Reply::Json(200, json!([1])),
        Reply::Text(200, "Content-Type: text/html\r\n".into(), HOSTILE.into()),
        Reply::Text(200, String::new(), "x".repeat(2 << 20)),
    ] {
        provider.next("/device", reply);
        assert_tame(&home.run(&DEVICE).fails(1, &["nothing was stored"]));
    }
    assert!(provider.asked("/token").is_empty());
}

/// What is no code may be an order or an address: it is the server's word, in quotes, and nothing to scan.
#[test]
fn a_code_that_looks_like_none_is_shown_as_the_servers_words() {
    let (home, provider) = acme_with_device();
    provider.state(|state| state.decision = Decision::Denied);
    for odd in [
        "go to evil.example",
        "evil.example/activate",
        "+1 555 0100",
        "WDJB MJHT",
        "WDJB_MJHT",
        "$(touch PWNED)",
        "a;b",
        "ABCDEFGHIJKLMNOPQRSTUVWXY",
    ] {
        provider.next("/device", answer(&provider, "user_code", json!(odd)));
        let mut command = home.keyfob(&DEVICE);
        command.env("NO_COLOR", "1").env("LANG", "C.UTF-8");
        let (_, shown) = Screen::start(&command).end();
        assert!(shown.contains(&format!("  \"{odd}\"")), "{shown}");
        assert!(shown.contains("what Acme calls its code"), "{shown}");
        assert!(!shown.contains([HALF_BLOCK, '║']), "{shown}");
        assert!(!shown.contains("user_code="), "{shown}");
    }
    for plain in ["WDJB-MJHT", "abc123", "ABCDEFGHIJKLMNOPQRSTUVWX"] {
        provider.next("/device", answer(&provider, "user_code", json!(plain)));
        let mut command = home.keyfob(&DEVICE);
        command.env("NO_COLOR", "1").env("LANG", "C.UTF-8");
        let (_, shown) = Screen::start(&command).end();
        assert!(
            shown.contains('║') && !shown.contains("calls its code"),
            "{shown}"
        );
    }
}

fn becomes_no_qr_code(hostile: &Value) {
    let (home, provider) = acme_with_device();
    let reply = answer(&provider, "verification_uri_complete", hostile.clone());
    provider.next("/device", reply);
    provider.state(|state| state.decision = Decision::Denied);
    let mut command = home.keyfob(&DEVICE);
    command.env("NO_COLOR", "1").env("LANG", "C.UTF-8");
    let mut screen = Screen::start(&command);
    let (_, shown) = screen.end();
    assert!(shown.contains("WDJB"), "{shown}");
    assert!(!shown.contains(HALF_BLOCK), "{hostile}: {shown}");
    assert_still(&mut screen);
}

#[test]
fn only_a_page_that_was_checked_becomes_a_qr_code() {
    let hostile = HOSTILE_URLS.iter().map(|url| json!(url)).chain([json!(7)]);
    std::thread::scope(|scope| {
        for hostile in hostile {
            scope.spawn(move || becomes_no_qr_code(&hostile)); // each waits for its poll
        }
    });
    let (home, provider) = acme_with_device();
    provider.state(|state| state.decision = Decision::Denied);
    let mut command = home.keyfob(&DEVICE);
    command.env("NO_COLOR", "1").env("LANG", "C.UTF-8");
    let mut screen = Screen::start(&command);
    let (_, shown) = screen.end();
    assert!(shown.contains(HALF_BLOCK), "a good one does: {shown}");
}

/// The way through the browser is left, and the person learns why there is no code under `-v`.
#[test]
fn a_hostile_device_answer_costs_the_other_ways_nothing() {
    for member in ["verification_uri", "user_code"] {
        let (home, provider) = acme_with_device();
        provider.next("/device", answer(&provider, member, json!(HOSTILE)));
        let mut screen = Screen::start(&home.keyfob(&["login", "acme", "-v"]));
        screen.wait_for("no code for another device");
        let url = screen.authorization_url();
        let browser = begin_visit(&url);
        let (status, shown) = screen.end();
        assert_eq!(status, 0, "{shown}");
        browser.join().expect("the browser");
        let raw = screen.raw();
        for acts in ["\u{1b}[31m\u{9b}", "\u{9b}", "\u{202e}", "\u{7}"] {
            assert!(!raw.contains(acts), "{raw:?}");
        }
    }
}

#[test]
fn words_of_a_refusal_never_act_on_the_screen() {
    let hostile = json!({"error": HOSTILE, "error_description": HOSTILE, "error_uri": HOSTILE});
    for path in ["/device", "/token"] {
        for manner in MANNERS {
            let (home, provider) = acme_with_device();
            provider.next(path, Reply::Json(400, hostile.clone()));
            let mut command = home.keyfob(&[&DEVICE[..], manner].concat());
            let mut screen = Screen::start(command.env("NO_COLOR", "1"));
            let (status, shown) = screen.end();
            assert_eq!(status, 1, "{shown}");
            assert!(shown.contains("FORGED"), "it is shown: {shown}");
            assert!(!shown.lines().any(|line| line.starts_with("FORGED")));
            assert_still(&mut screen);
        }
    }
}
