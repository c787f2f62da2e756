//! Logins in front of a person: what moves, what is asked, what is not shown, and what Ctrl-C leaves.

use serde_json::json;

use crate::vault::HomeVault as _;
use keyfob_testkit::home::Home;
use keyfob_testkit::provider::{Provider, acme, acme_with};
use keyfob_testkit::screen::Screen;
use keyfob_testkit::visitor::begin_visit;

const CTRL_C: &str = "\x03";
const CTRL_D: &str = "\x04";

const WITH_SECRET: &str = "client_auth = \"client_secret_post\"\nclient_secret_required = true\n";

/// A login on a terminal whose browser is the test.
fn login(home: &Home, args: &[&str]) -> Screen {
    Screen::start(&home.login_command(args))
}

/// Signs in where the screen says, and waits for the end.
#[track_caller]
fn sign_in(screen: &mut Screen) -> (u32, String) {
    let url = screen.address();
    let browser = begin_visit(&url);
    let end = screen.end();
    browser.join().unwrap();
    end
}

#[test]
fn the_wait_is_shown_and_erased() {
    let (home, _provider) = acme();
    let mut screen = login(&home, &["acme"]);
    screen.wait_for("waiting for the browser; Ctrl-C stops");
    let (status, shown) = sign_in(&mut screen);
    assert_eq!(status, 0, "{shown}");
    assert!(!shown.contains("waiting for"), "{shown}");
    assert!(
        shown.contains("signed in to Acme as julien: acme/julien, the default"),
        "{shown}"
    );
}

#[test]
fn nothing_moves_and_nothing_is_coloured_without_colour() {
    let (home, _provider) = acme();
    let mut command = home.login_command(&["acme"]);
    let mut screen = Screen::start(command.env("NO_COLOR", "1"));
    let (status, shown) = sign_in(&mut screen);
    assert_eq!(status, 0, "{shown}");
    assert!(!screen.raw().contains('\u{1b}'), "{:?}", screen.raw());
    assert!(!shown.contains("waiting"), "{shown}");

    let mut wrong = home.keyfob(&["login", "nobody"]);
    let mut coloured = Screen::start(&wrong);
    assert_eq!(coloured.end().0, 2);
    assert!(
        coloured.raw().contains("\u{1b}[31m"),
        "{:?}",
        coloured.raw()
    );
    let mut plain = Screen::start(wrong.env("NO_COLOR", "1"));
    assert_eq!(plain.end().0, 2);
    assert!(!plain.raw().contains('\u{1b}'), "{:?}", plain.raw());
}

#[test]
fn ctrl_c_ends_the_wait() {
    let (home, _provider) = acme();
    let mut screen = login(&home, &["acme"]);
    screen.wait_for("waiting for the browser");
    screen.press(CTRL_C);
    let (status, shown) = screen.end();
    assert_eq!(status, 130, "{shown}");
    assert!(shown.contains("error: interrupted"), "{shown}");
    assert!(!shown.contains("waiting for"), "{shown}");
    assert!(home.stored().is_empty());
}

#[test]
fn registration_is_asked_once_and_yes_registers() {
    let (home, provider) = (Home::new(), Provider::start());
    home.provider("acme", &provider.bare_definition());
    provider.state(|state| state.registers = true);

    let mut screen = login(&home, &["acme"]);
    screen.wait_for("register keyfob at http:");
    screen.press("n\r");
    let (status, shown) = screen.end();
    assert_eq!(status, 1, "{shown}");
    assert!(
        shown.contains("keyfob login acme --client-id ID"),
        "{shown}"
    );
    assert!(provider.asked("/register").is_empty());

    let mut screen = login(&home, &["acme"]);
    screen.wait_for("[y/N]");
    screen.press("y\r");
    let (status, shown) = sign_in(&mut screen);
    assert_eq!((status, shown.matches("[y/N]").count()), (0, 1), "{shown}");
    assert!(shown.contains("registered keyfob at Acme"), "{shown}");

    let (status, shown) = sign_in(&mut login(&home, &["acme"]));
    assert_eq!((status, shown.matches("[y/N]").count()), (0, 0), "{shown}");
    assert_eq!(provider.asked("/register").len(), 1);
}

#[test]
fn a_client_secret_is_asked_for_without_showing_it() {
    let (home, provider) = acme_with(WITH_SECRET);
    let mut screen = login(&home, &["acme"]);
    screen.wait_for("client secret of keyfob-test at Acme:");
    screen.wait_for_echo(false);
    screen.press("typed-secret\r");
    screen.wait_for("keep it in the file store for later logins at Acme? [y/N]");
    screen.press("\r");
    let (status, shown) = sign_in(&mut screen);
    assert_eq!(status, 0, "{shown}");
    assert!(!screen.raw().contains("typed"), "{:?}", screen.raw());
    assert!(
        shown.contains(": \nkeep it in"),
        "the next line is a new one: {shown}"
    );
    assert!(screen.echoes());
    home.run(&["refresh", "acme"]).ok();
    for request in provider.asked("/token") {
        assert_eq!(request.form["client_secret"], "typed-secret");
    }
    assert_eq!(home.vault().client("acme").unwrap(), None);
}

#[test]
fn no_client_secret_is_no_login() {
    let (home, provider) = acme_with(WITH_SECRET);
    let mut screen = login(&home, &["acme"]);
    screen.wait_for_echo(false);
    screen.press("\r");
    let (status, shown) = screen.end();
    assert_eq!(status, 1, "{shown}");
    assert!(shown.contains("KEYFOB_ACME_CLIENT_SECRET"), "{shown}");
    assert!(provider.asked("/authorize").is_empty());
}

#[test]
fn a_hidden_question_that_nobody_answers_says_where_else_the_answer_goes() {
    let (home, _provider) = acme_with(WITH_SECRET);
    let mut screen = login(&home, &["acme"]);
    screen.wait_for_echo(false);
    screen.press(CTRL_D);
    let (status, shown) = screen.end();
    assert_eq!((status, screen.echoes()), (2, true), "{shown}");
    assert!(shown.contains("set KEYFOB_ACME_CLIENT_SECRET"), "{shown}");
}

#[test]
fn a_hidden_question_that_is_cut_off_gives_the_echo_back() {
    let (home, _provider) = acme_with(WITH_SECRET);
    for _ in 0..5 {
        cut_off(|| login(&home, &["acme"]));
    }
}

#[test]
fn a_passphrase_that_is_not_given_gives_the_echo_back() {
    let mut home = Home::new();
    home.set("KEYFOB_PASSPHRASE", "correct horse");
    home.run(&["login", "sandbox"]).ok();
    home.unset("KEYFOB_PASSPHRASE");
    for _ in 0..3 {
        cut_off(|| Screen::start(&home.keyfob(&["token"])));
    }
}

/// Ends a hidden question with Ctrl-C and with SIGTERM.
fn cut_off(begin: impl Fn() -> Screen) {
    let mut screen = begin();
    screen.wait_for_echo(false);
    screen.press(CTRL_C);
    let (status, shown) = screen.end();
    assert_eq!((status, screen.echoes()), (130, true), "{shown}");
    assert_eq!(shown.matches("interrupted").count(), 1, "{shown}");

    let mut screen = begin();
    screen.wait_for_echo(false);
    let mut kill = std::process::Command::new("kill");
    kill.arg(screen.pid().to_string());
    assert!(kill.status().unwrap().success());
    let (status, shown) = screen.end();
    assert_eq!((status, screen.echoes()), (130, true), "{shown}");
}

#[test]
fn fewer_scopes_are_a_question() {
    let (home, _provider) = acme();
    home.login(&["acme"]).ok();
    for (answer, status, scopes) in [
        ("\r", 1, json!(["read", "write"])),
        ("y\r", 0, json!(["read"])),
    ] {
        let mut screen = login(&home, &["acme", "--scope", "read"]);
        let url = screen.address();
        let browser = begin_visit(&url);
        screen.wait_for("lacks write that acme/julien has; replace its tokens? [y/N]");
        screen.press(answer);
        let (ended, shown) = screen.end();
        assert_eq!(ended, status, "{shown}");
        assert_eq!(home.entry("acme/julien")["scopes"], scopes);
        let page = browser.join().unwrap();
        assert_eq!(page.status, if status == 0 { 200 } else { 500 });
    }
}

#[test]
fn without_a_browser_the_address_is_the_way_even_under_quiet() {
    let (home, _provider) = acme();
    for browser in ["", "/nowhere/at-all"] {
        let mut command = home.keyfob(&["login", "acme", "-q"]);
        let mut screen = Screen::start(command.env("KEYFOB_BROWSER", browser));
        let (status, shown) = sign_in(&mut screen);
        assert_eq!(status, 0, "{shown}");
        assert!(!shown.contains("acme/julien"), "{shown}");
    }
}

#[test]
fn a_browser_that_fails_is_said_with_what_to_do() {
    let (home, _provider) = acme();
    let mut command = home.keyfob(&["login", "acme"]);
    let mut screen = Screen::start(command.env("KEYFOB_BROWSER", "/nowhere/at-all"));
    screen.wait_for("no browser opened (`at-all` was not found); open the address above yourself");
    let (status, shown) = sign_in(&mut screen);
    assert_eq!(status, 0, "{shown}");
}

#[test]
fn over_ssh_the_screen_says_how_to_forward_the_redirect() {
    for (name, value) in [
        ("SSH_CONNECTION", "192.0.2.1 5 192.0.2.2 22"),
        ("SSH_TTY", "/dev/pts/1"),
    ] {
        let (home, _provider) = acme();
        let mut command = home.keyfob(&["login", "acme"]);
        command.env(name, value).env("DISPLAY", ":0");
        let mut screen = Screen::start(&command);
        let url = screen.address();
        let (_, uri) = url
            .query_pairs()
            .find(|(name, _)| name == "redirect_uri")
            .unwrap();
        let port = url::Url::parse(&uri).unwrap().port().unwrap();
        screen.wait_for(&format!("ssh -L {port}:127.0.0.1:{port} THIS_HOST"));
        let (status, shown) = sign_in(&mut screen);
        assert_eq!(status, 0, "{shown}");
    }
}

#[test]
fn ctrl_c_ends_the_question_after_a_login_by_url_and_the_account_stays() {
    let (home, provider) = (Home::new(), Provider::start());
    let url = provider.origin();
    let mut screen = login(&home, &[&url, "--client-id", "keyfob-test"]);
    let address = screen.address();
    let browser = begin_visit(&address);
    screen.wait_for("keep it as a provider?");
    browser.join().unwrap();
    screen.press(CTRL_C);
    let (status, shown) = screen.end();
    assert_eq!(status, 130, "{shown}");
    assert_eq!(home.accounts().len(), 1, "{shown}");
    home.run(&["token"]).ok();
}

#[test]
fn a_hint_repeats_what_was_typed() {
    let (home, provider) = acme();
    home.login(&["acme", "--as", "work"]).ok();
    for (args, again) in [
        (&["acme/work"][..], "`keyfob login acme/work` on a terminal"),
        (
            &["acme", "--scope", "a b", "--as", "new"],
            "`keyfob login acme --scope 'a b' --as new`",
        ),
        (
            &["acme", "--flow", "paste"],
            "`keyfob login acme --flow paste` on a terminal",
        ),
    ] {
        let mut typed = vec!["login", "--no-browser"];
        typed.extend(args);
        home.run(&typed).fails(4, &[again]);
    }
    let home = Home::new();
    let run = home.run(&[
        "login",
        &provider.origin(),
        "--no-browser",
        "--client-id",
        "x",
    ]);
    let again = format!(
        "`keyfob login {} --client-id x` on a terminal",
        provider.origin()
    );
    run.fails(4, &[&again]);
}
