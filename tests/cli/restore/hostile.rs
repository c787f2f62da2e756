//! What is no backup, and what somebody has made who knows the recipient.

use std::process::Command;

use keyfob::store::sealed::Lock;
use serde_json::{Value, json};

use super::elsewhere;
use keyfob_testkit::backup::Keys;
use keyfob_testkit::home::Home;
use keyfob_testkit::scene::signed_in;

/// Encrypts a text to the recipient, as anybody can.
fn seal(keys: &Keys, text: &[u8]) -> Vec<u8> {
    let recipient = keys.recipient.parse().expect("a recipient");
    Lock::Recipients(vec![recipient]).seal(text).expect("age")
}

/// The text of a real backup.
fn text(home: &Home, keys: &Keys) -> Value {
    let file = home.backed_up(keys, &[]);
    home.write("key.txt", &keys.identity);
    let identity = keys
        .identity
        .lines()
        .last()
        .expect("a key")
        .parse::<age::x25519::Identity>();
    let key = keyfob::store::sealed::Key::from(identity.expect("an identity"));
    let opened = key
        .open(&std::fs::read(file).expect("a file"))
        .expect("ours");
    serde_json::from_slice(&opened).expect("JSON")
}

#[test]
fn what_is_no_backup_is_said_and_restores_nothing() {
    let keys = Keys::generate();
    let (home, _provider) = signed_in();
    let text = text(&home, &keys);
    let whole = std::fs::read(home.path("keyfob.age")).expect("the file");
    let newer = json!({"format": "keyfob backup", "version": 2, "accounts": "of another kind"});
    let other = Keys::generate();
    let mut flipped = whole.clone();
    *flipped.last_mut().expect("octets") ^= 1;
    for (octets, words) in [
        (Vec::new(), "is no file that age has encrypted"),
        (b"{}".to_vec(), "is no file that age has encrypted"),
        (
            b"-----BEGIN AGE ENCRYPTED FILE-----\n".to_vec(),
            "is armoured",
        ),
        (whole[..40].to_vec(), "is cut short or damaged"),
        (whole[..whole.len() - 20].to_vec(), "cannot decrypt"),
        (flipped, "cannot decrypt"),
        (seal(&other, b"x"), "is encrypted to another identity"),
        (seal(&keys, b"{\"a\":1}"), "is no backup of keyfob"),
        (seal(&keys, b"not JSON"), "is no backup of keyfob"),
        (
            seal(&keys, b"{\"format\":\"keyfob backup\",\"version\":1}"),
            "the backup is damaged",
        ),
        (
            seal(&keys, newer.to_string().as_bytes()),
            "was written by a newer keyfob",
        ),
        (vec![b'x'; 17 << 20], "is larger than 16 MiB"),
    ] {
        let there = elsewhere(&keys);
        std::fs::write(there.path("a.age"), octets).expect("a file");
        let before = there.kept();
        let run = there.restore(&there.text_path("a.age"), &["--json"]);
        assert_eq!(run.status, 1, "{words}: {run:?}");
        let failure = run.failure();
        assert_eq!(failure["error"], "backup_invalid", "{run:?}");
        assert!(
            failure["error_description"]
                .as_str()
                .expect("text")
                .contains(words),
            "{words}: {run:?}"
        );
        assert_eq!(run.stdout, "");
        assert!(there.kept() == before);
    }
    assert_eq!(text["version"], 1);
}

#[test]
fn what_is_no_file_is_usage() {
    let keys = Keys::generate();
    let there = elsewhere(&keys);
    there.write("folder/x", "");
    std::os::unix::fs::symlink(there.path("key.txt"), there.path("link")).expect("a link");
    let made = Command::new("mkfifo").arg(there.path("pipe")).status();
    assert!(made.expect("mkfifo starts").success());
    for (name, words) in [
        ("missing", "there is no file"),
        ("folder", "is no regular file"),
        ("link", "is no regular file"),
        ("pipe", "is no regular file"),
        ("/dev/zero", "is no regular file"),
        ("-", "goes through no pipe"),
    ] {
        let file = if name.starts_with(['/', '-']) {
            name.to_owned()
        } else {
            there.text_path(name)
        };
        there.run(&["restore", &file]).fails(2, &[words]);
    }
    let (home, _provider) = signed_in();
    let file = home.backed_up(&keys, &[]);
    there
        .run(&["restore", &file])
        .fails(2, &["its identity is wanted", "--identity FILE"]);
    for (contents, words) in [
        ("", "no identity is in it"),
        ("# nothing\n", "no identity is in it"),
        ("MARKED-SECRET-nonsense", "a line of it is no age identity"),
    ] {
        there.write("other", contents);
        let other = there.text_path("other");
        let run = there.run(&["restore", &file, "--identity", &other]);
        let run = run.fails(2, &[words]);
        assert!(!run.stderr.contains("MARKED"), "{run:?}");
    }
    let none = there.text_path("none");
    there
        .run(&["restore", &file, "--identity", &none])
        .fails(2, &["there is none"]);
}

/// The identity may be behind a passphrase, as `age -p` puts it there.
#[test]
fn an_identity_behind_a_passphrase_is_unlocked() {
    let keys = Keys::generate();
    let (home, _provider) = signed_in();
    let file = home.backed_up(&keys, &[]);
    let mut there = elsewhere(&keys);
    let lock = Lock::Passphrase(keyfob_base::secret::Secret::new("battery staple"));
    let hidden = lock.seal(keys.identity.as_bytes()).expect("age");
    std::fs::write(there.path("key.txt"), hidden).expect("a file");
    there
        .restore(&file, &[])
        .fails(2, &["KEYFOB_BACKUP_PASSPHRASE"]);
    there.set("KEYFOB_BACKUP_PASSPHRASE", "wrong");
    there
        .restore(&file, &[])
        .fails(1, &["wrong passphrase", "key.txt"]);
    there.set("KEYFOB_BACKUP_PASSPHRASE", "battery staple");
    there.restore(&file, &[]).ok();
    there.run(&["token"]).ok();
}

/// Each in the place of the real one, and everything stays as it was.
#[test]
fn nothing_in_it_is_believed() {
    let keys = Keys::generate();
    let (home, _provider) = signed_in();
    let good = text(&home, &keys);
    let there = elsewhere(&keys);
    there.run(&["login", "sandbox"]).ok();
    for (place, value) in [
        ("/accounts/0/name", json!("../../x")),
        ("/accounts/0/name", json!("")),
        ("/accounts/0/provider", json!("../x")),
        ("/accounts/0/provider", json!("sandbox")),
        ("/accounts/0/entry/id", json!("../../secrets/x")),
        ("/accounts/0/entry/id", json!("names-acme")),
        (
            "/accounts/0/entry/endpoints/token",
            json!("http://id.example.com/token"),
        ),
        (
            "/accounts/0/entry/endpoints/token",
            json!("file:///etc/passwd"),
        ),
        (
            "/accounts/0/entry/endpoints/userinfo",
            json!("https://a:b@id.example.com/"),
        ),
        (
            "/accounts/0/entry/endpoints/pinned_as",
            json!("https://id.example.com"),
        ),
        // Written, it could not be read again.
        ("/accounts/0/entry/username", json!("x".repeat(300 << 10))),
        ("/accounts/0/entry/generation", json!(u64::MAX)),
        ("/accounts/0/secret/generation", json!(u64::MAX / 2 + 1)),
        // It would send a file of this machine, or the job's identity token, to whom the file says.
        ("/accounts/0/entry/identity/kind", json!("exchange")),
        ("/accounts/0/entry/subject_from", json!("ci")),
        ("/accounts/0/secret/access_token", json!("a\r\nX-Evil: 1")),
        ("/accounts/0/secret/access_token", json!("")),
        ("/accounts/0/secret/token_type", json!("Bearer\n")),
        ("/accounts/0/secret/access_token", json!(7)),
        ("/providers/0/provider", json!("../acme")),
        ("/providers/0/provider", json!("sandbox")),
    ] {
        let mut bad = good.clone();
        bad["accounts"][0]["entry"]["subject_from"] = Value::Null;
        *bad.pointer_mut(place).expect("a member") = value.clone();
        std::fs::write(
            there.path("bad.age"),
            seal(&keys, bad.to_string().as_bytes()),
        )
        .expect("a file");
        let before = there.kept();
        let run = there.restore(&there.text_path("bad.age"), &[]);
        let run = run.fails(1, &["the backup is damaged"]);
        assert!(!run.stderr.contains("X-Evil"), "{run:?}");
        assert!(there.kept() == before, "{place}");
    }
    let mut twice = good.clone();
    let again = good["accounts"][0].clone();
    twice["accounts"]
        .as_array_mut()
        .expect("accounts")
        .push(again);
    std::fs::write(
        there.path("bad.age"),
        seal(&keys, twice.to_string().as_bytes()),
    )
    .expect("a file");
    there
        .restore(&there.text_path("bad.age"), &[])
        .fails(1, &["something is in it twice"]);
}

/// An id of ours in somebody else's file would put their secret in the place of ours.
#[test]
fn an_id_that_is_in_use_is_nobody_elses() {
    let keys = Keys::generate();
    let (home, provider) = signed_in();
    let mut hostile = text(&home, &keys);
    let there = elsewhere(&keys);
    there.provider("beta", &provider.definition(""));
    there.login(&["beta"]).ok();
    let token = there.run(&["token", "beta"]).ok().stdout;
    let id = &there.entry("beta/julien")["id"];
    hostile["accounts"][0]["entry"]["id"] = id.clone();
    hostile["accounts"][0]["secret"]["record"]["id"] = id.clone();
    hostile["accounts"][0]["secret"]["access_token"] = json!("theirs");
    std::fs::write(
        there.path("bad.age"),
        seal(&keys, hostile.to_string().as_bytes()),
    )
    .expect("a file");
    there.restore(&there.text_path("bad.age"), &[]).ok();
    assert_eq!(there.run(&["token", "beta"]).ok().stdout, token);
    assert_eq!(there.run(&["token", "acme"]).ok().line(), "theirs");
}

#[test]
fn a_definition_that_is_wrong_is_not_taken() {
    let keys = Keys::generate();
    let (home, _provider) = signed_in();
    let good = text(&home, &keys);
    for (definition, words) in [
        (
            "token_endpoint = \"http://id.example.com/token\"\n",
            "must be an https URL",
        ),
        ("embedded = true\n", "no file can set this"),
        (
            "client_secret = \"MARKED-SECRET-x\"\n",
            "a client secret never belongs in a plain file",
        ),
        ("[", "acme.toml:1"),
    ] {
        let mut bad = good.clone();
        bad["providers"][0]["definition"] = json!(definition);
        let there = elsewhere(&keys);
        std::fs::write(
            there.path("bad.age"),
            seal(&keys, bad.to_string().as_bytes()),
        )
        .expect("a file");
        let run = there.restore(&there.text_path("bad.age"), &[]);
        let run = run.fails(1, &["the definition of acme was not taken over", words]);
        assert!(!run.stderr.contains("MARKED"), "{run:?}");
        assert!(!there.path("config/providers/acme.toml").exists());
        assert_eq!(
            there.accounts(),
            ["acme/julien"],
            "the account itself is sound"
        );
    }
}

/// What has changed in a backup that is otherwise good, and newer than what is here.
#[test]
fn a_newer_account_of_other_servers_another_client_or_another_time_takes_no_place_unasked() {
    let keys = Keys::generate();
    let (home, provider) = signed_in();
    let good = text(&home, &keys);
    let evil = keyfob_testkit::provider::Provider::start();
    let elsewhere_at = |path: &str| json!(format!("{}/{path}", evil.origin()));
    let host = evil.origin().replace("http://", "");
    let there = elsewhere(&keys);
    there.restore(&home.text_path("keyfob.age"), &[]).ok();
    let kept = there.kept();
    let token = there.run(&["token", "acme"]).ok().stdout;
    for (places, value, code) in [
        (
            &["entry/endpoints/token"][..],
            elsewhere_at("token"),
            "origin_refused",
        ),
        (
            &["entry/endpoints/userinfo"],
            elsewhere_at("userinfo"),
            "origin_refused",
        ),
        (
            &["entry/endpoints/revocation"],
            elsewhere_at("revoke"),
            "origin_refused",
        ),
        (&["entry/client/id"], json!("theirs"), "account_conflict"),
        (
            &["secret/received_at", "entry/received_at"],
            json!("2099-01-01T00:00:00Z"),
            "backup_invalid",
        ),
        (
            &["entry/updated_at"],
            json!("2099-01-01T00:00:00Z"),
            "backup_invalid",
        ),
        (
            &["entry/created_at"],
            json!("2099-01-01T00:00:00Z"),
            "backup_invalid",
        ),
    ] {
        let mut bad = good.clone();
        bad["accounts"][0]["secret"]["access_token"] = json!("theirs");
        let now = keyfob_base::timestamp::Timestamp::now().to_string();
        for date in [
            "secret/received_at",
            "entry/received_at",
            "entry/updated_at",
        ] {
            *bad.pointer_mut(&format!("/accounts/0/{date}")).expect(date) = json!(now);
        }
        for place in places {
            *bad.pointer_mut(&format!("/accounts/0/{place}"))
                .expect(place) = value.clone();
            let record = place.replace("entry/", "secret/record/");
            if let Some(sealed) = bad.pointer_mut(&format!("/accounts/0/{record}")) {
                *sealed = value.clone(); // whoever makes a backup can make it agree with itself
            }
        }
        std::fs::write(
            there.path("bad.age"),
            seal(&keys, bad.to_string().as_bytes()),
        )
        .expect("a file");
        let file = there.text_path("bad.age");
        let run = there.restore(&file, &["--json"]);
        assert_eq!(run.status, 1, "{places:?}: {run:?}");
        assert_eq!(run.failure()["error"], code, "{places:?}: {run:?}");
        assert_eq!(
            there.run(&["token", "acme"]).ok().stdout,
            token,
            "{places:?}"
        );
        // Servers that are trusted by now are still others than those of the account.
        if code == "origin_refused" {
            let run = there.restore(&file, &["--json", "--accept-origin", &host]);
            assert_eq!(
                run.failure()["error"],
                "account_conflict",
                "{places:?}: {run:?}"
            );
            assert_eq!(there.run(&["token", "acme"]).ok().stdout, token);
            std::fs::remove_file(there.path("config/accepted/acme.json")).expect("accepted");
        }
    }
    std::fs::remove_file(there.path("bad.age")).expect("a file");
    let same = |(path, _): &&(std::path::PathBuf, Vec<u8>)| !path.ends_with("bad.age");
    assert_eq!(there.kept().iter().filter(same).count(), kept.len());
    assert!(evil.asked("/token").is_empty() && provider.asked("/token").len() == 1);
}
