//! The question whether a provider is kept, and under which name.

use keyfob_sandbox::Running;

use super::{kept, login, stranger, suggested, works};
use keyfob_testkit::home::Home;
use keyfob_testkit::screen::Screen;
use keyfob_testkit::visitor::begin_visit;

/// A login on a terminal up to the question.
fn asked(home: &Home, running: &Running) -> Screen {
    let mut screen = Screen::start(&home.login_command(&[running.base(), "--register"]));
    let url = screen.authorization_url();
    let browser = begin_visit(&url);
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
        ("No Name", "is no name for a provider"),
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
