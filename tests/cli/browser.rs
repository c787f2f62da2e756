//! Which browser is launched, how, and what is said where none is.

use keyfob_testkit::process::GENEROUS;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use url::Url;

use keyfob_testkit::home::{Home, Run};
use keyfob_testkit::provider::acme;
use keyfob_testkit::visitor::{Waiting, visit};

/// A browser that writes down its arguments, a line each, and its environment.
fn browser(home: &Home) -> PathBuf {
    let (script, seen) = (home.path("browser"), home.path("seen"));
    let body = format!(
        "#!/bin/sh\nenv > {seen}.env\nprintf '%s\\n' \"$@\" > {seen}.new\nmv {seen}.new {seen}\n",
        seen = seen.display()
    );
    fs::write(&script, body).unwrap();
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
    script
}

/// The arguments that the browser was launched with, once it was.
#[track_caller]
fn arguments(home: &Home) -> Vec<String> {
    let deadline = Instant::now() + GENEROUS;
    loop {
        if let Ok(seen) = fs::read_to_string(home.path("seen")) {
            return seen.lines().map(str::to_owned).collect();
        }
        assert!(Instant::now() < deadline, "no browser was launched");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Signs in with these variables, and gives what the browser was launched with.
#[track_caller]
fn launched(home: &Home, variables: &[(&str, &str)]) -> (Vec<String>, Url) {
    let mut command = home.keyfob(&["login", "acme"]);
    command.envs(variables.iter().copied());
    let waiting = Waiting::new(command.spawn().unwrap());
    let url = waiting.url.clone();
    let arguments = arguments(home);
    waiting.sign_in().ok();
    (arguments, url)
}

/// A login that nobody can finish; it says so at once.
#[track_caller]
fn nobody(command: &mut Command) -> Run {
    let since = Instant::now();
    let run = Run::of(command.output().unwrap())
        .fails(4, &["nobody can sign in to Acme here", "keyfob login acme"]);
    assert!(since.elapsed() < GENEROUS, "{run:?}");
    run
}

fn display(path: &Path) -> String {
    path.display().to_string()
}

#[test]
fn the_url_is_the_last_argument_or_stands_for_each_percent_s() {
    let (home, _provider) = acme();
    let script = display(&browser(&home));
    let (arguments, url) = launched(&home, &[("KEYFOB_BROWSER", &script)]);
    assert_eq!(arguments, [url.as_str()]);

    fs::remove_file(home.path("seen")).unwrap();
    let entry = format!("{script} --new='two words' %s --at=%s 100%%");
    let (arguments, url) = launched(&home, &[("BROWSER", &entry)]);
    let url = url.as_str();
    assert_eq!(
        arguments,
        ["--new=two words", url, &format!("--at={url}"), "100%"]
    );
}

#[test]
fn no_shell_reads_the_entry() {
    let (home, _provider) = acme();
    let script = display(&browser(&home));
    let touched = home.path("touched");
    let entry = format!(
        "{script} $HOME `id` $(id) ; touch {} & *",
        touched.display()
    );
    let (arguments, url) = launched(&home, &[("KEYFOB_BROWSER", &entry)]);
    let expected = [
        "$HOME",
        "`id`",
        "$(id)",
        ";",
        "touch",
        &display(&touched),
        "&",
        "*",
        url.as_str(),
    ];
    assert_eq!(arguments, expected);
    assert!(!touched.exists());
}

#[test]
fn a_failing_entry_gives_way_to_the_next() {
    let (home, _provider) = acme();
    let script = display(&browser(&home));
    let list = format!("/nowhere/at-all %s:false:w3m: :{script} found:{script} too-far");
    let variables = [("KEYFOB_BROWSER", &*list), ("BROWSER", "false")];
    let (arguments, url) = launched(&home, &variables);
    assert_eq!(arguments, ["found", url.as_str()]);
}

#[test]
fn the_browser_inherits_no_secret_of_keyfobs() {
    let (home, _provider) = acme();
    let script = display(&browser(&home));
    home.write("passphrase", "in-a-file");
    let file = display(&home.path("passphrase"));
    launched(
        &home,
        &[
            ("KEYFOB_BROWSER", &*script),
            ("KEYFOB_PASSPHRASE_FILE", &*file),
            ("KEYFOB_ACME_CLIENT_SECRET", "hidden"),
            ("KEYFOB_OTHER_CLIENT_SECRET", "hidden"),
            ("KEYFOB_ACME_CLIENT_ID", "no-secret"),
        ],
    );
    let environment = fs::read_to_string(home.path("seen.env")).unwrap();
    for secret in ["PASSPHRASE", "CLIENT_SECRET", "hidden"] {
        assert!(!environment.contains(secret), "{environment}");
    }
    assert!(
        environment.contains("KEYFOB_ACME_CLIENT_ID=no-secret"),
        "{environment}"
    );
}

#[test]
fn the_address_is_there_before_the_browser_is() {
    let (home, _provider) = acme();
    let (script, said) = (display(&browser(&home)), home.path("said"));
    let entry = format!(
        "sh -c 'cp {0} {0}.then; exec {script} \"$0\"' %s",
        said.display()
    );
    let mut command = home.keyfob(&["login", "acme"]);
    command.env("KEYFOB_BROWSER", entry);
    let mut child = command
        .stderr(fs::File::create(&said).unwrap())
        .spawn()
        .unwrap();
    let url = Url::parse(&arguments(&home)[0]).unwrap();
    let then = fs::read_to_string(home.path("said.then")).unwrap();
    assert!(then.contains(url.as_str()), "{then}");
    assert_eq!(visit(&url).status, 200);
    assert!(child.wait().unwrap().success());
}

#[test]
fn under_quiet_a_browser_is_enough() {
    let (home, _provider) = acme();
    let script = display(&browser(&home));
    let mut command = home.keyfob(&["login", "acme", "--quiet"]);
    let child = command.env("KEYFOB_BROWSER", script).spawn().unwrap();
    let url = Url::parse(&arguments(&home)[0]).unwrap();
    assert_eq!(visit(&url).status, 200);
    let run = Run::of(child.wait_with_output().unwrap()).ok();
    assert_eq!((&*run.stdout, &*run.stderr), ("", ""));
}

#[test]
fn where_nobody_can_finish_the_login_ends_at_once() {
    let (home, provider) = acme();
    let login = ["login", "acme"];
    let run = nobody(&mut home.keyfob(&login));
    assert!(run.stderr.contains("display"), "{run:?}"); // in a container it says so
    assert!(
        !run.stderr.contains("/authorize"),
        "no address for nobody: {run:?}"
    );
    let run = nobody(
        home.keyfob(&login)
            .env("DISPLAY", ":0")
            .env("SSH_CONNECTION", "1 2 3 4"),
    );
    assert!(run.stderr.contains("this is an SSH session"), "{run:?}");
    nobody(home.keyfob(&login).env("DISPLAY", ":0").env("CI", "true"));
    nobody(
        home.keyfob(&["login", "acme", "--no-input"])
            .env("DISPLAY", ":0"),
    );
    let run = nobody(
        home.keyfob(&login)
            .env("BROWSER", "/nowhere/at-all:false:w3m 'open"),
    );
    for cause in [
        "`at-all` was not found",
        "`false` failed at once",
        "open quote",
    ] {
        assert!(run.stderr.contains(cause), "{cause} in {run:?}");
    }
    let failure = home.run(&["login", "acme", "--json"]).failure();
    assert_eq!(failure["error"], "login_required");
    assert!(provider.asked("/authorize").is_empty() && home.stored().is_empty());
}

#[test]
fn a_configured_browser_is_launched_without_input() {
    let (home, _provider) = acme();
    let script = display(&browser(&home));
    let (_, url) = launched(&home, &[("CI", "true"), ("BROWSER", &script)]);
    assert!(url.path().ends_with("/authorize"));
}
