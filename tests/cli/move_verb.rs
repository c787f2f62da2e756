//! `move`: secrets go from store to store with the real keyring, and nothing is lost where one refuses.

use keyfob_testkit::process::GENEROUS;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::json;

use crate::backup::{STEADY, registered};
use crate::vault::HomeVault as _;
use keyfob_testkit::backup::Keys;
use keyfob_testkit::disk::SmallDisk;
use keyfob_testkit::home::{Home, Run};
use keyfob_testkit::process::Running;
use keyfob_testkit::provider::Provider;
use keyfob_testkit::scene::{signed_in, signed_in_to};
use keyfob_testkit::screen::Screen;
use keyfob_testkit::secret_service::{Keyring, SecretService};

/// A home with a session's keyring, where `julien` is signed in with the file store.
fn scene(session: &SecretService) -> (Home, Provider) {
    let (mut home, provider) = (session.home(), Provider::start());
    home.set("KEYFOB_STORE", "file");
    home.provider("acme", &provider.definition(""));
    home.login(&["acme"]).ok();
    (home, provider)
}

/// The files of the file store that hold secrets.
fn files(home: &Home) -> usize {
    let folder = std::fs::read_dir(home.path("data/secrets"));
    folder.into_iter().flatten().count()
}

/// How many secrets are in the keyring and in the file store.
#[track_caller]
fn assert_secrets(session: &SecretService, home: &Home, expected: (usize, usize)) {
    assert_eq!((session.count("keyfob"), files(home)), expected);
}

#[test]
fn a_secret_goes_to_the_keyring_and_back() {
    let Some(session) = SecretService::for_test(Keyring::Unlocked) else {
        return;
    };
    let (home, provider) = scene(&session);
    let token = home.run(&["token"]).ok().stdout;
    assert_secrets(&session, &home, (0, 1));

    let moved = home.run(&["move", "acme", "--store", "keyring"]).ok();
    assert!(
        moved
            .stderr
            .contains("moved acme/julien from the file store to the keyring\n"),
        "{moved:?}"
    );
    assert!(
        moved
            .stderr
            .contains("the tokens are in the Secret Service")
    );
    assert_eq!(moved.stdout, "");
    assert_secrets(&session, &home, (1, 0));
    assert_eq!(home.run(&["token"]).ok().stdout, token);
    assert_eq!(home.entry("acme/julien")["store"], "keyring");
    assert_eq!(home.entry("acme/julien").get("copy_in"), None);
    home.run(&["refresh"]).ok();
    let token = home.run(&["token"]).ok().stdout;

    let moved = home
        .run(&["move", "acme/*", "--store", "file", "--json"])
        .ok();
    assert_eq!(
        moved.json(),
        json!({"accounts": [{
            "account": "acme/julien", "result": "moved", "store": "file", "previous": "keyring", "error": null,
        }], "clients": []})
    );
    assert_secrets(&session, &home, (0, 1));
    assert_eq!(home.run(&["token"]).ok().stdout, token);
    home.run(&["refresh"]).ok();
    provider.assert_refreshes(2);

    let before = home.holdings();
    let again = home.run(&["move", "acme", "--store", "file"]).ok();
    assert_eq!(again.stderr, "acme/julien is in the file store already\n");
    assert_eq!(home.holdings(), before);
}

#[test]
fn a_store_that_refuses_leaves_the_account_as_it_was() {
    let (home, _provider) = signed_in();
    let before = home.holdings();
    let run = home.run(&["move", "acme", "--store", "keyring"]);
    run.fails(5, &["the keyring cannot be used", "no D-Bus session bus"]);
    let run = home.run(&["move", "--all", "--store", "keyring", "--json"]);
    assert_eq!(run.status, 5, "{run:?}");
    assert_eq!(run.failure()["error"], "store_unavailable");
    assert_eq!(home.holdings(), before);
    home.run(&["token"]).ok();
}

#[test]
fn a_locked_or_silent_keyring_keeps_nobody_waiting_and_nothing() {
    let Some(mut session) = SecretService::for_test(Keyring::Unlocked) else {
        return;
    };
    let (mut home, _provider) = scene(&session);
    session.stop();
    let before = home.holdings();
    home.set("KEYFOB_TEST_KEYRING", "1");
    let run = home.run(&["move", "acme", "--store", "keyring"]);
    run.fails(5, &["did not answer within 1 s"]);
    home.set("KEYFOB_TEST_KEYRING", "120");
    assert_eq!(home.holdings(), before);
    session.resume();
    home.run(&["move", "acme", "--store", "keyring"]).ok();

    session.lock();
    let before = home.holdings();
    let run = home.run(&["move", "acme", "--store", "file"]);
    run.fails(5, &["acme/julien", "the keyring is locked"]);
    let probes = |home: &Home| home.holdings().len();
    assert_eq!(probes(&home), before.len());
    assert_eq!(home.entry("acme/julien")["store"], "keyring");
}

#[test]
fn one_account_that_fails_does_not_stop_the_others() {
    let Some(session) = SecretService::for_test(Keyring::Unlocked) else {
        return;
    };
    let (home, _provider) = scene(&session);
    home.copy_account("acme/julien", "acme/gone");
    home.copy_account("acme/julien", "acme/work");
    let gone = home.account("acme/gone");
    home.vault().discard(&gone).expect("a working store");

    let run = home.run(&["move", "--all", "--store", "keyring", "--json"]);
    assert_eq!(run.status, 4, "{run:?}");
    assert_eq!(run.failure()["account"], "acme/gone");
    let results: Vec<_> = run.json()["accounts"]
        .as_array()
        .expect("accounts")
        .iter()
        .map(|one| one["result"].clone())
        .collect();
    assert_eq!(results, ["failed", "moved", "moved"]);
    assert_eq!(home.entry("acme/gone")["store"], "file");
    assert_secrets(&session, &home, (2, 0));
    for account in ["acme/julien", "acme/work"] {
        home.run(&["token", account]).ok();
    }
}

#[test]
fn what_is_kept_of_a_client_goes_with_the_last_of_its_accounts() {
    let Some(session) = SecretService::for_test(Keyring::Unlocked) else {
        return;
    };
    let (mut home, provider) = (Home::new(), Provider::start());
    home.set("DBUS_SESSION_BUS_ADDRESS", session.address());
    home.provider("acme", &provider.bare_definition());
    provider.state(|state| {
        state.registers = true;
        state.registration = json!({
            "client_secret": "a-secret",
            "token_endpoint_auth_method": "client_secret_post",
        });
    });
    home.login(&["acme", "--register"]).ok();
    home.copy_account("acme/julien", "acme/work");
    assert_secrets(&session, &home, (0, 3));
    let run = home.run(&["move", "acme/work", "--store", "keyring", "--json"]);
    assert_eq!(run.ok().json()["clients"], json!([]));
    assert_secrets(&session, &home, (1, 2));
    let run = home
        .run(&["move", "acme/julien", "--store", "keyring"])
        .ok();
    assert!(
        run.stderr
            .contains("what is kept of the client of acme went along"),
        "{run:?}"
    );
    assert_secrets(&session, &home, (3, 0));
    home.login(&["acme/julien"]).ok();
    assert_eq!(provider.asked("/register").len(), 1);
    let asked = provider.asked("/token");
    assert_eq!(
        asked.last().expect("a request").form["client_secret"],
        "a-secret"
    );
}

#[test]
fn a_copy_that_a_cut_off_move_left_is_known_and_goes() {
    let Some(session) = SecretService::for_test(Keyring::Unlocked) else {
        return;
    };
    for end in [
        &["move", "acme", "--store", "file"][..],
        &["logout", "acme", "--local"],
        &["login", "acme"],
    ] {
        let (home, _provider) = scene(&session);
        let before = std::fs::read(secret_file(&home)).expect("a secret");
        home.run(&["move", "acme", "--store", "keyring"]).ok();
        home.run(&["move", "acme", "--store", "file"]).ok();
        home.run(&["move", "acme", "--store", "keyring"]).ok();
        // As a process leaves it that ends before the last removal of a move to the file store.
        let mut account = home.account("acme/julien");
        std::fs::write(
            home.path(&format!("data/secrets/{}.age", account.id)),
            before,
        )
        .expect("a file in the home");
        account.store = keyfob::store::Kind::File;
        account.copy_in = Some(keyfob::store::Kind::Keyring);
        home.vault().record(&account).expect("a file in the home");
        assert_secrets(&session, &home, (1, 1));

        let run = if end[0] == "login" {
            home.login(&end[1..]).ok()
        } else {
            home.run(end).ok()
        };
        assert_eq!(session.count("keyfob"), 0, "{end:?}: {run:?}");
        if end[0] == "move" {
            let words = "acme/julien is in the file store already; a copy that a move had left in the keyring is gone\n";
            assert_eq!(run.stderr, words);
        }
        if end[0] != "logout" {
            assert_eq!(home.entry("acme/julien").get("copy_in"), None);
            home.run(&["token"]).ok();
        }
    }
}

/// What `doctor` says of a copy ends it, with accounts of the client and without.
#[test]
fn a_copy_of_what_is_kept_of_a_client_goes_as_doctor_says() {
    let Some(session) = SecretService::for_test(Keyring::Unlocked) else {
        return;
    };
    let (mut home, _provider) = registered();
    home.set("DBUS_SESSION_BUS_ADDRESS", session.address());
    for (alone, hint) in [
        (false, "move 'acme/*' --store file"),
        (true, "move acme --store file"),
    ] {
        if alone {
            home.run(&["logout", "acme", "--local"]).ok();
        }
        let record = std::fs::read_to_string(home.path("data/clients/acme.json"));
        let record = record.expect("a client");
        let cut_off = record.replacen("\"store\"", "\"copy_in\": \"keyring\",\n  \"store\"", 1);
        home.write("data/clients/acme.json", &cut_off);
        let run = home.run(&["doctor"]);
        assert!(run.stdout.contains(&format!("`keyfob {hint}`")), "{run:?}");
        let args: Vec<String> = hint
            .replace('\'', "")
            .split(' ')
            .map(str::to_owned)
            .collect();
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let run = home.run(&args).ok();
        let after = std::fs::read_to_string(home.path("data/clients/acme.json"));
        assert_eq!(after.expect("a client"), record, "{run:?}");
    }
    let run = home.run(&["move", "acme", "--store", "keyring", "--json"]);
    assert_eq!(run.ok().json()["clients"], json!(["acme"]));
    assert_secrets(&session, &home, (1, 0));
    let run = home.run(&["move", "acme", "--store", "keyring"]).ok();
    assert_eq!(
        run.stderr,
        "what is kept of the client of acme is in the keyring already\n"
    );
    home.run(&["move", "beta", "--store", "keyring"])
        .fails(2, &["beta"]);
}

/// A sign-in and a restore forget the copy no sooner than it is gone.
#[test]
fn a_copy_that_does_not_go_is_still_known() {
    let keys = Keys::generate();
    let (home, _provider) = signed_in_to(STEADY);
    let file = home.backed_up(&keys, &[]);
    home.write("key.txt", &keys.identity);
    home.later("acme/julien", 60);
    let mut account = home.account("acme/julien");
    account.copy_in = Some(keyfob::store::Kind::Keyring); // which is not there
    home.vault().record(&account).expect("a file in the home");

    home.restore(&file, &[])
        .fails(5, &["updated acme/julien", "the keyring cannot be used"]);
    assert_eq!(home.entry("acme/julien")["copy_in"], "keyring");
    home.run(&["token"]).ok();
    let run = home.login(&["acme"]).ok();
    let words = "a copy of the old secret of acme/julien may be left in the keyring: `keyfob move acme/julien --store file` removes it";
    assert!(run.stderr.contains(words), "{run:?}");
    assert_eq!(home.entry("acme/julien")["copy_in"], "keyring");
    home.run(&["refresh"]).ok();
    assert_eq!(home.entry("acme/julien")["copy_in"], "keyring");
}

fn secret_file(home: &Home) -> std::path::PathBuf {
    let mut files = std::fs::read_dir(home.path("data/secrets")).expect("a store");
    files.next().expect("a secret").expect("an entry").path()
}

#[test]
fn a_new_file_store_gets_a_passphrase_where_one_is_wanted() {
    let Some(session) = SecretService::for_test(Keyring::Unlocked) else {
        return;
    };
    let (mut home, provider) = (Home::new(), Provider::start());
    home.set("DBUS_SESSION_BUS_ADDRESS", session.address());
    home.set("KEYFOB_STORE", "keyring");
    home.provider("acme", &provider.definition(""));
    home.login(&["acme"]).ok();
    let args = ["move", "acme", "--store", "file", "--passphrase"];
    home.run(&args).fails(5, &["KEYFOB_PASSPHRASE"]);
    assert_eq!(home.entry("acme/julien")["store"], "keyring");

    let mut screen = Screen::start(&home.keyfob(&args));
    for question in ["new passphrase for the file store:", "the same again:"] {
        screen.wait_for(question);
        screen.wait_for_echo(false);
        screen.press("correct horse\r");
    }
    let (status, shown) = screen.end();
    assert_eq!(status, 0, "{shown}");
    assert!(
        shown.contains("encrypted with age behind your passphrase"),
        "{shown}"
    );
    assert!(home.path("config/identity/identity.age").exists());
    home.run(&["token"]).fails(5, &["KEYFOB_PASSPHRASE"]);
    // Without the passphrase nothing can be read back, so nothing is moved.
    let before = home.holdings();
    home.run(&["move", "acme", "--store", "keyring"])
        .fails(5, &["acme/julien", "KEYFOB_PASSPHRASE"]);
    assert_eq!(home.holdings().len(), before.len());
    home.set("KEYFOB_PASSPHRASE", "correct horse");
    home.run(&["token"]).ok();
    home.run(&["move", "acme", "--store", "keyring"]).ok();
    assert_secrets(&session, &home, (1, 0));
}

#[test]
fn a_full_disk_costs_no_secret() {
    let Some(session) = SecretService::for_test(Keyring::Unlocked) else {
        return;
    };
    let (mut home, provider) = (Home::new(), Provider::start());
    let Some(disk) = SmallDisk::for_test(&home.path("data")) else {
        return;
    };
    home.set("DBUS_SESSION_BUS_ADDRESS", session.address());
    home.provider("acme", &provider.definition(""));
    home.run(&["login", "sandbox"]).ok(); // makes the file store
    home.login(&["acme", "--store", "keyring"]).ok();
    let token = home.run(&["token", "acme"]).ok().stdout;
    disk.fill();
    home.run(&["move", "acme", "--store", "file"])
        .fails(5, &["the disk is full"]);
    home.run(&["move", "sandbox", "--store", "keyring"])
        .fails(1, &["space"]);
    assert_eq!(home.run(&["token", "acme"]).ok().stdout, token);
    disk.empty();
    home.run(&["move", "--all", "--store", "keyring"]).ok();
    assert_secrets(&session, &home, (2, 0));
    assert_eq!(home.run(&["token", "acme"]).ok().stdout, token);
}

/// Two stores, and processes that read while the secret is under way: none finds nothing.
#[test]
fn whoever_reads_during_a_move_finds_the_token() {
    let Some(session) = SecretService::for_test(Keyring::Unlocked) else {
        return;
    };
    let (home, _provider) = scene(&session);
    let token = home.run(&["token"]).ok().stdout;
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                while !over.load(Ordering::Relaxed) {
                    assert_eq!(home.run(&["token"]).ok().stdout, token);
                }
            });
        }
        let moved = (0..4).flat_map(|_| ["keyring", "file"]).map(|store| {
            let run = home.run(&["move", "acme", "--store", store]);
            run.status
        });
        let moved: Vec<i32> = moved.collect();
        over.store(true, Ordering::Relaxed);
        assert_eq!(moved, [0; 8]);
    });
    assert_secrets(&session, &home, (0, 1));
}

#[test]
fn an_interruption_is_said_and_the_same_command_ends_it() {
    let Some(session) = SecretService::for_test(Keyring::Unlocked) else {
        return;
    };
    let (home, _provider) = scene(&session);
    let token = home.run(&["token"]).ok().stdout;
    session.stop();
    let args = ["move", "acme", "--store", "keyring"];
    let moving: Running = home.begin(&args);
    // It waits for the keyring by then, and has caught the signals before.
    keyfob_testkit::process::until("it waits", || {
        let threads = std::fs::read_dir(format!("/proc/{}/task", moving.id()));
        let names = threads
            .into_iter()
            .flatten()
            .flatten()
            .filter_map(|thread| std::fs::read_to_string(thread.path().join("comm")).ok());
        names.into_iter().any(|name| name.trim() == "keyring")
    });
    moving.signal("INT");
    let run: Run = moving.end_within(GENEROUS);
    assert_eq!(run.status, 130, "{run:?}");
    assert!(run.stderr.contains("interrupted"), "{run:?}");
    session.resume();
    assert_eq!(home.run(&["token"]).ok().stdout, token);
    home.run(&args).ok();
    assert_eq!(home.run(&["token"]).ok().stdout, token);
}
