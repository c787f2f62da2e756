//! `export --format gitlab --report FILE`: a dotenv report, and who can read it.

use super::{put, refused, two};
use crate::vault::HomeVault as _;
use keyfob_testkit::home::{Home, Run};
use keyfob_testkit::provider::MARK;
use keyfob_testkit::scene::signed_in;

fn report(home: &Home, file: &str, accounts: &[&str]) -> Run {
    let mut command = home.keyfob(&["export", "--format", "gitlab", "--report", file]);
    command.args(accounts).current_dir(home.path(""));
    Run::of(command.output().expect("keyfob starts"))
}

#[test]
fn the_report_is_private_and_its_readers_are_named() {
    let (home, _provider) = two();
    let absolute = home.path("absolute.env").display().to_string();
    for file in ["report.env", "./data/../report.env", &absolute] {
        home.write("report.env", "OLD=1\n");
        let run = report(&home, file, &["acme", "beta"]).ok();
        assert_eq!(run.stdout, "", "a job's log is no place for tokens");
        assert!(run.stderr.starts_with("warning: "), "{run:?}");
        assert!(
            run.stderr.contains("artifacts") && run.stderr.contains("later jobs"),
            "{run:?}"
        );
        let path = home.path("").join(file);
        assert_eq!(
            std::fs::read_to_string(&path).unwrap(),
            format!("ACME_TOKEN={MARK}access-0002\nBETA_TOKEN={MARK}access-0002\n")
        );
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = std::fs::metadata(&path).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }
}

#[test]
fn what_a_report_cannot_hold_is_refused() {
    let (home, _provider) = two();
    for odd in ["a'b", "a$b", "a\"b", "a\\b", "a#b", "a%b"] {
        put(&home, "beta/julien", &format!("{MARK}{odd}"));
        let words = ["BETA_TOKEN", "a report of GitLab"];
        refused(report(&home, "report.env", &["acme", "beta"]), 2, &words);
    }
    put(&home, "beta/julien", &format!("{MARK}{}", "a".repeat(5120)));
    refused(
        report(&home, "report.env", &["beta"]),
        2,
        &["GitLab takes 5120"],
    );
    let name = "BETA_TOKEN=\n".len();
    put(&home, "beta/julien", &"a".repeat(5121 - name));
    refused(report(&home, "report.env", &["beta"]), 2, &["5121 bytes"]);
    assert!(!home.path("report.env").exists());
    put(&home, "beta/julien", &"a".repeat(5120 - name));
    report(&home, "report.env", &["beta"]).ok();
    assert_eq!(
        std::fs::metadata(home.path("report.env")).unwrap().len(),
        5120
    );
}

#[test]
fn a_place_for_no_file_is_refused_before_anything_is_sent() {
    let (home, provider) = signed_in();
    home.later("acme/julien", 3600);
    home.write("folder/file", "");
    for bad in [
        "folder",
        "missing/report.env",
        "folder/file/report.env",
        ".",
        "..",
        "/",
        "/dev/null",
    ] {
        refused(
            report(&home, bad, &["acme"]),
            2,
            &["no report can be written"],
        );
    }
    assert_eq!(provider.asked("/token").len(), 1);
}

#[test]
#[cfg(unix)]
fn a_link_is_replaced_and_not_followed() {
    let (home, _provider) = signed_in();
    home.write("elsewhere", "mine");
    std::os::unix::fs::symlink("elsewhere", home.path("report.env")).unwrap();
    report(&home, "report.env", &["acme"]).ok();
    assert_eq!(
        std::fs::read_to_string(home.path("elsewhere")).unwrap(),
        "mine"
    );
    assert!(
        home.path("report.env")
            .symlink_metadata()
            .unwrap()
            .is_file()
    );
}
