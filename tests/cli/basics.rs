//! A newcomer's first minutes: sign in at the sandbox, use it in later processes, sign out.

use keyfob_testkit::home::Home;
use keyfob_testkit::provider::{MARK, Provider};

#[test]
fn the_sandbox_works_without_a_network_a_display_or_a_registration() {
    let home = Home::new();
    let login = home.run(&["login", "sandbox"]).ok();
    assert!(
        login.stderr.contains("approves by itself as `ada`"),
        "{login:?}"
    );
    assert_eq!(login.stdout, "");

    let token = home.run(&["token", "sandbox"]).ok();
    assert!(token.line().starts_with("sandbox_"), "{token:?}");
    assert_eq!(token.stderr, "");
    assert!(home.run(&["whoami"]).ok().stdout.contains("Ada Quill"));
    home.run(&["refresh", "sandbox"]).ok();
    assert_ne!(home.run(&["token", "sandbox"]).ok().line(), token.line());
    assert!(home.run(&["list"]).ok().stdout.contains("sandbox/ada"));

    home.run(&["logout", "sandbox"]).ok();
    home.run(&["token", "sandbox"])
        .fails(4, &["keyfob login sandbox"]);
}

#[test]
fn a_provider_of_the_users_own_works_from_its_file() {
    let (home, provider) = (Home::new(), Provider::start());
    home.provider("acme", &provider.definition(""));
    let login = home.login(&["acme"]).ok();
    assert!(
        login
            .stderr
            .contains("signed in to Acme as julien: acme/julien"),
        "{login:?}"
    );
    assert_eq!(provider.asked("/token").len(), 1);
    assert!(home.run(&["token"]).ok().line().starts_with(MARK));
}
