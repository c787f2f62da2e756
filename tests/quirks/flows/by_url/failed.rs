//! A login by URL that fails.

use super::{kept, login, stranger, suggested};

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
            &format!("{again} --client-id ID`"),
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
    home.refused_login(&[&format!("{url}?a=b")])
        .fails(2, &["the issuer's URL has a query"]);
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
