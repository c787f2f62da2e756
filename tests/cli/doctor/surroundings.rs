//! The environment, the browser, the proxy and the certificates.

use super::*;

#[test]
fn variables_that_nothing_reads_are_named_and_not_shown() {
    let (mut home, _provider) = signed_in();
    for (name, near) in [
        ("KEYFOB_STOER", "KEYFOB_STORE"),
        ("KEYFOB_GITHB_CLIENT_ID", "KEYFOB_GITHUB_CLIENT_ID"),
        ("KEYFOB_ZZZ", "unset KEYFOB_ZZZ"),
    ] {
        home.set(name, "MARKED-SECRET-x");
        let unknown = one(
            &look(&home, &[]),
            "warn",
            "environment",
            &format!("{name} is set, and nothing reads it"),
        );
        assert!(unknown.hint.contains(near), "{unknown:?}");
        home.unset(name);
    }
    for name in [
        "KEYFOB_ACME_CLIENT_ID",
        "KEYFOB_ACME_CLIENT_SECRET",
        "KEYFOB_ACME_ID_TOKEN",
        "KEYFOB_ID_TOKEN",
        "KEYFOB_ASKED",
    ] {
        home.set(name, "MARKED-SECRET-x");
        well(&look(&home, &[]));
        home.unset(name);
        let on_the_page = format!("\n\\fB{}\\fR\n", name.replace("ACME", "<PROVIDER>"));
        let page = home.run(&["man"]).ok().stdout;
        assert!(page.contains(&on_the_page), "{name}");
    }
}

#[test]
fn values_that_fail_are_told_without_a_word_of_them() {
    let (mut home, _provider) = signed_in();
    for (name, value, words, hint) in [
        (
            "KEYFOB_STORE",
            "MARKED-SECRET-x",
            "KEYFOB_STORE names no store",
            "`keyring`, `file`",
        ),
        (
            "KEYFOB_ACCOUNT",
            "MARKED-SECRET-x",
            "its entry 1 is no PROVIDER/NAME",
            "unset it",
        ),
        (
            "KEYFOB_ACCOUNT",
            "acme/julien,acme/work",
            "two accounts of acme",
            "unset it",
        ),
        (
            "KEYFOB_ACCOUNT",
            "acme/gone",
            "an account of acme that is not signed in",
            "`keyfob list acme`",
        ),
        (
            "KEYFOB_ACCOUNT",
            "nobody/julien",
            "of no provider that is known",
            "correct KEYFOB_ACCOUNT",
        ),
    ] {
        home.set(name, value);
        let found = look(&home, &[]);
        let wrong = one(&found, "fail", "environment", words);
        assert!(wrong.hint.contains(hint), "{wrong:?}");
        home.set(name, if name == "KEYFOB_STORE" { "file" } else { "" });
    }
    home.set("KEYFOB_ACCOUNT", "acme/julien");
    well(&look(&home, &[]));
}

#[test]
fn tokens_that_are_ignored_and_passphrases_that_are_two_are_told() {
    let (mut home, _provider) = signed_in();
    home.set("ACME_TOKEN", "MARKED-SECRET-x");
    home.set("GH_TOKEN", "MARKED-SECRET-y");
    let found = look(&home, &[]);
    let ignored = one(
        &found,
        "warn",
        "environment",
        "ACME_TOKEN is set and ignored, for acme/julien is signed in",
    );
    assert!(ignored.hint.contains("unset ACME_TOKEN"), "{ignored:?}");
    assert!(
        !format!("{found:?}").contains("GH_TOKEN"),
        "nobody is signed in there"
    );
    for name in ["KEYFOB_PASSPHRASE", "KEYFOB_BACKUP_PASSPHRASE"] {
        home.set(name, "MARKED-SECRET-x");
        home.set(&format!("{name}_FILE"), "/nonexistent");
        let words = format!("{name} and {name}_FILE are both set");
        one(&look(&home, &[]), "warn", "environment", &words);
    }
}

#[cfg(all(unix, not(target_os = "macos")))]
#[test]
fn the_browser_that_a_login_would_open_is_named_and_not_started() {
    use std::os::unix::fs::PermissionsExt;
    let mut home = Home::new();
    home.set("CI", "true");
    one(&look(&home, &[]), "pass", "browser", "this is a CI job");
    home.unset("CI");
    let opened = home.path("opened");
    home.write(
        "bin/our-browser",
        &format!("#!/bin/sh\ntouch {}\n", opened.display()),
    );
    let executable = |path: &str, mode: u32| {
        let mode = std::fs::Permissions::from_mode(mode);
        std::fs::set_permissions(home.path(path), mode).expect("a mode");
    };
    executable("bin/our-browser", 0o755);
    let program = home.path("bin/our-browser").display().to_string();
    home.write("bin/plain", "");
    let executable = home.path("bin/plain").display().to_string();
    for (variable, value, words) in [
        (
            "BROWSER",
            format!("{program} --new %s"),
            "`login` opens `our-browser`, by BROWSER",
        ),
        ("KEYFOB_BROWSER", program.clone(), "by KEYFOB_BROWSER"),
    ] {
        home.set(variable, value);
        let found = look(&home, &[]);
        one(&found, "pass", "browser", words);
        well(&found);
    }
    for (value, words) in [
        ("MARKED-SECRET-x", "entry 1 of KEYFOB_BROWSER was not found"),
        (
            &*format!("{program}:MARKED-SECRET-x"),
            "entry 2 of KEYFOB_BROWSER was not found",
        ),
        (&*executable, "entry 1 of KEYFOB_BROWSER is no program"),
        ("'MARKED-SECRET-x", "has an open quote"),
        (
            &*format!("w3m:{program}"),
            "entry 1 of KEYFOB_BROWSER is a text browser",
        ),
    ] {
        home.set("KEYFOB_BROWSER", value);
        let found = look(&home, &[]);
        let wrong = one(&found, "warn", "browser", words);
        assert!(wrong.hint.contains("correct KEYFOB_BROWSER"), "{wrong:?}");
        assert!(!format!("{found:?}").contains(MARK), "{found:#?}");
    }
    home.unset("KEYFOB_BROWSER");
    home.unset("BROWSER");
    home.set("DISPLAY", ":0");
    home.set("PATH", home.path("bin").display().to_string());
    let none = one(&look(&home, &[]), "warn", "browser", "none of `xdg-open`");
    assert!(none.hint.contains("xdg-utils"), "{none:?}");
    std::fs::copy(home.path("bin/our-browser"), home.path("bin/xdg-open")).expect("a copy");
    one(
        &look(&home, &[]),
        "pass",
        "browser",
        "`login` opens `xdg-open`",
    );
    assert!(!opened.exists(), "a browser was started");
}

#[test]
fn the_proxy_is_shown_without_what_may_be_a_password() {
    let mut home = Home::new();
    for (name, value, words) in [
        (
            "HTTPS_PROXY",
            "http://ada:MARKED-SECRET-p@proxy.example:3128/MARKED-SECRET-q",
            "HTTPS_PROXY is http://[redacted]@proxy.example:3128",
        ),
        (
            "https_proxy",
            "MARKED-SECRET-p@proxy:1",
            "https_proxy is http://[redacted]@proxy:1",
        ),
        (
            "ALL_PROXY",
            "socks5h://proxy:9050",
            "ALL_PROXY is socks5h://proxy:9050, but for 2 entries of NO_PROXY",
        ),
    ] {
        home.set(name, value);
        home.set("NO_PROXY", "localhost, .example.com");
        let found = look(&home, &["--offline"]);
        one(&found, "pass", "proxy", words);
        well(&found);
        assert!(!format!("{found:?}").contains(MARK), "{found:#?}");
        home.unset(name);
    }
    home.set("HTTPS_PROXY", "ftp://MARKED-SECRET-p");
    let found = look(&home, &["--offline"]);
    let wrong = one(
        &found,
        "warn",
        "proxy",
        "HTTPS_PROXY is no address of a proxy",
    );
    assert!(wrong.hint.contains("unset it"), "{wrong:?}");
    assert!(!format!("{found:?}").contains(MARK), "{found:#?}");
}

#[cfg(all(unix, not(target_os = "macos")))]
#[test]
fn certificates_are_read_where_they_are_named() {
    let (mut home, _provider) = signed_in();
    let tls = keyfob_testkit::tls::Tls::before(([127, 0, 0, 1], 9).into());
    home.write("authority.pem", &tls.authority);
    home.write("none.pem", "nothing");
    let path = |name: &str| home.path(name).display().to_string();
    let (good, none, gone) = (path("authority.pem"), path("none.pem"), path("gone.pem"));
    home.set("SSL_CERT_FILE", &good);
    one(
        &look(&home, &[]),
        "pass",
        "certificates",
        "1 certificate of SSL_CERT_FILE",
    );
    for (value, words) in [
        (&gone, "no file that is there"),
        (&none, "holds no certificate"),
    ] {
        home.set("SSL_CERT_FILE", value);
        let wrong = one(&look(&home, &["--offline"]), "fail", "certificates", words);
        assert!(wrong.hint.contains("SSL_CERT_FILE"), "{wrong:?}");
    }
    home.unset("SSL_CERT_FILE");
    home.set("SSL_CERT_DIR", &gone);
    one(
        &look(&home, &["--offline"]),
        "warn",
        "certificates",
        "SSL_CERT_DIR",
    );
    home.unset("SSL_CERT_DIR");
    for (file, status, words) in [
        (&good, "pass", "the system's, and 1 certificate of"),
        (&gone, "fail", "is not there"),
        (&none, "fail", "holds no certificate"),
    ] {
        home.write("config/config.toml", &format!("ca_file = \"{file}\"\n"));
        let found = look(&home, &[]);
        let ca = one(&found, status, "certificates", words);
        assert!(
            status == "pass" || ca.hint.contains("mend `ca_file`"),
            "{ca:?}"
        );
        let asked = if status == "pass" {
            "acme: 127.0.0.1 answers"
        } else {
            "no provider was asked"
        };
        let asked_status = if status == "pass" { "pass" } else { "warn" };
        one(&found, asked_status, "clock", asked);
    }
}

/// Only where somebody types: the shell is started for it, start files and all.
#[cfg(target_os = "linux")]
#[test]
fn whether_the_shell_completes_is_told_where_somebody_types() {
    use keyfob_testkit::screen::Screen;
    let (mut home, _provider) = signed_in();
    home.set("SHELL", "/bin/bash");
    let shown = |home: &Home| Screen::start(&home.keyfob(&["doctor", "--offline"])).end();
    let (status, missing) = shown(&home);
    assert_eq!(status, 0, "{missing}");
    assert!(
        missing.contains("warn  completion    bash does not complete keyfob's words yet"),
        "{missing}"
    );
    assert!(
        missing.contains("`keyfob completions bash --install`"),
        "{missing}"
    );
    let line = home.run(&["completions", "bash", "--install"]).ok().stdout;
    home.write(".bashrc", &line);
    let (_, there) = shown(&home);
    assert!(
        there.contains("pass  completion    bash completes, by ~/"),
        "{there}"
    );
    assert!(
        !look(&home, &["--offline"])
            .iter()
            .any(|one| one.check == "completion")
    );
    home.set("SHELL", "/bin/strange");
    assert!(!shown(&home).1.contains("completion"));
}

#[test]
fn rules_of_this_folder_that_cannot_be_followed_are_told() {
    let (home, _provider) = signed_in();
    home.write("project/.keyfob.toml", "accounts = [\"acme/julien\"]\n");
    let here = |args: &[&str]| {
        let mut command = home.keyfob(args);
        command.current_dir(home.path("project"));
        Run::of(command.output().expect("keyfob starts"))
    };
    let found = findings(&here(&["doctor", "--json", "--offline"]));
    let unaccepted = one(&found, "warn", "rules", ".keyfob.toml");
    assert!(
        unaccepted.hint.contains("keyfob use --trust"),
        "{unaccepted:?}"
    );
    here(&["use", "--trust"]).ok();
    let found = findings(&here(&["doctor", "--json", "--offline"]));
    one(&found, "pass", "rules", "is signed in");
    well(&found);
    home.run(&["rename", "acme/julien", "work"]).ok();
    let found = findings(&here(&["doctor", "--json", "--offline"]));
    let gone = one(
        &found,
        "warn",
        "rules",
        "names an account of acme that is not signed in",
    );
    assert!(gone.hint.contains("`keyfob list acme`"), "{gone:?}");
}
