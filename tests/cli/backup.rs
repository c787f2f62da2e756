//! `backup`: one encrypted file, what is in it and what is not, and what it may take the place of.

#[cfg(unix)]
mod moves;

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::vault::HomeVault as _;
use keyfob_testkit::backup::Keys;
use keyfob_testkit::home::{Home, Run};
use keyfob_testkit::provider::{MARK, Provider};
use keyfob_testkit::scene::{signed_in, signed_in_to};

/// The passphrase of the tests' backups.
pub const PASSPHRASE: &str = "correct horse";

/// What says of `acme` that a refresh token may be in two places.
pub const STEADY: &str = "lifetime.rotation = false\n";

/// Takes all accounts into a file and forgets them, asking nobody.
pub fn moving<'a>(file: &'a str, keys: &'a Keys) -> [&'a str; 6] {
    [
        "backup",
        file,
        "--move",
        "--yes",
        "--recipient",
        &keys.recipient,
    ]
}

/// What the real `age` makes of a file.
#[track_caller]
fn decrypted(home: &Home, keys: &Keys, file: &str) -> Value {
    home.write("key.txt", &keys.identity);
    let age = Command::new("age")
        .args(["-d", "-i", &home.text_path("key.txt"), file])
        .output()
        .expect("age starts");
    assert!(age.status.success(), "{age:?}");
    serde_json::from_slice(&age.stdout).expect("JSON")
}

#[test]
fn age_opens_it_and_it_says_what_it_is() {
    let keys = Keys::generate();
    let (home, _provider) = signed_in();
    home.run(&["login", "sandbox"]).ok();
    let file = home.text_path("keyfob.age");
    let before = home.kept();
    let run = home
        .run(&["backup", &file, "--recipient", &keys.recipient])
        .ok();
    assert_eq!(run.stdout, "");
    let said = format!("wrote 1 account to {file}, encrypted to one recipient\n");
    assert!(run.stderr.starts_with(&said), "{run:?}");
    for words in [
        "left out sandbox/ada: the practice provider is of this machine alone",
        "left out the refresh tokens of acme/julien",
        "`keyfob backup FILE --move`",
    ] {
        assert!(run.stderr.contains(words), "{words}: {run:?}");
    }
    let bytes = std::fs::read(&file).expect("the file");
    assert!(bytes.starts_with(b"age-encryption.org/"));
    assert!(!String::from_utf8_lossy(&bytes).contains(MARK));
    assert_private(Path::new(&file));

    let text = decrypted(&home, &keys, &file);
    assert_eq!(
        (&text["format"], &text["version"]),
        (&json!("keyfob backup"), &json!(1))
    );
    assert_eq!(text["moved"], false);
    let accounts = text["accounts"].as_array().expect("accounts");
    assert_eq!(accounts.len(), 1);
    let account = &accounts[0];
    assert_eq!(
        (&account["provider"], &account["name"]),
        (&json!("acme"), &json!("julien"))
    );
    assert_eq!(account["default"], true);
    let secret = &account["secret"];
    let token = home.secrets("acme/julien").tokens.access_token;
    assert_eq!(secret["access_token"], token.expose());
    assert_eq!(secret.get("refresh_token"), None);
    assert_eq!(account["entry"]["refreshable"], false);
    let definition = std::fs::read_to_string(home.path("config/providers/acme.toml"));
    assert_eq!(
        text["providers"],
        json!([{"provider": "acme", "definition": definition.expect("a file")}])
    );

    let mut after = home.kept();
    after.retain(|(path, _)| {
        !["keyfob.age", "key.txt"].contains(&&*path.file_name().unwrap().to_string_lossy())
    });
    assert_eq!(after, before, "nothing here has changed");
    home.run(&["refresh", "acme"]).ok();
}

#[cfg(unix)]
fn assert_private(file: &Path) {
    use std::os::unix::fs::PermissionsExt;
    let mode = std::fs::metadata(file)
        .expect("a file")
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[cfg(not(unix))]
fn assert_private(_: &Path) {}

#[test]
fn what_does_not_rotate_goes_whole_and_so_does_what_has_no_refresh_token() {
    let keys = Keys::generate();
    let (mut home, provider) = signed_in_to(STEADY);
    provider.state(|state| state.machines = true);
    home.set("KEYFOB_ACME_CLIENT_SECRET", "a-secret");
    let definition = std::fs::read_to_string(home.path("config/providers/acme.toml"));
    let definition = format!(
        "client_auth = \"client_secret_post\"\n{}",
        definition.expect("a file")
    );
    home.provider(
        "beta",
        &definition.replace("lifetime.rotation = false\n", ""),
    );
    home.set("KEYFOB_BETA_CLIENT_SECRET", "a-secret");
    home.run(&[
        "login",
        "beta",
        "--flow",
        "client-credentials",
        "--as",
        "robot",
    ])
    .ok();
    home.run(&["provider", "set", "beta", "client_id=fob"]).ok();

    let file = home.text_path("keyfob.age");
    let run = home
        .run(&["backup", &file, "--recipient", &keys.recipient, "--json"])
        .ok();
    assert!(!run.stderr.contains("left out"), "{run:?}");
    let answer = run.json();
    let of = |index: usize| answer["accounts"][index]["refresh_token"].clone();
    assert_eq!(
        (of(0), of(1)),
        (json!("included"), json!("none")),
        "{answer}"
    );
    assert_eq!(answer["providers"], json!(["acme", "beta"]));
    let text = decrypted(&home, &keys, &file);
    let refresh = home.secrets("acme/julien").tokens.refresh_token;
    let secret = &text["accounts"][0]["secret"];
    assert_eq!(secret["refresh_token"], refresh.expect("one").expose());
    assert_eq!(text["accounts"][1]["secret"]["client_secret"], "a-secret");
    assert_eq!(text["accounts"][1]["entry"]["refreshable"], true);
}

#[test]
fn only_what_was_named_is_in_it() {
    let keys = Keys::generate();
    let (home, _provider) = signed_in();
    home.copy_account("acme/julien", "acme/work");
    let file = home.text_path("keyfob.age");
    let args = [
        "backup",
        &file,
        "acme/w*",
        "--recipient",
        &keys.recipient,
        "--json",
    ];
    let run = home.run(&args).ok();
    assert!(
        run.stderr.contains("`acme/w*` matches acme/work"),
        "{run:?}"
    );
    let names: Vec<_> = run.json()["accounts"]
        .as_array()
        .expect("accounts")
        .iter()
        .map(|one| one["account"].clone())
        .collect();
    assert_eq!(names, ["acme/work"]);
    home.run(&[
        "backup",
        &file,
        "acme/nobody",
        "--replace",
        "--recipient",
        &keys.recipient,
    ])
    .fails(2, &["acme/nobody"]);
}

#[test]
fn a_file_that_is_there_is_written_over_only_when_somebody_says_so() {
    let keys = Keys::generate();
    let (home, _provider) = signed_in();
    let file = home.text_path("keyfob.age");
    home.write("keyfob.age", "something else");
    let args = ["backup", &file, "--recipient", &keys.recipient];
    home.run(&args).fails(2, &["is there already", "--replace"]);
    let text = || std::fs::read(&file).expect("the file");
    assert_eq!(text(), b"something else");
    home.run(&[&args[..], &["--replace"]].concat()).ok();
    assert!(text().starts_with(b"age-encryption.org/"));
    let left = std::fs::read_dir(home.path("")).expect("a home");
    let left: Vec<_> = left.flatten().map(|entry| entry.file_name()).collect();
    assert!(
        !left
            .iter()
            .any(|name| name.to_string_lossy().starts_with(".new-")),
        "{left:?}"
    );
}

#[cfg(unix)]
#[test]
fn nothing_but_a_file_is_written_to() {
    let keys = Keys::generate();
    let (home, _provider) = signed_in();
    let place = Home::new(); // a pipe in the home would keep whoever reads its files
    place.write("elsewhere", "kept");
    place.write("folder/inside", "kept");
    let link = place.text_path("link");
    std::os::unix::fs::symlink(place.path("elsewhere"), &link).expect("a link");
    let dangling = place.text_path("dangling");
    std::os::unix::fs::symlink(place.path("nowhere"), &dangling).expect("a link");
    let pipe = place.text_path("pipe");
    let made = Command::new("mkfifo").arg(&pipe).status();
    assert!(made.expect("mkfifo starts").success());
    let before = home.holdings();
    for file in [
        &link,
        &dangling,
        &pipe,
        &place.text_path("folder"),
        "/dev/null",
        "/dev/stdout",
    ] {
        for replace in [&[][..], &["--replace"]] {
            let args = ["backup", file, "--recipient", &keys.recipient];
            home.run(&[&args, replace].concat())
                .fails(2, &["is no regular file"]);
        }
    }
    home.run(&["backup", "-", "--recipient", &keys.recipient])
        .fails(2, &["goes through no pipe"]);
    let missing = home.text_path("missing/keyfob.age");
    home.run(&["backup", &missing, "--recipient", &keys.recipient])
        .fails(2, &["the folder of", "is not there"]);
    assert_eq!(home.holdings(), before);
    assert!(!place.path("nowhere").exists());
    let kept = std::fs::read(place.path("elsewhere")).expect("a file");
    assert_eq!(kept, b"kept");
}

#[test]
fn recipients_are_public_and_the_rest_is_refused() {
    let (keys, other) = (Keys::generate(), Keys::generate());
    let (home, _provider) = signed_in();
    let file = home.text_path("keyfob.age");
    let secret = keys.identity.lines().last().expect("a key");
    let refused = |args: &[&str], words: &[&str]| {
        let run = home
            .run(&[&["backup", &file], args].concat())
            .fails(2, words);
        assert!(!run.stderr.contains(secret), "{run:?}");
        assert!(!home.path("keyfob.age").exists());
    };
    refused(&["--recipient", secret], &["a recipient is public"]);
    refused(&["--recipient", "age1nonsense"], &["is no age recipient"]);
    let list = home.text_path("recipients");
    let with = ["--recipients-file", &list];
    refused(&with, &["there is none"]);
    home.write("recipients", "# nobody\n\n");
    refused(&with, &["no recipient is in it"]);
    home.write("recipients", &keys.identity);
    refused(&with, &["a recipient is public"]);
    home.write("recipients", "ssh-ed25519 AAAA\n");
    refused(&with, &["is no age recipient"]);

    home.write("recipients", &format!("# ours\n{}\n", other.recipient));
    let args = ["backup", &file, "--recipient", &keys.recipient];
    let run = home.run(&[&args[..], &with].concat()).ok();
    assert!(run.stderr.contains("encrypted to 2 recipients"), "{run:?}");
    for keys in [&keys, &other] {
        assert_eq!(decrypted(&home, keys, &file)["version"], 1);
    }
}

#[test]
fn a_passphrase_comes_from_a_variable_or_a_file_and_is_never_missed_silently() {
    let (mut home, _provider) = signed_in();
    let file = home.text_path("keyfob.age");
    home.run(&["backup", &file])
        .fails(2, &["nobody can be asked here", "KEYFOB_BACKUP_PASSPHRASE"]);
    home.set("KEYFOB_BACKUP_PASSPHRASE", "");
    home.run(&["backup", &file])
        .fails(2, &["the backup's passphrase is empty"]);
    home.unset("KEYFOB_BACKUP_PASSPHRASE");
    home.set("KEYFOB_BACKUP_PASSPHRASE_FILE", home.text_path("missing"));
    home.run(&["backup", &file])
        .fails(2, &["there is no", "KEYFOB_BACKUP_PASSPHRASE_FILE"]);
    home.set("KEYFOB_PASSPHRASE", "another one"); // of the file store, and never of this
    assert!(!home.path("keyfob.age").exists());
    home.write("missing", "correct horse\nand more\n");
    let run = home.run(&["backup", &file]).ok();
    assert!(
        run.stderr.contains("encrypted behind your passphrase"),
        "{run:?}"
    );
    home.unset("KEYFOB_BACKUP_PASSPHRASE_FILE");
    home.unset("KEYFOB_PASSPHRASE");
    home.set("KEYFOB_BACKUP_PASSPHRASE", PASSPHRASE);
    home.run(&["restore", &file]).ok();
}

#[cfg(unix)]
#[test]
fn a_person_types_the_passphrase_twice_and_age_takes_it() {
    use keyfob_testkit::screen::Screen;
    let (home, _provider) = signed_in();
    let file = home.text_path("keyfob.age");
    let mut screen = Screen::start(&home.keyfob(&["backup", &file]));
    for (question, answer) in [
        ("new passphrase for the backup:", ""),
        ("it cannot be empty", "one"),
        ("the same again:", "two"),
        ("the two differ", PASSPHRASE),
        ("the same again:", PASSPHRASE),
    ] {
        screen.wait_for(question);
        screen.wait_for_echo(false);
        std::thread::sleep(std::time::Duration::from_millis(50)); // the next question follows the remark
        screen.press(&format!("{answer}\r"));
    }
    let (status, shown) = screen.end();
    assert_eq!(status, 0, "{shown}");
    assert!(!shown.contains(PASSPHRASE), "{shown}");

    let mut age = Command::new("age");
    age.args(["-d", "-o", &home.text_path("plain.json"), &file]);
    age.env("PATH", std::env::var_os("PATH").unwrap_or_default());
    let mut screen = Screen::start(&age);
    screen.wait_for("Enter passphrase");
    screen.press(&format!("{PASSPHRASE}\r"));
    let (status, shown) = screen.end();
    assert_eq!(status, 0, "{shown}");
    let plain = std::fs::read(home.path("plain.json")).expect("the text");
    let plain: Value = serde_json::from_slice(&plain).expect("JSON");
    assert_eq!(plain["format"], "keyfob backup");
}

#[test]
fn what_cannot_be_read_is_not_left_out_silently() {
    let keys = Keys::generate();
    let (mut home, _provider) = signed_in();
    let file = home.text_path("keyfob.age");
    let args = ["backup", &file, "--recipient", &keys.recipient];
    home.copy_account("acme/julien", "acme/work");
    home.write("data/accounts/acme/broken.json", "{");
    home.run(&args)
        .fails(1, &["nothing was written", "broken.json"]);
    std::fs::remove_file(home.path("data/accounts/acme/broken.json")).expect("a file");
    let mut account = home.account("acme/work");
    account.store = keyfob::store::Kind::Keyring;
    home.vault().record(&account).expect("a file in the home");
    home.run(&args)
        .fails(5, &["acme/work", "the keyring cannot be used"]);
    assert!(!home.path("keyfob.age").exists());
    home.run(&[&args[..], &["acme/julien"]].concat()).ok();

    // A secret that is gone for certain is said, and stops nobody.
    account.store = keyfob::store::Kind::File;
    home.vault().record(&account).expect("a file in the home");
    home.vault().discard(&account).expect("a working store");
    let run = home.run(&[&args[..], &["--replace"]].concat()).ok();
    assert!(
        run.stderr
            .contains("left out acme/work: its secret was removed"),
        "{run:?}"
    );
    home.set("KEYFOB_HOME", home.text_path("empty"));
    home.run(&[&args[..], &["--replace"]].concat())
        .fails(4, &["nobody is signed in"]);
}

#[test]
fn of_the_sandbox_alone_nothing_is_written() {
    let keys = Keys::generate();
    let home = Home::new();
    home.run(&["login", "sandbox"]).ok();
    let file = home.text_path("keyfob.age");
    let run: Run = home.run(&["backup", &file, "--recipient", &keys.recipient]);
    run.fails(
        2,
        &["sandbox/ada: the practice provider is of this machine alone"],
    );
    assert!(!home.path("keyfob.age").exists());
}

#[test]
fn an_account_of_an_exchange_is_left_out() {
    let keys = Keys::generate();
    let (home, _provider) = signed_in();
    home.copy_account("acme/julien", "acme/ci");
    let mut account = home.account("acme/ci");
    account.identity.kind = keyfob::account::SignIn::Exchange;
    account.subject_from = Some(keyfob::account::SubjectFrom::Ci);
    home.vault().record(&account).expect("a file in the home");
    let file = home.text_path("keyfob.age");
    let args = ["backup", &file, "--recipient", &keys.recipient];
    let all = ["--move", "--yes", "--json"];
    let run = home.run(&[&args[..], &all].concat()).ok();
    assert!(
        run.stderr
            .contains("left out acme/ci: an exchange has nothing to take along"),
        "{run:?}"
    );
    assert_eq!(run.json()["accounts"][0]["result"], "left_out");
    assert_eq!(
        decrypted(&home, &keys, &file)["accounts"][0]["name"],
        "julien"
    );
    assert_eq!(home.accounts(), ["acme/ci"], "nor is it forgotten");
    home.run(&[&args[..], &["--replace"]].concat())
        .fails(2, &["acme/ci: an exchange has nothing to take along"]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_leaves_the_file_that_was_there() {
    use keyfob_testkit::disk::SmallDisk;
    let keys = Keys::generate();
    let (home, _provider) = signed_in();
    let Some(disk) = SmallDisk::for_test(&home.path("stick")) else {
        return;
    };
    let file = home.text_path("stick/keyfob.age");
    let args = ["backup", &file, "--recipient", &keys.recipient];
    home.run(&args).ok();
    let before = std::fs::read(&file).expect("the file");
    disk.fill();
    let moving = ["--replace", "--move", "--yes"];
    home.run(&[&args[..], &moving].concat())
        .fails(1, &["cannot write", "space"]);
    assert_eq!(std::fs::read(&file).expect("the file"), before);
    assert_eq!(home.accounts(), ["acme/julien"]);
    disk.empty();
    home.run(&[&args[..], &moving].concat()).ok();
    assert!(home.accounts().is_empty());
}

/// A provider that registers itself, and a home with its client and an account.
pub fn registered() -> (Home, Provider) {
    let (home, provider) = (Home::new(), Provider::start());
    home.provider("acme", &provider.bare_definition());
    provider.state(|state| {
        state.registers = true;
        state.registration = json!({
            "client_secret": format!("{MARK}client"),
            "token_endpoint_auth_method": "client_secret_post",
        });
    });
    home.login(&["acme", "--register"]).ok();
    (home, provider)
}

#[test]
fn where_nothing_can_be_in_it_each_account_has_its_true_reason() {
    let keys = Keys::generate();
    let (home, _provider) = signed_in();
    let file = home.text_path("keyfob.age");
    let args = ["backup", &file, "--recipient", &keys.recipient];
    let id = home.account("acme/julien").id;
    std::fs::remove_file(home.path(&format!("data/secrets/{id}.age"))).expect("a secret");
    let lost = "acme/julien: its secret was removed from the file store";
    let run = home
        .run(&args)
        .fails(4, &[lost, "`keyfob login acme/julien`"]);
    assert!(!run.stderr.contains("practice"), "{run:?}");
    home.run(&["login", "sandbox"]).ok();
    let of_machine = "sandbox/ada: the practice provider is of this machine alone";
    home.run(&args).fails(4, &[lost, of_machine]);
    let run = home
        .run(&[&args[..], &["sandbox"]].concat())
        .fails(2, &[of_machine]);
    assert!(!run.stderr.contains("exchange"), "{run:?}");
    assert!(!home.path("keyfob.age").exists());
}

#[test]
fn what_has_ended_is_in_it_and_said_and_so_it_is_when_it_is_restored() {
    let keys = Keys::generate();
    let (home, _provider) = crate::vault::expired();
    let file = home.text_path("keyfob.age");
    let to = ["backup", &file, "--recipient", &keys.recipient, "--json"];
    let run = home.run(&to).ok();
    let why = "its access token has ended, and its refresh token is left out";
    assert_eq!(run.json()["accounts"][0]["detail"], why);
    let said = format!("only a new sign-in helps: acme/julien: {why}");
    assert!(run.stderr.contains(&said), "{run:?}");

    let there = Home::new();
    there.write("key.txt", &keys.identity);
    let key = there.text_path("key.txt");
    let run = there.run(&["restore", &file, "--identity", &key]).ok();
    let said = "restored acme/julien, and only a new sign-in helps: `keyfob login acme/julien`";
    assert!(run.stderr.contains(said), "{run:?}");
    there.login(&["acme/julien"]).ok();

    let file = home.backed_up(&keys, &["--replace", "--move", "--yes"]);
    let run = there.run(&["restore", &file, "--identity", &key, "--replace"]);
    assert!(!run.ok().stderr.contains("new sign-in"));
}

#[test]
fn one_that_cannot_be_read_or_shares_its_secret_is_named_and_nothing_written() {
    let keys = Keys::generate();
    let (home, _provider) = signed_in();
    let entry = |name: &str| home.path(&format!("data/accounts/acme/{name}.json"));
    std::fs::copy(entry("julien"), entry("copy")).expect("an entry");
    let file = home.text_path("keyfob.age");
    for args in [&moving(&file, &keys)[..], &moving(&file, &keys)[..2]] {
        let mut command = home.keyfob(args);
        command.env("KEYFOB_BACKUP_PASSPHRASE", PASSPHRASE);
        Run::of(command.output().expect("keyfob starts")).fails(
            1,
            &["nothing was written", "lead to one secret", "keyfob logout"],
        );
    }
    std::fs::remove_file(entry("copy")).expect("an entry");
    let id = home.account("acme/julien").id;
    home.write(&format!("data/secrets/{id}.age"), "none");
    home.run(&moving(&file, &keys)).fails(
        5,
        &["nothing was written", "acme/julien", "name the accounts"],
    );
    assert!(!home.path("keyfob.age").exists());
    assert_eq!(home.accounts(), ["acme/julien"]);
}

#[test]
fn a_recipient_is_counted_once() {
    let keys = Keys::generate();
    let (home, _provider) = signed_in_to(STEADY);
    let file = home.text_path("keyfob.age");
    let to = ["--recipient", &keys.recipient];
    let run = home
        .run(&[&["backup", &file], &to[..], &to[..]].concat())
        .ok();
    assert!(
        run.stderr.contains("encrypted to one recipient\n"),
        "{run:?}"
    );
}
