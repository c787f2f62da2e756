//! What a server or a file says never acts: not on the terminal, not on a shell, not on a launcher.

use keyfob_base::escape::is_unsafe;
use serde_json::json;

use keyfob_testkit::home::{Home, Run};
use keyfob_testkit::provider::Provider;
use keyfob_testkit::server::Reply;
use keyfob_testkit::visitor::begin_visit;

mod addresses;
mod device;

/// With what every command is run once.
const MANNERS: [&[&str]; 3] = [&[], &["-v"], &["-v", "--json"]];

/// What a server may call somebody to have a terminal do something else than show it.
const HOSTILE: &str = "evil\u{1b}[31m\u{9b}2J\u{202e}\u{200b}\u{7}\r\nFORGED";

/// What no person should be sent to, and no program be handed.
const HOSTILE_URLS: [&str; 20] = [
    "file:///etc/passwd",
    "javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "-flag",
    "--new-window=https://id.example.com",
    "&calc",
    "$(touch pwned)",
    "`touch pwned`",
    "\"https://id.example.com/\"",
    "'; touch pwned; '",
    "http://id.example.com/",
    "https://user:word@id.example.com/",
    "https://$(touch pwned)/",
    "https://id.example.com/\n-flag",
    "https://id.example.com/%0d%0aX",
    "https://id.example.com/#fragment",
    "https://id.example.com/\u{1b}]0;evil\u{7}",
    "https://id.example.com/\u{9b}2J",
    "\u{202e}https://id.example.com/",
    "ms-msdt:/id",
];

/// Demands that nothing in it acts on a terminal, and that no line is somebody else's.
#[track_caller]
fn assert_tame(run: &Run) {
    for text in [&run.stdout, &run.stderr] {
        let acts = text.chars().find(|c| *c != '\n' && is_unsafe(*c));
        assert_eq!(acts, None, "{run:?}");
        let forged = text.lines().any(|line| line.starts_with("FORGED"));
        assert!(!forged, "{run:?}");
    }
}

#[test]
fn names_of_people_and_scopes_never_act_on_a_terminal() {
    let (home, provider) = (Home::new(), Provider::start());
    let titled = |title: &str| provider.definition("").replace("\"Acme\"", title);
    home.provider("acme", &titled("\"A\\u001b[31m\\nFORGED\""));
    assert_tame(
        &home
            .run(&["login", "acme"])
            .fails(1, &["acme.toml:1: `title`"]),
    );
    home.provider("acme", &titled("\"A\u{202e}\u{200b}me\""));
    provider.state(|state| {
        state.scope = Some(format!("read {HOSTILE}"));
        state.person = json!({
            "sub": format!("u-1{HOSTILE}"),
            "preferred_username": HOSTILE,
            "name": HOSTILE,
            "email": HOSTILE,
            HOSTILE: [HOSTILE],
        });
    });
    for manner in MANNERS {
        let login = home.login(&[&["acme", "--replace"], manner].concat()).ok();
        assert!(login.stderr.contains("FORGED"), "it is shown: {login:?}");
        assert_tame(&login);
        for verb in [
            &["list"][..],
            &["whoami"],
            &["refresh"],
            &["provider", "list"],
            &["provider", "show", "acme"],
        ] {
            assert_tame(&home.run(&[verb, manner].concat()).ok());
        }
    }
}

#[test]
fn words_of_a_failing_server_never_act_on_a_terminal() {
    let (home, provider) = (Home::new(), Provider::start());
    home.provider("acme", &provider.definition(""));
    let refusal = json!({"error": HOSTILE, "error_description": HOSTILE});
    let challenge =
        "WWW-Authenticate: Bearer error=\"evil\u{9b}\", error_description=\"\u{202e}\"\r\n";
    let replies = [200, 400, 401, 403, 503].map(|status| Reply::Json(status, refusal.clone()));
    let replies = replies.into_iter().chain([
        Reply::Text(403, challenge.into(), String::new()),
        Reply::Text(
            200,
            "Content-Type: evil\u{9b}31m/\u{202e}\r\n".into(),
            "{}".into(),
        ),
        Reply::Raw(b"HTTP/1.1 200 \x1b[31m\r\nContent-Type: \x1b[31m\r\n\r\n".to_vec()),
        Reply::Json(
            200,
            json!({"access_token": HOSTILE, "token_type": "Bearer"}),
        ),
        Reply::Json(200, json!({"access_token": "a", "token_type": HOSTILE})),
    ]);
    for reply in replies {
        for manner in MANNERS {
            provider.next("/token", reply.clone());
            assert_tame(&home.login(&[&["acme"], manner].concat()));
            home.login(&["acme"]).ok();
            provider.next("/token", reply.clone());
            assert_tame(&home.run(&[&["refresh", "acme"], manner].concat()));
            provider.next("/userinfo", reply.clone());
            assert_tame(&home.run(&[&["whoami", "acme"], manner].concat()));
            provider.next("/revoke", reply.clone());
            assert_tame(&home.run(&[&["logout", "acme"], manner].concat()));
        }
    }
}

#[test]
fn words_on_the_way_back_never_act_on_a_terminal() {
    let (home, provider) = (Home::new(), Provider::start());
    home.provider("acme", &provider.definition(""));
    for manner in MANNERS {
        let waiting = home.begin_login(&[&["acme"], manner].concat());
        let redirect = waiting.redirect(&[
            ("state", "STATE"),
            ("error", HOSTILE),
            ("error_description", &format!("<script>{HOSTILE}</script>")),
        ]);
        let page = begin_visit(&redirect);
        let run = waiting.end().fails(1, &["said no: evil"]);
        assert_tame(&run);
        let page = page.join().expect("the browser");
        assert!(!page.body.contains("evil"), "{page:?}");
    }
}
