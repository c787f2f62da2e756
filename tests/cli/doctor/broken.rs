//! What makes every other command fail, or is not whole: a finding, and the rest is looked at all the same.

use super::*;

#[test]
fn a_wrong_config_is_a_finding_and_the_rest_goes_on() {
    let (home, _provider) = signed_in();
    home.write(
        "config/config.toml",
        "# mine\nstore = \"MARKED-SECRET-x\"\n",
    );
    home.run(&["list"]).fails(1, &["config.toml:2"]);
    let found = look(&home, &[]);
    let settings = one(&found, "fail", "settings", "config.toml:2: `store`");
    assert!(settings.hint.contains("mend that line"), "{settings:?}");
    one(&found, "pass", "index", "the one account");
    one(&found, "pass", "clock", "acme");
}

/// Locks are where the settings say, so with none that can be read nothing is removed.
#[test]
fn with_settings_that_cannot_be_read_nothing_is_removed() {
    let (home, _provider) = signed_in();
    home.write("data/secrets/0123456789abcdef.age", "of nobody");
    home.write("config/config.toml", "store = 1");
    let found = look(&home, &["--mend"]);
    let dangling = one(&found, "warn", "index", "`0123456789abcdef`");
    assert!(!dangling.mendable && !dangling.mended, "{dangling:?}");
    assert!(home.path("data/secrets/0123456789abcdef.age").exists());
    home.write("config/config.toml", "");
    assert!(
        one(
            &look(&home, &["--mend"]),
            "pass",
            "index",
            "`0123456789abcdef`"
        )
        .mended
    );
}

#[test]
fn a_home_that_cannot_be_used_is_a_finding_and_what_needs_none_goes_on() {
    let mut home = Home::new();
    home.set("KEYFOB_STOER", "x");
    home.write("a-file", "");
    for (value, words) in [
        ("relative", "KEYFOB_HOME is no absolute path"),
        (
            home.path("a-file").to_str().expect("UTF-8"),
            "which is no folder",
        ),
    ] {
        home.set("KEYFOB_HOME", value);
        home.run(&["list"]).fails(1, &["KEYFOB_HOME"]);
        let found = look(&home, &[]);
        let settings = one(&found, "fail", "settings", words);
        assert!(
            settings.message.contains("were not looked at"),
            "{settings:?}"
        );
        assert!(settings.hint.contains("absolute path"), "{settings:?}");
        let known = one(&found, "warn", "environment", "KEYFOB_STOER");
        assert!(known.hint.contains("KEYFOB_STORE"), "{known:?}");
        one(&found, "pass", "proxy", "none");
        one(&found, "pass", "certificates", "trusted");
        one(&found, "pass", "browser", "");
    }
}

#[test]
fn entries_that_cannot_be_read_are_named_with_what_to_do() {
    let (home, _provider) = signed_in();
    home.write("data/accounts/acme/torn.json", "{\"version\": 1, \"id\"");
    home.write("data/accounts/acme/newer.json", "{\"version\": 9}");
    home.write(
        "data/accounts/acme/odd.json",
        "{\"version\": 1, \"id\": \"0f\", \"identity\": \"MARKED-SECRET-x\"}",
    );
    home.write("data/accounts/beta", "no folder");
    home.write(
        "data/clients/acme.json",
        "{\"version\": \"MARKED-SECRET-x\"}",
    );
    home.write("data/secrets/0123456789abcdef.age", "of whom?");
    let found = look(&home, &["--mend"]);
    for (words, hint) in [
        ("torn.json", "keyfob login acme --as torn"),
        ("newer.json", "a newer keyfob; update this one"),
        ("odd.json", "remove that file"),
        ("accounts/beta", "permissions of that folder"),
        ("clients/acme.json", "remove that file"),
    ] {
        let broken = one(&found, "fail", "index", words);
        assert!(broken.hint.contains(hint), "{broken:?}");
    }
    // Each of them may lead to that secret.
    let unclear = one(&found, "warn", "index", "cannot be told");
    assert!(!unclear.mendable, "{unclear:?}");
    assert!(home.path("data/secrets/0123456789abcdef.age").exists());
    one(&found, "pass", "accounts", "the one account");
    assert!(!format!("{found:?}").contains(MARK), "{found:#?}");
}

#[test]
fn a_file_without_a_name_of_an_account_is_named_and_may_lead_to_a_secret() {
    let (home, _provider) = signed_in();
    let entry = home.path("data/accounts/acme/julien.json");
    std::fs::rename(&entry, home.path("data/accounts/acme/Julien.json")).expect("a file");
    let found = look(&home, &["--mend"]);
    one(
        &found,
        "warn",
        "index",
        "Julien.json has no name of an account",
    );
    one(&found, "warn", "index", "cannot be told");
    std::fs::rename(home.path("data/accounts/acme/Julien.json"), entry).expect("a file");
    home.run(&["token"]).ok();
}

#[test]
fn defaults_that_cannot_be_read_are_a_finding() {
    let (home, _provider) = signed_in();
    for (text, words, hint) in [
        ("{", "defaults.json", "keyfob use ACCOUNT"),
        (
            "{\"version\": 1, \"defaults\": \"MARKED-SECRET-x\"}",
            "expected a map",
            "remove that file",
        ),
        (
            "{\"version\": 9, \"defaults\": {}}",
            "newer format",
            "update this one",
        ),
    ] {
        home.write("data/defaults.json", text);
        let found = look(&home, &[]);
        let defaults = one(&found, "fail", "index", words);
        assert!(defaults.hint.contains(hint), "{defaults:?}");
        assert!(!defaults.message.contains(MARK), "{defaults:?}");
    }
}

#[test]
fn a_state_folder_that_cannot_be_used_is_a_finding() {
    let (home, _provider) = signed_in();
    std::fs::remove_dir_all(home.path("state")).expect("a folder");
    home.write("state", "no folder");
    let found = look(&home, &[]);
    let locks = one(&found, "fail", "locks", "state/locks");
    assert!(
        locks.hint.contains("`state_dir` in config.toml"),
        "{locks:?}"
    );
    let log = one(&found, "warn", "log", "nothing is recorded");
    assert!(log.hint.contains("audit_log = false"), "{log:?}");
    std::fs::remove_file(home.path("state")).expect("a file");
    home.write(
        "config/config.toml",
        "state_dir = \"elsewhere\"\naudit_log = false\n",
    );
    let found = look(&home, &[]);
    one(&found, "pass", "settings", "audit_log = false");
    one(&found, "pass", "locks", "config/elsewhere/locks");
    well(&found);
}

#[test]
fn files_of_providers_are_read_and_what_is_none_is_named() {
    let (home, _provider) = signed_in();
    home.write(
        "config/providers/beta.toml",
        "title = \"Beta\"\nclient_secret = \"MARKED-SECRET-x\"\n",
    );
    home.write("config/providers/Gamma.toml", "title = \"Gamma\"\n");
    home.write("config/providers/acme.toml~", "an editor's");
    let found = look(&home, &[]);
    let wrong = one(&found, "fail", "providers", "beta.toml:2");
    assert!(wrong.message.contains("client_secret"), "{wrong:?}");
    let stray = one(&found, "warn", "providers", "Gamma.toml");
    assert!(stray.hint.contains("NAME.toml"), "{stray:?}");
    assert_eq!(
        found.iter().filter(|one| one.check == "providers").count(),
        2
    );
    assert!(!format!("{found:?}").contains(MARK), "{found:#?}");
    std::fs::remove_dir_all(home.path("config/providers")).expect("a folder");
    home.write("config/providers", "no folder");
    one(&look(&home, &[]), "fail", "providers", "cannot read");
}
