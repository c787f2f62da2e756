//! `backup --move`: refresh tokens live in the file alone from then on.

use serde_json::json;

use super::moving;
use crate::vault::HomeVault as _;
use keyfob_testkit::backup::Keys;
use keyfob_testkit::home::Home;
use keyfob_testkit::process::Running;
use keyfob_testkit::scene::signed_in;
use keyfob_testkit::screen::Screen;

#[test]
fn accounts_are_forgotten_here_and_refresh_there() {
    let keys = Keys::generate();
    let (home, provider) = signed_in();
    home.run(&["login", "sandbox"]).ok();
    let file = home.text_path("keyfob.age");
    let args = [&moving(&file, &keys)[..], &["--json"]].concat();
    let answer = home.run(&args).ok().json();
    assert_eq!(
        answer["accounts"],
        json!([
            {"account": "acme/julien", "result": "moved", "refresh_token": "included", "detail": null, "error": null},
            {"account": "sandbox/ada", "result": "left_out", "refresh_token": "none", "detail": "the practice provider is of this machine alone", "error": null},
        ])
    );
    assert_eq!(home.accounts(), ["sandbox/ada"]);
    assert!(provider.asked("/revoke").is_empty());
    let secrets = std::fs::read_dir(home.path("data/secrets")).expect("a store");
    assert_eq!(secrets.count(), 1, "the sandbox's");

    let there = Home::new();
    there.write("key.txt", &keys.identity);
    let key = there.text_path("key.txt");
    let run = there.run(&["restore", &file, "--identity", &key]).ok();
    let said = format!("remove {file} now: its refresh tokens are in use here");
    assert!(run.stderr.contains(&said), "{run:?}");
    there.run(&["refresh"]).ok();
    there.run(&["refresh"]).ok();
    provider.assert_refreshes(2);
    // The file is older by now, and what it holds is spent.
    let again = there.run(&["restore", &file, "--identity", &key]);
    again.fails(1, &["acme/julien is newer here", "remove ", "is spent"]);
    there.run(&["refresh"]).ok();
    assert_eq!(provider.state(|state| state.reuses), 0);
}

#[test]
fn nobody_moves_by_accident() {
    let keys = Keys::generate();
    let (home, _provider) = signed_in();
    let file = home.text_path("keyfob.age");
    let args = ["backup", &file, "--move", "--recipient", &keys.recipient];
    home.run(&args)
        .fails(2, &["nobody can be asked here", "`--yes` answers it"]);
    for (answer, moved) in [("n\r", false), ("y\r", true)] {
        let mut screen = Screen::start(&home.keyfob(&args));
        screen.wait_for("forget acme/julien here once it is in the file? [y/N]");
        screen.press(answer);
        let (status, shown) = screen.end();
        assert_eq!(status, 0, "{shown}");
        assert_eq!(home.path("keyfob.age").exists(), moved, "{shown}");
        assert_eq!(home.accounts().is_empty(), moved, "{shown}");
    }
    let alone = home.run(&["backup", &file, "--yes"]);
    assert!(
        alone.status == 2 && alone.stderr.contains("--move"),
        "{alone:?}"
    );
}

/// A refresh that is under way is waited for, and what it brought is what is saved.
#[test]
fn a_refresh_that_is_under_way_is_not_lost() {
    let keys = Keys::generate();
    let (home, provider) = signed_in();
    let door = provider.hold("/token");
    let refresh: Running = home.begin(&["refresh"]);
    provider.wait_for("/token", 2);
    let file = home.text_path("keyfob.age");
    let backup: Running = home.begin(&moving(&file, &keys));
    keyfob_testkit::process::until("the backup waits for the account", || {
        backup.has_open(".lock")
    });
    drop(door);
    refresh.end().ok();
    backup.end().ok();
    let there = Home::new();
    there.write("key.txt", &keys.identity);
    there
        .run(&["restore", &file, "--identity", &there.text_path("key.txt")])
        .ok();
    there.run(&["refresh"]).ok();
    provider.assert_refreshes(2);
}

#[test]
fn what_cannot_be_forgotten_is_said() {
    let keys = Keys::generate();
    let (home, _provider) = signed_in();
    home.copy_account("acme/julien", "acme/work");
    let mut account = home.account("acme/work");
    account.copy_in = Some(keyfob::store::Kind::Keyring); // which is not there
    home.vault().record(&account).expect("a file in the home");
    let file = home.text_path("keyfob.age");
    let run = home.run(&moving(&file, &keys));
    let run = run.fails(
        5,
        &["acme/work", "it is in the backup and still here", "--local"],
    );
    assert!(run.stderr.contains("wrote 2 accounts"), "{run:?}");
    let words = "forgotten here, and nothing was revoked: acme/julien; until it is restored";
    assert!(run.stderr.contains(words), "{run:?}");
    assert_eq!(home.accounts(), ["acme/work"]);
}
