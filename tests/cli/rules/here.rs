//! `use --here`: a rule file is written and accepted, both or neither, and what else it says stays.

use super::*;

fn text(home: &Home) -> String {
    std::fs::read_to_string(home.path("src/.keyfob.toml")).expect("a rule file")
}

#[test]
fn a_file_is_made_and_changed_and_its_comments_stay() {
    let (home, _provider) = two();
    home.run(&["login", "sandbox"]).ok();
    let default = std::fs::read(home.path("data/defaults.json")).unwrap();
    let file = home.path("src/.keyfob.toml").display().to_string();
    let used = |account: &str| {
        home.run_in("src", &["use", account, "--here", "--json"])
            .ok()
            .json()
    };
    let shape = |account: &str, previous: Value| {
        let provider = account.split('/').next();
        json!({"account": account, "provider": provider, "previous": previous, "rule": file})
    };
    assert_eq!(used("acme/work"), shape("acme/work", Value::Null));
    assert!(text(&home).starts_with("# "), "{}", text(&home));
    assert!(text(&home).ends_with("accounts = [\"acme/work\"]\n"));
    assert_eq!(used("sandbox/ada"), shape("sandbox/ada", Value::Null));
    assert_eq!(
        used("acme/julien"),
        shape("acme/julien", json!("acme/work"))
    );
    assert!(text(&home).ends_with("accounts = [\"acme/julien\", \"sandbox/ada\"]\n"));
    let before = home.files();
    assert_eq!(
        used("acme/julien"),
        shape("acme/julien", json!("acme/julien"))
    );
    let run = home.run_in("src", &["use", "acme/julien", "--here"]).ok();
    assert_eq!(run.stderr, format!("{file} names acme/julien already\n"));
    assert_eq!(home.files(), before);

    home.rule(
        "src",
        "# mine\r\naccounts = [\r\n  'acme/julien', # me\r\n]\r\n",
    );
    home.run_in("src", &["use", "--trust"]).ok();
    used("acme/work");
    used("sandbox/ada");
    assert_eq!(
        text(&home),
        "# mine\r\naccounts = [\r\n  \"acme/work\", # me\r\n  \"sandbox/ada\",\r\n]\r\n"
    );
    home.assert_chosen("src", "acme/work", "directory");
    assert_eq!(
        std::fs::read(home.path("data/defaults.json")).unwrap(),
        default
    );
}

#[test]
fn what_was_not_accepted_and_who_is_not_there_are_refused() {
    let (home, _provider) = two();
    home.rule("src", "accounts = ['sandbox/ada']\n");
    let before = home.holdings();
    home.run_in("src", &["use", "acme/work", "--here"]).fails(
        1,
        &[
            "names sandbox/ada and was not accepted",
            "`keyfob use --trust`",
        ],
    );
    for (account, status, words) in [
        ("acme/wrok", 2, "did you mean `acme/work`?"),
        ("acme", 2, "`acme` is a provider"),
        ("github/me", 2, "no account is called github/me"),
    ] {
        home.run_in("src", &["use", account, "--here"])
            .fails(status, &[words]);
    }
    let mut after = home.holdings();
    after.retain(|(path, _)| !path.ends_with("trust.lock"));
    assert_eq!(after, before);
}

#[test]
fn a_file_does_not_grow_over_its_limit() {
    let (home, _provider) = two();
    let long = format!("#{}\n", "x".repeat(16 * 1024 - 2));
    home.rule("src", &long);
    home.run_in("src", &["use", "--trust"]).ok();
    home.run_in("src", &["use", "acme/work", "--here"])
        .fails(1, &["would be larger than 16 KiB"]);
    assert_eq!(text(&home), long);
    home.run_in("src", &["token", "acme"]).ok();
}

#[test]
fn many_at_once_leave_a_file_that_names_both_and_was_accepted() {
    let (home, _provider) = two();
    home.run(&["login", "sandbox"]).ok();
    std::fs::create_dir_all(home.path("src")).unwrap();
    for _ in 0..4 {
        let start = |account: &str| {
            let mut command = home.keyfob(&["use", account, "--here"]);
            command.current_dir(home.path("src")).spawn().unwrap()
        };
        let accounts = ["acme/work", "sandbox/ada", "acme/julien"];
        let running: Vec<_> = accounts.into_iter().map(start).collect();
        for child in running {
            Run::of(child.wait_with_output().unwrap()).ok();
        }
        let which = home.run_in("src", &["which", "sandbox", "--json"]).ok();
        assert_eq!(which.json()["reason"], "directory");
        assert_eq!(home.chosen_in("src").1, "directory");
        assert_eq!(text(&home).matches("acme/").count(), 1, "{}", text(&home));
        std::fs::remove_file(home.path("src/.keyfob.toml")).unwrap();
    }
}

/// Readers beside a writer see the one rule or the other, and never one that waits for its acceptance.
#[test]
fn nobody_meets_a_file_that_is_half_written() {
    let (home, _provider) = two();
    home.run_in("src", &["use", "acme/work", "--here"]).ok();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for account in ["acme/julien", "acme/work"].repeat(10) {
                home.run_in("src", &["use", account, "--here"]).ok();
            }
        });
        for _ in 0..40 {
            assert_eq!(home.chosen_in("src").1, "directory");
        }
    });
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_and_a_read_only_folder_leave_everything_as_it_was() {
    use keyfob_testkit::disk::SmallDisk;
    let (home, _provider) = two();
    for folder in ["src", "state"] {
        let Some(disk) = SmallDisk::for_test(&home.path(folder)) else {
            return;
        };
        for there in [false, true] {
            if there {
                home.run_in("src", &["use", "acme/work", "--here"]).ok();
            } else {
                home.run_in("src", &["check"]).ok(); // so that the lock's folder is there
                std::fs::create_dir_all(home.path("state/locks")).unwrap();
                home.write("state/locks/trust.lock", "");
            }
            let rule = home.chosen_in("src");
            disk.fill();
            home.run_in("src", &["use", "acme/julien", "--here"])
                .fails(1, &["cannot write", "free space"]);
            assert_eq!(home.chosen_in("src"), rule, "{folder} {there}");
            assert_eq!(home.path("src/.keyfob.toml").exists(), there);
            disk.empty();
        }
        disk.freeze();
        home.run_in("src", &["use", "acme/julien", "--here"])
            .fails(1, &["cannot", "hint"]);
        home.assert_chosen("src", "acme/work", "directory");
        drop(disk);
        let _ = std::fs::remove_file(home.path("src/.keyfob.toml"));
    }
}

#[test]
fn a_list_marks_what_the_folder_or_the_environment_chooses() {
    let (mut home, _provider) = two();
    home.run_in("src", &["use", "acme/work", "--here"]).ok();
    let marked = |home: &Home, folder: &str| -> Vec<String> {
        let run = home.run_in(folder, &["list"]).ok();
        assert_eq!(run.stderr, "");
        let names = run.stdout.lines().skip(1);
        let names = names.map(|line| line[..line[2..].find(' ').unwrap() + 2].to_owned());
        let json = home.run_in(folder, &["list", "--json"]).ok().json();
        let entries = json["accounts"].as_array().unwrap();
        for (line, entry) in run.stdout.lines().skip(1).zip(entries) {
            let chosen = entry["chosen_here"].as_bool().unwrap();
            assert_eq!(chosen && entry["default"] == false, line.starts_with('>'));
        }
        names.collect()
    };
    let apart = ["* acme/julien", "> acme/work"];
    assert_eq!(marked(&home, "src"), apart);
    assert_eq!(marked(&home, ""), ["* acme/julien", "  acme/work"]);
    home.rule("src", "accounts = ['acme/work'] # changed\n");
    assert_ne!(marked(&home, "src"), apart, "it was not accepted");
    home.set("KEYFOB_ACCOUNT", "acme/work");
    assert_eq!(marked(&home, ""), apart);
    home.set("KEYFOB_ACCOUNT", "nonsense");
    assert_ne!(marked(&home, ""), apart);
}
