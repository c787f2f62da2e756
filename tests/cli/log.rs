//! The audit log: each action once, by whom, and never at the cost of the command.

use keyfob_testkit::process::GENEROUS;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::vault::HomeVault as _;
use crate::vault::expired;
use keyfob_testkit::backup::Keys;
use keyfob_testkit::home::{Home, Run};
use keyfob_testkit::provider::{MARK, acme};
use keyfob_testkit::scene::signed_in;
use keyfob_testkit::server::Reply;

const CURRENT: &str = "state/events.jsonl";
const ROTATED: &str = "state/events.1.jsonl";

/// Each event as `verb: action account [error]`.
#[track_caller]
fn deeds(home: &Home) -> Vec<String> {
    let events = home.events(&[]).into_iter();
    events
        .map(|event| {
            let text = |member: &str| event[member].as_str().unwrap_or("").to_owned();
            let words = ["event", "account", "error"].map(text);
            format!("{}: {}", text("verb"), words.join(" "))
                .trim_end()
                .to_owned()
        })
        .collect()
}

/// Forgets what was recorded so far.
fn clear(home: &Home) {
    for file in [CURRENT, ROTATED] {
        let _ = std::fs::remove_file(home.path(file));
    }
}

#[test]
fn each_deed_is_recorded_once() {
    let (home, provider) = acme();
    home.login(&["acme"]).ok();
    home.run(&["token"]).ok();
    home.run(&["list"]).ok();
    home.run(&["refresh"]).ok();
    home.later("acme/julien", 3600);
    home.run(&["token", "acme"]).ok();
    home.run(&["whoami"]).ok();
    home.later("acme/julien", 3600);
    home.run(&["whoami"]).ok();
    home.run(&["logout"]).ok();
    assert_eq!(
        deeds(&home),
        [
            "login: sign_in acme/julien",
            "token: hand_out acme/julien",
            "refresh: refresh acme/julien",
            "token: refresh acme/julien",
            "token: hand_out acme/julien",
            "whoami: refresh acme/julien",
            "logout: revoke acme/julien",
            "logout: sign_out acme/julien",
        ]
    );
    assert_eq!(provider.asked("/token").len(), 4);
}

#[test]
fn what_goes_elsewhere_is_recorded() {
    let keys = Keys::generate();
    let (home, _provider) = signed_in();
    let file = home.text_path("keyfob.age");
    clear(&home);
    home.run(&["move", "acme", "--store", "file"]).ok(); // where it is
    home.run(&["move", "acme", "--store", "keyring"])
        .fails(5, &[]);
    home.run(&["restore", "Cargo.toml"]).fails(1, &[]);
    home.run(&crate::backup::moving(&file, &keys)).ok();
    home.write("key.txt", &keys.identity);
    home.restore(&file, &[]).ok();
    home.restore(&file, &[]).ok(); // nothing to do
    assert_eq!(
        deeds(&home),
        [
            "move: move acme/julien store_unavailable",
            "restore: restore  backup_invalid",
            "backup: backup acme/julien",
            "backup: sign_out acme/julien",
            "restore: restore acme/julien",
        ]
    );
}

#[test]
fn failures_are_recorded_with_their_codes() {
    let (home, provider) = signed_in();
    clear(&home);
    let refused = |error: &str| Reply::Json(400, json!({"error": error}));
    home.run(&["token", "--min-ttl", "9d"]).fails(1, &[]);
    home.later("acme/julien", 3600);
    provider.next("/token", Reply::Close);
    home.run(&["token"]).fails(3, &[]);
    provider.next("/token", refused("invalid_client"));
    home.run(&["refresh"]).fails(1, &[]);
    provider.next("/token", refused("invalid_grant"));
    home.run(&["token"]).fails(4, &[]);
    provider.next("/token", refused("invalid_grant"));
    home.login(&["acme"]).fails(1, &[]);
    provider.next("/revoke", refused("invalid_client"));
    home.run(&["logout"]).fails(1, &[]);
    home.run(&["token", "acme"]).fails(4, &[]);
    home.run(&["token", "acme/julien"]).fails(2, &[]);
    home.run(&["token", "a-secret-by-mistake"]).fails(2, &[]);
    home.run(&["token"]).fails(4, &[]);
    assert_eq!(
        deeds(&home),
        [
            "token: hand_out acme/julien refresh_failed",
            "token: refresh acme/julien network_error",
            "token: hand_out acme/julien network_error",
            "refresh: refresh acme/julien refresh_failed",
            "token: refresh acme/julien login_required",
            "token: hand_out acme/julien login_required",
            "login: sign_in acme token_exchange_failed",
            "logout: revoke acme/julien revocation_failed",
            "logout: sign_out acme/julien",
            "token: hand_out acme login_required",
            "token: hand_out acme/julien unknown_account",
            "token: hand_out  unknown_provider",
            "token: hand_out  login_required",
        ]
    );
    let kept = std::fs::read_to_string(home.path(CURRENT)).expect("a log");
    assert!(!kept.contains("a-secret-by-mistake"), "{kept}");
}

#[test]
fn a_failed_refresh_whose_old_token_serves_is_recorded_too() {
    let (home, provider) = signed_in();
    clear(&home);
    home.later("acme/julien", 3570);
    provider.next("/token", Reply::Close);
    home.run(&["token"]).ok();
    let broken = home.break_writing();
    home.run(&["token"]).ok();
    drop(broken);
    assert_eq!(
        deeds(&home),
        [
            "token: refresh acme/julien network_error",
            "token: hand_out acme/julien",
            "token: refresh acme/julien store_unavailable",
            "token: hand_out acme/julien",
        ]
    );
}

#[test]
fn a_removed_provider_signs_its_accounts_out_in_the_log() {
    let (home, _provider) = signed_in();
    home.copy_account("acme/julien", "acme/work");
    clear(&home);
    home.run(&["provider", "remove", "acme", "--force", "--yes"])
        .ok();
    let mut deeds = deeds(&home);
    deeds.sort();
    assert_eq!(
        deeds,
        [
            "provider: revoke acme/julien",
            "provider: revoke acme/work",
            "provider: sign_out acme/julien",
            "provider: sign_out acme/work",
        ]
    );
}

#[test]
fn a_local_logout_revokes_nothing_and_one_that_is_kept_out_says_so() {
    let (home, _provider) = signed_in();
    home.copy_account("acme/julien", "acme/work");
    clear(&home);
    home.run(&["logout", "acme/work", "--local"]).ok();
    std::fs::remove_dir_all(home.path("config/identity")).expect("a file store");
    home.run(&["logout", "acme/julien"]).fails(5, &[]);
    assert_eq!(
        deeds(&home),
        [
            "logout: sign_out acme/work",
            "logout: sign_out acme/julien store_unavailable",
        ]
    );
}

#[test]
fn only_the_process_that_refreshed_records_a_refresh() {
    let (home, provider) = expired();
    clear(&home);
    let door = provider.hold("/token");
    let crowd: Vec<_> = (0..8).map(|_| home.begin(&["token"])).collect();
    provider.wait_for("/token", 2);
    drop(door);
    for process in crowd {
        process.end().ok();
    }
    let deeds = deeds(&home);
    let count = |action: &str| deeds.iter().filter(|line| line.contains(action)).count();
    assert_eq!(
        (count(": refresh"), count(": hand_out")),
        (1, 8),
        "{deeds:?}"
    );
}

#[test]
fn a_sign_in_that_is_broken_off_is_no_event() {
    let (home, _provider) = acme();
    let waiting = home.begin_login(&["acme"]);
    let kill = Command::new("kill")
        .args(["-INT", &waiting.pid().to_string()])
        .status();
    assert!(kill.expect("kill starts").success());
    assert_eq!(waiting.end().status, 130);
    assert!(deeds(&home).is_empty());
}

#[test]
fn the_caller_is_named_and_what_it_was_given_is_not() {
    let (home, _provider) = signed_in();
    clear(&home);
    let line = "exec 2>&1; keyfob token >/dev/null; echo $$; : an-argument";
    let run = home.shell(line).ok();
    let events = home.events(&[]);
    let [event] = &events[..] else {
        panic!("{events:?}");
    };
    assert_eq!(
        event["caller_pid"],
        run.line().parse::<u32>().expect("a pid")
    );
    if cfg!(target_os = "linux") {
        assert_eq!(event["caller"], "sh");
    }
    let kept = std::fs::read_to_string(home.path(CURRENT)).expect("a log");
    assert!(
        !kept.contains("an-argument") && !kept.contains("-c"),
        "{kept}"
    );

    let child = home.spawn(&["token"]);
    let pid = child.id();
    child.wait_with_output().expect("keyfob ends");
    let events = home.events(&[]);
    let last = events.last().expect("an event");
    assert_eq!(last["pid"], pid);
    assert_eq!(last["caller_pid"], std::process::id());
}

#[cfg(target_os = "linux")]
#[test]
fn a_hostile_name_does_nothing_to_a_terminal() {
    let (home, _provider) = signed_in();
    clear(&home);
    home.shell("printf 'a\\033[2J\\nb' >/proc/$$/comm; keyfob token; :")
        .ok();
    let table = home.run(&["log"]).ok().stdout;
    assert_eq!(table.lines().count(), 2, "{table}");
    assert!(table.contains("a\\u{1b}[2J\\nb ("), "{table}");
    assert!(!table.contains('\u{1b}'), "{table}");
}

#[test]
fn twenty_processes_write_twenty_whole_lines() {
    let (home, _provider) = signed_in();
    clear(&home);
    for run in home.run_many(20, &["token"]) {
        run.ok();
    }
    let kept = std::fs::read_to_string(home.path(CURRENT)).expect("a log");
    assert_eq!(kept.lines().count(), 20, "{kept}");
    let mut pids: Vec<u64> = kept
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("a whole line"))
        .map(|event| event["pid"].as_u64().expect("a process"))
        .collect();
    pids.sort_unstable();
    pids.dedup();
    assert_eq!(pids.len(), 20);
}

/// A log that is full but for a few lines.
fn almost_full(home: &Home) {
    let event = json!({"time": "2020-01-01T00:00:00Z", "event": "hand_out", "account": "old/one",
        "verb": "token", "caller": null, "caller_pid": null, "pid": 1, "error": null});
    let line = format!("{event}\n");
    home.write(CURRENT, &line.repeat(1024 * 1024 / line.len() - 3));
}

#[test]
fn processes_that_fill_the_log_rotate_it_once_and_lose_nothing() {
    let (home, _provider) = signed_in();
    almost_full(&home);
    let before = std::fs::metadata(home.path(CURRENT)).expect("a log").len();
    for run in home.run_many(20, &["token"]) {
        run.ok();
    }
    assert_eq!(home.events(&["acme"]).len(), 20);
    let size = |file: &str| std::fs::metadata(home.path(file)).expect("a file").len();
    assert!(size(ROTATED) >= before && size(ROTATED) < before + 20 * 300);
    assert!(size(CURRENT) < 20 * 300);
}

#[test]
fn the_log_is_filtered_by_account_by_provider_and_by_time() {
    let (home, _provider) = signed_in();
    clear(&home);
    almost_full(&home);
    home.run(&["token"]).ok();
    home.run(&["login", "sandbox"]).ok();
    let of = |args: &[&str]| home.events(args).len();
    assert_eq!(
        (of(&["acme"]), of(&["acme/julien"]), of(&["sandbox/ada"])),
        (1, 1, 1)
    );
    assert_eq!((of(&["acme/nobody"]), of(&["ac"])), (0, 0));
    assert!(of(&["old/one"]) > 1000);
    assert_eq!(
        (of(&["--since", "1h"]), of(&["--since", "1h", "acme"])),
        (2, 1)
    );
    assert_eq!(
        (
            of(&["--since", "2020-01-02"]),
            of(&["old", "--since", "2020-01-01"])
        ),
        (2, of(&["old"]))
    );
    for wrong in ["yesterday", "2020-31-01"] {
        let run = home.run(&["log", "--since", wrong]);
        assert_eq!(run.status, 2, "{run:?}");
        assert!(run.stderr.contains("write for example"), "{run:?}");
    }
    home.run(&["log", "Acme"]).fails(2, &["`acme`"]);

    home.run(&["logout", "acme"]).ok();
    assert_eq!(
        of(&["acme/julien"]),
        3,
        "an account that is gone is found all the same"
    );
}

#[test]
fn the_table_is_for_people() {
    let (home, provider) = signed_in();
    home.later("acme/julien", 3600);
    provider.next("/token", Reply::Close);
    home.run(&["token"]).fails(3, &[]);
    let table = home.run(&["log"]).ok().stdout;
    let lines: Vec<Vec<&str>> = table
        .lines()
        .map(|line| line.split_whitespace().collect())
        .collect();
    assert_eq!(lines[0], ["TIME", "EVENT", "ACCOUNT", "BY", "RESULT"]);
    assert_eq!(
        (lines[1][1], lines[1][2], lines[1][5]),
        ("sign_in", "acme/julien", "done")
    );
    assert_eq!((lines[3][1], lines[3][5]), ("hand_out", "network_error"));
    assert!(
        lines[1][0].ends_with('Z') && lines[1][0].len() == 20,
        "{table}"
    );
    home.run(&["log"]).ok();
    assert_eq!(home.run(&["log"]).ok().stdout, table, "a look is no event");
}

#[test]
fn nothing_recorded_is_said() {
    let home = Home::new();
    let said = |run: Run| (run.stdout, run.stderr);
    let nothing = |words: &str| (String::new(), format!("{words}\n"));
    assert_eq!(
        said(home.run(&["log"]).ok()),
        nothing("nothing is recorded")
    );
    assert_eq!(
        said(home.run(&["log", "acme", "--since", "1h"]).ok()),
        nothing("nothing is recorded of acme in that time")
    );
    assert_eq!(
        home.run(&["log", "--json"]).ok().json(),
        json!({"events": []})
    );
    assert!(home.files().is_empty(), "a look leaves nothing behind");
}

#[test]
fn recording_is_turned_off_by_a_setting() {
    let (home, provider) = acme();
    home.write("config/config.toml", "audit_log = false\n");
    home.login(&["acme"]).ok();
    home.run(&["token"]).ok();
    home.run(&["refresh"]).ok();
    home.run(&["logout"]).ok();
    assert_eq!(provider.asked("/revoke").len(), 2);
    assert!(!home.path(CURRENT).exists());
    let log = home.run(&["log"]).ok();
    assert!(
        log.stderr
            .starts_with("recording is off: `audit_log = false` in "),
        "{log:?}"
    );
    home.write("config/config.toml", "");
    home.run(&["token", "acme"]).fails(4, &[]);
    home.write("config/config.toml", "audit_log = false\n");
    let log = home.run(&["log"]).ok();
    assert!(
        log.stdout.contains("login_required") && log.stderr.contains("off"),
        "{log:?}"
    );
}

#[test]
fn damaged_lines_are_one_warning() {
    let (home, _provider) = signed_in();
    let path = home.path(CURRENT);
    let mut kept = std::fs::read(&path).expect("a log");
    kept.extend(b"{\"time\":\"20");
    std::fs::write(&path, &kept).expect("a log");
    assert_eq!(
        home.run(&["log"]).ok().stderr,
        "",
        "it may be written just now"
    );
    home.run(&["token"]).ok();
    let log = home.run(&["log", "--json"]).ok();
    assert_eq!(log.json()["events"].as_array().expect("events").len(), 2);
    assert_eq!(
        log.stderr,
        "warning: a line of the audit log is damaged and left out\n"
    );
    std::fs::write(&path, "\u{1b}[2J\nx\n").expect("a log");
    let log = home.run(&["log"]).ok();
    assert!(
        log.stderr.contains("2 lines of the audit log are damaged"),
        "{log:?}"
    );
    assert!(
        !log.stderr.contains('\u{1b}') && log.stdout.is_empty(),
        "{log:?}"
    );
}

/// Runs what writes to the log; it must not take long, and must work.
#[track_caller]
fn token_is_given(home: &Home, what: &str) {
    let token = home.run_within(GENEROUS, &["token"]).ok();
    assert!(token.stdout.starts_with(MARK), "{what}: {token:?}");
    assert_eq!(token.stderr, "", "{what}");
    let verbose = home.run(&["token", "-v"]).ok();
    assert!(
        verbose.stderr.contains("· not in the audit log: "),
        "{what}: {verbose:?}"
    );
    assert_eq!(verbose.stderr.lines().count(), 1, "{what}: {verbose:?}");
}

#[cfg(unix)]
#[test]
fn what_lies_in_the_logs_place_is_left_alone() {
    use std::os::unix::fs::symlink;
    let (home, _provider) = signed_in();
    let (path, elsewhere) = (home.path(CURRENT), home.path("elsewhere"));
    let unreadable = |what: &str| {
        token_is_given(&home, what);
        let within = GENEROUS;
        home.run_within(within, &["log"])
            .fails(1, &["cannot read ", "aside"]);
    };
    clear(&home);
    std::fs::write(&elsewhere, "theirs\n").expect("a file");
    symlink(&elsewhere, &path).expect("a link");
    unreadable("a link");
    assert_eq!(std::fs::read(&elsewhere).expect("a file"), b"theirs\n");

    clear(&home);
    std::fs::create_dir(&path).expect("a folder");
    unreadable("a folder");

    std::fs::remove_dir(&path).expect("a folder");
    let made = Command::new("mkfifo").arg(&path).status();
    assert!(made.expect("mkfifo starts").success());
    unreadable("a named pipe");
}

#[test]
fn a_state_folder_that_is_a_file_costs_no_token() {
    let (home, _provider) = signed_in();
    std::fs::remove_dir_all(home.path("state")).expect("a folder");
    home.run(&["token"]).ok();
    assert_eq!(home.events(&[]).len(), 1, "a missing folder is made");
    std::fs::remove_dir_all(home.path("state")).expect("a folder");
    home.write("state", "");
    token_is_given(&home, "a file");
}

#[cfg(unix)]
#[test]
fn a_limit_on_files_ends_no_command() {
    let (home, _provider) = signed_in();
    clear(&home);
    let run = home.shell("ulimit -f 0; keyfob token -v").ok();
    assert!(run.stdout.starts_with(MARK), "{run:?}");
    assert!(run.stderr.contains("not in the audit log"), "{run:?}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_costs_no_token_and_damages_one_line_at_most() {
    use keyfob_testkit::disk::SmallDisk;
    let (home, _provider) = signed_in();
    std::fs::remove_dir_all(home.path("state")).expect("a folder");
    let Some(disk) = SmallDisk::for_test(&home.path("state")) else {
        return;
    };
    home.run(&["token"]).ok();
    let line = std::fs::metadata(home.path(CURRENT)).expect("a log").len();
    let page = usize::try_from((4096 - line % 4096) % 4096).expect("small");
    let mut filled = std::fs::read(home.path(CURRENT)).expect("a log");
    filled.extend(vec![b'x'; page - 101]);
    filled.push(b'\n');
    std::fs::write(home.path(CURRENT), filled).expect("room");
    disk.fill(); // the log's last page has room for part of a line
    token_is_given(&home, "a full disk");
    disk.empty();
    home.run(&["token"]).ok();
    let log = home.run(&["log", "--json"]).ok();
    let events = log.json()["events"].as_array().expect("events").len();
    assert_eq!(events, 2, "{log:?}");
    assert!(log.stderr.contains("2 lines"), "{log:?}");
}

#[cfg(unix)]
#[test]
fn the_files_are_private() {
    use std::os::unix::fs::PermissionsExt;
    let (home, _provider) = signed_in();
    almost_full(&home);
    std::fs::set_permissions(home.path(CURRENT), std::fs::Permissions::from_mode(0o600))
        .expect("a mode");
    for run in home.run_many(8, &["token"]) {
        run.ok();
    }
    let mode = |path: &Path| {
        std::fs::metadata(path)
            .expect("a file")
            .permissions()
            .mode()
            & 0o777
    };
    assert_eq!(mode(&home.path(CURRENT)), 0o600);
    assert_eq!(mode(&home.path(ROTATED)), 0o600);
    assert_eq!(mode(&home.path("state")), 0o700);
}
