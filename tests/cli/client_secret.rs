//! A client with a secret: that a server has made it one, and where its secret is kept, used and sent.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::vault::HomeVault as _;
use keyfob_testkit::home::{Home, Run};
use keyfob_testkit::process::Running;
use keyfob_testkit::provider::{Decision, Provider, acme_with};
use keyfob_testkit::scene::register_at_once;
#[cfg(unix)]
use keyfob_testkit::screen::Screen;
use keyfob_testkit::server::{Reply, Request};
use keyfob_testkit::visitor::{Waiting, begin_visit};

/// A secret with everything in it that an encoding may lose.
const SECRET: &str = "MARKED-s/e+c r%t:ü";

/// The same in a Basic header, `registered-client` before it (RFC 6749 §2.3.1).
const ENCODED: &str = "registered-client:MARKED-s%2Fe%2Bc+r%25t%3A%C3%BC";

const POST: &str = "client_auth = \"client_secret_post\"\nclient_secret_required = true\n";

/// A server that registers clients its own way.
fn registering(answer: Value) -> (Home, Provider) {
    let (home, provider) = (Home::new(), Provider::start());
    home.provider("acme", &provider.bare_definition());
    provider.state(|state| {
        state.registers = true;
        state.registration = answer;
    });
    (home, provider)
}

/// What it answers where it wants a secret.
fn confidential(method: &str) -> Value {
    json!({
        "client_secret": SECRET,
        "client_secret_expires_at": 0,
        "token_endpoint_auth_method": method,
        "registration_access_token": "MARKED-manages",
        "registration_client_uri": "https://id.example.com/register/1",
    })
}

/// The same, and the secret ended long ago.
fn expiring() -> Value {
    let mut answer = confidential("client_secret_post");
    answer["client_secret_expires_at"] = 1_000_000_000.into();
    answer
}

fn file(home: &Home) -> String {
    std::fs::read_to_string(home.path("config/providers/acme.toml")).unwrap()
}

/// The person trusts that server with what is secret.
fn accept(home: &Home, name: &str, server: &Provider) {
    let accept = ["provider", "set", name, "--accept-origin"];
    home.run(&[&accept[..], &[&server.origin()]].concat()).ok();
}

/// Whether a request authenticates by one way and no other.
#[track_caller]
fn authenticated(request: &Request, method: &str, secret: &str) {
    let (header, form) = (request.headers.get("authorization"), &request.form);
    if method == "client_secret_basic" {
        let encoded = STANDARD.encode(ENCODED);
        assert_eq!(header, Some(&format!("Basic {encoded}")));
        assert!(!form.contains_key("client_secret"), "{form:?}");
    } else {
        assert_eq!((header, &*form["client_secret"]), (None, secret));
        assert_eq!(form["client_id"], "registered-client");
    }
}

#[track_caller]
fn nothing_leaks(home: &Home, runs: &[&Run]) {
    for run in runs {
        let said = format!("{}{}", run.stdout, run.stderr);
        assert!(
            !said.contains("MARKED") && !said.contains("%C3%BC"),
            "{said}"
        );
    }
    for (path, bytes) in home.files() {
        let text = String::from_utf8_lossy(&bytes);
        assert!(!text.contains("MARKED"), "{}", path.display());
    }
}

#[test]
fn the_servers_choice_is_taken_kept_and_used_without_being_asked_again() {
    for method in ["client_secret_basic", "client_secret_post"] {
        let (home, provider) = registering(confidential(method));
        let first = home.login(&["acme", "--register", "-v"]).ok();
        for words in [
            "registered keyfob at Acme as client `registered-client`",
            "with a secret that is kept in the file store",
        ] {
            assert!(first.stderr.contains(words), "{first:?}");
        }
        let kept = file(&home);
        assert!(kept.starts_with(&provider.bare_definition()), "{kept}");
        assert!(
            kept.contains(&format!("client_auth = \"{method}\"")),
            "{kept}"
        );

        let refreshed = home.run(&["refresh", "acme", "-v"]).ok();
        home.run(&["logout", "acme"]).ok();
        let again = home.login(&["acme", "-v"]).ok();
        assert_eq!(provider.asked("/register").len(), 1);
        let sent = provider.asked("/token");
        assert_eq!(sent.len(), 3);
        for request in &sent {
            authenticated(request, method, SECRET);
        }
        nothing_leaks(&home, &[&first, &refreshed, &again]);

        let vault = home.vault();
        let client = vault.client("acme").unwrap().unwrap();
        assert_eq!(client.pin, provider.origin());
        assert_eq!(client.secret_expires_at, None);
        let managed = client.configuration_endpoint.as_ref().unwrap();
        assert_eq!(managed.as_str(), "https://id.example.com/register/1");
        let secrets = vault.client_secrets(&client).unwrap();
        assert_eq!(
            secrets.registration_access_token.unwrap().expose(),
            "MARKED-manages"
        );
    }
}

#[test]
fn two_that_register_at_once_share_one_secret() {
    let (home, provider) = registering(confidential("client_secret_post"));
    register_at_once(&home, &provider, "acme", 2);
    for request in provider.asked("/token") {
        authenticated(&request, "client_secret_post", SECRET);
    }
}

#[test]
fn an_interrupted_registration_keeps_its_secret() {
    let (home, provider) = registering(confidential("client_secret_post"));
    let door = provider.hold("/register");
    let login = home.login_command(&["acme", "--register"]).spawn();
    let login = Running::new(login.expect("keyfob starts"));
    provider.wait_for("/register", 1);
    login.signal("INT");
    drop(door);
    let interrupted = login.end();
    assert_eq!(interrupted.status, 130, "{interrupted:?}");
    nothing_leaks(&home, &[&interrupted]);
    home.login(&["acme"]).ok();
    assert_eq!(provider.asked("/register").len(), 1);
    authenticated(&provider.asked("/token")[0], "client_secret_post", SECRET);
}

#[test]
fn a_secret_that_cannot_be_kept_is_said_with_what_was_registered() {
    let (home, provider) = registering(confidential("client_secret_post"));
    let door = provider.hold("/register");
    let login = home.login_command(&["acme", "--register"]).spawn();
    let login = login.expect("keyfob starts");
    provider.wait_for("/register", 1);
    let broken = home.break_writing();
    drop(door);
    let login = Waiting::new(login);
    drop(broken);
    let login = login.sign_in().ok();
    for words in [
        "registered keyfob at Acme as client `registered-client`",
        "whose secret could not be kept",
        "this login goes on with it",
    ] {
        assert!(login.stderr.contains(words), "{words}: {login:?}");
    }
    nothing_leaks(&home, &[&login]);
    assert_eq!(file(&home), provider.bare_definition());
    assert_eq!(home.vault().client("acme").unwrap(), None);

    home.login(&["acme"]).ok();
    assert_eq!(provider.asked("/register").len(), 1, "the account has it");
    authenticated(&provider.asked("/token")[1], "client_secret_post", SECRET);
}

#[test]
fn a_secret_that_has_ended_is_replaced_on_the_users_word() {
    let (home, provider) = registering(expiring());
    home.login(&["acme", "--register"]).ok();
    let before = home.vault().client("acme").unwrap().unwrap();

    let ended = home.refused_login(&["acme"]).fails(
        1,
        &[
            "the secret of client `registered-client` at Acme expired at 2001-09-09T01:46:40Z",
            "keyfob login acme --register",
            "KEYFOB_ACME_CLIENT_SECRET",
        ],
    );
    assert_eq!(provider.asked("/register").len(), 1);
    let named = ["acme", "--register", "--client-id", "registered-client"];
    let failure = home.refused_login(&[&named[..], &["--json"]].concat());
    assert_eq!(failure.failure()["error"], "expired_token");
    assert_eq!(provider.asked("/register").len(), 1, "that one was named");

    provider.state(|state| {
        state.registration = confidential("client_secret_post");
        state.registration["client_id"] = "second-client".into();
        state.registration["client_secret"] = "MARKED-second".into();
    });
    let anew = home.login(&["acme", "--register"]).ok();
    home.login(&["acme"]).ok();
    assert_eq!(provider.asked("/register").len(), 2);
    for request in &provider.asked("/token")[1..] {
        assert_eq!(request.form["client_id"], "second-client");
        assert_eq!(request.form["client_secret"], "MARKED-second");
    }
    let kept = file(&home);
    assert!(kept.contains("client_id = \"second-client\""), "{kept}");
    let secrets = home.vault().client_secrets(&before).unwrap();
    assert_eq!(secrets.client_secret, None, "nothing leads there any more");
    nothing_leaks(&home, &[&ended, &anew]);
}

#[test]
fn a_secret_that_has_ended_gives_way_to_the_environments() {
    let (home, provider) = registering(expiring());
    home.login(&["acme", "--register"]).ok();
    let variables = [("KEYFOB_ACME_CLIENT_SECRET", "fresh")];
    home.begin_login_with(&variables, &["acme"]).sign_in().ok();
    assert_eq!(provider.asked("/token")[1].form["client_secret"], "fresh");
    home.login(&["acme"]).ok();
    let sent = provider.asked("/token");
    assert_eq!(sent[2].form["client_secret"], "fresh", "the account has it");
}

#[test]
fn a_kept_secret_goes_only_to_the_origin_it_was_registered_for() {
    let (home, _provider) = registering(confidential("client_secret_post"));
    home.login(&["acme", "--register"]).ok();
    home.run(&["logout", "acme"]).ok();
    let elsewhere = Provider::start();
    let moved = |id: &str| {
        elsewhere
            .definition("client_auth = \"client_secret_post\"\n")
            .replace("keyfob-test", id)
    };
    home.provider("acme", &moved("registered-client"));
    home.refused_login(&["acme"])
        .fails(1, &["KEYFOB_ACME_CLIENT_SECRET"]);
    assert!(elsewhere.asked("/token").is_empty());
}

#[test]
fn a_kept_secret_goes_to_no_other_endpoint_elsewhere_either() {
    for method in ["client_secret_basic", "client_secret_post"] {
        let (home, provider) = registering(confidential(method));
        home.login(&["acme", "--register"]).ok();
        let elsewhere = Provider::start();
        elsewhere.state(|state| state.decision = Decision::Granted);
        let moved = format!(
            "client_id = \"registered-client\"\nclient_auth = {method:?}\n{}\
             pushed_authorization_request_endpoint = \"{}/par\"\n",
            elsewhere.device(),
            elsewhere.origin(),
        );
        home.provider("acme", &(provider.bare_definition() + &moved));
        accept(&home, "acme", &elsewhere);
        let device = ["login", "acme", "--flow", "device"];
        home.run(&device).fails(
            1,
            &[
                &format!("kept for {}", provider.origin()),
                &format!("is under {}", elsewhere.origin()),
                "set KEYFOB_ACME_CLIENT_SECRET for this login",
            ],
        );
        home.login(&["acme"]).ok();
        let required = moved.clone() + "require_pushed_authorization_requests = true\n";
        home.provider("acme", &(provider.bare_definition() + &required));
        home.refused_login(&["acme"])
            .fails(1, &["`pushed_authorization_request_endpoint` is under"]);
        for path in ["/par", "/device", "/token"] {
            assert!(elsewhere.asked(path).is_empty(), "{path}");
        }
        let variables = [("KEYFOB_ACME_CLIENT_SECRET", "given")];
        elsewhere.next("/par", Reply::Json(201, json!({"request_uri": "urn:a"})));
        drop(
            home.begin_login_with(&variables, &["acme", "--timeout", "1s"])
                .end(),
        );
        assert_eq!(elsewhere.asked("/par").len(), 1, "a given one goes there");
    }
}

#[test]
fn the_secret_of_a_client_just_found_or_registered_goes_to_no_endpoint_elsewhere() {
    let (home, provider) = registering(confidential("client_secret_basic"));
    let elsewhere = Provider::start();
    let push = elsewhere.push();
    let definition = format!(
        "{}{push}[redirect]\npath = \"/callback/shared\"\n",
        provider.bare_definition()
    );
    for name in ["acme", "sibling"] {
        home.provider(name, &definition);
        accept(&home, name, &elsewhere);
        home.login(&[name, "--register"]).ok();
    }
    assert_eq!(provider.asked("/register").len(), 1);
    assert!(elsewhere.asked("/par").is_empty());
}

#[test]
fn a_kept_secret_is_for_the_client_it_belongs_to() {
    let (home, provider) = registering(confidential("client_secret_post"));
    home.login(&["acme", "--register"]).ok();
    home.refused_login(&["acme", "--client-id", "another"])
        .fails(1, &["KEYFOB_ACME_CLIENT_SECRET"]);
    home.login(&["acme", "--client-id", "registered-client"])
        .ok();
    authenticated(&provider.asked("/token")[1], "client_secret_post", SECRET);
}

#[test]
fn a_refused_client_says_how_to_give_its_new_secret() {
    let (home, provider) = registering(confidential("client_secret_post"));
    home.login(&["acme", "--register"]).ok();
    let refusal = json!({"error": "invalid_client", "error_description": format!("not {SECRET}")});
    provider.next("/token", Reply::Json(401, refusal));
    let run = home
        .login(&["acme"])
        .fails(1, &["invalid_client", "set KEYFOB_ACME_CLIENT_SECRET"]);
    nothing_leaks(&home, &[&run]);
    assert!(home.vault().client("acme").unwrap().is_some());
}

#[test]
fn a_client_that_is_refused_at_a_refresh_is_named_with_the_way_on() {
    let refusal = json!({"error": "invalid_client"});
    let renew = |home: &Home, provider: &Provider, args: &[&str]| {
        home.login(&[&["acme"], args].concat()).ok();
        provider.next("/token", Reply::Json(401, refusal.clone()));
        home.run(&["refresh", "acme"])
    };
    let next = "sign in again with `keyfob login acme/julien`";
    let give = "keyfob provider set acme --client-secret";

    let (home, provider) = registering(confidential("client_secret_post"));
    let refused = "the provider refused its client `registered-client`: invalid_client";
    renew(&home, &provider, &["--register"]).fails(1, &["acme/julien", refused, give, next]);

    let (home, provider) = registering(expiring());
    let ended = "the secret of its client `registered-client` ended at 2001-09-09T01:46:40Z";
    renew(&home, &provider, &["--register"]).fails(1, &["acme/julien", ended, give, next]);

    let (home, provider) = acme_with("");
    let run = renew(&home, &provider, &[]).fails(1, &["`keyfob-test`", "provider show acme", next]);
    assert!(!run.stderr.contains("secret"), "{run:?}");
    assert_eq!(home.entry("acme/julien")["refused_generation"], Value::Null);
}

#[test]
fn a_record_that_cannot_be_read_names_its_file() {
    let (home, provider) = registering(confidential("client_secret_post"));
    home.login(&["acme", "--register"]).ok();
    home.run(&["logout", "acme"]).ok();
    for (text, words) in [
        ("{", ["clients/acme.json", "remove that file"]),
        ("{\"version\": 2}", ["clients/acme.json", "newer keyfob"]),
    ] {
        home.write("data/clients/acme.json", text);
        home.refused_login(&["acme"]).fails(1, &words);
        let kept = std::fs::read_to_string(home.path("data/clients/acme.json")).unwrap();
        assert_eq!(kept, text);
    }
    assert_eq!(provider.asked("/token").len(), 1);
}

#[test]
fn a_store_that_cannot_be_read_is_said_and_the_environment_is_a_way_out() {
    let (mut home, provider) = registering(confidential("client_secret_post"));
    home.set("KEYFOB_PASSPHRASE", "correct horse");
    home.login(&["acme", "--register"]).ok();
    home.run(&["logout", "acme"]).ok();
    for secret in std::fs::read_dir(home.path("data/secrets")).unwrap() {
        std::fs::write(secret.unwrap().path(), "no age file").unwrap();
    }
    home.refused_login(&["acme"])
        .fails(5, &["the file store cannot be used", "cannot decrypt"]);
    let variables = [("KEYFOB_ACME_CLIENT_SECRET", SECRET)];
    home.begin_login_with(&variables, &["acme"]).sign_in().ok();
    authenticated(&provider.asked("/token")[1], "client_secret_post", SECRET);
}

#[test]
fn a_secret_in_a_providers_file_is_refused_and_not_shown() {
    let (home, provider) = acme_with(POST);
    let file = provider.definition(&format!("{POST}client_secret = {SECRET:?}\n"));
    home.provider("acme", &file);
    let run = home
        .refused_login(&["acme"])
        .fails(1, &["client_secret", "never belongs in a plain file"]);
    assert!(!run.stderr.contains("MARKED"), "{run:?}");
    assert!(provider.asked("/authorize").is_empty());
}

#[cfg(unix)]
mod typed {
    use super::*;

    /// A login on a terminal, its secret typed and the offer to keep it answered.
    fn login(home: &Home, secret: &str, answer: &str) -> (u32, String) {
        let mut screen = Screen::start(&home.login_command(&["acme"]));
        screen.wait_for("client secret of keyfob-test at Acme:");
        screen.wait_for_echo(false);
        screen.press(&format!("{secret}\r"));
        screen.wait_for("keep it in the file store for later logins at Acme? [y/N]");
        screen.press(answer);
        sign_in(&mut screen)
    }

    fn sign_in(screen: &mut Screen) -> (u32, String) {
        let url = screen.address();
        let browser = begin_visit(&url);
        let end = screen.end();
        browser.join().unwrap();
        end
    }

    #[test]
    fn a_yes_keeps_it_once_the_provider_has_taken_it() {
        let (home, provider) = acme_with(POST);
        let refusal = json!({"error": "invalid_client"});
        provider.next("/token", Reply::Json(401, refusal));
        let (status, shown) = login(&home, "mistyped", "y\r");
        assert_eq!(status, 1, "{shown}");
        assert_eq!(home.vault().client("acme").unwrap(), None);

        let (status, shown) = login(&home, "right", "y\r");
        assert_eq!(status, 0, "{shown}");
        assert!(
            shown.contains("the client secret is kept in the file store"),
            "{shown}"
        );
        home.run(&["logout", "acme"]).ok();
        home.login(&["acme"]).ok();
        let sent = provider.asked("/token");
        assert_eq!(sent[2].form["client_secret"], "right");
        let kept = home.vault().client("acme").unwrap().unwrap();
        assert_eq!(
            (&*kept.client_id, kept.pin),
            ("keyfob-test", provider.origin())
        );
    }

    #[test]
    fn a_no_keeps_it_with_the_account_alone() {
        let (home, _provider) = acme_with(POST);
        let (status, shown) = login(&home, "right", "\r");
        assert_eq!(status, 0, "{shown}");
        home.login(&["acme"]).ok();
        home.run(&["logout", "acme"]).ok();
        home.refused_login(&["acme"])
            .fails(1, &["KEYFOB_ACME_CLIENT_SECRET"]);
    }

    #[test]
    fn one_that_has_ended_is_a_question() {
        let (home, provider) = registering(expiring());
        home.login(&["acme", "--register"]).ok();
        let mut screen = Screen::start(&home.login_command(&["acme"]));
        screen.wait_for("expired at 2001-09-09");
        screen.wait_for("register keyfob at http:");
        screen.press("n\r");
        let (status, shown) = screen.end();
        assert_eq!(status, 1, "{shown}");
        assert_eq!(provider.asked("/register").len(), 1);

        provider.state(|state| state.registration = confidential("client_secret_basic"));
        let mut screen = Screen::start(&home.login_command(&["acme"]));
        screen.wait_for(&format!("keyfob at {}?", provider.origin()));
        screen.press("y\r");
        let (status, shown) = sign_in(&mut screen);
        assert_eq!(status, 0, "{shown}");
        authenticated(&provider.asked("/token")[1], "client_secret_basic", SECRET);
    }
}
