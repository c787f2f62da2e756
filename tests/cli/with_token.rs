//! `login --with-token`: a token that somebody has already, from standard input to its account.

mod kept;

use serde_json::{Value, json};

use keyfob_testkit::home::{Home, Run};
use keyfob_testkit::provider::{MARK, Provider, acme, acme_with};
use keyfob_testkit::scene::signed_in;
#[cfg(unix)]
use keyfob_testkit::screen::Screen;
use keyfob_testkit::server::Reply;

/// A token that the server knows.
const GOOD: &str = "MARKED-SECRET-personal-0001";

/// Runs a login with this on standard input.
fn give(home: &Home, token: impl AsRef<[u8]>, args: &[&str]) -> Run {
    let args = [&["login"], args, &["--with-token"]].concat();
    home.run_with_input(&args, token)
}

fn knows(provider: &Provider, token: &str) {
    provider.state(|state| state.alive.insert(token.to_owned()));
}

/// The server knows the token, and it is `acme/julien`.
fn given() -> (Home, Provider) {
    given_with("")
}

fn given_with(more: &str) -> (Home, Provider) {
    let (home, provider) = acme_with(more);
    knows(&provider, GOOD);
    give(&home, GOOD, &["acme"]).ok();
    (home, provider)
}

/// Nothing was asked, and nothing kept.
#[track_caller]
fn untouched(home: &Home, provider: &Provider) {
    for path in ["/userinfo", "/token", "/revoke"] {
        assert!(provider.asked(path).is_empty(), "{path}");
    }
    assert_eq!(home.stored(), Vec::<std::path::PathBuf>::new());
}

#[test]
fn a_token_is_shown_to_its_provider_and_becomes_an_account() {
    let (home, provider) = acme();
    knows(&provider, GOOD);
    let run = give(&home, format!(" {GOOD}\r\n"), &["acme"]).ok();
    assert_eq!(run.stdout, "");
    assert_eq!(
        run.last(),
        "keeps a token of julien at Acme: acme/julien, the default"
    );
    let asked = provider.asked("/userinfo");
    assert_eq!(asked.len(), 1);
    assert_eq!(asked[0].method, "GET");
    assert_eq!(asked[0].headers["authorization"], format!("Bearer {GOOD}"));
    assert!(provider.asked("/token").is_empty());

    assert_eq!(home.run(&["token"]).ok().line(), GOOD);
    let entry = home.entry("acme/julien");
    assert_eq!(
        entry["identity"],
        json!({"issuer": provider.origin(), "subject": "u-1", "kind": "given"})
    );
    assert_eq!(entry["client"]["id"], "");
    assert_eq!(entry["refreshable"], false);
    assert_eq!(entry["expires_at"], Value::Null);
    assert_eq!(entry["scopes"], json!([]));
    let whoami = home.run(&["whoami"]).ok();
    assert!(whoami.stdout.contains("username  julien"), "{whoami:?}");
}

#[test]
fn its_json_is_that_of_a_login() {
    let (home, provider) = acme();
    knows(&provider, GOOD);
    let answer = give(&home, GOOD, &["acme", "--as", "ci", "--json"]).ok();
    assert_eq!(
        answer.json(),
        json!({"account": "acme/ci", "provider": "acme", "account_id": "u-1", "username": "julien",
            "scope": "", "expires_at": null, "store": "file", "refreshable": false,
            "created": true, "default": true})
    );
    let list = home.run(&["list", "--json"]).ok().json();
    assert_eq!(list["accounts"][0]["kind"], "given");
}

#[test]
fn what_is_no_token_is_refused_unsent_and_unshown() {
    let (home, provider) = acme();
    let secret = format!("{MARK}x");
    let long = |more: usize| format!("{MARK}{}", "x".repeat(16 * 1024 - MARK.len() + more));
    for (input, words) in [
        (String::new(), &["no token was given", "pipe it in"][..]),
        (" \r\n".into(), &["no token was given"]),
        (format!("{secret}\n{secret}"), &["more than one line"]),
        (
            format!("Bearer {secret}"),
            &["holds blanks", "without a scheme such as `Bearer`"],
        ),
        (
            format!("Authorization: Bearer {secret}"),
            &["holds blanks", "without a scheme such as `Bearer`"],
        ),
        (format!("{secret}\0"), &["not printable ASCII"]),
        (format!("{secret}ü"), &["not printable ASCII"]),
        (
            format!("{{\"access_token\":\"{secret}\"}}"),
            &["is JSON", "jq -r"],
        ),
        (format!("'{secret}'"), &["in quotes"]),
        (format!("HF_TOKEN={secret}"), &["an assignment"]),
        (long(1), &["longer than 16 KiB"]),
        (long(1_000_000), &["longer than 16 KiB"]),
    ] {
        for manner in [&["acme"][..], &["acme", "-v"]] {
            let run = give(&home, &input, manner).fails(2, words);
            let again = run.stderr.contains("`… | keyfob login acme --with-token`");
            assert!(again, "{run:?}");
            assert!(
                !run.stderr.contains(MARK) && run.stdout.is_empty(),
                "{run:?}"
            );
        }
        let failure = give(&home, &input, &["acme", "--json"]).failure();
        assert_eq!(failure["error"], "usage", "{words:?}");
    }
    untouched(&home, &provider);

    knows(&provider, &long(0));
    give(&home, long(0) + "\r\n", &["acme"]).ok();
    assert_eq!(home.run(&["token"]).ok().line(), long(0));
}

#[cfg(unix)]
#[test]
fn standard_input_that_gives_nothing_is_a_clear_failure() {
    let (home, provider) = acme();
    home.shell("keyfob login acme --with-token <&-")
        .fails(2, &["no token was given", "keyfob login acme --with-token"]);
    home.shell("keyfob login acme --with-token < /")
        .fails(2, &["cannot read standard input"]);
    untouched(&home, &provider);
}

#[cfg(unix)]
#[test]
fn on_a_terminal_it_is_asked_for_and_never_echoed() {
    let (home, provider) = acme_with("given.page = \"https://acme.example/tokens\"\n");
    knows(&provider, GOOD);
    let mut screen = Screen::start(&home.keyfob(&["login", "acme", "--with-token"]));
    screen.wait_for("made at https://acme.example/tokens");
    screen.wait_for("token for Acme:");
    screen.wait_for_echo(false);
    screen.press(&format!("{GOOD}\r"));
    let (status, shown) = screen.end();
    assert_eq!(status, 0, "{shown}");
    assert!(screen.echoes());
    assert!(!screen.raw().contains(MARK));
    assert_eq!(home.run(&["token"]).ok().line(), GOOD);
}

/// The terminal keeps 4095 bytes of a line, and drops the rest.
#[cfg(target_os = "linux")]
#[test]
fn a_line_that_the_terminal_may_have_cut_is_refused() {
    let (home, provider) = acme();
    let mut screen = Screen::start(&home.keyfob(&["login", "acme", "--with-token"]));
    screen.wait_for_echo(false);
    screen.press(&"x".repeat(3000));
    screen.press(&"x".repeat(2000));
    screen.press("\r");
    let (status, shown) = screen.end();
    assert_eq!(status, 2, "{shown}");
    assert!(shown.contains("may cut a line"), "{shown}");
    untouched(&home, &provider);
}

#[cfg(unix)]
#[test]
fn where_nobody_may_be_asked_the_pipe_is_named() {
    let (mut home, provider) = acme();
    for (args, ci) in [(&["--no-input"][..], ""), (&[], "true")] {
        home.set("CI", ci);
        let args = [&["login", "acme", "--with-token"], args].concat();
        let mut screen = Screen::start(&home.keyfob(&args));
        let (status, shown) = screen.end();
        assert_eq!(status, 2, "{shown}");
        assert!(shown.contains("nobody can be asked"), "{shown}");
        assert!(
            shown.contains("pipe it in: `… | keyfob login acme --with-token`"),
            "{shown}"
        );
    }
    untouched(&home, &provider);
}

/// Definitions whose tokens begin in known ways; nobody is ever asked at the others.
fn with_prefixes() -> (Home, Provider) {
    let more = "[prefixes]\naccess = [\"MARKED-\"]\nrefresh = [\"MARKED-SECRET-refresh-\"]\n";
    let (home, provider) = acme_with(more);
    let other = |access: &str| provider.definition(&format!("prefixes.access = [\"{access}\"]\n"));
    home.provider(
        "other",
        &other("MARKED-SECRET-other-").replace("Acme", "Other"),
    );
    home.provider("ours", &other("ours-"));
    home.provider("same", &other("MARKED-"));
    home.provider("plain", &provider.definition(""));
    home.provider("broken", "client_id = 7");
    (home, provider)
}

#[test]
fn a_refresh_token_and_one_of_another_provider_are_sent_nowhere() {
    let (home, provider) = with_prefixes();
    let refresh = format!("{MARK}refresh-1");
    let other = format!("{MARK}other-1");
    for at in ["acme", "ours", "plain"] {
        for (token, words) in [
            (&refresh, ["a refresh token of Acme", "was not sent"]),
            (
                &other,
                ["a token of Other", "`keyfob login other --with-token`"],
            ),
        ] {
            for manner in [&[][..], &["-v"], &["--as", "ci", "--no-verify"]] {
                let run = give(&home, token, &[&[at], manner].concat()).fails(2, &words);
                assert!(!run.stderr.contains(MARK), "{run:?}");
            }
        }
    }
    untouched(&home, &provider);
    // A prefix that two have is either's.
    let shared = format!("{MARK}shared");
    knows(&provider, &shared);
    give(&home, &shared, &["acme"]).ok();
    give(&home, &shared, &["same"]).ok();
    give(&home, &shared, &["ours"]).fails(2, &["a token of"]);
}

#[test]
fn a_beginning_that_nobody_knows_is_a_warning() {
    let (home, provider) = with_prefixes();
    knows(&provider, "unheard-of");
    let run = give(&home, "unheard-of", &["ours"]).ok();
    assert!(
        run.stderr
            .contains("warning: tokens of Acme begin with `ours-`, and this one does not"),
        "{run:?}"
    );
    let run = give(&home, "unheard-of", &["plain"]).ok();
    assert!(!run.stderr.contains("warning"), "{run:?}");
}

#[test]
fn a_refusal_stores_nothing() {
    let unwell = |body: &str| Reply::Text(403, String::new(), body.into());
    for (reply, status, code, words) in [
        (
            Reply::Text(401, "WWW-Authenticate: Bearer\r\n".into(), String::new()),
            1,
            "access_denied",
            &[
                "Acme does not accept this token",
                "https://acme.example/tokens",
            ][..],
        ),
        (
            Reply::Json(
                403,
                json!({"error": "insufficient_scope", "error_description": GOOD}),
            ),
            1,
            "access_denied",
            &["insufficient_scope: [redacted]", "--no-verify"],
        ),
        (
            Reply::Json(200, json!({"ok": false, "error": "invalid_auth"})),
            1,
            "access_denied",
            &["invalid_auth"],
        ),
        (unwell(GOOD), 1, "invalid_response", &["403", "--no-verify"]),
        (
            Reply::Json(200, json!({"id": 1})),
            1,
            "invalid_response",
            &["does not say who signed in: no `/sub`"],
        ),
        (
            Reply::Redirect("https://elsewhere.example/".into()),
            1,
            "invalid_response",
            &["redirect"],
        ),
        (
            Reply::Text(500, String::new(), GOOD.into()),
            3,
            "provider_unavailable",
            &["500"],
        ),
        (
            Reply::Text(429, "Retry-After: 7\r\n".into(), String::new()),
            3,
            "provider_unavailable",
            &["run it again in 7 s"],
        ),
        (Reply::Close, 3, "network_error", &["no answer from"]),
    ] {
        let (home, provider) = acme_with("given.page = \"https://acme.example/tokens\"\n");
        for args in [&["acme"][..], &["acme", "-v"], &["acme", "--json"]] {
            provider.next("/userinfo", reply.clone());
            let run = give(&home, GOOD, args).fails(status, words);
            assert!(run.stderr.contains("nothing was stored"), "{run:?}");
            assert!(!run.stderr.contains(MARK), "{run:?}");
            if args.contains(&"--json") {
                assert_eq!(run.failure()["error"], code);
            }
        }
        assert!(home.stored().is_empty(), "{code}");
    }
}

#[test]
fn without_a_network_nothing_is_stored_unless_nobody_is_to_be_asked() {
    let (home, provider) = acme();
    drop(provider);
    give(&home, GOOD, &["acme"]).fails(3, &["nothing was stored"]);
    assert!(home.stored().is_empty());
    let run = give(&home, GOOD, &["acme", "--as", "ci", "--no-verify"]).ok();
    assert_eq!(
        run.last(),
        "keeps a token for Acme, which was not asked: acme/ci, the default"
    );
    assert_eq!(home.entry("acme/ci")["identity"]["subject"], "");
    assert_eq!(home.run(&["token", "acme/ci"]).ok().line(), GOOD);
    give(&home, GOOD, &["acme", "--no-verify"]).fails_usage("--as");
}

#[test]
fn a_token_that_nobody_was_asked_about_learns_its_owner_by_name() {
    let (home, provider) = acme();
    knows(&provider, GOOD);
    give(&home, "first", &["acme", "--as", "ci", "--no-verify"]).ok();
    let other = give(&home, "second", &["acme", "--as", "cd", "--no-verify"]).ok();
    assert!(other.last().contains("acme/cd"), "{other:?}");
    assert!(provider.asked("/userinfo").is_empty());

    give(&home, GOOD, &["acme/ci"]).ok();
    assert_eq!(home.entry("acme/ci")["identity"]["subject"], "u-1");
    assert_eq!(home.run(&["token", "acme/ci"]).ok().line(), GOOD);
    give(&home, "third", &["acme", "--as", "ci", "--no-verify"])
        .fails(1, &["nobody was asked", "acme/ci", "--replace"]);
    assert_eq!(home.run(&["token", "acme/ci"]).ok().line(), GOOD);
}

#[test]
fn a_store_that_cannot_be_used_is_found_before_anything_is_sent() {
    let (mut home, provider) = acme();
    home.set("KEYFOB_STORE", "keyring");
    knows(&provider, GOOD);
    give(&home, GOOD, &["acme"]).fails(5, &["keyring"]);
    untouched(&home, &provider);
    give(&home, GOOD, &["acme", "--store", "file"]).ok();
}

#[test]
fn the_same_person_giving_another_token_updates_the_account() {
    let (home, provider) = given();
    let before = home.entry("acme/julien");
    let newer = format!("{MARK}personal-0002");
    knows(&provider, &newer);
    let run = give(&home, &newer, &["acme"]).ok();
    assert_eq!(
        run.last(),
        "keeps a new token of julien at Acme: acme/julien, the default"
    );
    assert_eq!(home.run(&["token"]).ok().line(), newer);
    assert_eq!(home.entry("acme/julien")["id"], before["id"]);
    assert_eq!(home.stored().len(), 2);

    give(&home, GOOD, &["acme", "--as", "ci"]).ok();
    assert_eq!(home.accounts(), ["acme/ci", "acme/julien"]);
    give(&home, &newer, &["acme/ci"]).ok();
    assert_eq!(home.run(&["token", "acme/ci"]).ok().line(), newer);
}

#[test]
fn a_token_of_somebody_else_takes_no_named_account() {
    let (home, provider) = given();
    let others = format!("{MARK}personal-0009");
    knows(&provider, &others);
    provider.state(|state| state.person = json!({"sub": "u-2", "preferred_username": "grace"}));
    for args in [&["acme/julien"][..], &["acme", "--as", "julien"]] {
        let run = give(&home, &others, args).fails(
            1,
            &[
                "a token of `grace`",
                "acme/julien is somebody else",
                "nothing was stored",
            ],
        );
        assert!(!run.stderr.contains("--switch"), "{run:?}");
        assert_eq!(home.run(&["token", "acme/julien"]).ok().line(), GOOD);
    }
    give(&home, &others, &["acme", "--as", "julien", "--replace"]).ok();
    assert_eq!(home.run(&["token", "acme/julien"]).ok().line(), others);
    assert_eq!(home.stored().len(), 2);
}

#[test]
fn a_sign_in_and_a_given_token_of_one_person_are_two_accounts() {
    let (home, provider) = signed_in();
    knows(&provider, GOOD);
    let run = give(&home, GOOD, &["acme"]).ok();
    assert_eq!(
        run.last(),
        "keeps a token of julien at Acme: acme/julien-2 (`julien` is another kind of sign-in)"
    );
    let asked = provider.asked("/userinfo").len();
    give(&home, GOOD, &["acme/julien"]).fails(
        1,
        &[
            "acme/julien is a person's sign-in, and this is a token that was given",
            "`keyfob login acme/julien` updates it",
        ],
    );
    assert_eq!(provider.asked("/userinfo").len(), asked, "known beforehand");

    let run = home.refused_login(&["acme/julien-2"]);
    let run = run.fails(
        1,
        &[
            "acme/julien-2 is a token that was given, and this is a person's sign-in",
            "`keyfob login acme/julien-2 --with-token`",
        ],
    );
    assert!(!run.stderr.contains("/authorize"), "{run:?}");
    home.login(&["acme"]).ok();
    assert_eq!(home.accounts(), ["acme/julien", "acme/julien-2"]);
    home.login(&["acme/julien-2", "--replace"]).ok();
    assert_eq!(home.entry("acme/julien-2")["identity"]["kind"], "person");
}

#[test]
fn a_row_may_ask_elsewhere_about_given_tokens() {
    let (home, provider) = (Home::new(), Provider::start());
    let more = format!(
        "[given]\nuserinfo_endpoint = \"{}/whoami\"\nsubject = \"/user/id\"\nusername = \"/user/login\"\n\
         [identity]\nmethod = \"POST\"\nscheme = \"OAuth\"\n\
         [identity.headers]\nVersion = \"2\"\nClient-Id = \"{{client_id}}\"\n",
        provider.origin()
    );
    home.provider("acme", &provider.definition(&more));
    let person = Reply::Json(200, json!({"user": {"id": 42, "login": "ada"}}));
    for _ in 0..2 {
        provider.next("/whoami", person.clone());
    }
    let run = give(&home, GOOD, &["acme"]).ok();
    assert!(run.last().contains("a token of ada"), "{run:?}");
    assert_eq!(home.entry("acme/ada")["identity"]["subject"], "42");
    let whoami = home.run(&["whoami"]).ok();
    assert_eq!(
        whoami.stdout,
        "account   acme/ada\nid        42\nusername  ada\n"
    );
    let asked = provider.asked("/whoami");
    assert_eq!(asked.len(), 2);
    for request in asked {
        assert_eq!(request.method, "GET");
        assert_eq!(request.headers["authorization"], format!("OAuth {GOOD}"));
        assert_eq!(request.headers["version"], "2");
        assert!(!request.headers.contains_key("client-id"));
    }
    assert!(provider.asked("/userinfo").is_empty());

    // The endpoint is pinned as the others are.
    let elsewhere = provider
        .definition(&more)
        .replace("http://127.0.0.1", "http://localhost");
    home.provider("acme", &elsewhere);
    home.run(&["whoami"]).fails(
        1,
        &[
            "acme/ada",
            "userinfo_endpoint",
            "`keyfob login acme/ada --with-token --replace`",
        ],
    );
}

#[test]
fn what_the_row_leaves_open_is_read_from_the_metadata() {
    let (home, provider) = (Home::new(), Provider::start());
    home.provider("acme", &provider.bare_definition());
    knows(&provider, GOOD);
    give(&home, GOOD, &["acme"]).ok();
    assert_eq!(home.accounts(), ["acme/julien"]);
    home.run(&["whoami"]).ok();

    let asked = provider.asked("/.well-known/openid-configuration").len();
    give(&home, GOOD, &["acme", "--as", "ci", "--no-verify"]).ok();
    let again = provider.asked("/.well-known/openid-configuration").len();
    assert_eq!(again, asked, "nobody is asked");
    assert_eq!(home.run(&["token", "acme/ci"]).ok().line(), GOOD);
}

#[test]
fn a_provider_that_tells_nobody_says_how_to_keep_the_token_all_the_same() {
    let (home, provider) = (Home::new(), Provider::start());
    let definition = provider.definition("").replace("userinfo_endpoint", "#");
    home.provider("acme", &definition);
    give(&home, GOOD, &["acme"]).fails(
        1,
        &[
            "whose a token is",
            "given.userinfo_endpoint",
            "--as NAME --no-verify",
        ],
    );
    give(&home, GOOD, &["acme", "--as", "ci", "--no-verify"]).ok();
}

#[test]
fn an_issuers_url_takes_a_token_too() {
    let (home, provider) = (Home::new(), Provider::start());
    knows(&provider, GOOD);
    let issuer = provider.origin();
    give(&home, "unknown", &[&issuer, "--keep-as", "acme"]).fails(1, &["does not accept"]);
    assert!(!home.path("config/providers/acme.toml").exists());
    give(&home, GOOD, &[&issuer, "--keep-as", "acme"]).ok();
    assert_eq!(home.accounts(), ["acme/julien"]);
    assert!(provider.asked("/authorize").is_empty());
}

#[test]
fn other_ways_to_sign_in_do_not_go_with_it() {
    let (home, provider) = acme();
    for other in [
        &["--flow", "device"][..],
        &["--scope", "a"],
        &["--browser", "x"],
        &["--switch"],
        &["--client-id", "x"],
    ] {
        give(&home, GOOD, &[&["acme"], other].concat()).fails_usage(other[0]);
    }
    untouched(&home, &provider);
}

#[test]
fn a_token_of_the_sandbox_can_be_given_to_it() {
    let home = Home::new();
    home.run(&["login", "sandbox", "--as", "me"]).ok();
    home.shell("keyfob token sandbox | keyfob login sandbox --with-token --as ci")
        .ok();
    let whoami = home.run(&["whoami", "sandbox/ci"]).ok();
    assert!(whoami.stdout.contains("ada@sandbox.example"), "{whoami:?}");
    let token = home.run(&["token", "sandbox/ci"]).ok();
    assert_eq!(token.line(), home.run(&["token", "sandbox/me"]).ok().line());
    home.run(&["logout", "sandbox/ci"]).ok();
    home.run(&["whoami", "sandbox/me"]).ok();
}

#[test]
fn a_token_in_the_place_of_an_argument_is_not_repeated() {
    let (home, provider) = acme();
    for args in [
        &["login", "acme", "--with-token", GOOD][..],
        &["login", "--with-token", GOOD],
        &["login", GOOD, "--with-token"],
        &["login", "0123456789abcdef0123", "--with-token"],
        &["login", "github_pat_11MARKED-SECRET-1", "--with-token"],
        &["login", "acmeMARKED-SECRET-1", "--with-token"],
        &["login", "acme", "--with-token=MARKED-SECRET-1"],
        &["login", "acme", "--with-token", "--MARKED-SECRET-1"],
    ] {
        for manner in [&[][..], &["-v"], &["--json"]] {
            let run = home.run(&[args, manner].concat());
            let run = run.fails(2, &["takes no value", "standard input"]);
            assert!(!run.stderr.contains(MARK), "{run:?}");
            assert!(!run.stderr.contains("0123456789abcdef"), "{run:?}");
        }
    }
    untouched(&home, &provider);
    home.run(&["login", "amce", "--with-token"])
        .fails(2, &["no provider is called `amce`", "acme"]);
}
