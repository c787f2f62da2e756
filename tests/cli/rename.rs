//! `rename`: another name for the same account. Its secret stays, its default follows, nothing is lost.

use serde_json::json;

use crate::vault::HomeVault as _;
use keyfob_testkit::home::Home;
use keyfob_testkit::scene::signed_in;

#[test]
fn the_account_has_its_new_name_everywhere() {
    let (home, provider) = signed_in();
    let token = home.run(&["token"]).ok().stdout;
    let id = home.account("acme/julien").id;
    let asked = provider.asked("/token").len();
    let run = home.run(&["rename", "acme/julien", "work"]).ok();
    assert_eq!(
        (&*run.stdout, &*run.stderr),
        ("", "acme/julien is acme/work now\n")
    );
    assert_eq!(home.accounts(), ["acme/work"]);
    assert_eq!(home.account("acme/work").id, id);
    assert_eq!(home.vault().defaults()["acme"], "work");
    assert_eq!(home.run(&["token", "acme"]).ok().stdout, token);
    assert_eq!(home.run(&["token", "acme/work"]).ok().stdout, token);
    home.run(&["token", "acme/julien"])
        .fails(2, &["no account is called acme/julien"]);
    assert_eq!(provider.asked("/token").len(), asked);

    home.run(&["refresh", "acme/work"]).ok();
    home.login(&["acme"]).ok(); // the same person is known under any name
    assert_eq!(home.accounts(), ["acme/work"]);
    home.run(&["logout", "acme/work"]).ok();
    assert!(home.stored().is_empty(), "{:?}", home.stored());
}

#[test]
fn its_json_has_both_names_and_the_same_name_is_nothing_to_do() {
    let (home, _provider) = signed_in();
    let json = |args: &[&str]| home.run(&[&["rename"], args, &["--json"]].concat());
    let before = home.files();
    let same = json(&["acme/julien", "julien"]).ok();
    assert_eq!(
        same.json(),
        json!({"account": "acme/julien", "previous": "acme/julien"})
    );
    assert_eq!(same.stderr, "acme/julien is called that already\n");
    let entries = |home: &Home| home.stored();
    assert_eq!(home.files().len(), before.len(), "every lock is there");
    let stored = entries(&home);
    assert_eq!(
        json(&["acme/julien", "work"]).ok().json(),
        json!({"account": "acme/work", "previous": "acme/julien"})
    );
    assert_eq!(entries(&home).len(), stored.len());
}

#[test]
fn a_name_that_is_taken_is_left_to_its_holder() {
    let (home, _provider) = signed_in();
    home.copy_account("acme/julien", "acme/work");
    let before = home.stored();
    let entry = home.entry("acme/work");
    let run = home
        .run(&["rename", "acme/julien", "work"])
        .fails(1, &["`acme/work` is another account already", "of julien"]);
    assert!(
        run.stderr.contains("keyfob rename acme/work NEW"),
        "{run:?}"
    );
    let failure = home.run(&["rename", "acme/julien", "work", "--json"]);
    assert_eq!(failure.failure()["error"], "account_conflict");
    assert_eq!(home.stored(), before);
    assert_eq!(home.entry("acme/work"), entry);
    assert_eq!(home.vault().defaults()["acme"], "julien");
}

#[test]
fn an_entry_that_cannot_be_read_is_not_overwritten() {
    let (home, _provider) = signed_in();
    for broken in ["{", "{\"version\": 2}", ""] {
        home.write("data/accounts/acme/work.json", broken);
        let run = home.run(&["rename", "acme/julien", "work"]);
        run.fails(1, &["`acme/work` is taken", "work.json"]);
        let left = std::fs::read_to_string(home.path("data/accounts/acme/work.json")).unwrap();
        assert_eq!(left, broken);
        home.run(&["token", "acme/julien"]).ok();
    }
}

#[test]
fn what_is_no_name_is_wrong_usage() {
    let (home, _provider) = signed_in();
    let before = home.stored();
    let long = "a".repeat(65);
    for name in ["", "Work", "a b", "../x", "a@b", ".a", "*", &long] {
        let run = home.run(&["rename", "acme/julien", name]);
        run.fails(2, &["is no name for an account", "lower-case letters"]);
    }
    home.run(&["rename", "acme/julien", "acme/work"])
        .fails(2, &["give the name alone: `work`"]);
    home.run(&["rename", "acme", "work"])
        .fails(2, &["`acme` is a provider", "`acme/julien`"]);
    home.run(&["rename", "acme/julian", "work"])
        .fails(2, &["did you mean `acme/julien`?"]);
    home.run(&["rename", "acme/*", "work"])
        .fails(2, &["is a pattern"]);
    assert_eq!(home.stored(), before);
}

/// A crash between the two entries, as the files would then be.
#[test]
fn a_crash_half_way_is_ended_by_running_it_again() {
    let (home, _provider) = signed_in();
    let entry = |name: &str| home.path(&format!("data/accounts/acme/{name}.json"));
    home.run(&["rename", "acme/julien", "work"]).ok();
    std::fs::copy(entry("work"), entry("julien")).unwrap();
    home.run(&["rename", "acme/julien", "work"]).ok();
    assert_eq!(home.accounts(), ["acme/work"]);
    assert_eq!(home.vault().defaults()["acme"], "work");
    home.run(&["token", "acme"]).ok();
}

#[test]
fn two_at_once_leave_one_account_with_its_secret() {
    let (home, _provider) = signed_in();
    let names = ["one", "two", "three", "four"];
    home.run_at_once(names.map(|name| vec!["rename", "acme/julien", name])); // who comes late finds no `julien`
    assert_eq!(home.accounts().len(), 1);
    home.run(&["token", "acme"]).ok();
    let name = home.accounts().remove(0);
    assert_eq!(name, format!("acme/{}", home.vault().defaults()["acme"]));
}

#[test]
fn it_waits_for_a_refresh_and_the_refresh_keeps_the_account() {
    let (home, provider) = signed_in();
    home.later("acme/julien", 3600);
    for round in 0..4 {
        let (from, to) = if round % 2 == 0 {
            ("acme/julien", "work")
        } else {
            ("acme/work", "julien")
        };
        let runs = home.run_at_once([vec!["refresh", from], vec!["rename", from, to]]);
        let [refreshed, renamed] = &runs[..] else {
            panic!("two runs");
        };
        assert_eq!(renamed.status, 0, "{renamed:?}");
        let refreshed_or_late = [0, 2].contains(&refreshed.status); // too late it finds no such name
        assert!(refreshed_or_late, "{refreshed:?}");
        assert_eq!(home.accounts(), [format!("acme/{to}")]);
    }
    assert!(provider.asked("/token").len() <= 1 + 4);
    home.run(&["token"]).ok();
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_leaves_the_account_as_it_was() {
    use keyfob_testkit::disk::SmallDisk;
    use keyfob_testkit::provider::Provider;
    let (home, provider) = (Home::new(), Provider::start());
    let Some(disk) = SmallDisk::for_test(&home.path("data")) else {
        return;
    };
    home.provider("acme", &provider.definition(""));
    home.login(&["acme"]).ok();
    home.copy_account("acme/julien", "acme/other");
    let before = home.stored();
    disk.fill();
    home.run(&["rename", "acme/julien", "work"])
        .fails(5, &["space", "acme/julien"]);
    home.run(&["use", "acme/other"]).fails(1, &["space"]);
    assert_eq!(home.stored(), before);
    assert_eq!(home.vault().defaults()["acme"], "julien");
    home.run(&["token", "acme"]).ok();
    disk.empty();
    home.run(&["rename", "acme/julien", "work"]).ok();
    home.run(&["token", "acme/work"]).ok();
}
