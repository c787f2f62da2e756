//! `login` by the peer's URL alone: metadata, registration, and afterwards the provider's name.

use crate::browser::Browser;
use crate::login::SignIn as _;
use crate::peer::{Lifetimes, Peer};
use keyfob_testkit::home::Home;
use keyfob_testkit::screen::Screen;

/// The names of providers that are not built in.
fn own(home: &Home) -> Vec<String> {
    let folder = std::fs::read_dir(home.path("config/providers"));
    let files = folder.into_iter().flatten().flatten();
    let names = files.filter_map(|file| file.file_name().into_string().ok());
    names
        .filter_map(|name| Some(name.strip_suffix(".toml")?.to_owned()))
        .collect()
}

#[test]
fn a_person_signs_in_from_nothing_but_the_url_and_names_the_provider_afterwards() {
    let Some(peer) = Peer::start(Lifetimes::LONG) else {
        return;
    };
    let home = Home::new();
    let mut screen = Screen::start(&home.keyfob(&["login", peer.issuer()]));
    screen.wait_for("register keyfob at");
    screen.press("y\r");
    let redirect = Browser::of("julien").consent(&screen.authorization_url());
    screen.press(&format!("{redirect}\r"));
    screen.wait_for("keep it as a provider? its name [");
    screen.press("github\r");
    screen.wait_for("`github` is a built-in provider");
    screen.press("Nope!\r");
    screen.wait_for("is no name for a provider");
    screen.press("cellar\r");
    let (status, shown) = screen.end();
    assert_eq!(status, 0, "{shown}");
    assert!(
        shown.contains("it is the provider `cellar` from now on"),
        "{shown}"
    );
    assert_eq!(own(&home), ["cellar"]);
    assert_eq!(home.accounts(), ["cellar/julien"]);

    home.run(&["refresh", "cellar"]).ok();
    home.run(&["whoami", "cellar"]).ok();
    let again = home.sign_in(&["cellar"], "julien").ok();
    assert!(again.last().contains("signed in again to"), "{again:?}");
    let by_url = home.sign_in(&[peer.issuer()], "ada").ok();
    assert!(
        by_url.stderr.contains("that is the provider `cellar`"),
        "{by_url:?}"
    );
    assert_eq!(home.accounts(), ["cellar/ada", "cellar/julien"]);
    assert_eq!(peer.seen("registration_create.success"), 1);

    home.run(&["provider", "remove", "cellar", "--force", "--yes"])
        .ok();
    assert_eq!(peer.seen("registration_delete.success"), 1);
}

#[test]
fn without_a_terminal_flags_say_what_a_person_would() {
    let Some(peer) = Peer::start(Lifetimes::LONG) else {
        return;
    };
    let home = Home::new();
    let url = peer.issuer();
    let again = format!("keyfob login {url} --register");
    home.refused_login(&[url]).fails(1, &[&again]);
    assert!(
        own(&home).is_empty(),
        "nothing is left of a login that failed"
    );
    let login = home.sign_in(&[url, "--register", "--keep-as", "cellar"], "julien");
    let login = login.ok();
    assert!(login.stderr.contains("`cellar`"), "{login:?}");
    assert_eq!(home.accounts(), ["cellar/julien"]);
    home.sign_in(&["cellar/julien"], "julien").ok();
    assert_eq!(peer.seen("registration_create.success"), 1);
}

#[test]
fn a_provider_that_is_not_kept_leaves_an_account_that_works() {
    let Some(peer) = Peer::start(Lifetimes::LONG) else {
        return;
    };
    let home = Home::new();
    let url = peer.issuer();
    home.sign_in(&[url, "--register", "--no-keep"], "julien")
        .ok();
    assert!(own(&home).is_empty());
    home.run(&["refresh"]).ok();
    home.run(&["whoami"]).ok();
    home.sign_in(&[url, "--no-keep"], "julien").ok();
    assert_eq!(
        peer.seen("registration_create.success"),
        1,
        "it is remembered"
    );
    assert_eq!(home.accounts().len(), 1);
    let logout = home.run(&["logout", "--json"]).ok().json();
    for token in logout["accounts"][0]["tokens"].as_array().expect("two") {
        assert_eq!(token["result"], "revoked", "{logout}");
    }
}

#[test]
fn a_login_that_failed_leaves_a_provider_only_for_a_client_that_was_registered() {
    let Some(peer) = Peer::start(Lifetimes::LONG) else {
        return;
    };
    let home = Home::new();
    let url = peer.issuer();
    let no = |args: &[&str]| {
        let waiting = home.begin_login(args);
        let redirect = Browser::of("julien").cancel(&waiting.url);
        keyfob_testkit::visitor::get(&redirect);
        let login = waiting.end();
        assert_eq!(login.status, 1, "{login:?}");
        login
    };
    let login = no(&[url, "--register"]);
    assert!(
        login
            .stderr
            .contains("the client is kept with the provider"),
        "{login:?}"
    );
    let [name] = own(&home).try_into().expect("one");
    let name = name.as_str();
    home.sign_in(&[name], "julien").ok();
    assert_eq!(peer.seen("registration_create.success"), 1);
    home.run(&["provider", "remove", name, "--force", "--yes"])
        .ok();

    let login = home.run(&[
        "login",
        url,
        "--client-id",
        "keyfob-test",
        "--flow",
        "paste",
    ]);
    assert_eq!(login.status, 4, "{login:?}");
    assert!(own(&home).is_empty(), "{login:?}");
}
