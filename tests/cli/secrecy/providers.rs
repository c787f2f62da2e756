//! The verbs of providers, and logins at a server that is known by its URL alone.

use super::*;
use keyfob_testkit::screen::Screen;

const SET: [&str; 4] = ["provider", "set", "acme", "--client-secret"];

/// A client secret with what encodings may lose.
fn secret() -> String {
    format!("{MARK}a/b+c&d <e>")
}

/// A round whose provider finds no client secret in the environment.
fn without_a_secret() -> Round {
    let mut r = Round::new(Home::new());
    r.home.unset("KEYFOB_ACME_CLIENT_SECRET");
    r
}

/// Every verb of providers, with a secret that was kept; then a login with it.
fn look_around(r: &mut Round) {
    for args in [
        &["provider", "list"][..],
        &["provider", "show", "acme"],
        &["provider", "set", "acme", "title=Acme Inc"],
    ] {
        r.run(well, args);
    }
    r.run(|status| status <= 1, &["provider", "test", "acme"]);
    for echo in ECHOES {
        r.echo(Some(echo));
        r.run(|status| status <= 1, &["provider", "test", "acme"]);
    }
    r.echo(None);
    r.run(well, &["login", "acme"]);
}

#[test]
fn a_secret_from_a_pipe_is_nowhere_but_in_the_store() {
    let r = &mut without_a_secret();
    for manner in MANNERS {
        let args = [&SET[..], manner].concat();
        let run = r.home.run_with_input(&args, format!("{}\n", secret())).ok();
        r.hear(&args, run);
        let wrong = r
            .home
            .run_with_input(&args, format!("{}\u{1b}\n", secret()));
        assert!(badly(wrong.status), "{wrong:?}");
        r.hear(&args, wrong);
    }
    look_around(r);
    r.judge();
}

#[test]
fn a_secret_that_is_typed_is_not_on_the_screen() {
    let r = &mut without_a_secret();
    for manner in [&[][..], &["-v"]] {
        let mut screen = Screen::start(&r.home.keyfob(&[&SET[..], manner].concat()));
        screen.wait_for("client secret of keyfob-test at Acme:");
        screen.wait_for_echo(false);
        screen.press(&format!("{}\r", secret()));
        let (status, shown) = screen.end();
        assert_eq!((status, screen.echoes()), (0, true), "{shown}");
        let secrets: Vec<_> = spellings(MARK);
        assert_none(&secrets, screen.raw().as_bytes(), "the terminal");
    }
    look_around(r);
    r.judge();
}

#[test]
fn a_secret_in_the_wrong_place_of_a_command_is_not_repeated() {
    let r = &mut without_a_secret();
    let secret = format!("{MARK}value");
    let given = |key: &str| format!("{key}={secret}");
    for args in [
        &["provider", "set", "acme", &given("client_secret")][..],
        &["provider", "set", "acme", &given("CLIENT_SECRET")],
        &["provider", "set", "acme", &given("token.client_secret")],
        &["provider", "set", "acme", &given("clientsecret")],
        &["provider", "set", "acme", &given("secret")],
        &["provider", "set", "acme", &given("password")],
        &["provider", "set", "acme", &given("client_auth")],
        &["provider", "set", "acme", &given("discovery")],
        &["provider", "set", "acme", &given("token_endpoint")],
        &["provider", "set", "acme", &given("device.style")],
        &["provider", "set", "acme", &given("redirect.ports")],
        &["provider", "set", "acme", &secret],
        &["provider", "set", "acme", "--client-secret", &secret],
        &["provider", "set", "acme", &given("--client-secret")],
        &["provider", "add", "beta", &given("client_secret")],
        &["provider", "add", "beta", &secret],
        &["provider", "add", "beta", &given("--client-auth")],
        &["provider", "add", "beta", &given("--client-secret")],
        &["login", "acme", &given("--client-secret")],
        &["login", "acme", "--with-token", &secret],
        &["login", &format!("https://user:{secret}@id.example.com")],
        &["login", &format!("https://id.example.com/#{secret}")],
    ] {
        for manner in MANNERS {
            let args = [args, manner].concat();
            let run = r.home.run(&args);
            assert!(badly(run.status), "{args:?}: {run:?}");
            r.hear(&args, run);
        }
    }
    r.home
        .set("KEYFOB_ACME_CLIENT_SECRET", format!("{MARK}a/b+c&d <e>"));
    r.run(well, &["login", "acme"]);
    r.judge();
}

#[test]
fn a_secret_in_a_providers_file_is_not_repeated() {
    let mut home = Home::new();
    let provider = Provider::start();
    home.set("KEYFOB_BROWSER", home.recording_browser());
    let secrets = spellings(MARK);
    for line in [
        "client_secret = \"MARK\"",
        "client-secret = \"MARK\"",
        "secret = \"MARK\"",
        "[token]\nclient_secret = \"MARK\"",
        "[token.headers]\nAuthorization = \"Basic MARK\\n\"",
        "[authorization.parameters]\nclient_secret = \"MARK\"",
        "[device.parameters]\nclient_secret = \"MARK\"",
        "[device]\nstyle = \"MARK\"",
        "[device]\nclient_auth = \"MARK\"",
        "[device]\nverification_uri = \"https://MARK@x.example\"",
        "MARK",
        "\"MARK",
    ] {
        let text = provider.definition(&format!("{}\n", line.replace("MARK", MARK)));
        home.provider("acme", &text);
        for verb in [
            &["provider", "show", "acme"][..],
            &["provider", "list"],
            &["provider", "test", "acme"],
            &["provider", "set", "acme", "title=x"],
            &["login", "acme", "--timeout", "1s"],
            &["provider", "remove", "acme"],
        ] {
            for manner in MANNERS {
                let run = home.run(&[verb, manner].concat());
                for text in [&run.stdout, &run.stderr] {
                    assert_none(&secrets, text.as_bytes(), &format!("{line} {verb:?}"));
                }
            }
        }
    }
    assert!(!home.path("browser/arguments").exists());
    assert!(provider.asked("/token").is_empty());
}

#[test]
fn a_login_by_url_gives_nothing_away() {
    let r = &mut without_a_secret();
    r.provider.state(|state| {
        state.registers = true;
        state.registration = json!({
            "client_secret": secret(),
            "registration_access_token": format!("{MARK}manages"),
            "token_endpoint_auth_method": "client_secret_basic",
        });
    });
    std::fs::remove_file(r.home.path("config/providers/acme.toml")).expect("a definition");
    let url = r.provider.origin();
    let login = ["login", &url, "--register", "--keep-as", "acme"];
    r.provider.state(|state| {
        state
            .spared
            .extend(["/.well-known/openid-configuration", "/register"]);
    });
    for echo in ECHOES {
        r.echo(Some(echo));
        let run = r.home.login(&[&login[1..], &["-v"]].concat());
        assert!(badly(run.status), "{run:?}");
        r.hear(&login, run);
    }
    r.echo(None);
    r.run(well, &login);
    r.run(well, &["login", "acme"]);
    r.judge();
}
