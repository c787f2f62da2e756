//! The last page where the browser was not the first to finish.

use std::time::Duration;

use serde_json::Value;

use crate::chromium::Chromium;
use keyfob_testkit::provider::{Decision, acme_with_device};
use keyfob_testkit::screen::Screen;
use keyfob_testkit::server::Reply;

#[test]
fn the_page_tells_that_the_code_on_a_device_was_faster() {
    let Some(mut chromium) = Chromium::for_test() else {
        return;
    };
    let (home, provider) = acme_with_device();
    home.login(&["acme"]).ok(); // so that nobody is new
    let page = "Content-Type: text/html\r\n".to_owned();
    let wait = Reply::Text(200, page, "<h1>Wait</h1>".into());
    provider.next("/authorize", wait);
    let login = ["login", "acme", "--browser", &chromium.command()];
    let mut screen = Screen::start(&home.keyfob(&login));
    chromium.attach();
    chromium.see("Wait");
    screen.press("\r");
    screen.wait_for("WDJB-MJHT");

    let poll = provider.hold("/token");
    provider.state(|state| state.decision = Decision::Granted);
    provider.wait_for("/token", provider.asked("/token").len() + 1);
    chromium.evaluate("location.reload()");
    let at_provider = provider.origin().replace("http://", "");
    chromium.until("the browser on its way back", |chromium| {
        let mut sent = chromium.told("Network.requestWillBeSentExtraInfo");
        let back = sent.any(|request| request["headers"]["Host"] != at_provider);
        back.then_some(()).ok_or(Value::Null)
    });
    std::thread::sleep(Duration::from_millis(100)); // time enough for it to arrive
    drop(poll);
    let page = chromium.see("Signed in to Acme as julien");
    assert!(page.text.contains("acme/julien"), "{page:?}");
    assert!(
        page.text.contains("The code on another device was faster"),
        "{page:?}"
    );
    chromium.look("overtaken");
    let (status, shown) = screen.end();
    assert_eq!(status, 0, "{shown}");
    let exchanged = provider.asked("/token").into_iter();
    let codes = exchanged.filter(|request| request.form["grant_type"] == "authorization_code");
    assert_eq!(
        codes.count(),
        1,
        "the first sign-in's: the browser's code is not used"
    );
}
