//! `provider add`: from flags, from the issuer's metadata, from answers; nothing half-written.

use serde_json::{Value, json};

use keyfob_testkit::home::Home;
use keyfob_testkit::provider::Provider;
#[cfg(unix)]
use keyfob_testkit::screen::Screen;
use keyfob_testkit::server::Reply;

const DISCOVERY: &str = "/.well-known/openid-configuration";

fn file(home: &Home, name: &str) -> String {
    std::fs::read_to_string(home.path(&format!("config/providers/{name}.toml"))).unwrap_or_default()
}

/// What the provider publishes next, with other members.
fn publish(provider: &Provider, members: &Value) {
    let origin = provider.origin();
    let mut metadata = json!({
        "issuer": origin,
        "authorization_endpoint": format!("{origin}/authorize"),
        "token_endpoint": format!("{origin}/token"),
        "userinfo_endpoint": format!("{origin}/userinfo"),
    });
    for (name, value) in members.as_object().unwrap() {
        metadata[name] = value.clone();
    }
    provider.next(DISCOVERY, Reply::Json(200, metadata));
}

#[test]
fn an_issuer_is_enough_to_sign_in() {
    let (home, provider) = (Home::new(), Provider::start());
    publish(
        &provider,
        &json!({
            "scopes_supported": ["email", "openid", "other"],
            "code_challenge_methods_supported": ["plain", "S256"],
            "device_authorization_endpoint": format!("{}/device", provider.origin()),
        }),
    );
    let origin = provider.origin();
    let run = home
        .run(&[
            "provider",
            "add",
            "acme",
            "--issuer",
            &origin,
            "--client-id",
            "keyfob-test",
        ])
        .ok();
    assert_eq!(run.stdout, "");
    for line in [
        format!("{origin} publishes its metadata:"),
        format!("  authorization endpoint  {origin}/authorize"),
        format!("  device flow             offered at {origin}/device"),
        "  registration            not offered".into(),
        "  PKCE S256               announced".into(),
    ] {
        assert!(
            run.stderr.lines().any(|said| said == line),
            "no {line:?} in {run:?}"
        );
    }
    assert_eq!(run.last(), "next: `keyfob login acme`");
    let host = origin.trim_start_matches("http://");
    assert_eq!(
        file(&home, "acme"),
        format!(
            "\
# acme: a provider of your own. `keyfob provider show acme` prints every key.
# What is not here is read from the issuer's metadata at each login.
# A client secret never belongs here: `keyfob provider set acme --client-secret` keeps one.
title = \"{host}\"
issuer = \"{origin}\"
client_id = \"keyfob-test\"
scopes = [\"openid\", \"email\"]
"
        )
    );
    home.login(&["acme"]).ok();
    assert_eq!(home.accounts(), ["acme/julien"]);
}

#[test]
fn the_answer_says_what_was_found_and_what_is_needed() {
    let (home, provider) = (Home::new(), Provider::start());
    provider.state(|state| state.registers = true);
    let origin = format!("{}/", provider.origin());
    let run = home
        .run(&["provider", "add", "acme", "--issuer", &origin, "--json"])
        .ok();
    let answer = run.json();
    assert_eq!(answer["provider"], "acme");
    assert_eq!(answer["needs"], json!([]), "it registers clients itself");
    assert_eq!(
        answer["found"]["issuer"],
        provider.origin(),
        "without the slash"
    );
    assert_eq!(answer["found"]["pkce_s256"], Value::Null);
    assert!(file(&home, "acme").contains("[registration]\ndynamic = true\n"));

    let run = home.run(&[
        "provider",
        "add",
        "other",
        "--authorization-endpoint",
        "https://id.example.com/a",
        "--token-endpoint",
        "https://id.example.com/t",
        "--json",
    ]);
    let answer = run.ok().json();
    assert_eq!(
        (&answer["needs"], &answer["found"]),
        (&json!(["client_id"]), &Value::Null)
    );
}

#[test]
fn every_key_has_its_flag_or_is_a_key() {
    let home = Home::new();
    home.run(&[
        "provider",
        "add",
        "acme",
        "redirect.host=localhost",
        "authorization.parameters.prompt=consent",
        "redirect.ports=4711,4712",
        "--title",
        "Acme",
        "--authorization-endpoint",
        "https://id.example.com/a",
        "--token-endpoint",
        "https://id.example.com/t",
        "--device-authorization-endpoint",
        "https://id.example.com/d",
        "--userinfo-endpoint",
        "https://id.example.com/u",
        "--revocation-endpoint",
        "https://id.example.com/r",
        "--client-id",
        "ours",
        "--client-auth",
        "client_secret_post",
        "--scope",
        "read write",
        "--scope",
        "admin",
    ])
    .ok();
    let text = file(&home, "acme");
    let (_, keys) = text.split_once("keeps one.\n").unwrap();
    assert_eq!(
        keys,
        "\
title = \"Acme\"
authorization_endpoint = \"https://id.example.com/a\"
token_endpoint = \"https://id.example.com/t\"
userinfo_endpoint = \"https://id.example.com/u\"
revocation_endpoint = \"https://id.example.com/r\"
device_authorization_endpoint = \"https://id.example.com/d\"
client_id = \"ours\"
client_auth = \"client_secret_post\"
scopes = [\"read\", \"write\", \"admin\"]

[redirect]
host = \"localhost\"
ports = [4711, 4712]

[authorization.parameters]
prompt = \"consent\"
"
    );
    let run = home.run(&["provider", "show", "acme"]).ok();
    assert!(
        run.stdout.contains("needs a client secret before a login"),
        "{run:?}"
    );
}

#[test]
fn a_name_that_is_taken_or_none_is_refused() {
    let home = Home::new();
    home.provider("mine", "not even TOML");
    let issuer = ["--issuer", "https://id.example.com"];
    for (name, words) in [
        (
            "mine",
            &[
                "`mine` exists already",
                "keyfob provider set mine KEY=VALUE",
            ][..],
        ),
        (
            "github",
            &[
                "`github` is a built-in provider",
                "keyfob provider set github",
            ],
        ),
        ("sandbox", &["`sandbox` is the practice provider"]),
        (
            "Acme",
            &[
                "no name for a provider",
                "lower-case letters, digits and `-`",
            ],
        ),
        ("a_b", &["no name for a provider"]),
        ("../x", &["no name for a provider"]),
        ("title=x", &["no name for a provider"]),
    ] {
        home.run(&[&["provider", "add", name][..], &issuer].concat())
            .fails(2, words);
    }
    assert_eq!(home.files().len(), 1, "nothing was made");
}

#[test]
fn without_anybody_to_ask_the_flags_are_named() {
    let home = Home::new();
    home.run(&["provider", "add"])
        .fails(2, &["keyfob provider add NAME --issuer URL"]);
    home.run(&["provider", "add", "acme"]).fails(
        2,
        &[
            "neither an issuer nor endpoints",
            "--issuer URL",
            "--token-endpoint URL",
        ],
    );
    let run = home.run(&[
        "provider",
        "add",
        "acme",
        "--token-endpoint",
        "https://x.example/t",
    ]);
    run.fails(
        2,
        &["one endpoint is given", "--authorization-endpoint URL"],
    );
}

#[test]
fn what_would_not_be_a_definition_is_not_written() {
    let (home, provider) = (Home::new(), Provider::start());
    let origin = provider.origin();
    for (more, words) in [
        (&["title=a", "--title", "b"][..], "`title` is given twice"),
        (&["issuer=https://x.example"], "`issuer` is given twice"),
        (&["scopes="], "`scopes` has no value"),
        (&["scope=hunter2"], "did you mean `scopes`?"),
        (&["client_secret=hunter2"], "never an argument"),
        (&["hunter2"], "not KEY=VALUE"),
        (&["--client-auth", "hunter2"], "`client_secret_basic`"),
        (
            &["--token-endpoint", "http://hunter2.example/"],
            "must be an https URL",
        ),
        (&["--client-id", "hunter2 x"], "`client_id`"),
        (
            &["authorization.parameters.state=hunter2"],
            "keyfob sets itself",
        ),
    ] {
        let args = [&["provider", "add", "acme", "--issuer", &origin][..], more].concat();
        let run = home.run(&args).fails(2, &[words]);
        assert!(!run.stderr.contains("hunter2"), "{run:?}");
    }
    for issuer in [
        "http://id.example.com",
        "https://a@id.example.com",
        "https://id.example.com?x",
        "file:///etc",
    ] {
        let run = home.run(&["provider", "add", "acme", "--issuer", issuer]);
        run.fails(2, &["`issuer`"]);
    }
    assert!(home.stored().is_empty() && file(&home, "acme").is_empty());
}

#[test]
fn metadata_that_is_wrong_adds_nothing() {
    let (home, provider) = (Home::new(), Provider::start());
    let origin = provider.origin();
    let add = ["provider", "add", "acme", "--issuer", &origin];
    let other = json!({"issuer": "https://evil.example"});
    let strays = json!({"token_endpoint": "http://evil.example/t"});
    let hostile = json!({"authorization_endpoint": "javascript:alert(1)"});
    for (members, words) in [
        (&other, "names another issuer"),
        (&strays, "`token_endpoint`"),
        (&hostile, "`authorization_endpoint`"),
    ] {
        publish(&provider, members);
        home.run(&add)
            .fails(1, &[words, "--authorization-endpoint URL"]);
    }
    publish(&provider, &json!({"token_endpoint": null}));
    home.run(&add)
        .fails(2, &["token_endpoint", "--token-endpoint URL"]);
    provider.next(DISCOVERY, Reply::Close);
    home.run(&add).fails(3, &["nothing was written"]);
    provider.next(
        DISCOVERY,
        Reply::Text(200, String::new(), "x".repeat(2_000_000)),
    );
    home.run(&add).fails(1, &["more than 1 MiB"]);
    assert!(file(&home, "acme").is_empty());
}

#[test]
fn endpoints_that_are_given_need_no_metadata() {
    let (home, provider) = (Home::new(), Provider::start());
    let origin = provider.origin();
    let (authorize, token) = (format!("{origin}/authorize"), format!("{origin}/token"));
    let endpoints = [
        "--authorization-endpoint",
        &authorize,
        "--token-endpoint",
        &token,
    ];
    provider.next(DISCOVERY, Reply::Text(404, String::new(), String::new()));
    let add = [
        &["provider", "add", "acme", "--issuer", &origin][..],
        &endpoints,
    ]
    .concat();
    let run = home.run(&add).ok();
    assert!(run.stderr.contains("no metadata was read"), "{run:?}");
    assert!(file(&home, "acme").contains(&token));

    let quiet = [
        &["provider", "add", "other", "discovery=false"][..],
        &endpoints,
    ]
    .concat();
    let before = provider.asked(DISCOVERY).len();
    home.run(&quiet).ok();
    assert_eq!(provider.asked(DISCOVERY).len(), before);

    let moved = format!("{origin}/other");
    let run = home
        .run(&[
            "provider",
            "add",
            "third",
            "--issuer",
            &origin,
            "--token-endpoint",
            &moved,
        ])
        .ok();
    assert!(run.stderr.contains("goes before the metadata's"), "{run:?}");
}

#[test]
fn an_issuer_that_is_known_is_said() {
    let (home, provider) = keyfob_testkit::provider::acme();
    let add = ["provider", "add", "other", "--issuer", &provider.origin()];
    let run = home.run(&add).ok();
    assert!(
        run.stderr.contains("`acme` has that issuer already"),
        "{run:?}"
    );
}

#[test]
fn hostile_metadata_cannot_act_on_the_screen() {
    let (home, provider) = (Home::new(), Provider::start());
    publish(
        &provider,
        &json!({"scopes_supported": ["openid", "\u{1b}[2J", "a b"], "code_challenge_methods_supported": ["\u{202e}"]}),
    );
    let run = home
        .run(&["provider", "add", "acme", "--issuer", &provider.origin()])
        .ok();
    assert!(!run.stderr.contains(['\u{1b}', '\u{202e}']), "{run:?}");
    assert!(file(&home, "acme").contains("scopes = [\"openid\"]"));
}

#[test]
fn a_folder_that_cannot_be_written_is_named() {
    let home = Home::new();
    home.write("config/providers", "a file where a folder belongs");
    let endpoint = |name: &str| format!("{name}=https://x.example/{name}");
    let add = home.run(&[
        "provider",
        "add",
        "acme",
        "discovery=false",
        &endpoint("authorization_endpoint"),
        &endpoint("token_endpoint"),
    ]);
    add.fails(1, &["cannot ", "config/providers"]);
}

#[test]
fn of_many_that_add_one_name_one_does() {
    let home = Home::new();
    let add = [
        "provider",
        "add",
        "acme",
        "--authorization-endpoint",
        "https://x.example/a",
        "--token-endpoint",
        "https://x.example/t",
    ];
    let runs = home.run_many(8, &add);
    let done = runs.iter().filter(|run| run.status == 0).count();
    assert_eq!(done, 1, "{runs:?}");
    for run in runs.into_iter().filter(|run| run.status != 0) {
        run.fails(2, &["`acme` exists already"]);
    }
}

#[cfg(unix)]
#[test]
fn what_is_missing_is_asked_for() {
    let (home, provider) = (Home::new(), Provider::start());
    publish(
        &provider,
        &json!({"scopes_supported": ["openid", "profile"]}),
    );
    let mut screen = Screen::start(&home.keyfob(&["provider", "add"]));
    screen.wait_for("name for the provider");
    screen.press("GitHub\r");
    screen.wait_for("once more");
    screen.press("acme\r");
    screen.wait_for("issuer URL of acme");
    screen.press("http://id.example.com\r");
    screen.wait_for("`issuer`: must be an https URL");
    screen.press(&format!("{}\r", provider.origin()));
    screen.wait_for("publishes its metadata:");
    screen.wait_for("client id, as it was registered there");
    screen.press("keyfob-test\r");
    screen.wait_for("(Enter for openid profile):");
    screen.press("\r");
    let (status, shown) = screen.end();
    assert_eq!(status, 0, "{shown}");
    assert!(shown.contains("next: `keyfob login acme`"), "{shown}");
    home.login(&["acme"]).ok();
}

#[cfg(unix)]
#[test]
fn a_server_without_an_issuer_is_asked_for_its_endpoints() {
    let (home, provider) = (Home::new(), Provider::start());
    let origin = provider.origin();
    let mut screen = Screen::start(&home.keyfob(&["provider", "add", "acme"]));
    screen.wait_for("issuer URL of acme");
    screen.press("\r");
    screen.wait_for("authorization endpoint, where the browser goes:");
    screen.press(&format!("{origin}/authorize\r"));
    screen.wait_for("token endpoint, where codes become tokens:");
    screen.press(&format!("{origin}/token\r"));
    screen.wait_for("client id");
    screen.press("\r");
    screen.wait_for("scopes to ask for");
    screen.press("read write\r");
    let (status, shown) = screen.end();
    assert_eq!(status, 0, "{shown}");
    assert!(
        shown.contains("keyfob provider set acme client_id=ID"),
        "{shown}"
    );
    assert!(file(&home, "acme").contains("scopes = [\"read\", \"write\"]"));

    let mut screen = Screen::start(&home.keyfob(&["provider", "add", "other"]));
    screen.wait_for("issuer URL");
    screen.press("\r");
    screen.wait_for("where the browser goes:");
    screen.press("\r");
    let (status, shown) = screen.end();
    assert_eq!(status, 2, "{shown}");
    assert!(shown.contains("--authorization-endpoint URL"), "{shown}");
    assert!(file(&home, "other").is_empty());
}

#[cfg(unix)]
#[test]
fn ctrl_c_at_any_question_adds_nothing() {
    let (home, provider) = (Home::new(), Provider::start());
    let origin = provider.origin();
    let mut screen = Screen::start(&home.keyfob(&["provider", "add"]));
    screen.wait_for("name for the provider");
    screen.press("\x03");
    assert_ne!(screen.end().0, 0);
    let mut screen = Screen::start(&home.keyfob(&["provider", "add", "acme"]));
    screen.wait_for("issuer URL");
    screen.press(&format!("{origin}\r"));
    screen.wait_for("client id");
    screen.press("\x03");
    assert_eq!(screen.end().0, 130);
    assert!(file(&home, "acme").is_empty());
}
