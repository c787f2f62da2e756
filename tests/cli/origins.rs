//! Where secrets may go: every way in which a server can be named, for every secret that may be sent to it. The
//! stranger is another port on loopback, which is another server.

use serde_json::json;

use keyfob_testkit::backup::Keys;
use keyfob_testkit::home::{Home, Run};
use keyfob_testkit::provider::{Provider, acme_with};
use keyfob_testkit::scene::signed_in;
#[cfg(unix)]
use keyfob_testkit::screen::Screen;
use keyfob_testkit::server::Reply;
use keyfob_testkit::visitor::visit;

const OPENID: &str = "/.well-known/openid-configuration";

/// An endpoint, its path, and a login that would send something there.
const ENDPOINTS: [(&str, &str, &[&str]); 6] = [
    ("authorization_endpoint", "/authorize", &[]),
    ("token_endpoint", "/token", &[]),
    (
        "device_authorization_endpoint",
        "/device",
        &["--flow", "device"],
    ),
    ("pushed_authorization_request_endpoint", "/par", &[]),
    ("userinfo_endpoint", "/userinfo", &[]),
    ("registration_endpoint", "/register", &["--register"]),
];

/// How the stranger gets to be named; each leaves `acme` or the provider that it returns in the home.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Arrival {
    Metadata,
    Url,
    Definition,
    WithoutIssuer,
    Like,
    Overlay,
    Backup,
}

const ARRIVALS: [Arrival; 7] = [
    Arrival::Metadata,
    Arrival::Url,
    Arrival::Definition,
    Arrival::WithoutIssuer,
    Arrival::Like,
    Arrival::Overlay,
    Arrival::Backup,
];

struct Mixup {
    home: Home,
    honest: Provider,
    evil: Provider,
    /// What is signed in to.
    target: String,
}

/// A definition in which one key has another value.
fn with_key(definition: &str, key: &str, url: &str) -> String {
    let lines = definition.lines().filter(|line| !line.starts_with(key));
    let kept: Vec<&str> = lines.collect();
    format!("{}\n{key} = \"{url}\"\n", kept.join("\n"))
}

impl Arrival {
    fn arrive(self, key: &str, path: &str) -> Mixup {
        let (home, honest, evil) = (Home::new(), Provider::start(), Provider::start());
        let url = format!("{}{path}", evil.origin());
        let registers = key == "registration_endpoint";
        let client = if registers {
            ""
        } else {
            "client_id = \"keyfob-test\"\n"
        };
        let mut target = "acme".to_owned();
        match self {
            Self::Metadata | Self::Url => {
                let origin = honest.origin();
                let mut metadata = json!({
                    "issuer": origin,
                    "authorization_endpoint": format!("{origin}/authorize"),
                    "token_endpoint": format!("{origin}/token"),
                    "userinfo_endpoint": format!("{origin}/userinfo"),
                });
                metadata[key] = url.into();
                for _ in 0..4 {
                    honest.next(OPENID, Reply::Json(200, metadata.clone()));
                }
                if self == Self::Url {
                    target = origin;
                } else {
                    let definition = format!("{}{client}", honest.bare_definition());
                    home.provider("acme", &definition);
                }
            }
            Self::Definition | Self::WithoutIssuer => {
                let mut definition = with_key(&honest.definition(""), key, &url);
                for (drop, when) in [
                    ("client_id", registers),
                    ("issuer", self == Self::WithoutIssuer),
                ] {
                    if when {
                        let lines = definition.lines().filter(|line| !line.starts_with(drop));
                        definition = lines.collect::<Vec<_>>().join("\n");
                    }
                }
                home.provider("acme", &definition);
            }
            // The row's own servers are never asked: nothing is sent before all are judged.
            Self::Like => home.provider(
                "acme",
                &format!("like = \"codeberg\"\n{client}{key} = \"{url}\"\n"),
            ),
            Self::Overlay => {
                home.provider("codeberg", &format!("{client}{key} = \"{url}\"\n"));
                target = "codeberg".into();
            }
            Self::Backup => {
                let keys = Keys::generate();
                let there = Home::new();
                there.provider("acme", &honest.definition(""));
                there.login(&["acme"]).ok();
                let moved = with_key(&honest.definition(""), key, &url);
                let moved = if registers {
                    moved.replace("client_id", "# ")
                } else {
                    moved
                };
                there.provider("acme", &moved);
                let file = there.backed_up(&keys, &[]);
                home.write("key.txt", &keys.identity);
                home.restore(&file, &[]).ok();
                home.run(&["logout", "acme", "--local"]).ok();
            }
        }
        Mixup {
            home,
            honest,
            evil,
            target,
        }
    }
}

impl Mixup {
    fn args<'a>(&'a self, more: &[&'a str]) -> Vec<&'a str> {
        let keep: &[&str] = if self.target.contains("://") {
            &["--client-id", "x"]
        } else {
            &[]
        };
        let keep = if more.contains(&"--register") {
            &[]
        } else {
            keep
        };
        [&[self.target.as_str()], keep, more].concat()
    }

    /// The stranger was asked for nothing, whatever it is.
    #[track_caller]
    fn untouched(&self, case: &str) {
        for (_, path, _) in ENDPOINTS {
            assert!(self.evil.asked(path).is_empty(), "{case}: {path}");
        }
        assert!(self.evil.asked("/revoke").is_empty(), "{case}");
    }
}

#[track_caller]
fn is_refused(run: &Run, evil: &Provider, case: &str) {
    let host = evil.origin().replace("http://", "");
    assert_eq!(run.status, 1, "{case}: {run:?}");
    let failure = run.failure();
    assert_eq!(failure["error"], "origin_refused", "{case}: {run:?}");
    let said = failure["error_description"].as_str().unwrap();
    assert!(said.contains(&host), "{case}: {said}");
    let hint = failure["hint"].as_str().unwrap();
    assert!(
        hint.contains(&format!("--accept-origin {host}")),
        "{case}: {hint}"
    );
}

#[test]
fn no_secret_goes_to_a_stranger_however_it_is_named() {
    std::thread::scope(|scope| {
        for way in ARRIVALS {
            scope.spawn(move || {
                for (key, path, more) in ENDPOINTS {
                    // Without an issuer it is where the browser goes that is known, and all else is elsewhere then.
                    let nameless = matches!(way, Arrival::WithoutIssuer | Arrival::Like);
                    let known = nameless && key == "authorization_endpoint";
                    let case = format!("{way:?} {key}");
                    let mut scene = way.arrive(key, path);
                    scene.home.set("KEYFOB_ACME_CLIENT_SECRET", "MARKED");
                    scene.home.set("KEYFOB_CODEBERG_CLIENT_SECRET", "MARKED");
                    let run = scene
                        .home
                        .refused_login(&scene.args(&[more, &["--json"]].concat()));
                    if known {
                        assert_eq!(run.failure()["error"], "origin_refused", "{case}: {run:?}");
                    } else {
                        is_refused(&run, &scene.evil, &case);
                    }
                    scene.untouched(&case);
                    for path in ["/register", "/token", "/par", "/device"] {
                        let before = usize::from(way == Arrival::Backup && path == "/token");
                        assert_eq!(scene.honest.asked(path).len(), before, "{case}: {path}");
                    }
                    assert!(scene.home.stored().is_empty(), "{case}");
                }
            });
        }
    });
}

/// The mean case: the definition has no issuer, and its browser goes to one server and its code to another.
#[test]
fn without_an_issuer_the_server_that_asks_for_the_password_is_the_one_that_is_known() {
    let scene = Arrival::WithoutIssuer.arrive("authorization_endpoint", "/authorize");
    let run = scene.home.refused_login(&["acme", "--json"]);
    is_refused(&run, &scene.honest, "the code goes elsewhere");
    scene.untouched("no issuer");
}

#[test]
fn what_was_accepted_is_remembered_with_the_definition_and_the_account() {
    let scene = Arrival::Metadata.arrive("userinfo_endpoint", "/userinfo");
    let (home, evil) = (&scene.home, &scene.evil);
    let host = evil.origin().replace("http://", "");
    let person = json!({"sub": "u-1", "preferred_username": "julien"});
    evil.next("/userinfo", Reply::Json(200, person.clone()));
    evil.next("/userinfo", Reply::Json(200, person.clone()));
    home.login(&["acme", "--accept-origin", &host]).ok();
    assert_eq!(home.entry("acme/julien")["accepted_origins"], json!([host]));
    home.login(&["acme"]).ok();
    let definition = std::fs::read_to_string(home.path("config/providers/acme.toml")).unwrap();
    assert!(!definition.contains(&host), "{definition}");

    let keys = Keys::generate();
    let file = home.backed_up(&keys, &[]);
    let there = Home::new();
    there.write("key.txt", &keys.identity);
    let run = there.restore(&file, &["--json"]);
    assert_eq!(run.failure()["error"], "origin_refused", "{run:?}");
    assert!(there.stored().is_empty(), "a backup brings no acceptance");
    there.restore(&file, &["--accept-origin", &host]).ok();
    assert_eq!(
        there.entry("acme/julien")["accepted_origins"],
        json!([host])
    );

    home.run(&["provider", "remove", "acme", "--force", "--yes"])
        .ok();
    assert!(!home.path("config/accepted/acme.json").exists());
}

#[test]
fn what_is_typed_at_provider_add_and_set_is_accepted() {
    let (home, honest, evil) = (Home::new(), Provider::start(), Provider::start());
    let at = |server: &Provider, path: &str| format!("{}{path}", server.origin());
    home.run(&[
        "provider",
        "add",
        "acme",
        "--client-id",
        "keyfob-test",
        "--authorization-endpoint",
        &at(&honest, "/authorize"),
        "--token-endpoint",
        &at(&honest, "/token"),
        "--userinfo-endpoint",
        &at(&evil, "/userinfo"),
    ])
    .ok();
    let person = json!({"sub": "u-1", "preferred_username": "julien"});
    evil.next("/userinfo", Reply::Json(200, person));
    home.login(&["acme"]).ok();

    let (home, provider) = acme_with("");
    let moved = with_key(
        &provider.definition(""),
        "userinfo_endpoint",
        &at(&evil, "/userinfo"),
    );
    home.provider("acme", &moved);
    home.refused_login(&["acme"])
        .fails(1, &["is not part of", "--accept-origin"]);
    home.run(&["provider", "set", "acme", "--accept-origin", &evil.origin()])
        .ok();
    let person = json!({"sub": "u-1", "preferred_username": "julien"});
    evil.next("/userinfo", Reply::Json(200, person));
    home.login(&["acme"]).ok();
}

#[cfg(unix)]
#[test]
fn a_person_is_shown_a_stranger_once_and_what_it_gets() {
    let scene = Arrival::Metadata.arrive("authorization_endpoint", "/authorize");
    let host = scene.evil.origin().replace("http://", "");
    let mut screen = Screen::start(&scene.home.login_command(&["acme"]));
    screen.wait_for(&format!("{host} is not part of"));
    screen.wait_for("asks for your password");
    screen.press("\n");
    let (status, shown) = screen.end();
    assert_eq!(status, 1, "{shown}");
    assert_eq!(shown.matches("[y/N]").count(), 1, "{shown}");
    scene.untouched("refused");
    let mut screen = Screen::start(&scene.home.login_command(&["acme"]));
    screen.wait_for("[y/N]");
    screen.press("y\n");
    assert_eq!(
        screen.address().origin().ascii_serialization(),
        scene.evil.origin()
    );
}

#[test]
fn an_endpoint_that_a_login_does_not_need_is_judged_when_it_is_used() {
    for key in ["revocation_endpoint", "userinfo_endpoint"] {
        let (home, honest, evil) = (Home::new(), Provider::start(), Provider::start());
        let path = key.replace("_endpoint", "").replace("revocation", "revoke");
        let url = format!("{}/{path}", evil.origin());
        let more = "[identity]\nfrom = \"id_token\"\n";
        let definition = with_key(&honest.definition(""), key, &url);
        let definition = definition.replace("[\"read\", \"write\"]", "[\"openid\"]");
        home.provider("acme", &format!("{definition}{more}"));
        home.login(&["acme"]).ok();
        if key == "userinfo_endpoint" {
            let run = home.run(&["whoami", "acme", "--json"]);
            is_refused(&run, &evil, key);
        }
        let run = home.run(&["logout", "acme", "--json"]);
        if key == "revocation_endpoint" {
            is_refused(&run, &evil, key);
            home.run(&["logout", "acme", "--local"]).ok();
        } else {
            assert_eq!(run.status, 0, "{run:?}");
        }
        for path in ["/userinfo", "/revoke"] {
            assert!(evil.asked(path).is_empty(), "{key}");
        }
    }
}

#[test]
fn a_variable_of_a_row_is_handed_to_nobody_else() {
    let evil = Provider::start();
    for (name, key, variable) in [
        ("github", "userinfo_endpoint", "GH_TOKEN"),
        ("github", "userinfo_endpoint", "GITHUB_TOKEN"),
        ("gitlab", "given.userinfo_endpoint", "GITLAB_TOKEN"),
        ("huggingface", "given.userinfo_endpoint", "HF_TOKEN"),
    ] {
        for again in ["", "environment.variables = ['VARIABLE']\n"] {
            let mut home = Home::new();
            home.set("CI", "true");
            home.set(variable, "MARKED");
            let again = again.replace("VARIABLE", variable);
            home.provider(
                name,
                &format!("{again}{key} = \"{}/userinfo\"\n", evil.origin()),
            );
            for verb in [&["whoami", name][..], &["check", name, "--live"]] {
                let run = home.run(verb);
                assert_ne!(run.status, 0, "{name} {verb:?}: {run:?}");
                assert!(evil.asked("/userinfo").is_empty(), "{name} {verb:?}");
            }
        }
    }
}

#[test]
fn signing_in_again_elsewhere_asks_before_anything_is_sent() {
    let (mut home, _honest) = signed_in();
    let evil = Provider::start();
    let kept = home.entry("acme/julien");
    home.provider(
        "acme",
        &evil.definition("client_auth = \"client_secret_post\"\n"),
    );
    home.set("KEYFOB_ACME_CLIENT_SECRET", "MARKED");
    for target in ["acme", "acme/julien"] {
        let run = home.refused_login(&[target]);
        run.fails(1, &["acme/julien", "--replace"]);
        assert_eq!(home.entry("acme/julien"), kept);
        assert!(evil.asked("/token").is_empty() && evil.asked("/authorize").is_empty());
    }
    home.login(&["acme", "--as", "julien", "--replace"]).ok();
    assert_ne!(home.entry("acme/julien")["endpoints"], kept["endpoints"]);
}

#[test]
fn an_issuer_in_the_answer_names_the_server_that_was_asked() {
    let (home, honest) = (Home::new(), Provider::start());
    let definition = honest.definition("").replace("issuer", "# issuer");
    home.provider("acme", &definition);
    for (iss, exit) in [("https://evil.example", 1), ("no URL", 1)] {
        let waiting = home.begin_login(&["acme"]);
        let redirect = waiting.redirect(&[("state", "STATE"), ("iss", iss), ("code", "c")]);
        let browser = std::thread::spawn(move || visit(&redirect));
        let run = waiting.end();
        browser.join().expect("the browser");
        assert_eq!(run.status, exit, "{run:?}");
        assert!(honest.asked("/token").is_empty(), "{iss}");
    }
}

/// A backup that was made by somebody who knows the recipient.
#[test]
fn a_backup_moves_no_built_in_unasked() {
    let keys = Keys::generate();
    let (there, provider) = (Home::new(), Provider::start());
    let public = "client_secret_required = false\nclient_auth = \"none\"\nidentity.subject = \"/sub\"\nidentity.username = \"/preferred_username\"\n";
    there.provider("github", &provider.definition(public));
    let host = provider.origin().replace("http://", "");
    let login = ["github", "--flow", "browser", "--accept-origin", &host];
    there.login(&login).ok();
    let file = there.backed_up(&keys, &[]);
    let home = Home::new();
    home.write("key.txt", &keys.identity);
    let run = home.restore(&file, &["--json"]);
    is_refused(&run, &provider, "restore");
    assert!(home.stored().is_empty() && !home.path("config/providers/github.toml").exists());
    home.restore(&file, &["--accept-origin", &host]).ok();
    assert!(home.path("config/providers/github.toml").exists());
}
