//! Whose the folders and files are that keyfob works in, and what others can do there.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::process::Command;

use crate::vault::HomeVault as _;
use keyfob_testkit::home::{Home, Run};
use keyfob_testkit::local_users::{LocalUsers, chmod};
use keyfob_testkit::process::GENEROUS;
use keyfob_testkit::scene::signed_in;

const SANDBOX: [&str; 2] = ["login", "sandbox"];

#[test]
fn folders_that_others_may_write_are_refused_with_the_command_that_mends_them() {
    let (home, _provider) = signed_in();
    for path in [
        "",
        "config",
        "data",
        "state",
        "config/providers",
        "data/accounts",
        "config/providers/acme.toml",
    ] {
        let folder = home.path(path);
        let before = fs::metadata(&folder).unwrap().permissions().mode();
        chmod(&folder, before & 0o777 | 0o002);
        let shown = folder.to_str().unwrap().trim_end_matches('/');
        let command = format!("chmod go-w {shown}");
        for args in [&["token"][..], &["list"], &["login", "acme"]] {
            home.run(args).fails(1, &["others may write in", &command]);
        }
        assert!(home.shell(&command).status == 0);
        home.run(&["token"]).ok();
    }
    chmod(&home.path(""), 0o1777); // as /tmp is
    home.run(&["token"]).ok();
}

#[test]
fn a_folder_of_somebody_else_is_refused() {
    let Some(users) = LocalUsers::find() else {
        return;
    };
    users.run("ada", &SANDBOX).ok();
    users.run("ada", &["list"]).ok();

    fs::create_dir(users.path("shared")).unwrap();
    chmod(&users.path("shared"), 0o777);
    users
        .run("shared/keyfob", &["list"])
        .fails(1, &["others may write in", "chmod go-w"]);
    users.give("shared", users.mallory);
    chmod(&users.path("shared"), 0o755);
    let owner = format!("belongs to user {}", users.mallory.uid);
    users
        .run("shared/keyfob", &["list"])
        .fails(1, &[&owner, "chown"]);

    // What leads there counts as well: a link of hers to a folder of ada's.
    fs::create_dir(users.path("public")).unwrap();
    chmod(&users.path("public"), 0o1777);
    symlink(users.path("ada"), users.path("public/link")).unwrap();
    let mut own = Command::new("chown");
    own.args(["-h", "keyfob-mallory"])
        .arg(users.path("public/link"));
    assert!(own.status().unwrap().success());
    users.run("public/link", &["list"]).fails(1, &[&owner]);
}

#[test]
fn a_folder_that_root_has_closed_is_named_with_its_chown() {
    let Some(users) = LocalUsers::find() else {
        return;
    };
    fs::create_dir(users.path("ada/.config")).unwrap();
    chmod(&users.path("ada/.config"), 0o700);
    let command = format!(
        "sudo chown \"$(id -u):$(id -g)\" {}",
        users.path("ada/.config").display()
    );
    let named = users.run("ada/.config/keyfob", &["doctor", "--offline"]);
    assert_eq!(named.status, 1, "{named:?}");
    let told = named
        .stdout
        .replace('~', users.path("ada").to_str().unwrap());
    assert!(
        told.contains("cannot enter the folder") && told.contains("sudo chown"),
        "{named:?}"
    );
    users
        .run("ada/.config/keyfob", &["list"])
        .fails(1, &["cannot enter", &command]);
}

#[test]
fn root_in_the_home_of_a_user_is_warned() {
    let Some(users) = LocalUsers::find() else {
        return;
    };
    let mut command = users.keyfob(users.ada, "ada", &SANDBOX);
    std::os::unix::process::CommandExt::uid(&mut command, 0);
    let run = Run::of(command.output().unwrap());
    assert!(run.stderr.contains("this runs as root"), "{run:?}");
}

#[test]
fn a_lock_that_is_no_file_of_this_user_is_an_error_at_once() {
    for replaced in ["a pipe", "a link", "a socket"] {
        let (home, _provider) = signed_in();
        let lock = home.path(&format!(
            "state/locks/{}.lock",
            home.account("acme/julien").id
        ));
        let _ = fs::remove_file(&lock);
        home.write("elsewhere", "");
        let _socket = match replaced {
            "a pipe" => {
                assert!(
                    Command::new("mkfifo")
                        .arg(&lock)
                        .status()
                        .unwrap()
                        .success()
                );
                None
            }
            "a link" => {
                symlink(home.path("elsewhere"), &lock).unwrap();
                None
            }
            _ => Some(std::os::unix::net::UnixListener::bind(&lock).unwrap()),
        };
        for args in [&["logout", "acme/julien", "--local"][..], &["refresh"]] {
            let run = home.begin(args).end_within(GENEROUS);
            assert_eq!(run.status, 1, "{replaced}: {run:?}");
            assert!(
                run.stderr.contains("cannot open the lock"),
                "{replaced}: {run:?}"
            );
        }
        assert_eq!(home.accounts(), ["acme/julien"]);
    }
}

#[test]
fn a_umask_that_takes_the_owners_own_bits_does_not_matter() {
    for umask in ["0177", "0777", "0000"] {
        let home = Home::new();
        home.shell(&format!(
            "umask {umask}; keyfob login sandbox && keyfob refresh && keyfob token >/dev/null"
        ))
        .ok();
        home.run(&["token"]).ok();
        for (path, _) in home.files() {
            let mode = fs::metadata(&path).unwrap().permissions().mode() & 0o777;
            assert_eq!(mode & !0o044, 0o600, "{umask}: {}", path.display());
        }
    }
}

/// The browser's command line has the authorization address, and every local user can read it.
#[test]
fn who_reads_the_command_line_of_the_browser_is_asked_about() {
    use std::io::Read;
    use std::process::Stdio;

    use keyfob_testkit::process::{Running, until};
    use keyfob_testkit::provider::acme;
    use keyfob_testkit::visitor::visit;

    let Some(users) = LocalUsers::find() else {
        return;
    };
    let (_home, provider) = acme();
    fs::create_dir_all(users.path("ada/config/providers")).unwrap();
    fs::write(
        users.path("ada/config/providers/acme.toml"),
        provider.definition(""),
    )
    .unwrap();
    for folder in [
        "ada/config",
        "ada/config/providers",
        "ada/config/providers/acme.toml",
    ] {
        users.give(folder, users.ada);
    }
    fs::write(users.path("browser"), "#!/bin/sh\nsleep 100\n").unwrap();
    chmod(&users.path("browser"), 0o755);
    let mut login = users.keyfob(users.ada, "ada", &["login", "acme"]);
    login.env("KEYFOB_BROWSER", users.path("browser"));
    let login = Running::new(
        login
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap(),
    );
    let spy = "cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' '\\n' | grep -F \"$0\" | grep '[s]tate=' | head -1";
    let origin = format!("{}/authorize", provider.origin());
    let mut found = String::new();
    until("the address is in a command line", || {
        let seen = users
            .program(users.mallory, "mallory", "sh", &["-c", spy, &origin])
            .output()
            .unwrap();
        found.clear();
        seen.stdout.as_slice().read_to_string(&mut found).unwrap();
        found.contains("state=")
    });
    provider.state(|state| {
        state.person = serde_json::json!({"sub": "666", "preferred_username": "mallory"});
    });
    visit(&found.trim().parse().unwrap());
    let run = login.end();
    assert!(
        run.stderr
            .contains("`mallory` has not signed in here before"),
        "{run:?}"
    );
}
