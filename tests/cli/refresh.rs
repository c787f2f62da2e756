//! `refresh`: a new token under what the account was issued under, kept before anything else.

use keyfob_base::secret::Secret;
use keyfob_base::timestamp::Timestamp;
use keyfob_testkit::process::GENEROUS;
use serde_json::{Value, json};

use crate::vault::HomeVault as _;
use crate::vault::expired;
use keyfob_testkit::home::{Home, Run};
use keyfob_testkit::provider::{MARK, Provider, acme};
use keyfob_testkit::scene::{signed_in, signed_in_to};
use keyfob_testkit::server::Reply;

/// A refusal in the standard's form.
fn refusal(error: &str) -> Reply {
    Reply::Json(400, json!({"error": error}))
}

fn status(home: &Home) -> Value {
    home.run(&["list", "--json"]).ok().json()["accounts"][0]["status"].clone()
}

/// What the last request at the token endpoint sent.
fn sent(provider: &Provider, name: &str) -> Option<String> {
    let last = provider.asked("/token").pop().expect("a request");
    last.form.get(name).cloned()
}

/// A definition in which the endpoint at `path` is at another server.
fn moved(definition: &str, path: &str, from: &Provider, to: &Provider) -> String {
    let at = |server: &Provider| format!("{}{path}\"", server.origin());
    definition.replace(&at(from), &at(to))
}

#[test]
fn it_brings_a_new_token_while_the_old_one_is_good() {
    let (home, provider) = signed_in();
    let old = home.run(&["token"]).ok();
    let refresh = home.run(&["refresh"]).ok();
    assert_eq!(refresh.stdout, "acme/julien  refreshed, ends in 1 h\n");
    assert_eq!(refresh.stderr, "");
    assert_ne!(home.run(&["token"]).ok().stdout, old.stdout);
    assert_eq!(sent(&provider, "grant_type").unwrap(), "refresh_token");
    assert_eq!(sent(&provider, "redirect_uri"), None);
    assert_eq!(sent(&provider, "scope"), None, "what was granted is kept");
}

/// OpenID Connect Core §12.2.
#[test]
fn the_tokens_of_another_person_issuer_or_client_are_kept_nowhere() {
    let (home, provider) = signed_in();
    let right = json!({"iss": provider.origin(), "sub": "1001", "aud": "keyfob-test", "exp": 4_000_000_000_u64});
    let right = |claims: Value| {
        let mut all = right.clone();
        all["sub"] = provider.state(|state| state.person["sub"].clone());
        for (claim, value) in claims.as_object().unwrap() {
            all[claim] = value.clone();
        }
        all
    };
    let answer = |claims: &Value| {
        use base64::Engine;
        let claims = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(claims.to_string());
        Reply::Json(
            200,
            json!({"access_token": "renewed-token-1", "token_type": "Bearer", "expires_in": 3600, "id_token": format!("e30.{claims}.c2ln")}),
        )
    };
    let before = (home.secrets("acme/julien"), home.entry("acme/julien"));
    for (claims, named) in [
        (json!({"sub": "666"}), "`sub`"),
        (json!({"sub": null}), "`sub`"),
        (json!({"iss": "https://evil.example"}), "`iss`"),
        (json!({"aud": "another"}), "`aud`"),
        (json!({"aud": ["another", "third"]}), "`aud`"),
    ] {
        provider.next("/token", answer(&right(claims)));
        let run = home.run(&["refresh", "--json"]);
        assert_eq!(run.failure()["error"], "invalid_response", "{run:?}");
        assert!(run.stderr.contains(named), "{run:?}");
        let after = (home.secrets("acme/julien"), home.entry("acme/julien"));
        assert_eq!(format!("{after:?}"), format!("{before:?}"), "{named}");
        let held = after.0.tokens.access_token;
        assert_eq!(held.expose(), before.0.tokens.access_token.expose());
    }
    provider.next("/token", answer(&right(json!({}))));
    home.run(&["refresh"]).ok();
    assert_eq!(home.run(&["token"]).ok().line(), "renewed-token-1");
}

#[test]
fn more_scopes_than_asked_for_are_said() {
    let (home, provider) = signed_in();
    provider.next(
        "/token",
        Reply::Json(
            200,
            json!({"access_token": "renewed-token-1", "token_type": "Bearer", "scope": "openid profile admin:all"}),
        ),
    );
    let run = home.run(&["refresh"]).ok();
    assert!(run.stderr.contains("admin:all"), "{run:?}");
}

#[test]
fn it_sends_the_client_of_the_login_and_never_todays() {
    let (home, provider) = signed_in();
    let definition = provider
        .definition("")
        .replace("keyfob-test", "from-the-file");
    home.provider(
        "acme",
        &format!("client_auth = \"client_secret_post\"\n{definition}"),
    );
    let mut refresh = home.keyfob(&["refresh"]);
    refresh
        .env("KEYFOB_ACME_CLIENT_ID", "from-the-environment")
        .env("KEYFOB_ACME_CLIENT_SECRET", "from-the-environment");
    Run::of(refresh.output().unwrap()).ok();
    assert_eq!(sent(&provider, "client_id").unwrap(), "keyfob-test");
    assert_eq!(sent(&provider, "client_secret"), None);
}

#[test]
fn it_works_when_the_definition_has_been_removed() {
    let (home, provider) = signed_in();
    std::fs::remove_file(home.path("config/providers/acme.toml")).unwrap();
    home.run(&["refresh"]).ok();
    provider.assert_refreshes(1);
}

#[test]
fn a_new_path_on_the_same_origin_is_taken_and_noted() {
    let (home, provider) = signed_in();
    home.provider(
        "acme",
        &provider.definition("").replace("/token\"", "/v2/token\""),
    );
    provider.next(
        "/v2/token",
        Reply::Json(200, json!({"access_token": "new", "token_type": "bearer"})),
    );
    home.run(&["refresh"]).ok();
    assert_eq!(home.run(&["token"]).ok().line(), "new");
    let noted = home.account("acme/julien").endpoints.token;
    assert_eq!(noted.as_str(), format!("{}/v2/token", provider.origin()));
}

#[test]
fn a_new_origin_gets_nothing_until_the_next_login() {
    let (home, provider) = signed_in();
    let elsewhere = Provider::start();
    home.provider("acme", &elsewhere.definition(""));
    let token = home.run(&["token"]).ok();
    assert!(
        token.line().starts_with(MARK),
        "the stored token is still good"
    );
    let words = [
        "acme/julien",
        &provider.origin(),
        &elsewhere.origin(),
        "`keyfob login acme/julien --replace`",
        "`keyfob provider show acme`",
    ];
    home.run(&["refresh"]).fails(1, &words);
    home.run(&["whoami"]).fails(1, &words);
    assert_eq!(
        home.run(&["refresh", "--json"]).failure()["error"],
        "endpoint_changed"
    );

    let logout = home.run(&["logout", "--json"]).ok();
    assert!(logout.stderr.contains("lives until"), "{logout:?}");
    assert_eq!(logout.json()["accounts"][0]["removed"], true);
    assert_eq!(
        logout.json()["accounts"][0]["tokens"][0]["result"],
        "skipped"
    );
    for path in ["/token", "/userinfo", "/revoke"] {
        assert!(elsewhere.asked(path).is_empty(), "{path}");
    }
    home.login(&["acme"]).ok();
    home.run(&["refresh"]).ok();
}

#[test]
fn an_endpoint_that_is_not_needed_stops_nothing_by_moving() {
    let (home, provider) = signed_in();
    let elsewhere = Provider::start();
    let definition = moved(&provider.definition(""), "/userinfo", &provider, &elsewhere);
    home.provider(
        "acme",
        &moved(&definition, "/revoke", &provider, &elsewhere),
    );
    home.run(&["refresh"]).ok();
    let noted = home.account("acme/julien").endpoints;
    for endpoint in [noted.userinfo, noted.revocation] {
        assert!(endpoint.unwrap().as_str().starts_with(&provider.origin()));
    }
    home.run(&["whoami"])
        .fails(1, &["acme/julien", "`userinfo_endpoint`"]);
    let logout = home.run(&["logout"]).ok();
    assert!(
        logout.stderr.contains("`revocation_endpoint`"),
        "{logout:?}"
    );
    for path in ["/userinfo", "/revoke"] {
        assert!(elsewhere.asked(path).is_empty(), "{path}");
    }
}

#[test]
fn an_origin_that_had_access_tokens_gets_no_refresh_token() {
    let (home, provider) = acme();
    let elsewhere = Provider::start();
    let person = provider.state(|state| state.person.clone());
    elsewhere.next("/userinfo", Reply::Json(200, person));
    let at_login = moved(&provider.definition(""), "/userinfo", &provider, &elsewhere);
    home.provider("acme", &at_login);
    home.login(&["acme", "--accept-origin", &elsewhere.origin()])
        .ok();
    home.provider("acme", &moved(&at_login, "/token", &provider, &elsewhere));
    home.run(&["refresh"])
        .fails(1, &["`token_endpoint`", &elsewhere.origin()]);
    assert!(elsewhere.asked("/token").is_empty());
}

#[test]
fn an_endpoint_that_the_login_did_not_know_is_taken_on_an_origin_that_it_did() {
    for known in [true, false] {
        let (home, provider) = acme();
        let elsewhere = Provider::start();
        let full = provider.definition("");
        let line = format!("revocation_endpoint = \"{}/revoke\"\n", provider.origin());
        home.provider("acme", &full.replace(&line, ""));
        home.login(&["acme"]).ok();
        let place = if known { &provider } else { &elsewhere };
        let moved = line.replace(&provider.origin(), &place.origin());
        home.provider("acme", &full.replace(&line, &moved));
        home.run(&["refresh"]).ok();
        home.run(&["logout"]).ok();
        let asked = if known { 2 } else { 0 };
        assert_eq!(place.asked("/revoke").len(), asked);
    }
}

#[test]
fn a_server_that_wants_the_redirect_uri_again_gets_it() {
    let (home, provider) = signed_in_to("[token]\nrefresh_resends_redirect_uri = true\n");
    let at_login = sent(&provider, "redirect_uri").unwrap();
    home.run(&["refresh"]).ok();
    assert_eq!(sent(&provider, "redirect_uri").unwrap(), at_login);
}

#[test]
fn the_old_refresh_token_stays_where_the_answer_has_none() {
    let (home, provider) = signed_in();
    provider.state(|state| state.rotates = false);
    for _ in 0..3 {
        home.run(&["refresh"]).ok();
    }
    provider.assert_refreshes(3);
}

#[test]
fn granted_scopes_are_taken_as_they_change() {
    let (home, provider) = signed_in();
    let scope =
        |home: &Home| home.run(&["list", "--json"]).ok().json()["accounts"][0]["scope"].clone();
    assert_eq!(scope(&home), "read write");
    provider.next(
        "/token",
        Reply::Json(200, json!({"access_token": "a", "scope": "read"})),
    );
    home.run(&["refresh"]).ok();
    assert_eq!(scope(&home), "read");
}

#[test]
fn a_refused_refresh_token_is_kept_marked_and_sent_again_only_by_name() {
    let (home, provider) = expired();
    provider.next("/token", refusal("invalid_grant"));
    let before = home.secrets("acme/julien");
    home.run(&["token"]).fails(
        4,
        &["acme/julien", "invalid_grant", "`keyfob login acme/julien`"],
    );
    assert_eq!(home.secrets("acme/julien"), before);
    assert_eq!(status(&home), "login_required");

    let asked = provider.asked("/token").len();
    home.run(&["token"])
        .fails(4, &["`keyfob login acme/julien`"]);
    home.run(&["whoami"])
        .fails(4, &["`keyfob login acme/julien`"]);
    home.run(&["refresh", "--all"]).fails(4, &["acme/julien"]);
    home.run(&["refresh", "--expiring-in", "1h"])
        .fails(4, &["acme/julien"]);
    assert_eq!(provider.asked("/token").len(), asked, "nothing was sent");

    home.run(&["refresh", "acme"]).ok();
    assert_eq!(status(&home), "valid");
    provider.assert_refreshes(1);
}

/// Refuses a refresh token while another process stores a newer set whose access token lives for `life`.
fn refused_while_replaced(life: u64) -> (Home, Provider, Run) {
    let (home, provider) = expired();
    provider.next("/token", refusal("invalid_grant"));
    let door = provider.hold("/token");
    let token = home.begin(&["token"]);
    provider.wait_for("/token", 2);
    let (mut account, mut secrets) = (home.account("acme/julien"), home.secrets("acme/julien"));
    secrets.generation += 1;
    secrets.tokens.access_token = Secret::new("from-elsewhere");
    secrets.tokens.expires_at = Some(Timestamp::now().plus(life));
    account.describe(&secrets.tokens, secrets.generation);
    home.vault().keep(&account, &secrets).unwrap();
    home.vault().record(&account).unwrap();
    drop(door);
    (home, provider, token.end())
}

#[test]
fn a_refusal_gives_way_to_a_newer_token_that_was_stored_meanwhile() {
    let (home, _provider, token) = refused_while_replaced(600);
    assert_eq!(token.ok().line(), "from-elsewhere");
    assert_eq!(home.account("acme/julien").refused_generation, None);
}

#[test]
fn a_refusal_says_nothing_about_a_newer_refresh_token_that_was_not_sent() {
    let (home, _provider, token) = refused_while_replaced(0);
    token.fails(1, &["acme/julien", "replaced meanwhile", "try again"]);
    assert_eq!(home.account("acme/julien").refused_generation, None);
    home.run(&["token"]).ok();
}

#[test]
fn a_sign_in_lifts_the_mark() {
    let (home, provider) = expired();
    provider.next("/token", refusal("invalid_grant"));
    home.run(&["token"]).fails(4, &[]);
    home.login(&["acme"]).ok();
    home.later("acme/julien", 3600);
    home.run(&["token"]).ok();
}

#[test]
fn other_refusals_never_mark() {
    let (home, provider) = expired();
    for error in [
        "invalid_client",
        "unauthorized_client",
        "invalid_request",
        "out_of_cheese",
    ] {
        provider.next("/token", refusal(error));
        home.run(&["token"]).fails(
            1,
            &["acme/julien", error, "the stored tokens are unchanged"],
        );
        assert_eq!(status(&home), "expired", "{error}");
    }
    home.run(&["token"]).ok();
    provider.assert_refreshes(1);
}

#[test]
fn an_error_under_200_is_the_standards_own_only_where_the_definition_says_so() {
    let under_200 = || Reply::Json(200, json!({"error": "invalid_grant"}));
    let (home, provider) = signed_in_to("[token]\nerrors_under_200 = true\n");
    provider.next("/token", under_200());
    home.run(&["refresh"]).fails(4, &["invalid_grant"]);
    assert_eq!(home.account("acme/julien").refused_generation, Some(1));

    let (home, provider) = signed_in();
    provider.next("/token", under_200());
    home.run(&["refresh"])
        .fails(1, &["answered 200 with an error: invalid_grant"]);
    assert_eq!(home.account("acme/julien").refused_generation, None);
}

#[test]
fn a_short_retry_after_is_waited_for() {
    let (home, provider) = expired();
    for status in [429, 503] {
        provider.next(
            "/token",
            Reply::Text(status, "Retry-After: 1\r\n".into(), String::new()),
        );
    }
    let token = home.run(&["token", "-v"]).ok();
    assert!(token.stderr.contains("asks to wait 1 s"), "{token:?}");
    assert_eq!(provider.asked("/token").len(), 4);
}

#[test]
fn a_long_retry_after_is_exit_3_that_names_it() {
    let (home, provider) = expired();
    for retry in ["11", "3600"] {
        provider.next(
            "/token",
            Reply::Text(429, format!("Retry-After: {retry}\r\n"), String::new()),
        );
        home.run(&["token"])
            .fails(3, &["acme/julien", "429", &format!("in {retry} s")]);
    }
    provider.next("/token", Reply::Text(503, String::new(), String::new()));
    assert_eq!(
        home.run(&["token", "--json"]).failure()["error"],
        "provider_unavailable"
    );
    home.run(&["token"]).ok();
}

#[test]
fn a_server_that_asks_for_no_wait_is_not_asked_for_ever() {
    let (home, provider) = expired();
    for _ in 0..20 {
        provider.next(
            "/token",
            Reply::Text(503, "Retry-After: 0\r\n".into(), String::new()),
        );
    }
    home.run(&["token"]).fails(3, &["acme/julien", "503"]);
    assert_eq!(provider.asked("/token").len(), 12, "the login's and 11");
}

#[test]
fn a_signal_during_the_request_is_held_off_until_the_answer_is_kept() {
    for signal in ["INT", "TERM", "HUP"] {
        let (home, provider) = expired();
        let door = provider.hold("/token");
        let token = home.begin(&["token"]);
        provider.wait_for("/token", 2);
        token.signal(signal);
        drop(door);
        let run = token.end();
        assert_eq!(run.status, 130, "{signal}: {run:?}");
        assert!(run.stderr.contains("interrupted"), "{run:?}");
        home.run(&["token"]).ok();
        provider.assert_refreshes(1);
    }
}

#[test]
fn a_signal_during_a_wait_that_the_server_asked_for_is_obeyed_at_once() {
    let (home, provider) = expired();
    provider.next(
        "/token",
        Reply::Text(429, "Retry-After: 10\r\n".into(), String::new()),
    );
    let begin = std::time::Instant::now();
    let mut token = home.begin(&["token", "-v"]);
    token.await_line("asks to wait 10 s");
    token.signal("INT");
    assert_eq!(token.end().status, 130);
    assert!(begin.elapsed() < GENEROUS);
    home.run(&["token"]).ok();
}

#[test]
fn an_answer_that_cannot_be_written_is_kept_as_soon_as_it_can() {
    let (home, provider) = expired();
    let door = provider.hold("/token");
    let mut token = home.begin(&["token"]);
    provider.wait_for("/token", 2);
    let broken = home.break_writing();
    drop(door);
    token.await_line("is tried again");
    drop(broken);
    let run = token.end().ok();
    assert!(run.line().starts_with(MARK), "{run:?}");
    assert_eq!(home.run(&["token"]).ok().stdout, run.stdout);
    home.run(&["refresh"]).ok();
    provider.assert_refreshes(2);
}

#[test]
fn an_answer_that_can_never_be_written_is_said_for_what_it_is() {
    let (mut home, provider) = expired();
    home.set("KEYFOB_TEST_WRITE", "2");
    let door = provider.hold("/token");
    let token = home.begin(&["token"]);
    provider.wait_for("/token", 2);
    let _broken = home.break_writing();
    drop(door);
    token.end().fails(
        5,
        &[
            "acme/julien",
            "could not be kept",
            "`keyfob login acme/julien`",
        ],
    );
}
