//! `list`: what the index knows, whatever state the rest is in.

use serde_json::{Value, json};

use crate::home::{Home, Run};
use crate::provider::Provider;
use crate::scene::{signed_in, signed_in_to};
use crate::server::Reply;

fn listed(home: &Home) -> Vec<Value> {
    let answer = home.run(&["list", "--json"]).ok().json();
    answer["accounts"].as_array().expect("accounts").clone()
}

fn status(home: &Home) -> Value {
    listed(home)[0]["status"].clone()
}

#[test]
fn its_json_has_every_field_and_no_other() {
    let (home, _provider) = signed_in();
    let account = home.account("acme/julien");
    let keys = "account provider kind account_id username token_type scope received_at expires_at \
                created_at updated_at default store refreshable status source variable";
    let listed = listed(&home);
    let entry = listed[0].as_object().unwrap();
    let expected = json!({
        "account": "acme/julien", "provider": "acme", "kind": "person", "account_id": "u-1",
        "username": "julien", "token_type": "Bearer", "scope": "read write",
        "received_at": account.received_at, "expires_at": account.expires_at,
        "created_at": account.created_at, "updated_at": account.updated_at,
        "default": true, "store": "file", "refreshable": true, "status": "valid",
        "source": "account", "variable": null,
    });
    assert_eq!(Value::Object(entry.clone()), expected);
    assert_eq!(entry.len(), keys.split_whitespace().count());
    let time = entry["expires_at"].as_str().unwrap();
    assert!(
        time.len() == 20 && time.ends_with('Z'),
        "RFC 3339 in UTC: {time}"
    );
}

#[test]
fn every_status_has_its_moment() {
    let (home, provider) = signed_in();
    assert_eq!(status(&home), "valid");
    home.later("acme/julien", 3560);
    assert_eq!(status(&home), "expiring");
    home.later("acme/julien", 40);
    assert_eq!(status(&home), "expired");
    provider.next(
        "/token",
        Reply::Json(400, json!({"error": "invalid_grant"})),
    );
    home.run(&["token"]).fails(4, &[]);
    assert_eq!(status(&home), "login_required");
    provider.state(|state| state.expires_in = None);
    home.run(&["refresh", "acme"]).ok();
    assert_eq!(status(&home), "unknown");
    assert_eq!(listed(&home)[0]["expires_at"], Value::Null);

    provider.state(|state| (state.expires_in, state.refreshable) = (Some(3600), false));
    home.login(&["acme"]).ok();
    assert_eq!(listed(&home)[0]["refreshable"], false);
    home.later("acme/julien", 3541);
    assert_eq!(status(&home), "login_required", "nothing to refresh with");
    home.run(&["token"]).fails(4, &["about to end"]);
}

#[test]
fn the_table_marks_the_default_and_says_times_as_people_do() {
    let (home, _provider) = signed_in();
    home.copy_account("acme/julien", "acme/later");
    home.later("acme/later", 3600);
    home.copy_account("acme/julien", "acme/soon");
    home.later("acme/soon", 1800);
    let table = home.run(&["list"]).ok().stdout;
    let lines: Vec<&str> = table.lines().collect();
    assert!(lines[0].starts_with("  ACCOUNT"), "{table}");
    assert!(lines[1].starts_with("* acme/julien"), "{table}");
    assert!(lines[2].starts_with("  acme/later"), "{table}");
    assert!(lines[2].ends_with("refreshes on use"), "{table}");
    assert!(
        lines[3].ends_with("in 29 min") || lines[3].ends_with("in 30 min"),
        "{table}"
    );
    assert!(!table.contains('\u{1b}'), "no colour in a pipe: {table:?}");
}

#[test]
fn hostile_names_and_scopes_stay_in_their_eighty_columns() {
    let (home, provider) = (Home::new(), Provider::start());
    home.provider("acme", &provider.definition(""));
    let evil = format!("日本\u{1b}[31m\u{202e}\n* acme/root{}", "名".repeat(200));
    provider.state(|state| {
        state.person["preferred_username"] = evil.clone().into();
        state.scope = Some(format!("read \u{7}bell {}", "scope ".repeat(100)));
    });
    home.login(&["acme", "--as", "evil"]).ok();
    home.copy_account("acme/evil", &format!("acme/{}", "a".repeat(64)));
    let table = home.run(&["list"]).ok().stdout;
    assert_eq!(table.lines().count(), 3, "{table}");
    for line in table.lines() {
        assert!(console::measure_text_width(line) <= 80, "{line}");
        assert!(
            !line.chars().any(|c| c.is_control() || c == '\u{202e}'),
            "{line:?}"
        );
    }
    let run = home.run(&["list", "--json"]).ok();
    assert_eq!(
        run.json()["accounts"][1]["username"],
        evil,
        "JSON loses nothing"
    );
    assert!(
        !run.stdout.contains(['\u{1b}', '\u{202e}', '\u{7}']),
        "{run:?}"
    );
}

#[test]
fn nothing_secret_is_read_and_nothing_is_sent() {
    let (home, provider) = signed_in();
    let asked = |path| provider.asked(path).len();
    let before = [asked("/token"), asked("/userinfo")];
    std::fs::remove_dir_all(home.path("data/secrets")).unwrap();
    std::fs::remove_dir_all(home.path("config/identity")).unwrap();
    assert_eq!(status(&home), "valid");
    assert_eq!([asked("/token"), asked("/userinfo")], before);
}

#[test]
fn a_broken_entry_is_a_warning_and_the_rest_is_listed() {
    let (home, _provider) = signed_in();
    for (name, contents) in [
        ("torn", "{\"version\": 1, \"id\""),
        ("empty", ""),
        ("list", "[]"),
    ] {
        home.write(&format!("data/accounts/acme/{name}.json"), contents);
    }
    home.write("data/accounts/acme/Not A Name.json", "{}");
    home.write("data/accounts/acme/notes.txt", "mine");
    let run = home.run(&["list"]).ok();
    assert!(run.stdout.contains("acme/julien"), "{run:?}");
    for name in ["torn", "empty", "list"] {
        assert!(run.stderr.contains(&format!("{name}.json")), "{run:?}");
    }
    assert_eq!(run.stderr.lines().count(), 3, "{run:?}");
    assert_eq!(listed(&home).len(), 1);
    home.run(&["token", "acme/torn"])
        .fails(1, &["acme/torn", "torn.json", "remove that file"]);
}

#[test]
fn an_entry_of_a_newer_format_is_refused_and_never_rewritten() {
    let (home, provider) = signed_in();
    let path = home.path("data/accounts/acme/julien.json");
    let newer = std::fs::read_to_string(&path)
        .unwrap()
        .replace("\"version\": 1", "\"version\": 2, \"more\": true");
    std::fs::write(&path, &newer).unwrap();
    let words = ["acme/julien", "newer", "update"];
    let list = home.run(&["list"]).ok();
    for word in words {
        assert!(list.stderr.contains(word), "{list:?}");
    }
    for args in [
        vec!["token", "acme/julien"],
        vec!["refresh", "acme"],
        vec!["whoami"],
        vec!["logout", "acme/julien", "--local"],
        vec!["logout", "--all", "--yes"],
        vec!["login", "acme/julien"],
    ] {
        home.run(&args).fails(1, &words);
    }
    let login = home.login(&["acme"]).ok();
    assert!(login.stderr.contains("acme/julien-2"), "{login:?}");
    let secrets = std::fs::read_dir(home.path("data/secrets")).unwrap();
    assert_eq!(secrets.count(), 2, "one for each entry");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), newer);
    assert!(provider.asked("/revoke").is_empty());
}

#[test]
fn defaults_of_a_newer_format_are_never_rewritten() {
    let (home, _provider) = signed_in();
    let newer = "{\"version\": 2, \"defaults\": {\"acme\": \"julien\"}, \"more\": true}";
    home.write("data/defaults.json", newer);
    home.copy_account("acme/julien", "acme/other");
    home.run(&["logout", "acme/julien"]).ok();
    let kept = std::fs::read_to_string(home.path("data/defaults.json")).unwrap();
    assert_eq!(kept, newer);
    home.run(&["token", "acme"]).ok();
}

#[test]
fn damaged_defaults_name_none_and_are_no_failure() {
    let (home, _provider) = signed_in();
    home.write("data/defaults.json", "{");
    assert_eq!(listed(&home)[0]["default"], false);
    home.run(&["token", "acme"]).ok();
}

#[test]
fn one_provider_can_be_listed_and_a_mistyped_one_is_said() {
    let (home, provider) = signed_in_to("");
    home.provider("other", &provider.definition(""));
    home.login(&["other"]).ok();
    let run = home.run(&["list", "other", "--json"]).ok();
    assert_eq!(run.json()["accounts"].as_array().unwrap().len(), 1);
    home.run(&["list", "othr"])
        .fails(2, &["no provider is called `othr`", "other"]);
    let none = home.run(&["list", "github"]).ok();
    assert_eq!(none.stdout, "");
    assert!(none.stderr.contains("nobody is signed in"), "{none:?}");
}

#[test]
fn an_empty_home_is_no_failure() {
    let home = Home::new();
    let run: Run = home.run(&["list"]).ok();
    assert_eq!(run.stdout, "");
    assert!(run.stderr.contains("keyfob login"), "{run:?}");
    assert_eq!(
        home.run(&["list", "--json"]).ok().stdout,
        "{\"accounts\":[]}\n"
    );
    assert!(home.files().is_empty(), "looking makes nothing");
}

#[test]
fn a_folder_that_cannot_be_read_is_not_an_empty_one() {
    let home = Home::new();
    home.write("data/accounts", "no folder");
    let list = home.run(&["list"]);
    assert!(list.stderr.contains("cannot read"), "{list:?}");
    assert!(!list.stderr.contains("nobody is signed in"), "{list:?}");
    home.run(&["token"])
        .fails(1, &["cannot read", "data/accounts"]);
}
