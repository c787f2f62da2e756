//! A page as a person has it: looked at, clicked, typed into, and photographed.

use std::fs;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use url::Url;

use crate::chromium::Chromium;

/// What of a page's policy stops the things that `policy.js` does.
const STOPS: [&str; 6] = [
    "base-uri",
    "form-action",
    "img-src",
    "script-src-elem",
    "style-src-attr",
    "style-src-elem",
];

/// The screens that every page is looked at on: a phone and a desktop.
const SCREENS: [(u32, u32); 2] = [(390, 780), (1280, 800)];

/// A page that is there.
#[derive(Debug)]
pub struct Seen {
    /// Its title.
    pub title: String,
    /// Its address.
    pub url: Url,
    /// All that can be read on it.
    pub text: String,
}

impl Chromium {
    /// Waits for the page with this heading.
    #[track_caller]
    pub fn see(&mut self, heading: &str) -> Seen {
        let page = self.until(heading, |chromium| {
            let page = chromium.evaluate(
                "document.readyState === 'complete' && [document.querySelector('h1')?.innerText, \
                 document.title, location.href, document.body.innerText]",
            );
            let page = page.unwrap_or_default();
            if page[0] == heading {
                Ok(page)
            } else {
                Err(page)
            }
        });
        let text = |at: usize| page[at].as_str().expect("a string").to_owned();
        Seen {
            title: text(1),
            url: Url::parse(&text(2)).expect("a URL"),
            text: text(3),
        }
    }

    /// Clicks what a selector finds, as a mouse does.
    #[track_caller]
    pub fn click(&mut self, selector: &str) {
        let middle = format!(
            "(async () => {{ const found = document.querySelector({selector:?}); found.scrollIntoView(); \
             const drawn = () => new Promise(requestAnimationFrame); await drawn(); await drawn(); \
             const at = found.getBoundingClientRect(); \
             return [at.x + at.width / 2, at.y + at.height / 2]; }})()"
        );
        let at = self.evaluate(&middle).expect("a page");
        for kind in ["mousePressed", "mouseReleased"] {
            let event = json!({
                "type": kind, "x": at[0], "y": at[1], "button": "left", "clickCount": 1,
            });
            self.call("Input.dispatchMouseEvent", &event);
        }
    }

    /// Presses a key: `Tab` or `Enter`.
    pub fn press(&mut self, key: &str) {
        let (code, text) = match key {
            "Enter" => (13, "\r"),
            _ => (9, ""),
        };
        for kind in ["keyDown", "keyUp"] {
            let event = json!({
                "type": kind, "key": key, "code": key, "windowsVirtualKeyCode": code, "text": text,
            });
            self.call("Input.dispatchKeyEvent", &event);
        }
    }

    /// Types into what has the focus.
    pub fn enter(&mut self, text: &str) {
        self.call("Input.insertText", &json!({"text": text}));
    }

    /// What has the focus: its text or its value.
    pub fn focus(&mut self) -> Value {
        let focus = "document.activeElement.innerText || document.activeElement.value || ''";
        self.evaluate(focus).expect("a page")
    }

    /// Demands that the page is right on every screen and in both schemes, and leaves a picture of each in
    /// `target/tmp/chromium`, for people to judge.
    #[track_caller]
    pub fn look(&mut self, name: &str) {
        for (width, height) in SCREENS {
            for scheme in ["light", "dark"] {
                let feature = json!({"name": "prefers-color-scheme", "value": scheme});
                self.call(
                    "Emulation.setEmulatedMedia",
                    &json!({"features": [feature]}),
                );
                let screen = json!({
                    "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500,
                });
                self.call("Emulation.setDeviceMetricsOverride", &screen);
                let faults = self.evaluate(include_str!("faults.js"));
                assert_eq!(faults, Some(json!([])), "{name} at {width}, {scheme}");
                self.photograph(&format!("{name}-{scheme}-{width}.png"));
            }
        }
        self.call("Emulation.clearDeviceMetricsOverride", &json!({}));
    }

    fn photograph(&mut self, file: &str) {
        let size = self.call("Page.getLayoutMetrics", &json!({}))["cssContentSize"].take();
        let clip =
            json!({"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1});
        let shot = json!({"clip": clip, "captureBeyondViewport": true});
        let png = self.call("Page.captureScreenshot", &shot)["data"].take();
        let png = STANDARD.decode(png.as_str().expect("a picture"));
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("chromium");
        fs::create_dir_all(&folder).expect("a folder");
        fs::write(folder.join(file), png.expect("base64")).expect("a file");
    }

    /// Demands that nothing was complained of so far and nobody asked but this machine. A page whose own
    /// status is an error is complained of, and may be.
    #[track_caller]
    pub fn assert_quiet(&mut self) {
        let here = self.evaluate("location.href").expect("a page");
        let entries = self.told("Log.entryAdded").map(|told| &told["entry"]);
        let complaints: Vec<_> = entries.filter(|entry| entry["url"] != here).collect();
        assert!(complaints.is_empty(), "{complaints:#?}");
        for method in ["Runtime.consoleAPICalled", "Runtime.exceptionThrown"] {
            assert_eq!(self.told(method).next(), None);
        }
        for request in self.told("Network.requestWillBeSent") {
            let url = request["request"]["url"].as_str().expect("a URL");
            let url = Url::parse(url).expect("a URL");
            assert_eq!(url.host_str(), Some("127.0.0.1"), "{url}");
        }
    }

    /// Demands that the page's policy stops all that a page need not do. The page is spoilt by it.
    #[track_caller]
    pub fn assert_policy(&mut self) {
        let stops = json!(STOPS);
        let stopped = self.evaluate(&format!("{}({stops})", include_str!("policy.js")));
        assert_eq!(stopped, Some(stops));
    }
}
