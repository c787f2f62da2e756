//! `list`: what the index knows, whatever state the rest is in.

use serde_json::{Value, json};

use crate::vault::HomeVault as _;
use keyfob_testkit::home::{Home, Run};
use keyfob_testkit::provider::Provider;
use keyfob_testkit::scene::{signed_in, signed_in_to};
use keyfob_testkit::server::Reply;

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
                created_at updated_at sign_in_by client_id default chosen_here store refreshable status source variable";
    let listed = listed(&home);
    let entry = listed[0].as_object().unwrap();
    let expected = json!({
        "account": "acme/julien", "provider": "acme", "kind": "person", "account_id": "u-1",
        "username": "julien", "token_type": "Bearer", "scope": "read write",
        "received_at": account.received_at, "expires_at": account.expires_at,
        "created_at": account.created_at, "updated_at": account.updated_at,
        "sign_in_by": null, "client_id": account.client.id,
        "default": true, "chosen_here": false, "store": "file", "refreshable": true, "status": "valid",
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
        .replace("\"version\": 2", "\"version\": 3, \"more\": true");
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

/// The names that a list with these arguments has, in its order.
fn names(home: &Home, args: &str) -> String {
    let args = ["list", "--json"]
        .into_iter()
        .chain(args.split_whitespace());
    let answer = home.run(&args.collect::<Vec<_>>()).ok().json();
    let accounts = answer["accounts"].as_array().expect("accounts");
    let names = accounts.iter().map(|entry| entry["account"].as_str());
    names.collect::<Option<Vec<_>>>().expect("names").join(" ")
}

#[test]
fn filters_leave_what_all_of_them_want_and_orders_are_as_asked_for() {
    let (mut home, _provider) = signed_in();
    home.copy_account("acme/julien", "acme/later");
    home.later("acme/later", 3600);
    home.copy_account("acme/julien", "acme/soon");
    home.later("acme/soon", 1800);
    home.set("ACME_TOKEN", "from-a-variable");
    for (args, left) in [
        ("", "acme/julien acme/later acme/soon acme"),
        ("--expiring-in 40m", "acme/later acme/soon"),
        ("--expiring-in 40m --status valid", "acme/soon"),
        (
            "--status valid --status expired",
            "acme/julien acme/later acme/soon",
        ),
        ("--status unknown", "acme"),
        ("--store file", "acme/julien acme/later acme/soon"),
        ("--store env", "acme"),
        ("--store keyring", ""),
        ("acme --store file --expiring-in 0s", "acme/later"),
        ("--sort expiry", "acme/later acme/soon acme/julien acme"),
        (
            "--sort age --store file",
            "acme/later acme/soon acme/julien",
        ),
        ("--sort name", "acme/julien acme/later acme/soon acme"),
    ] {
        assert_eq!(names(&home, args), left, "{args}");
    }
    for wrong in [
        ["list", "--status", "gone"],
        ["list", "--store", "cloud"],
        ["list", "--sort", "size"],
        ["list", "--expiring-in", "soon"],
    ] {
        let run = home.run(&wrong);
        assert_eq!(run.status, 2, "{run:?}");
        assert!(run.stderr.contains(wrong[1]), "{run:?}");
    }
}

#[test]
fn filters_that_leave_nothing_say_so_and_are_no_failure() {
    let (home, _provider) = signed_in();
    let none = home.run(&["list", "--status", "expired"]).ok();
    assert_eq!(none.stdout, "");
    assert!(none.stderr.contains("these filters"), "{none:?}");
    assert!(!none.stderr.contains("nobody is signed in"), "{none:?}");
    let json = home.run(&["list", "--status", "expired", "--json"]).ok();
    assert_eq!((&*json.stdout, &*json.stderr), ("{\"accounts\":[]}\n", ""));
    let nobody = Home::new().run(&["list", "--status", "expired"]).ok();
    assert!(nobody.stderr.contains("nobody is signed in"), "{nobody:?}");
}

#[test]
fn a_wide_table_truncates_nothing() {
    let (home, provider) = (Home::new(), Provider::start());
    home.provider("acme", &provider.definition(""));
    let scopes = [10, 11, 12, 13, 14, 15, 16].map(|n| format!("read-everything-{n}"));
    let granted = scopes.join(" ");
    provider.state(|state| state.scope = Some(granted.clone()));
    home.login(&["acme"]).ok();
    let narrow = home.run(&["list"]).ok().stdout;
    assert!(
        narrow.contains('…') && !narrow.contains("GRANT ENDS"),
        "{narrow}"
    );
    let wide = home.run(&["list", "--wide"]).ok().stdout;
    let client = home.account("acme/julien").client.id;
    for shown in [
        "KIND",
        "STORE",
        "ISSUED",
        "CLIENT",
        "GRANT ENDS",
        "person",
        "file",
        &client,
    ] {
        assert!(wide.contains(shown), "{shown}: {wide}");
    }
    assert!(!wide.contains('…') && wide.contains(&granted), "{wide}");
}

const DAY: u64 = 24 * 60 * 60;

/// Moves the time of what an entry says of its sign-in and its tokens.
fn long_ago(home: &Home, days: u64) {
    let mut entry = home.entry("acme/julien");
    let now = keyfob_base::timestamp::Timestamp::now();
    for time in [
        "signed_in_at",
        "created_at",
        "updated_at",
        "received_at",
        "expires_at",
    ] {
        entry[time] = now.minus(days * DAY).to_string().into();
    }
    home.write("data/accounts/acme/julien.json", &entry.to_string());
}

#[test]
fn a_sign_in_that_ends_soon_is_said_before_and_a_new_one_begins_anew() {
    let (home, provider) = (Home::new(), Provider::start());
    let rule = "[lifetime]\nrefresh_token_idle = \"90d\"\nrefresh_token = \"180d\"\n";
    home.provider("acme", &provider.definition(rule));
    home.login(&["acme"]).ok();
    let by = |home: &Home| listed(home)[0]["sign_in_by"].clone();
    let table = |home: &Home| home.run(&["list"]).ok().stdout;
    let first = by(&home);
    assert!(
        first.is_string() && !table(&home).contains(" by 2"),
        "{first}"
    );

    long_ago(&home, 80);
    let date = by(&home).as_str().unwrap()[..10].to_owned();
    let said = format!("refreshes on use; refresh by {date}\n");
    assert!(table(&home).ends_with(&said), "{}", table(&home));
    long_ago(&home, 170);
    assert!(table(&home).contains("; sign-in was due 2"));
    home.run(&["refresh", "acme"]).ok();
    let date = by(&home).as_str().unwrap()[..10].to_owned();
    let said = format!("; sign in by {date}\n");
    assert!(
        table(&home).ends_with(&said),
        "a refresh moves one end and not the other"
    );
    home.login(&["acme"]).ok();
    assert!(by(&home).as_str() >= first.as_str());
    assert!(!table(&home).contains(" by 2"), "{}", table(&home));
}

#[test]
fn a_definition_that_is_wrong_or_gone_only_leaves_the_end_unknown() {
    let (home, provider) = (Home::new(), Provider::start());
    let rule = "[lifetime]\nrefresh_token = \"180d\"\n";
    home.provider("acme", &provider.definition(rule));
    home.login(&["acme"]).ok();
    assert!(listed(&home)[0]["sign_in_by"].is_string());
    home.provider(
        "acme",
        &provider.definition("[lifetime]\nrefresh_token = \"soon\"\n"),
    );
    home.run(&["provider", "show", "acme"])
        .fails(1, &["lifetime.refresh_token", "`90d`"]);
    assert_eq!(listed(&home)[0]["sign_in_by"], Value::Null);
    std::fs::remove_file(home.path("config/providers/acme.toml")).unwrap();
    assert_eq!(listed(&home)[0]["sign_in_by"], Value::Null);
    assert!(home.run(&["list"]).ok().stdout.contains("acme/julien"));
}
