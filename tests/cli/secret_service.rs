//! The keyring as people have it on Linux: the real gnome-keyring on a bus of the test's own, from sign-in
//! to sign-out, and everything that it does instead of answering.

use crate::vault::HomeVault as _;
use keyfob_testkit::home::{Home, Run};
use keyfob_testkit::provider::{MARK, Provider};
use keyfob_testkit::secret_service::{Keyring, SecretService};

/// What a person can do where the keyring fails them: who signs in, and who has an account in it.
const WAYS_OUT: [&str; 3] = [
    "unlock or start the keyring",
    "`keyfob login PROVIDER --store file`",
    "KEYFOB_STORE=file",
];
const WAYS_OUT_OF_IT: [&str; 3] = [
    "unlock or start the keyring",
    "`keyfob login acme/julien --store file`",
    "KEYFOB_STORE is for new accounts alone",
];

/// A home whose secrets go to a keyring.
fn home_at(address: Option<&str>) -> Home {
    let mut home = Home::new();
    home.set("KEYFOB_STORE", "keyring");
    if let Some(address) = address {
        home.set("DBUS_SESSION_BUS_ADDRESS", address);
    }
    home
}

/// The same, with an access token that has ended.
fn signed_in_and_expired(session: &SecretService) -> (Home, Provider) {
    let (home, provider) = (session.home(), Provider::start());
    home.provider("acme", &provider.definition(""));
    provider.state(|state| state.expires_in = Some(0));
    home.login(&["acme"]).ok();
    provider.state(|state| state.expires_in = Some(3600));
    (home, provider)
}

/// Demands that the store is what failed an account, for this cause, with commands that help.
#[track_caller]
fn unavailable(run: Run, cause: &str) {
    run.fails(5, &[&["error: ", cause], &WAYS_OUT_OF_IT[..]].concat());
}

/// Demands that a sign-in fails before anybody is troubled, and that the list does not care.
#[track_caller]
fn login_fails_first(home: &mut Home, cause: &str) {
    let (provider, opened) = (Provider::start(), home.path("opened"));
    home.provider("other", &provider.definition(""));
    home.set("KEYFOB_BROWSER", format!("touch {}", opened.display()));
    let words = [&["error: ", cause], &WAYS_OUT[..]].concat();
    home.run(&["login", "other"]).fails(5, &words);
    assert!(!opened.exists(), "a browser was opened");
    for path in ["/authorize", "/token", "/userinfo"] {
        assert!(provider.asked(path).is_empty(), "{path} was asked");
    }
    home.run(&["list"]).ok();
}

#[test]
fn a_keyring_serves_every_verb() {
    let Some(session) = SecretService::for_test(Keyring::Unlocked) else {
        return;
    };
    let home = session.home();
    let login = home.run(&["login", "sandbox", "--store", "keyring"]).ok();
    assert!(
        login
            .stderr
            .contains("the tokens are in the Secret Service (your login keyring)"),
        "{login:?}"
    );
    let token = home.run(&["token", "sandbox"]).ok();
    assert!(token.line().starts_with("sandbox_"), "{token:?}");
    let refreshed = home.run(&["refresh", "sandbox"]).ok();
    assert!(refreshed.stdout.contains("sandbox/ada  refreshed"));
    assert_ne!(home.run(&["token"]).ok().line(), token.line());
    assert!(home.run(&["whoami"]).ok().stdout.contains("Ada Quill"));
    let list = home.run(&["list", "--json"]).ok().json();
    assert_eq!(list["accounts"][0]["store"], "keyring", "{list}");

    home.run(&["logout", "sandbox"]).ok();
    home.run(&["token", "sandbox"])
        .fails(4, &["nobody is signed in at sandbox"]);
    assert!(!home.path("data/secrets").exists() && !home.path("config/identity").exists());
}

#[test]
fn without_a_bus_the_sign_in_fails_before_it_begins() {
    let cause = "no D-Bus session bus";
    login_fails_first(&mut home_at(None), cause);
    let nowhere = "unix:path=/nonexistent/bus";
    login_fails_first(&mut home_at(Some(nowhere)), cause);
}

#[test]
fn without_a_collection_only_the_probe_tells() {
    let Some(session) = SecretService::for_test(Keyring::NoCollection) else {
        return;
    };
    let cause = "the keyring has no default collection";
    login_fails_first(&mut session.home(), cause);

    // An account from better days: every read says "no entry", and is not believed.
    let better = SecretService::start(Keyring::Unlocked);
    let (mut home, provider) = better.signed_in();
    home.set("DBUS_SESSION_BUS_ADDRESS", session.address());
    let run = home.run(&["token", "acme"]);
    assert!(run.stderr.contains("acme/julien"), "{run:?}");
    unavailable(run, cause);
    unavailable(home.run(&["refresh", "acme"]), cause);
    provider.assert_refreshes(0);
}

#[test]
fn a_locked_keyring_is_not_waited_for_without_a_display() {
    let Some(mut session) = SecretService::for_test(Keyring::Unlocked) else {
        return;
    };
    let (mut home, provider) = session.signed_in();
    session.lock();
    let cause = "the keyring is locked and nobody unlocked it";
    login_fails_first(&mut home, cause);
    for verb in ["token", "refresh", "whoami", "logout"] {
        unavailable(home.run(&[verb, "acme"]), cause);
    }
    assert!(provider.asked("/revoke").is_empty(), "the tokens are kept");
    assert!(home.run(&["list"]).ok().stdout.contains("acme/julien"));
}

#[test]
fn a_silent_keyring_is_given_up_after_its_deadline() {
    let Some(session) = SecretService::for_test(Keyring::Unlocked) else {
        return;
    };
    let (mut home, _provider) = session.signed_in();
    session.stop();
    home.set("KEYFOB_TEST_KEYRING", "1");
    let cause = "the keyring did not answer within 1 s";
    unavailable(home.run(&["token", "acme"]), cause);
    login_fails_first(&mut home, cause);
    let run = home.run(&["refresh", "--all", "--json"]);
    assert_eq!(run.failure()["error"], "store_unavailable", "{run:?}");

    session.resume();
    home.set("KEYFOB_TEST_KEYRING", "120");
    assert!(home.run(&["token", "acme"]).ok().line().starts_with(MARK));
}

/// What is left behind is in the keyring when that comes back, and `doctor` has the command for it.
#[test]
fn an_account_can_be_forgotten_while_its_keyring_is_away() {
    let Some(session) = SecretService::for_test(Keyring::Unlocked) else {
        return;
    };
    let (mut home, provider) = session.signed_in();
    let id = home.account("acme/julien").id;
    home.set("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent/bus");
    let command = "`keyfob logout acme/julien --local --leave-secret`";
    for args in [&["logout"][..], &["logout", "--local"]] {
        home.run(args).fails(5, &["acme/julien", command]);
    }
    let run = home.run(&["logout", "--local", "--leave-secret"]).ok();
    for words in [
        "forgotten here alone",
        "in the keyring",
        &id,
        "`keyfob doctor`",
    ] {
        assert!(run.stderr.contains(words), "{run:?}");
    }
    assert!(home.accounts().is_empty());
    assert!(provider.asked("/revoke").is_empty());

    home.set("DBUS_SESSION_BUS_ADDRESS", session.address());
    let remove = format!("`secret-tool clear service keyfob username {id}`");
    let doctor = home.run(&["doctor", "--offline"]);
    assert!(doctor.stdout.contains(&remove), "{doctor:?}");
    let mended = home.run(&["doctor", "--offline", "--mend"]);
    assert!(
        mended.stdout.contains(&remove),
        "it may be another home's: {mended:?}"
    );

    home.login(&["acme"]).ok();
    let run = home
        .run(&["logout", "--local", "--leave-secret", "--json"])
        .ok();
    assert_eq!(
        run.json()["accounts"][0]["secret_left_in"],
        serde_json::json!([])
    );
    let id = home
        .run(&["doctor", "--offline"])
        .stdout
        .matches("secret-tool")
        .count();
    assert_eq!(id, 1, "a keyring that works lets go of its own");
}

#[test]
fn a_secret_removed_behind_our_back_needs_a_new_sign_in() {
    let Some(session) = SecretService::for_test(Keyring::Unlocked) else {
        return;
    };
    let (home, _provider) = session.signed_in();
    remove_secret(&session, &home);
    for verb in ["token", "refresh", "whoami"] {
        let run = home.run(&[verb, "acme"]);
        run.fails(
            4,
            &[
                "acme/julien: its secret was removed from the keyring\n",
                "`keyfob login acme/julien`",
            ],
        );
    }
    home.login(&["acme/julien"]).ok();
    home.run(&["token", "acme"]).ok();
    remove_secret(&session, &home);
    home.run(&["logout", "acme"]).ok();
    assert!(!home.run(&["list"]).ok().stdout.contains("julien"));
}

#[test]
fn sixty_four_processes_read_one_secret_at_once() {
    let Some(session) = SecretService::for_test(Keyring::Unlocked) else {
        return;
    };
    let (home, _provider) = session.signed_in();
    let token = home.run(&["token", "acme"]).ok().stdout;
    for run in home.run_many(64, &["token", "acme"]) {
        assert_eq!(run.ok().stdout, token);
    }
}

#[test]
fn sixteen_processes_refresh_an_ended_token_once() {
    let Some(session) = SecretService::for_test(Keyring::Unlocked) else {
        return;
    };
    let (home, provider) = signed_in_and_expired(&session);
    let runs = home.run_many(16, &["token", "acme"]);
    let first = runs[0].line().to_owned();
    for run in runs {
        assert_eq!(run.ok().line(), first);
    }
    provider.assert_refreshes(1);
    assert!(provider.state(|state| state.alive.contains(&first)));
}

/// Removes the one account's entry, as somebody with the keyring's own tools would.
fn remove_secret(session: &SecretService, home: &Home) {
    let index = std::fs::read_to_string(home.path("data/accounts/acme/julien.json"));
    let index: serde_json::Value = serde_json::from_str(&index.expect("an entry")).expect("JSON");
    let id = index["id"].as_str().expect("an id");
    session.remove("keyfob", id);
}
