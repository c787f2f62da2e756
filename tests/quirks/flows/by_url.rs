//! `login http://…`: a provider from nothing but its URL, registration, and the question afterwards.

use keyfob::sandbox::{Options, Running, start};

use crate::home::{Home, Run};
use crate::screen::Screen;
use crate::stage::{Outcome, begin, finish};
use crate::visitor::{get, visit};

/// A home that knows nothing of the sandbox that runs.
fn stranger() -> (Home, Running) {
    stranger_to(|_| {})
}

fn stranger_to(acts: impl FnOnce(&mut Options)) -> (Home, Running) {
    let mut options = Options {
        approve: Some("ada".into()),
        ..Options::default()
    };
    acts(&mut options);
    (Home::new(), start(options).expect("a sandbox"))
}

/// The name that is suggested for it.
fn suggested(running: &Running) -> String {
    let (_, port) = running.base().rsplit_once(':').expect("a port");
    format!("127-0-0-1-{port}")
}

fn login(home: &Home, args: &[&str]) -> Outcome<Run> {
    finish(begin(home, args)?, get)
}

/// The names of the files that define providers.
fn kept(home: &Home) -> Vec<String> {
    let files = std::fs::read_dir(home.path("config/providers"));
    let names = files.into_iter().flatten().flatten();
    let names = names.map(|file| file.file_name().to_string_lossy().into_owned());
    names.collect()
}

/// A login on a terminal up to the question.
fn asked(home: &Home, running: &Running) -> Screen {
    let mut screen = Screen::start(&home.login_command(&[running.base(), "--register"]));
    let url = screen.authorization_url();
    let browser = std::thread::spawn(move || visit(&url));
    screen.wait_for(&format!(
        "keep it as a provider? its name [{}], or `-` to forget it:",
        suggested(running)
    ));
    assert_eq!(browser.join().expect("the browser").status, 200);
    screen
}

#[track_caller]
fn ended(mut screen: Screen, words: &str) {
    let (status, shown) = screen.end();
    assert_eq!(status, 0, "{shown}");
    assert!(shown.contains(words), "{shown}");
}

/// The account works, and the server has taken everything back at the end.
#[track_caller]
fn works(home: &Home, account: &str) {
    let first = home.run(&["token", account]).ok();
    home.run(&["refresh", account]).ok();
    let second = home.run(&["token", account]).ok();
    assert_ne!(first.stdout, second.stdout);
    home.run(&["whoami", account]).ok();
    let run = home.run(&["logout", account, "--json"]).ok();
    for token in run.json()["accounts"][0]["tokens"]
        .as_array()
        .expect("tokens")
    {
        assert_eq!(token["result"], "revoked", "{run:?}");
    }
    assert!(home.accounts().is_empty());
}

#[test]
fn enter_keeps_it_under_the_suggested_name() {
    let (home, running) = stranger();
    let name = suggested(&running);
    let mut screen = asked(&home, &running);
    screen.press("\r");
    ended(screen, &format!("it is the provider `{name}` from now on"));
    assert_eq!(kept(&home), [format!("{name}.toml")]);
    assert_eq!(home.accounts(), [format!("{name}/ada")]);
    works(&home, &name);
    login(&home, &[&name]).expect("it is a provider like any other");
}

#[test]
fn another_name_takes_the_account_and_the_client_along() {
    let (home, running) = stranger();
    let mut screen = asked(&home, &running);
    screen.press("practice\r");
    ended(screen, "it is the provider `practice` from now on");
    assert_eq!(kept(&home), ["practice.toml"]);
    assert_eq!(home.accounts(), ["practice/ada"]);
    let again = login(&home, &["practice/ada"]).expect("the redirect that was registered");
    assert!(again.stderr.contains("signed in again to"), "{again:?}");
    works(&home, "practice");
    login(&home, &["practice"]).expect("the client is known");
    let by_url = login(&home, &[running.base()]).expect("a login");
    assert!(
        by_url.stderr.contains("that is the provider `practice`"),
        "{by_url:?}"
    );
    assert_eq!(kept(&home), ["practice.toml"]);
}

#[test]
fn names_that_are_taken_or_none_are_asked_for_again() {
    let (home, running) = stranger();
    home.provider("mine", "issuer = \"https://id.example.com\"\n");
    let mut screen = asked(&home, &running);
    for (typed, words) in [
        ("github", "`github` is a built-in provider"),
        ("sandbox", "`sandbox` is the practice provider"),
        ("mine", "`mine` exists already"),
        ("No Name", "that is no name for a provider"),
    ] {
        screen.press(&format!("{typed}\r"));
        screen.wait_for(words);
    }
    screen.press("yours\r");
    ended(screen, "it is the provider `yours` from now on");
    assert_eq!(home.accounts(), ["yours/ada"]);
    home.run(&["provider", "show", "mine"]).ok();
}

#[test]
fn a_dash_forgets_it_and_the_account_works_all_the_same() {
    let (home, running) = stranger();
    let name = suggested(&running);
    let mut screen = asked(&home, &running);
    screen.press("-\r");
    ended(screen, "the provider is not kept");
    assert_eq!(kept(&home), Vec::<String>::new());
    let hint = format!("`keyfob login {}` signs in again", running.base());
    home.refused_login(&[&name]).fails(2, &[&hint]);
    home.refused_login(&[&format!("{name}/ada")])
        .fails(2, &[&hint]);

    let again = login(&home, &[running.base(), "--no-keep"]).expect("its client is known");
    assert!(!again.stderr.contains("registered"), "{again:?}");
    assert_eq!(home.accounts(), [format!("{name}/ada")]);
    works(&home, &name);
    assert_eq!(kept(&home), Vec::<String>::new());
}

#[test]
fn ctrl_c_at_the_question_keeps_the_account_and_the_definition() {
    let (home, running) = stranger();
    let mut screen = asked(&home, &running);
    screen.press("\x03");
    let (status, shown) = screen.end();
    assert_eq!(status, 130, "{shown}");
    works(&home, &suggested(&running));
}

#[test]
fn flags_answer_the_question() {
    let (home, running) = stranger();
    let url = running.base();
    let run = login(&home, &[url, "--register", "--keep-as", "practice"]).expect("a login");
    assert!(
        run.last().starts_with("it is the provider `practice`"),
        "{run:?}"
    );
    assert_eq!(
        (kept(&home), home.accounts()),
        (vec!["practice.toml".into()], vec!["practice/ada".into()])
    );

    login(&home, &[url, "--keep-as", "practice"]).expect("the same again");
    let stays = login(&home, &[url, "--no-keep"]).expect("a login");
    assert!(
        stays
            .stderr
            .contains("that is the provider `practice`, which stays"),
        "{stays:?}"
    );
    assert_eq!(kept(&home), ["practice.toml"]);
    home.refused_login(&[url, "--keep-as", "other"]).fails(
        2,
        &[
            "is the provider `practice` already",
            "keyfob login practice",
        ],
    );
    home.refused_login(&["https://id.example.com", "--keep-as", "practice"])
        .fails(2, &["`practice` exists already"]);
    home.refused_login(&["practice", "--no-keep"])
        .fails(2, &["a login by URL"]);
    works(&home, "practice");
}

#[test]
fn without_a_terminal_the_suggested_name_is_kept() {
    let (home, running) = stranger();
    let name = suggested(&running);
    let run = login(&home, &[running.base(), "--register"]).expect("a login");
    assert!(
        run.last().contains(&format!("it is the provider `{name}`")),
        "{run:?}"
    );
    works(&home, &name);
}

#[test]
fn json_answers_with_the_account_alone() {
    let (home, running) = stranger();
    let run = login(
        &home,
        &[
            running.base(),
            "--register",
            "--json",
            "--keep-as",
            "practice",
        ],
    );
    assert_eq!(run.expect("a login").json()["account"], "practice/ada");
}

#[test]
fn a_failed_login_leaves_no_provider_and_names_the_url() {
    let (home, running) = stranger();
    let url = running.base();
    let again = format!("`keyfob login {url}");
    home.refused_login(&[url]).fails(
        1,
        &[
            "is not registered at",
            &format!("{again} --register`"),
            "provider add",
        ],
    );
    assert_eq!(kept(&home), Vec::<String>::new(), "nobody was registered");
    home.refused_login(&[url, "--client-id", "keyfob"])
        .fails(1, &["nobody signed in within", &again]);
    assert_eq!(kept(&home), Vec::<String>::new(), "a client that was named");
    home.refused_login(&[&format!("{url}/elsewhere"), "--register"])
        .fails(1, &["publishes no metadata for this issuer"]);
    home.refused_login(&["http://id.example.com"])
        .fails(2, &["neither https nor http to a loopback host"]);
    assert_eq!((kept(&home), home.accounts()), (vec![], vec![]));
    assert!(home.stored().is_empty());
}

#[test]
fn a_client_that_was_registered_for_a_failed_login_is_not_lost() {
    let (home, running) = stranger();
    let (url, name) = (running.base(), suggested(&running));
    let run = home.refused_login(&[url, "--register"]);
    let words = format!("the client is kept with the provider `{name}`");
    run.fails(
        1,
        &["registered keyfob", &words, &format!("keyfob login {name}")],
    );
    let run = login(&home, &[&name]).expect("a login");
    assert!(!run.stderr.contains("registered keyfob"), "{run:?}");
}

#[test]
fn a_registration_that_brings_a_secret_works_forgotten_and_kept() {
    for forget in [true, false] {
        let (home, running) = stranger_to(|o| o.quirks.registration_gives_secret = true);
        let keep: &[&str] = if forget {
            &["--no-keep"]
        } else {
            &["--keep-as", "practice"]
        };
        let args = [&[running.base(), "--register"], keep].concat();
        let run = login(&home, &args).expect("a login");
        assert!(
            run.stderr.contains("with a secret that is kept in"),
            "{run:?}"
        );
        let again = login(&home, &[running.base(), "--no-keep"]).expect("the secret is known");
        assert!(again.stderr.contains("signed in again to"), "{again:?}");
        let account = home.accounts().remove(0);
        works(&home, &account);
        for (path, bytes) in home.files() {
            let text = String::from_utf8_lossy(&bytes);
            assert!(!text.contains("sandbox_secret_"), "{}", path.display());
        }
    }
}

#[test]
fn the_accounts_of_two_issuers_never_come_under_one_name() {
    let (home, first) = stranger();
    let name = suggested(&first);
    login(&home, &[first.base(), "--register", "--no-keep"]).expect("a login");
    let second = start(Options {
        approve: Some("grace".into()),
        ..Options::default()
    });
    let second = second.expect("a sandbox");
    home.refused_login(&[second.base(), "--register", "--keep-as", &name])
        .fails(
            2,
            &["is the name of another issuer's accounts", "keyfob list"],
        );
    assert_eq!(home.accounts(), [format!("{name}/ada")]);
    home.run(&["refresh", &name]).ok();
}

#[test]
fn the_device_flow_serves_too() {
    let (home, running) = stranger();
    let args = [
        "login",
        running.base(),
        "--register",
        "--flow",
        "device",
        "--no-keep",
    ];
    home.run(&args).ok();
    works(&home, &suggested(&running));
}
