//! Signing in with the browser: consent, and the page at the end.

use serde_json::json;

use crate::chromium::Chromium;
use crate::page::Seen;
use crate::scene::Scene;
use keyfob_testkit::home::Home;
use keyfob_testkit::provider::acme;
use keyfob_testkit::screen::Screen;
use keyfob_testkit::server::Reply;
use keyfob_testkit::visitor::Waiting;

const CONSENT: &str = "keyfob wants to sign you in";

/// Demands that nothing of the address, and no token of the sandbox, can be read on the page.
#[track_caller]
fn tells_no_secret(page: &Seen) {
    assert!(!page.text.contains("sandbox_"), "{page:?}");
    for (name, value) in page.url.query_pairs() {
        let secret = ["code", "state"].contains(&&*name);
        assert!(!secret || !page.text.contains(&*value), "{page:?}");
    }
}

#[test]
fn a_person_allows_and_the_last_page_says_who_signed_in_where() {
    let Some(mut chromium) = Chromium::for_test() else {
        return;
    };
    let scene = Scene::new(&[], "");
    let browser = chromium.command();
    let login = scene
        .home
        .begin(&["login", "practice", "--browser", &browser]);
    chromium.attach();
    let consent = chromium.see(CONSENT);
    assert_eq!(consent.title, "Practice sign-in");
    chromium.look("consent");
    chromium.click("input[value='1001']");
    chromium.click("button[value=allow]");

    let page = chromium.see("Signed in to Practice as ada");
    assert_eq!(page.title, "Signed in to Practice · keyfob");
    assert!(page.text.contains("practice/ada"), "{page:?}");
    assert!(page.text.contains("You can close this tab"), "{page:?}");
    assert!(page.url.query_pairs().any(|(name, _)| name == "code"));
    tells_no_secret(&page);
    chromium.look("success");
    chromium.assert_quiet();
    let run = login.end().ok();
    assert!(
        run.stderr.contains("signed in to Practice as ada"),
        "{run:?}"
    );
    assert_eq!(scene.home.accounts(), ["practice/ada"]);
    chromium.assert_policy();
}

#[test]
fn a_person_denies_and_nothing_is_stored() {
    let Some(mut chromium) = Chromium::for_test() else {
        return;
    };
    let scene = Scene::new(&[], "");
    let browser = chromium.command();
    let login = scene
        .home
        .begin(&["login", "practice", "--browser", &browser]);
    chromium.attach();
    chromium.see(CONSENT);
    chromium.click("button[value=deny]");
    let page = chromium.see("Not signed in to Practice");
    assert_eq!(page.title, "Not signed in to Practice · keyfob");
    tells_no_secret(&page);
    chromium.look("refused");
    chromium.assert_quiet();
    chromium.assert_policy();
    login.end().fails(1, &["Practice said no"]);
    assert!(scene.home.stored().is_empty());
}

#[test]
fn a_login_that_fails_after_consent_says_so_in_the_browser() {
    let Some(mut chromium) = Chromium::for_test() else {
        return;
    };
    let scene = Scene::new(&[], "token_endpoint = \"BASE/nowhere\"\n");
    let browser = chromium.command();
    let login = scene
        .home
        .begin(&["login", "practice", "--browser", &browser]);
    chromium.attach();
    chromium.see(CONSENT);
    chromium.click("button[value=allow]");
    let page = chromium.see("Not signed in to Practice");
    tells_no_secret(&page);
    chromium.look("failed");
    chromium.assert_quiet();
    login.end().fails(1, &["Practice"]);
    assert!(scene.home.stored().is_empty());
}

#[test]
fn the_keyboard_alone_is_enough_at_the_practice_provider_inside_keyfob() {
    let Some(mut chromium) = Chromium::for_test() else {
        return;
    };
    let home = Home::new();
    let browser = chromium.command();
    let login = home.begin(&["login", "sandbox", "--browser", &browser]);
    chromium.attach();
    chromium.see(CONSENT);
    let mut stops = Vec::new();
    for _ in 0..3 {
        chromium.press("Tab");
        stops.push(chromium.focus());
    }
    assert_eq!(stops, [json!("1001"), json!("Allow"), json!("Deny")]);
    chromium.evaluate("document.querySelector(':checked').focus()");
    chromium.press("Enter");
    let page = chromium.see("Signed in to Sandbox as ada");
    assert!(page.text.contains("sandbox/ada"), "{page:?}");
    chromium.assert_quiet();
    login.end().ok();
    assert_eq!(home.accounts(), ["sandbox/ada"]);
}

#[test]
fn an_answer_to_another_sign_in_is_told_where_to_go_on() {
    let Some(mut chromium) = Chromium::for_test() else {
        return;
    };
    let (home, provider) = acme();
    let page = "Content-Type: text/html\r\n".to_owned();
    provider.next("/authorize", Reply::Text(200, page, "<h1>Wait</h1>".into()));
    let login = home.keyfob(&["login", "acme", "--browser", &chromium.command()]);
    let waiting = Waiting::new({ login }.spawn().expect("keyfob starts"));
    chromium.attach();
    chromium.see("Wait");
    let stray = waiting.redirect(&[("code", "of-old"), ("state", "another")]);
    chromium.call("Page.navigate", &json!({"url": stray.as_str()}));
    let page = chromium.see("This answer was not expected");
    tells_no_secret(&page);
    chromium.look("not-expected");
    chromium.assert_policy();
    chromium.call("Page.navigate", &json!({"url": waiting.url.as_str()}));
    chromium.see("Signed in to Acme as julien");
    waiting.end().ok();
}

#[test]
fn who_is_new_is_sent_back_to_the_terminal_which_asks() {
    let Some(mut chromium) = Chromium::for_test() else {
        return;
    };
    let (home, _provider) = acme();
    let login = home.keyfob(&["login", "acme", "--browser", &chromium.command()]);
    let mut screen = Screen::start(&login).unconfirmed();
    chromium.attach();
    let page = chromium.see("Are you julien at Acme?");
    assert!(page.text.contains("go back to the terminal"), "{page:?}");
    tells_no_secret(&page);
    chromium.look("asked");
    chromium.assert_policy();
    screen.wait_for("signed in to Acme as julien; is that you? [Y/n]");
    assert!(home.accounts().is_empty(), "not before the answer");
    screen.press("\r");
    assert_eq!(screen.end().0, 0);
    assert_eq!(home.accounts(), ["acme/julien"]);
}
