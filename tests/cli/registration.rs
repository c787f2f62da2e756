//! Which client keyfob is at a provider: an id that is given, found or registered, and its secret.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use crate::vault::HomeVault as _;
use keyfob_testkit::home::{Home, Run};
use keyfob_testkit::process::Running;
use keyfob_testkit::provider::{Provider, acme, acme_with};
use keyfob_testkit::scene::register_at_once;
use keyfob_testkit::server::{Reply, Request};
use keyfob_testkit::visitor::Waiting;

/// A client that the provider makes authenticate.
const POST: &str = "client_auth = \"client_secret_post\"\nclient_secret_required = true\n";
const BASIC: &str = "client_auth = \"client_secret_basic\"\nclient_secret_required = true\n";

/// A secret with everything in it that an encoding may lose.
const SECRET: &str = "s/e+c r%t:ü";

/// Signs in with the client secret in the environment.
fn login_with_secret(home: &Home, args: &[&str]) -> Run {
    let variables = [("KEYFOB_ACME_CLIENT_SECRET", SECRET)];
    home.begin_login_with(&variables, args).sign_in()
}

/// An empty home, and a provider that registers clients and where none is known.
fn unregistered() -> (Home, Provider) {
    let (home, provider) = (Home::new(), Provider::start());
    home.provider("acme", &provider.bare_definition());
    provider.state(|state| state.registers = true);
    (home, provider)
}

fn client_of(request: &Request) -> &str {
    &request.query["client_id"]
}

#[test]
fn the_client_id_is_the_flags_then_the_environments_then_the_files() {
    let (home, provider) = acme();
    let variables = [("KEYFOB_ACME_CLIENT_ID", "from-environment")];
    let flag = ["acme", "--client-id", "from-flag"];
    home.begin_login_with(&variables, &flag).sign_in().ok();
    home.begin_login_with(&variables, &["acme"]).sign_in().ok();
    home.begin_login_with(&[("KEYFOB_ACME_CLIENT_ID", " ")], &["acme"])
        .sign_in()
        .ok();
    let asked = provider.asked("/authorize");
    let clients: Vec<_> = asked.iter().map(client_of).collect();
    assert_eq!(clients, ["from-flag", "from-environment", "keyfob-test"]);
    let sent = provider.asked("/token");
    assert_eq!(
        sent[0].form["client_id"], "from-flag",
        "one client at both endpoints"
    );
}

#[test]
fn a_users_file_gives_a_built_in_row_its_client_id() {
    let (home, provider) = (Home::new(), Provider::start());
    home.provider("gitlab", &provider.definition(""));
    let here = provider.origin();
    home.login(&["gitlab", "--scope", "openid", "--accept-origin", &here])
        .ok();
    assert_eq!(client_of(&provider.asked("/authorize")[0]), "keyfob-test");
    assert_eq!(home.accounts(), ["gitlab/julien"]);
}

#[test]
fn without_a_client_the_page_and_the_values_to_enter_are_shown() {
    let home = Home::new();
    let run = home.refused_login(&["gitlab"]).fails(
        1,
        &[
            "no client id is known for GitLab",
            "https://gitlab.com/-/user_settings/applications\n",
            "Redirect URI: http://127.0.0.1/callback/gitlab\n",
            "Confidential: off\n",
            "Scopes: openid profile email\n",
            "then `keyfob login gitlab --client-id ID`\n",
        ],
    );
    assert!(!run.stderr.contains("oauth/authorize"), "{run:?}");
    let run = home.refused_login(&["gitlab", "--scope", "api", "--json"]);
    let failure = run.failure();
    assert_eq!(
        (run.status, &failure["error"]),
        (1, &json!("registration_required"))
    );
    let hint = failure["hint"].as_str().unwrap();
    assert!(
        hint.lines().any(|line| line.trim() == "Scopes: api"),
        "{hint}"
    );
    assert!(home.stored().is_empty());
}

#[test]
fn register_makes_a_public_native_client_and_keeps_its_id() {
    let (home, provider) = unregistered();
    let login = home.login(&["acme", "--register"]).ok();
    let asked = provider.asked("/register");
    let wanted = asked[0].json();
    assert_eq!(wanted["token_endpoint_auth_method"], "none");
    assert_eq!(wanted["application_type"], "native");
    assert_eq!(
        wanted["grant_types"],
        json!(["authorization_code", "refresh_token"])
    );
    assert_eq!(
        wanted["redirect_uris"],
        json!([
            "http://127.0.0.1/callback/acme",
            "http://localhost/callback/acme",
            "http://[::1]/callback/acme",
        ])
    );
    let file = home.path("config/providers/acme.toml");
    assert!(
        login
            .stderr
            .contains(&format!("is kept in {}", file.display())),
        "{login:?}"
    );
    let kept = std::fs::read_to_string(file).unwrap();
    assert!(kept.contains("client_id = \"registered-client\""), "{kept}");
    assert!(
        kept.starts_with(&provider.bare_definition()),
        "the rest stands: {kept}"
    );

    home.login(&["acme"]).ok();
    assert_eq!(provider.asked("/register").len(), 1, "once is enough");
    for request in provider.asked("/authorize") {
        assert_eq!(client_of(&request), "registered-client");
    }
}

#[test]
fn a_registration_that_cannot_be_kept_is_named_and_used() {
    let (home, provider) = unregistered();
    let door = provider.hold("/register");
    let login = home
        .login_command(&["acme", "--register"])
        .spawn()
        .expect("keyfob starts");
    provider.wait_for("/register", 1);
    home.provider("acme", "half a defini");
    drop(door);
    let login = Waiting::new(login).sign_in().ok();
    for words in [
        "registered keyfob at Acme as client `registered-client`",
        "could not be kept in the provider's file",
        "the next login knows it all the same",
    ] {
        assert!(login.stderr.contains(words), "{words}: {login:?}");
    }
    assert_eq!(
        home.entry("acme/julien")["client"]["id"],
        "registered-client"
    );
    home.run(&["logout", "acme", "--local"]);
    home.provider("acme", &provider.bare_definition());
    home.login(&["acme"]).ok();
    assert_eq!(provider.asked("/register").len(), 1, "it is known");
    home.run(&["logout", "acme"]).ok();
    home.login(&["acme", "--register"]).ok();
    assert_eq!(
        provider.asked("/register").len(),
        2,
        "unless told otherwise"
    );
}

#[test]
fn an_interrupted_registration_still_keeps_its_id() {
    let (home, provider) = unregistered();
    let door = provider.hold("/register");
    let login = home.login_command(&["acme", "--register"]).spawn();
    let login = Running::new(login.expect("keyfob starts"));
    provider.wait_for("/register", 1);
    login.signal("INT");
    drop(door);
    assert_eq!(login.end().status, 130);
    let kept = std::fs::read_to_string(home.path("config/providers/acme.toml")).unwrap();
    assert!(kept.contains("client_id = \"registered-client\""), "{kept}");
}

#[test]
fn nobody_is_registered_without_being_asked() {
    let (home, provider) = unregistered();
    home.refused_login(&["acme"]).fails(
        1,
        &[
            "keyfob is not registered at Acme",
            "keyfob login acme --register",
        ],
    );
    assert!(provider.asked("/register").is_empty() && provider.asked("/authorize").is_empty());
}

#[test]
fn two_that_register_at_once_register_once() {
    let (home, provider) = unregistered();
    register_at_once(&home, &provider, "acme", 2);
    for request in provider.asked("/authorize") {
        assert_eq!(client_of(&request), "registered-client");
    }
}

#[test]
fn a_registration_that_is_not_given_says_what_to_do_by_hand() {
    let signed = json!({
        "client_id": "x",
        "client_secret": "MARKED-SECRET-client",
        "token_endpoint_auth_method": "private_key_jwt",
    });
    let refusal =
        json!({"error": "invalid_client_metadata", "error_description": "no natives\n\u{1b}[31m"});
    let huge = format!("{{\"client_id\": \"{}\"}}", "x".repeat(2 * 1024 * 1024));
    let json_type = "Content-Type: application/json\r\n";
    for (reply, words) in [
        (
            Reply::Json(400, refusal),
            "did not register keyfob: invalid_client_metadata: no natives",
        ),
        (Reply::Json(201, signed), "`private_key_jwt`"),
        (Reply::Json(201, json!({})), "no `client_id`"),
        (Reply::Json(404, json!({})), "404"),
        (
            Reply::Text(201, json_type.into(), "\u{0}garbage".into()),
            "something that is not JSON",
        ),
        (Reply::Text(201, json_type.into(), huge), "more than 1 MiB"),
        (
            Reply::Text(201, json_type.into(), "[".repeat(100_000)),
            "JSON",
        ),
    ] {
        let (home, provider) = unregistered();
        provider.next("/register", reply);
        let run = home.refused_login(&["acme", "--register"]).fails(
            1,
            &[
                words,
                "register a client at Acme",
                "Redirect URI: http://127.0.0.1/callback/acme\n",
                "keyfob login acme --client-id ID",
            ],
        );
        assert!(
            !run.stderr.contains("MARKED") && !run.stderr.contains('\u{1b}'),
            "{run:?}"
        );
        let kept = std::fs::read_to_string(home.path("config/providers/acme.toml")).unwrap();
        assert_eq!(kept, provider.bare_definition());
        assert_eq!(home.vault().client("acme").unwrap(), None);
        assert_eq!(provider.asked("/register").len(), 1, "never twice");
        assert!(provider.asked("/authorize").is_empty());
    }
}

#[test]
fn a_registration_whose_answer_is_lost_is_not_sent_again() {
    for reply in [Reply::Close, Reply::Raw(b"no HTTP at all\r\n\r\n".into())] {
        let (home, provider) = unregistered();
        provider.next("/register", reply);
        home.refused_login(&["acme", "--register"])
            .fails(3, &["keyfob is not registered", "check the connection"]);
        assert_eq!(provider.asked("/register").len(), 1);
    }
}

#[test]
fn a_server_that_takes_metadata_documents_takes_the_address_of_one() {
    let (home, provider) = (Home::new(), Provider::start());
    let taken = "client_id_metadata_document_supported = true\n";
    home.provider("acme", &(provider.bare_definition() + taken));
    home.refused_login(&["acme"])
        .fails(1, &["keyfob provider metadata acme", "https address"]);
    let address = "https://fob.example.com/client.json";
    let file = format!(
        "{}{taken}client_id = {address:?}\n",
        provider.bare_definition()
    );
    home.provider("acme", &file);
    provider.state(|state| state.registers = true);
    home.login(&["acme"]).ok();
    assert_eq!(client_of(&provider.asked("/authorize")[0]), address);
    assert_eq!(provider.asked("/token")[0].form["client_id"], address);
    assert!(provider.asked("/register").is_empty());
}

#[test]
fn definitions_of_one_server_share_a_registration_for_the_same_redirect() {
    let (home, provider) = (Home::new(), Provider::start());
    provider.state(|state| {
        state.registers = true;
        state.registration = json!({
            "client_secret": SECRET,
            "token_endpoint_auth_method": "client_secret_post",
        });
    });
    let shared = provider.bare_definition() + "[redirect]\npath = \"/callback/acme\"\n";
    for name in ["acme", "beta"] {
        home.provider(name, &shared);
    }
    home.provider("gamma", &provider.bare_definition());
    home.login(&["acme", "--register"]).ok();
    let login = home.login(&["beta", "--register"]).ok();
    assert!(
        login.stderr.contains("found keyfob registered at Acme"),
        "{login:?}"
    );
    assert_eq!(provider.asked("/register").len(), 1);
    for request in provider.asked("/token") {
        assert_eq!(request.form["client_secret"], SECRET);
    }
    home.login(&["gamma", "--register"]).ok();
    let asked = provider.asked("/register");
    assert_eq!(asked.len(), 2, "another redirect is another registration");
    assert_eq!(
        asked[1].json()["redirect_uris"][0],
        "http://127.0.0.1/callback/gamma"
    );
}

#[test]
fn a_registration_that_failed_for_now_says_to_try_again() {
    let (home, provider) = unregistered();
    provider.next("/register", Reply::Text(503, String::new(), String::new()));
    home.refused_login(&["acme", "--register"])
        .fails(3, &["503", "keyfob is not registered", "run it again"]);
}

#[test]
fn without_its_secret_no_login_begins() {
    for definition in [POST, BASIC, "client_auth = \"client_secret_post\"\n"] {
        let (home, provider) = acme_with(definition);
        let run = home.refused_login(&["acme"]).fails(
            1,
            &[
                "Acme exchanges no code without a client secret",
                "KEYFOB_ACME_CLIENT_SECRET",
            ],
        );
        assert!(!run.stderr.contains("/authorize"), "{run:?}");
        let json = home.refused_login(&["acme", "--json"]).failure();
        assert_eq!(json["error"], "registration_required");
        assert!(provider.asked("/authorize").is_empty());
    }
}

#[test]
fn a_secret_in_the_body_is_kept_with_the_account_for_later() {
    let (home, provider) = acme_with(POST);
    login_with_secret(&home, &["acme"]).ok();
    home.run(&["refresh", "acme"]).ok(); // without the variable
    home.login(&["acme"]).ok();
    let sent = provider.asked("/token");
    let grants: Vec<_> = sent
        .iter()
        .map(|request| &*request.form["grant_type"])
        .collect();
    assert_eq!(
        grants,
        ["authorization_code", "refresh_token", "authorization_code"]
    );
    for request in &sent {
        assert_eq!(request.form["client_secret"], SECRET);
        assert_eq!(request.form["client_id"], "keyfob-test");
        assert!(!request.headers.contains_key("authorization"));
    }
}

#[test]
fn a_secret_in_the_header_is_encoded_as_the_standard_says() {
    let (home, provider) = acme_with(BASIC);
    login_with_secret(&home, &["acme"]).ok();
    home.run(&["refresh", "acme"]).ok();
    let encoded = STANDARD.encode("keyfob-test:s%2Fe%2Bc+r%25t%3A%C3%BC");
    for request in provider.asked("/token") {
        assert_eq!(request.headers["authorization"], format!("Basic {encoded}"));
        assert!(!request.form.contains_key("client_secret"));
    }
}

#[test]
fn a_client_secret_lies_nowhere_in_plain_text() {
    let (home, _provider) = acme_with(POST);
    let run = login_with_secret(&home, &["acme", "-v"]).ok();
    assert!(!run.stderr.contains(SECRET), "{run:?}");
    for (path, bytes) in home.files() {
        let found = bytes
            .windows(SECRET.len())
            .any(|window| window == SECRET.as_bytes());
        assert!(!found, "{}", path.display());
    }
}

#[test]
fn a_kept_secret_goes_only_where_it_has_been() {
    let (home, _provider) = acme_with(POST);
    login_with_secret(&home, &["acme"]).ok();
    let elsewhere = Provider::start();
    home.provider("acme", &elsewhere.definition(POST));
    home.refused_login(&["acme", "--replace"])
        .fails(1, &["KEYFOB_ACME_CLIENT_SECRET"]);
    assert!(elsewhere.asked("/token").is_empty());
    home.provider(
        "acme",
        &elsewhere
            .definition(POST)
            .replace("keyfob-test", "another-client"),
    );
    home.refused_login(&["acme", "--replace"])
        .fails(1, &["KEYFOB_ACME_CLIENT_SECRET"]);
}
