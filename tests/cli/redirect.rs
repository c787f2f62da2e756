//! The redirect listener as the network meets it during a real login: whatever arrives, only the right
//! answer ends the wait, and the page tells the truth.

use keyfob_testkit::process::GENEROUS;
use std::io::Write;
use std::net::TcpStream;
use std::time::Instant;

use serde_json::json;
use url::Url;

use keyfob_testkit::provider::{MARK, acme, acme_with};
use keyfob_testkit::server::Reply;
use keyfob_testkit::visitor::{Page, Waiting, begin_visit, get, send};

/// What a refusal's description may hold to do harm: markup, a colour, a reordering, a second line.
const HOSTILE: &str = "<script>alert(1)</script>\u{1b}[31mred\u{202e}\r\nerror: all is lost";

/// A page that keeps to itself: nothing loads, nothing runs, nothing stays behind.
#[track_caller]
fn assert_calm(page: &Page) {
    assert_eq!(page.header("cache-control"), "no-store", "{page:?}");
    assert_eq!(page.header("referrer-policy"), "no-referrer", "{page:?}");
    let policy = page.header("content-security-policy");
    assert!(policy.starts_with("default-src 'none'"), "{page:?}");
    for never in ["<script", "<img", "<link", "href", "src=", MARK] {
        assert!(!page.body.contains(never), "{never} in {page:?}");
    }
}

/// Where the provider sends the browser: the redirect URI with a good code.
fn approved(waiting: &Waiting) -> Url {
    get(&waiting.url)
        .header("location")
        .parse()
        .expect("a redirect")
}

fn raw(to: &Url, method: &str, host: &str) -> Page {
    let target = &to[url::Position::BeforePath..url::Position::AfterQuery];
    let request =
        format!("{method} {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    send(to, &request)
}

#[test]
fn the_right_answer_arrives_within_a_second_amid_everything_else() {
    let (home, _provider) = acme();
    let waiting = home.begin_login(&["acme"]);
    let right = approved(&waiting);
    let own_host = &right[url::Position::BeforeHost..url::Position::AfterPort];
    let mut silent: Vec<TcpStream> = (0..200)
        .map(|_| TcpStream::connect(own_host).expect("the listener"))
        .collect();

    for wrong in [
        waiting.redirect(&[("code", "x"), ("state", "of-another-login")]),
        waiting.redirect(&[("code", "x")]),
        waiting.redirect(&[("code", "x"), ("code", "y"), ("state", "wrong")]),
        waiting.redirect(&[("code", "x"), ("state", "STATE"), ("state", "wrong")]),
        waiting.redirect(&[("error", "access_denied"), ("error_description", HOSTILE)]),
    ] {
        let page = get(&wrong);
        assert_eq!(page.status, 400, "{wrong}: {page:?}");
        assert_calm(&page);
        assert!(!page.body.contains("alert"), "{page:?}");
    }
    assert_eq!(raw(&right, "POST", own_host).status, 404);
    assert_eq!(raw(&right, "HEAD", own_host).status, 404);
    assert_eq!(raw(&right, "GET", "evil.example").status, 404);
    for path in [
        "/",
        "/favicon.ico",
        "/callback",
        "/callback/acme/",
        "/callback/other",
    ] {
        assert_eq!(get(&right.join(path).unwrap()).status, 404, "{path}");
    }
    let long = format!(
        "GET /callback/acme?state={} HTTP/1.1\r\n",
        "x".repeat(1 << 20)
    );
    assert_ne!(send(&right, &long).status, 200);
    let begun = format!("GET {} HTTP/1.1\r\n", right.path());
    for stream in silent.iter_mut().skip(150) {
        let _ = stream.write_all(begun.as_bytes()); // half a request, from whoever is still connected
    }

    let since = Instant::now();
    let (page, run) = waiting.bring(&right);
    let took = since.elapsed();
    assert_eq!(page.status, 200, "{page:?}");
    assert_calm(&page);
    run.ok();
    assert!(took < GENEROUS, "{took:?}");
    assert_eq!(home.accounts(), ["acme/julien"]);
}

#[test]
fn nothing_listens_once_the_answer_was_taken() {
    let (home, provider) = acme();
    let waiting = home.begin_login(&["acme"]);
    let right = approved(&waiting);
    let held = provider.hold("/token");
    let browser = std::thread::spawn({
        let right = right.clone();
        move || get(&right)
    });
    provider.wait_for("/token", 1);
    assert_eq!(get(&right).status, 0, "a second redirect finds nobody");
    drop(held);
    assert_eq!(browser.join().unwrap().status, 200);
    waiting.end().ok();
    assert_eq!(provider.asked("/token").len(), 1, "the code is sent once");
}

#[test]
fn a_wrong_issuer_ends_the_login_with_nothing_of_it_shown() {
    let issuer = "iss_parameter = true\n";
    for (definition, answer) in [
        ("", &[("iss", "https://evil.example"), ("code", "x")][..]),
        (
            "",
            &[
                ("iss", "https://evil.example"),
                ("error", "access_denied"),
                ("error_description", "do-not-show"),
            ],
        ),
        (
            issuer,
            &[
                ("error", "access_denied"),
                ("error_description", "do-not-show"),
            ],
        ),
        (issuer, &[("code", "x")]),
    ] {
        let (home, provider) = acme_with(definition);
        let waiting = home.begin_login(&["acme", "--json"]);
        let to = waiting.redirect(&[&[("state", "STATE")], answer].concat());
        let (page, run) = waiting.bring(&to);
        assert_eq!((page.status, run.status), (500, 1), "{answer:?}: {run:?}");
        assert_eq!(run.failure()["error"], "invalid_state");
        for shown in [&page.body, &run.stderr] {
            assert!(
                !shown.contains("do-not-show") && !shown.contains("evil"),
                "{shown}"
            );
        }
        assert!(provider.asked("/token").is_empty() && home.stored().is_empty());
    }
}

#[test]
fn the_right_issuer_is_taken() {
    let (home, provider) = acme_with("iss_parameter = true\n");
    let waiting = home.begin_login(&["acme"]);
    let mut right = approved(&waiting);
    right
        .query_pairs_mut()
        .append_pair("iss", &provider.origin());
    let (page, run) = waiting.bring(&right);
    run.ok();
    assert_eq!(page.status, 200);
}

#[test]
fn a_refusal_is_told_and_its_words_do_no_harm() {
    let (home, provider) = acme();
    let waiting = home.begin_login(&["acme"]);
    let to = waiting.redirect(&[
        ("error", "access_denied"),
        ("error_description", HOSTILE),
        ("state", "STATE"),
    ]);
    let (page, run) = waiting.bring(&to);
    let run = run.fails(1, &["Acme said no: access_denied", "keyfob login acme"]);
    assert_eq!(page.status, 403, "{page:?}");
    assert_calm(&page);
    assert!(
        !page.body.contains("alert") && !page.body.contains("lost"),
        "{page:?}"
    );
    assert!(
        !run.stderr.contains(['\u{1b}', '\u{202e}', '\r']),
        "{run:?}"
    );
    assert!(!run.stderr.contains("\nerror: all is lost"), "{run:?}");
    assert!(provider.asked("/token").is_empty() && home.stored().is_empty());
}

#[test]
fn a_refusal_has_the_code_that_a_script_can_act_on() {
    for (error, code, exit) in [
        ("access_denied", "access_denied", 1),
        ("invalid_scope", "access_denied", 1),
        ("login_required", "login_required", 4),
        ("temporarily_unavailable", "provider_unavailable", 3),
        ("server_error", "provider_unavailable", 3),
    ] {
        let (home, _provider) = acme();
        let waiting = home.begin_login(&["acme", "--json"]);
        let to = waiting.redirect(&[("error", error), ("state", "STATE")]);
        let (_, run) = waiting.bring(&to);
        assert_eq!(
            (run.status, &run.failure()["error"]),
            (exit, &json!(code)),
            "{error}"
        );
    }
}

#[test]
fn the_success_page_waits_until_the_account_is_stored() {
    let (home, provider) = acme();
    let waiting = home.begin_login(&["acme"]);
    let held = provider.hold("/token");
    let browser = begin_visit(&waiting.url);
    provider.wait_for("/token", 1);
    assert!(!browser.is_finished() && home.stored().is_empty());
    drop(held);
    let page = browser.join().unwrap();
    // The page is there, so the account is, whether or not the process has ended.
    assert_eq!((page.status, home.stored().len()), (200, 2), "{page:?}");
    waiting.end().ok();
}

#[test]
fn a_failing_exchange_gives_the_failure_page() {
    let (home, provider) = acme();
    provider.next(
        "/token",
        Reply::Json(400, json!({"error": "invalid_grant"})),
    );
    let waiting = home.begin_login(&["acme"]);
    let url = waiting.url.clone();
    let (page, run) = waiting.bring(&url);
    assert_eq!(page.status, 500, "{page:?}");
    assert!(page.body.contains("nothing was stored"), "{page:?}");
    assert_calm(&page);
    run.fails(1, &["Acme refused the code: invalid_grant"]);
    assert!(home.stored().is_empty());
}

#[test]
fn a_browser_that_went_away_does_not_undo_the_login() {
    let (home, provider) = acme();
    let waiting = home.begin_login(&["acme"]);
    let right = approved(&waiting);
    let held = provider.hold("/token");
    let mut stream =
        TcpStream::connect(&right[url::Position::BeforeHost..url::Position::AfterPort]).unwrap();
    let target = &right[url::Position::BeforePath..url::Position::AfterQuery];
    let host = &right[url::Position::BeforeHost..url::Position::AfterPort];
    write!(stream, "GET {target} HTTP/1.1\r\nHost: {host}\r\n\r\n").unwrap();
    provider.wait_for("/token", 1);
    drop(stream);
    drop(held);
    waiting.end().ok();
    assert_eq!(home.accounts(), ["acme/julien"]);
}
