//! Patterns of `logout`, `refresh` and `check`: what they match is said, and what loses something is asked.

use serde_json::Value;

use crate::vault::HomeVault as _;
use keyfob_testkit::home::Home;
use keyfob_testkit::provider::Provider;
use keyfob_testkit::scene::signed_in;
#[cfg(unix)]
use keyfob_testkit::screen::Screen;

/// `acme/julien`, `acme/work` and `beta/work`.
fn three() -> (Home, Provider) {
    let (home, provider) = signed_in();
    home.provider("beta", &provider.definition(""));
    home.copy_account("acme/julien", "acme/work");
    home.copy_account("acme/julien", "beta/work");
    (home, provider)
}

fn names(answer: &Value) -> Vec<&str> {
    let accounts = answer["accounts"].as_array().expect("accounts");
    accounts
        .iter()
        .map(|one| one["account"].as_str().expect("a name"))
        .collect()
}

#[test]
fn check_looks_at_what_matches() {
    let (home, _provider) = three();
    for (typed, expected) in [
        (&["*"][..], &["acme/julien", "acme/work", "beta/work"][..]),
        (&["acme/*"], &["acme/julien", "acme/work"]),
        (&["*/work"], &["acme/work", "beta/work"]),
        (&["????/work"], &["acme/work", "beta/work"]),
        (
            &["*/work", "acme/*", "beta/work"],
            &["acme/work", "beta/work", "acme/julien"],
        ),
        (&["beta", "*/work"], &["beta/work", "acme/work"]),
    ] {
        let run = home.run(&[&["check", "--json"], typed].concat()).ok();
        assert_eq!(names(&run.json()), expected, "{typed:?}");
    }
    let run = home.run(&["check", "acme/*"]).ok();
    assert_eq!(run.stderr, "`acme/*` matches acme/julien, acme/work\n");
    assert_eq!(run.stdout.lines().count(), 2, "{run:?}");
}

#[test]
fn refresh_renews_what_matches_and_can_be_renewed() {
    let (home, _provider) = three();
    let mut entry = home.account("acme/work");
    entry.refreshable = false;
    home.vault().record(&entry).unwrap();
    let run = home.run(&["refresh", "acme/*", "--json"]).ok();
    assert_eq!(names(&run.json()), ["acme/julien"]);
    let run = home.run(&["refresh", "acme/w*"]).ok();
    assert!(
        run.stderr.contains("no account has a refresh token"),
        "{run:?}"
    );
    home.later("beta/work", 3000);
    let soon = ["refresh", "*", "--expiring-in", "20m", "--json"];
    let run = home.run(&soon);
    let results: Vec<_> = run.json()["accounts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["result"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(results[0], "skipped", "{run:?}");
    assert_ne!(results[1], "skipped", "{run:?}");
}

/// A pattern is not what somebody says who wants a refused token to be tried again.
#[test]
fn a_refused_token_is_sent_again_for_its_name_alone() {
    let (home, provider) = signed_in();
    provider.state(|state| state.alive.clear());
    home.run(&["refresh", "acme/julien"]).fails(4, &[]);
    let asked = provider.asked("/token").len();
    home.run(&["refresh", "acme/*"])
        .fails(4, &["acme/julien", "sign in again"]);
    assert_eq!(provider.asked("/token").len(), asked);
    home.run(&["refresh", "acme/*", "acme/julien"])
        .fails(4, &[]);
    assert_eq!(provider.asked("/token").len(), asked + 1);
}

#[test]
fn logout_names_the_answer_where_nobody_can_be_asked() {
    let (home, provider) = three();
    let before = home.stored();
    for typed in [&["acme/*"][..], &["acme/julien", "acme/w*"]] {
        home.run(&[&["logout"], typed].concat())
            .fails(2, &["sign out acme/julien, acme/work?", "--yes"]);
    }
    assert_eq!(home.stored(), before);
    assert!(provider.asked("/revoke").is_empty());
    let run = home.run(&["logout", "acme/*", "--yes"]).ok();
    assert!(
        run.stderr
            .starts_with("`acme/*` matches acme/julien, acme/work\n"),
        "{run:?}"
    );
    assert_eq!(home.accounts(), ["beta/work"]);
    let run = home.run(&["logout", "*", "--yes", "--json"]).ok();
    assert_eq!(names(&run.json()), ["beta/work"]);
    assert!(home.stored().is_empty());
}

#[cfg(unix)]
#[test]
fn logout_asks_on_a_terminal_and_enter_is_no() {
    let (home, _provider) = three();
    let answer = |keys| {
        let mut screen = Screen::start(&home.keyfob(&["logout", "*/work", "--local"]));
        screen.wait_for("sign out acme/work, beta/work? [y/N]");
        screen.press(keys);
        screen.end()
    };
    let (status, shown) = answer("\n");
    assert_eq!(status, 0);
    assert!(shown.contains("nobody was signed out"), "{shown}");
    assert_eq!(home.accounts().len(), 3);
    let (status, shown) = answer("y\n");
    assert_eq!(status, 0, "{shown}");
    assert_eq!(home.accounts(), ["acme/julien"]);
}

#[test]
fn a_pattern_that_matches_nothing_is_an_unknown_account() {
    let (home, _provider) = three();
    let before = home.stored();
    for verb in ["logout", "refresh", "check"] {
        for (typed, hint) in [
            ("acne/*", "did you mean `acme/*`?"),
            ("ACME/*", "did you mean `acme/*`?"),
            ("acme/wrok*", "did you mean `acme/work`?"),
            ("zzz?", "`keyfob list` shows the accounts"),
            ("*\u{1b}[31m", "`keyfob list` shows the accounts"),
        ] {
            let run = home.run(&[verb, typed]).fails(2, &["matches", hint]);
            assert!(!run.stderr.contains('\u{1b}'), "{run:?}");
            let run = home.run(&[verb, "acme/julien", typed, "--json"]);
            assert_eq!(run.failure()["error"], "unknown_account", "{run:?}");
            assert_eq!(run.stdout, "", "{run:?}");
        }
        Home::new().run(&[verb, "*"]).fails(2, &["keyfob login"]);
    }
    assert_eq!(home.stored(), before);
}

#[test]
fn what_matches_and_cannot_be_read_is_a_failure_and_stops_nobody() {
    let (home, _provider) = three();
    home.write("data/accounts/acme/newer.json", "{\"version\": 3}");
    home.run(&["check", "beta/*"]).ok();
    let run = home
        .run(&["check", "acme/*", "*"])
        .fails(1, &["acme/newer"]);
    assert_eq!(run.stderr.matches("a newer format").count(), 1, "{run:?}");
    assert_eq!(run.stdout.lines().count(), 3, "{run:?}");
    home.run(&["refresh", "acme/new*"])
        .fails(1, &["acme/newer"]);
    let run = home.run(&["logout", "acme/new*"]);
    run.fails(1, &["acme/newer"]); // nothing to ask about
    home.run(&["logout", "acme/*", "--yes"])
        .fails(1, &["acme/newer", "signed out acme/work"]);
    assert!(home.path("data/accounts/acme/newer.json").exists());
    assert_eq!(home.accounts(), ["beta/work"]);
}

#[test]
fn verbs_that_hand_out_take_names_alone() {
    let (home, provider) = three();
    let asked = provider.asked("/token").len();
    for args in [
        &["token", "acme/j*"][..],
        &["token", "acme/j*", "--exchange"],
        &["export", "acme/*"],
        &["export", "beta", "acme/*"],
        &["exec", "acme/*", "--", "true"],
        &["exec", "acme/*", "--ephemeral", "--", "true"],
        &["whoami", "acme/?ork"],
        &["which", "*"],
        &["login", "acme/*"],
    ] {
        let run = home.run(args);
        assert_eq!(run.stdout, "", "{run:?}");
        let run = run.fails(2, &["is a pattern", "`logout`, `refresh`, `check`"]);
        assert_eq!(run.stderr.matches("is a pattern").count(), 1, "{run:?}");
    }
    assert_eq!(provider.asked("/token").len(), asked);
}
