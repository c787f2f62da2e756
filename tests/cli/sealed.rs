//! What decides who an account is and where its secrets go, against somebody who can write the data folder: entries
//! that are changed, swapped and copied, secrets that are forged and put back, and accounts of before there was a seal.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use keyfob_testkit::home::{Home, Run};
use keyfob_testkit::provider::{MARK, Provider};
use keyfob_testkit::scene::signed_in;
use keyfob_testkit::secret_service::{Keyring, SecretService};

fn entry_path(account: &str) -> String {
    format!("data/accounts/{account}.json")
}

fn edit(home: &Home, account: &str, change: impl FnOnce(&mut Value)) {
    let mut entry = home.entry(account);
    change(&mut entry);
    write_entry(home, account, &entry);
}

fn write_entry(home: &Home, account: &str, entry: &Value) {
    home.write(&entry_path(account), &entry.to_string());
}

fn secret_path(home: &Home, account: &str) -> String {
    let id = home.entry(account)["id"].clone();
    format!("data/secrets/{}.age", id.as_str().expect("an id"))
}

/// `julien` and `grace` at one provider.
fn two() -> (Home, Provider) {
    let (home, provider) = signed_in();
    provider.state(|state| {
        state.person = json!({"sub": "u-2", "preferred_username": "grace"});
    });
    home.login(&["acme"]).ok();
    (home, provider)
}

#[track_caller]
fn mismatches(run: Run) {
    let run = run.fails(1, &["keyfob doctor"]);
    assert!(!run.stdout.contains(MARK), "{run:?}");
}

#[track_caller]
fn is_mended(home: &Home) {
    home.run(&["doctor", "--mend"]);
    home.run(&["token", "acme/julien"]).ok();
}

/// Every member that decides, by every verb that would use the secret.
#[test]
fn a_changed_entry_gets_nothing_sent_or_printed_until_it_is_mended() {
    let (home, provider) = signed_in();
    let evil = Provider::start();
    let at_evil = || json!(format!("{}/token", evil.origin()));
    let sound = home.entry("acme/julien");
    let sent = |to: &Provider| {
        let paths = ["/token", "/userinfo", "/revoke"];
        paths.map(|path| to.asked(path).len()).iter().sum::<usize>()
    };
    let changes: Vec<(&str, Value)> = vec![
        ("/endpoints/token", at_evil()),
        ("/endpoints/userinfo", at_evil()),
        ("/endpoints/revocation", at_evil()),
        ("/endpoints/pinned_as", json!("x")),
        ("/identity/issuer", json!("https://evil.example")),
        ("/identity/subject", json!("u-2")),
        ("/identity/kind", json!("exchange")),
        ("/client/id", json!("evil")),
        ("/client/auth", json!("client_secret_post")),
        ("/username", json!("mallory")),
    ];
    for (member, value) in changes {
        let mut entry = sound.clone();
        *entry.pointer_mut(member).expect("a member") = value;
        write_entry(&home, "acme/julien", &entry);
        let before = (sent(&provider), sent(&evil));
        for verb in [
            &["token", "acme/julien"][..],
            &["refresh", "acme/julien"],
            &["export", "acme/julien"],
            &["exec", "acme/julien", "--", "true"],
            &["logout", "acme/julien"],
        ] {
            mismatches(home.run(verb));
        }
        let json = home.run(&["token", "acme/julien", "--json"]);
        assert_eq!(json.failure()["error"], "record_mismatch", "{member}");
        assert_eq!((sent(&provider), sent(&evil)), before, "{member}");
        let shown = home.run(&["doctor"]); // asks the servers for the time, and sends nothing of ours
        let dotted = member.trim_start_matches('/').replace('/', ".");
        assert!(shown.stdout.contains(&dotted), "{member}: {shown:?}");
        is_mended(&home);
        assert_eq!(home.entry("acme/julien"), sound, "{member}");
    }
}

/// With the definition gone, the entry is all there is to say where to.
#[test]
fn a_refresh_and_a_whoami_go_nowhere_else() {
    let (home, _provider) = signed_in();
    let evil = Provider::start();
    fs::remove_file(home.path("config/providers/acme.toml")).unwrap();
    edit(&home, "acme/julien", |entry| {
        let url = |path: &str| json!(format!("{}{path}", evil.origin()));
        entry["endpoints"] = json!({"token": url("/token"), "userinfo": url("/userinfo"),
            "revocation": url("/revoke"), "pinned_as": null});
        entry["generation"] = json!(0); // as if a crash had left it behind its secret
    });
    for verb in ["refresh", "whoami", "logout"] {
        home.run(&[verb, "acme/julien"]);
    }
    for path in ["/token", "/userinfo", "/revoke"] {
        assert!(evil.asked(path).is_empty(), "{path}");
    }
}

#[test]
fn a_planted_exchange_sends_no_file() {
    let (home, provider) = signed_in();
    home.write("secret.txt", "MARKED-SECRET-file\n");
    edit(&home, "acme/julien", |entry| {
        entry["identity"]["kind"] = json!("exchange");
        entry["subject_from"] = json!({"file": home.path("secret.txt")});
    });
    let asked = provider.asked("/token").len();
    mismatches(home.run(&["refresh", "acme/julien"]));
    assert_eq!(provider.asked("/token").len(), asked);
}

#[test]
fn ids_and_files_that_were_swapped_give_nobody_the_tokens_of_another() {
    for swap_files in [false, true] {
        let (home, _provider) = two();
        let tokens = ["acme/julien", "acme/grace"].map(|it| home.run(&["token", it]).ok().stdout);
        let (one, other) = (home.entry("acme/julien"), home.entry("acme/grace"));
        let (mut new_one, mut new_other) = (one.clone(), other.clone());
        if swap_files {
            (new_one, new_other) = (other.clone(), one.clone());
        } else {
            new_one["id"] = other["id"].clone();
            new_other["id"] = one["id"].clone();
        }
        write_entry(&home, "acme/julien", &new_one);
        write_entry(&home, "acme/grace", &new_other);
        for account in ["acme/julien", "acme/grace"] {
            mismatches(home.run(&["token", account]));
        }
        let shown = home.run(&["doctor"]);
        assert!(shown.stdout.contains("is not what was sealed"), "{shown:?}");
        home.run(&["doctor", "--mend"]);
        let after = ["acme/julien", "acme/grace"].map(|it| home.run(&["token", it]).ok().stdout);
        assert_eq!(after, tokens, "swap_files: {swap_files}");
    }
}

#[test]
fn an_entry_that_was_copied_under_another_name_or_provider_gives_nothing() {
    for copy in ["evil/julien", "acme/julien2"] {
        let (home, _provider) = signed_in();
        let evil = Provider::start();
        home.provider("evil", &evil.definition(""));
        let mut entry = home.entry("acme/julien");
        if copy.starts_with("evil") {
            entry["endpoints"]["token"] = json!(format!("{}/token", evil.origin()));
        }
        write_entry(&home, copy, &entry);
        mismatches(home.run(&["token", copy]));
        mismatches(home.run(&["refresh", copy]));
        assert!(evil.asked("/token").is_empty());
        home.run(&["token", "acme/julien"]).ok();
        home.run(&["doctor", "--mend"]);
        assert_eq!(home.accounts(), ["acme/julien"]);
        home.run(&["token", "acme/julien"]).ok();
    }
}

#[test]
fn an_older_secret_is_not_believed() {
    let (home, _provider) = signed_in();
    let path = home.path(&secret_path(&home, "acme/julien"));
    let before = fs::read(&path).unwrap();
    home.run(&["refresh", "acme/julien"]).ok();
    fs::write(&path, before).unwrap();
    mismatches(home.run(&["token", "acme/julien"]));
    let shown = home.run(&["doctor"]);
    assert!(shown.stdout.contains("older than its entry"), "{shown:?}");
}

/// Whoever knows the recipient can encrypt, in whatever format, and lower the entry to match.
#[test]
fn what_is_encrypted_to_the_recipient_is_not_believed_for_that() {
    for passphrase in [None, Some("correct")] {
        let (mut home, provider) = (Home::new(), Provider::start());
        home.provider("acme", &provider.definition(""));
        if let Some(passphrase) = passphrase {
            home.set("KEYFOB_PASSPHRASE", passphrase);
        }
        home.login(&["acme"]).ok();
        let entry = home.entry("acme/julien");
        let recipient = fs::read_to_string(home.path("config/identity/recipient.txt")).unwrap();
        let recipient: age::x25519::Recipient = recipient.trim().parse().unwrap();
        let record = json!({"provider": "acme", "name": "julien", "id": entry["id"],
            "identity": entry["identity"], "username": entry["username"],
            "client": entry["client"], "endpoints": entry["endpoints"]});
        let tokens = json!({"generation": 9, "access_token": "MARKED-SECRET-forged",
            "token_type": "Bearer", "scopes": [], "received_at": "2026-01-01T00:00:00Z",
            "expires_at": null});
        for version in [1, 2] {
            let mut payload = serde_json::Map::new();
            payload.insert("version".into(), json!(version));
            payload.extend(tokens.as_object().unwrap().clone());
            if version == 2 {
                payload.insert("record".into(), record.clone());
            }
            // `version` first, as keyfob itself writes it.
            let text = Value::Object(payload).to_string();
            let text = format!(
                "{{\"version\":{version},{}",
                text[1..].replace(&format!(",\"version\":{version}"), "")
            );
            let forged = age::encrypt(&recipient, text.as_bytes()).unwrap();
            fs::write(home.path(&secret_path(&home, "acme/julien")), forged).unwrap();
            edit(&home, "acme/julien", |entry| {
                entry["version"] = json!(version);
            });
            mismatches(home.run(&["token", "acme/julien"]));
        }
        home.login(&["acme"]).ok(); // takes its place
        home.run(&["token", "acme/julien"]).ok();
    }
}

#[test]
fn a_recipient_that_was_swapped_gets_no_secret() {
    let (mut home, provider) = (Home::new(), Provider::start());
    home.provider("acme", &provider.definition(""));
    home.set("KEYFOB_PASSPHRASE", "correct");
    home.login(&["acme"]).ok();
    let other = age::x25519::Identity::generate().to_public();
    home.write("config/identity/recipient.txt", &format!("{other}\n"));
    home.run(&["refresh", "acme/julien"])
        .fails(5, &["recipient.txt"]);
    home.run(&["token", "acme/julien"]).ok();
}

#[test]
fn a_rename_that_was_cut_off_is_ended_by_the_next_command() {
    for copied in [false, true] {
        let (home, _provider) = signed_in();
        let token = home.run(&["token"]).ok().stdout;
        home.run(&["rename", "acme/julien", "work"]).ok();
        let path = |name: &str| home.path(&entry_path(&format!("acme/{name}")));
        if copied {
            fs::copy(path("work"), path("julien")).unwrap();
        } else {
            fs::rename(path("work"), path("julien")).unwrap();
        }
        assert_eq!(home.run(&["token", "acme/julien"]).ok().stdout, token);
        assert_eq!(home.accounts(), ["acme/work"]);
        assert_eq!(home.run(&["token", "acme/work"]).ok().stdout, token);
    }
}

/// A home whose `ada` and `grace` were signed in by a keyfob of before there were seals.
fn before_seals(form: &str) -> (Home, Provider) {
    let (mut home, provider) = (Home::new(), Provider::start());
    home.provider("acme", &provider.definition(""));
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/cli/fixtures/before_seals")
        .join(form);
    copy(&folder, &home, &folder, &provider);
    if form == "passphrase" {
        home.set("KEYFOB_PASSPHRASE", "correct");
    }
    provider.state(|state| {
        for token in ["a-ada", "r-ada", "a-grace", "r-grace"] {
            state.alive.insert(format!("MARKED-SECRET-{token}"));
        }
    });
    (home, provider)
}

fn copy(folder: &Path, home: &Home, root: &Path, provider: &Provider) {
    use std::os::unix::fs::PermissionsExt as _;
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let from = entry.path();
        if from.is_dir() {
            copy(&from, home, root, provider);
            continue;
        }
        let to = home.path(from.strip_prefix(root).unwrap().to_str().unwrap());
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        let contents = fs::read(&from).unwrap();
        let contents = match String::from_utf8(contents) {
            Ok(text) => text
                .replace("http://127.0.0.1:PORT", &provider.origin())
                .into_bytes(),
            Err(error) => error.into_bytes(),
        };
        fs::write(&to, contents).unwrap();
        fs::set_permissions(&to, fs::Permissions::from_mode(0o600)).unwrap();
    }
}

#[test]
fn accounts_of_before_work_and_are_sealed_by_the_first_command() {
    for form in ["open", "passphrase"] {
        let (home, provider) = before_seals(form);
        assert_eq!(home.entry("acme/ada")["version"], 1);
        let token = home.run(&["token", "acme/ada"]).ok();
        assert_eq!(token.line(), "MARKED-SECRET-a-ada");
        assert_eq!(home.entry("acme/ada")["version"], 2);
        assert_eq!(home.entry("acme/grace")["version"], 1);
        let marks = |home: &Home| fs::read_to_string(home.path("config/identity/sealed.txt"));
        assert!(!marks(&home).unwrap().contains("\n*\n"));
        assert!(provider.asked("/token").is_empty());
        home.run(&["refresh", "acme/grace"]).ok();
        assert_eq!(home.entry("acme/grace")["version"], 2);
        assert!(marks(&home).unwrap().ends_with("\n*\n"), "all are sealed");
        edit(&home, "acme/ada", |entry| {
            entry["identity"]["subject"] = json!("x");
        });
        mismatches(home.run(&["token", "acme/ada"]));
    }
}

#[test]
fn doctor_seals_all() {
    let (home, _provider) = before_seals("open");
    let shown = home.run(&["doctor"]);
    assert!(shown.stdout.contains("not sealed yet"), "{shown:?}");
    home.run(&["doctor", "--mend"]);
    for account in ["acme/ada", "acme/grace"] {
        assert_eq!(home.entry(account)["version"], 2);
        home.run(&["token", account]).ok();
    }
    let shown = home.run(&["doctor"]);
    assert!(!shown.stdout.contains("not sealed"), "{shown:?}");
}

#[test]
fn what_an_entry_of_before_says_is_believed_where_the_definition_says_it_too() {
    let evil = Provider::start();
    let url = |path: &str| json!(format!("{}{path}", evil.origin()));
    let changes: Vec<(&str, Value)> = vec![
        ("/endpoints/token", url("/token")),
        ("/endpoints/userinfo", url("/userinfo")),
        ("/endpoints/revocation", url("/revoke")),
        ("/identity/issuer", url("")),
        ("/endpoints/pinned_as", json!("x")),
        ("/subject_from", json!({"file": "/etc/hostname"})),
    ];
    for (member, value) in changes {
        let (home, provider) = before_seals("open");
        edit(&home, "acme/ada", |entry| {
            entry["subject_from"] = json!("ci");
            *entry.pointer_mut(member).expect("a member") = value;
            if member == "/subject_from" {
                entry["identity"]["kind"] = json!("exchange");
            }
        });
        let whoami = home.run(&["whoami", "acme/ada"]);
        assert_ne!(whoami.status, 0, "{member}: {whoami:?}");
        for verb in ["token", "refresh"] {
            let run = home.run(&[verb, "acme/ada"]);
            let run = run.fails(4, &["keyfob login acme/ada"]);
            assert!(!run.stdout.contains(MARK), "{member}: {run:?}");
        }
        assert!(provider.asked("/token").is_empty(), "{member}");
    }
    let (home, _provider) = before_seals("open");
    home.provider("evil", &evil.definition(""));
    write_entry(&home, "evil/ada", &home.entry("acme/ada"));
    home.run(&["refresh", "evil/ada"]).fails(4, &[]);
    fs::remove_file(home.path("config/providers/acme.toml")).unwrap();
    home.run(&["token", "acme/ada"])
        .fails(4, &["no definition"]);
    for path in ["/token", "/userinfo", "/revoke"] {
        assert!(evil.asked(path).is_empty(), "{path}");
    }
}

/// A secret of before that is put where a sealed one was.
#[test]
fn a_secret_of_before_is_refused_once_it_is_sealed() {
    let (home, _provider) = before_seals("open");
    let path = home.path(&secret_path(&home, "acme/ada"));
    let (before, entry) = (fs::read(&path).unwrap(), home.entry("acme/ada"));
    home.run(&["token", "acme/ada"]).ok();
    fs::write(&path, &before).unwrap();
    mismatches(home.run(&["token", "acme/ada"]));
    write_entry(&home, "acme/ada", &entry); // the store's own mark says so too
    mismatches(home.run(&["token", "acme/ada"]));
}

#[test]
fn a_keyring_keeps_the_record_as_well() {
    let Some(session) = SecretService::for_test(Keyring::Unlocked) else {
        return;
    };
    let (mut home, provider, evil) = (Home::new(), Provider::start(), Provider::start());
    home.set("KEYFOB_STORE", "keyring");
    home.set("DBUS_SESSION_BUS_ADDRESS", session.address());
    home.provider("acme", &provider.definition(""));
    home.login(&["acme"]).ok();
    let sound = home.entry("acme/julien");
    edit(&home, "acme/julien", |entry| {
        entry["endpoints"]["token"] = json!(format!("{}/token", evil.origin()));
    });
    fs::remove_file(home.path("config/providers/acme.toml")).unwrap();
    mismatches(home.run(&["refresh", "acme/julien"]));
    assert!(evil.asked("/token").is_empty());
    let shown = home.run(&["doctor"]);
    assert!(shown.stdout.contains("endpoints.token"), "{shown:?}");
    is_mended(&home);
    assert_eq!(home.entry("acme/julien"), sound);
}
