//! Small shell scripts in the place of browsers; what they saw is read from files.

use std::process::{Command, Stdio};
use std::time::Duration;

use url::Url;

use super::open::*;
use super::*;
use crate::login::Surroundings;

const URL: &str = "https://id.example.com/authorize?scope=a%20b&state=%73x&redirect_uri=http://127.0.0.1:1/$(id);'`";

/// What a launched program gets of it.
const OPENED: &str = "https://id.example.com/authorize?scope=a%20b&state=%73x&redirect_uri=http://127.0.0.1:1/%24%28id%29%3B%27%60";

fn url() -> Url {
    Url::parse(URL).unwrap()
}

fn detect(asked: BrowserOptions<'_>, here: &Surroundings, environment: &[(&str, &str)]) -> Browser {
    Browser::detect_in(asked, here, |name| {
        environment
            .iter()
            .find(|(key, _)| *key == name)
            .map(|(_, value)| (*value).to_owned())
    })
}

const ANY: BrowserOptions<'_> = BrowserOptions {
    command: None,
    none: false,
    no_input: false,
};

const UNASKED: BrowserOptions<'_> = BrowserOptions {
    no_input: true,
    ..ANY
};

fn desktop() -> Surroundings {
    Surroundings {
        display: true,
        ..Surroundings::default()
    }
}

fn commands(entries: &[&str]) -> Browser {
    Browser::Commands(entries.iter().map(|entry| (*entry).to_owned()).collect())
}

#[test]
fn a_named_browser_comes_before_the_systems() {
    let here = desktop();
    let environment = [("BROWSER", "b"), ("KEYFOB_BROWSER", "k")];
    let flag = BrowserOptions {
        command: Some("f:g %s"),
        ..UNASKED
    };
    assert_eq!(detect(flag, &here, &environment), commands(&["f:g %s"]));
    assert_eq!(detect(ANY, &here, &environment), commands(&["k"]));
    let environment = [("BROWSER", "b"), ("KEYFOB_BROWSER", "")];
    assert_eq!(detect(ANY, &here, &environment), commands(&["b"]));
    let elsewhere = Surroundings {
        ssh: true,
        wsl: true,
        ci: Some("CI".into()),
        ..Surroundings::default()
    };
    assert_eq!(detect(UNASKED, &elsewhere, &environment), commands(&["b"]));
    let none = BrowserOptions { none: true, ..ANY };
    let Browser::None(why) = detect(none, &here, &environment) else {
        panic!("a browser");
    };
    assert_eq!(why, "`--no-browser` was given");
}

#[test]
fn the_systems_browser_needs_somebody_in_front_of_it() {
    let wsl = Surroundings {
        wsl: true,
        ..Surroundings::default()
    };
    assert_eq!(detect(ANY, &desktop(), &[]), Browser::System);
    assert_eq!(detect(ANY, &wsl, &[]), Browser::Windows);
    let over_ssh = Surroundings {
        ssh: true,
        ..desktop()
    };
    let unasked = "no browser is named, and nothing may be asked";
    for (asked, here, reason) in [
        (ANY, &Surroundings::default(), "there is no display"),
        (ANY, &over_ssh, "this is an SSH session"),
        (UNASKED, &desktop(), unasked),
        (UNASKED, &wsl, unasked),
        (
            UNASKED,
            &over_ssh,
            &format!("this is an SSH session; {unasked}"),
        ),
    ] {
        assert_eq!(detect(asked, here, &[]), Browser::None(reason.into()));
    }
}

#[test]
fn a_list_is_split_and_blank_entries_are_none() {
    let list = [" firefox", "", " chromium --new %s "].join(&SEPARATOR.to_string());
    assert_eq!(
        detect(ANY, &desktop(), &[("BROWSER", &list)]),
        commands(&["firefox", "chromium --new %s"])
    );
    let blank = SEPARATOR.to_string();
    assert!(matches!(
        detect(UNASKED, &desktop(), &[("BROWSER", &blank)]),
        Browser::None(_)
    ));
}

#[test]
fn text_browsers_alone_are_no_browser() {
    let text = |name| format!("`{name}` is a text browser and needs the terminal for itself");
    for (command, why) in [
        ("lynx", text("lynx")),
        ("/usr/bin/w3m -N %s", text("w3m")),
        ("'/opt/text browsers/browsh'", text("browsh")),
    ] {
        let asked = BrowserOptions {
            command: Some(command),
            ..ANY
        };
        let expected = Browser::None(why);
        assert_eq!(detect(asked, &desktop(), &[]), expected);
        let environment = [("BROWSER", command)];
        assert_eq!(detect(ANY, &desktop(), &environment), expected);
    }
    let both = ["lynx", "firefox"].join(&SEPARATOR.to_string());
    assert_eq!(
        detect(ANY, &desktop(), &[("BROWSER", &both)]),
        commands(&["lynx", "firefox"])
    );
}

#[cfg(unix)]
#[test]
fn a_link_to_a_text_browser_is_one() {
    let folder = tempfile::tempdir().unwrap();
    let (w3m, link) = (
        folder.path().join("w3m"),
        folder.path().join("x-www-browser"),
    );
    std::fs::write(&w3m, "").unwrap();
    std::os::unix::fs::symlink(&w3m, &link).unwrap();
    let entry = link.display().to_string();
    let why = command::text_browser(&entry).unwrap();
    assert!(
        why.starts_with("`x-www-browser` is a text browser"),
        "{why}"
    );
    assert_eq!(command::text_browser("x-www-browser --nowhere"), None);
}

fn arguments(entry: &str) -> Vec<String> {
    let command = command::command(entry, &url()).unwrap();
    command
        .get_args()
        .map(|argument| argument.to_str().unwrap().to_owned())
        .collect()
}

#[test]
fn the_url_is_one_argument_in_its_place_or_at_the_end() {
    let url = OPENED.to_owned();
    assert_eq!(arguments("b"), [url.as_str()]);
    assert_eq!(
        arguments("b -x 'a b' \"c d\""),
        ["-x", "a b", "c d", url.as_str()]
    );
    assert_eq!(arguments("b %s -n"), [url.clone(), "-n".to_owned()]);
    assert_eq!(
        arguments("b --app=%s 100%%"),
        [format!("--app={url}"), "100%".to_owned()]
    );
    assert_eq!(arguments("b %%s %u %"), ["%s", "%u", "%", url.as_str()]);
    assert!(
        url.contains("%20") && url.contains("%73"),
        "the URL's own escapes stay: {url}"
    );
}

#[test]
fn an_entry_without_sense_is_refused_with_words() {
    for entry in ["firefox 'x", "''\"", "#firefox"] {
        assert!(
            command::command(entry, &url()).unwrap_err().contains(entry),
            "{entry}"
        );
    }
    for entry in ["lynx", "/usr/bin/w3m -N %s", "www-browser"] {
        assert!(
            command::command(entry, &url())
                .unwrap_err()
                .contains("text browser"),
            "{entry}"
        );
    }
}

#[tokio::test]
async fn only_https_and_loopback_http_are_opened() {
    let none = Browser::None("nothing here".into());
    for good in [
        "https://a.example/x?y",
        "http://127.0.0.1:1/",
        "http://[::1]:1/",
        "http://localhost/",
    ] {
        assert_eq!(
            none.open(&Url::parse(good).unwrap()).await.unwrap_err(),
            "nothing here",
            "{good}"
        );
    }
    for bad in [
        "http://a.example/",
        "http://localhost.evil.example/",
        "http://127.0.0.1.evil.example/",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "https://user@a.example/",
        "https://:p@a.example/",
        "https://a.example/#x",
        "mailto:a@b",
    ] {
        let why = none.open(&Url::parse(bad).unwrap()).await.unwrap_err();
        assert!(why.starts_with("the URL"), "{bad}: {why}");
    }
}

#[cfg(unix)]
mod scripts {
    use std::fs;
    use std::io::Write;
    use std::path::PathBuf;
    use std::time::Instant;

    use url::Url;

    use super::*;

    /// A folder of scripts that play browser.
    struct Scripts(tempfile::TempDir);

    impl Scripts {
        fn new() -> Self {
            Self(tempfile::tempdir().unwrap())
        }

        fn path(&self, name: &str) -> PathBuf {
            self.0.path().join(name)
        }

        /// Writes a script and returns its entry. `$OUT` is the script's own folder.
        ///
        /// Another process does the writing: a descriptor of ours could live on in a child that another
        /// test forks at that moment, and a file open for writing cannot be executed.
        fn add(&self, name: &str, body: &str) -> String {
            let path = self.path(name);
            let mut writer = Command::new("sh")
                .args(["-c", "cat >\"$0\" && chmod +x \"$0\""])
                .arg(&path)
                .stdin(Stdio::piped())
                .spawn()
                .unwrap();
            let out = self.0.path().display();
            write!(
                writer.stdin.take().unwrap(),
                "#!/bin/sh\nOUT='{out}'\n{body}\n"
            )
            .unwrap();
            assert!(writer.wait().unwrap().success());
            format!("'{}'", path.display())
        }

        /// The same, and the next is waited for anew.
        fn take(&self, name: &str) -> String {
            let text = self.read(name);
            fs::remove_file(self.path(name)).unwrap();
            text
        }

        /// What a script wrote with `put`, once it is there whole.
        fn read(&self, name: &str) -> String {
            let deadline = Instant::now() + Duration::from_secs(10);
            loop {
                if let Ok(text) = fs::read_to_string(self.path(name)) {
                    return text;
                }
                assert!(Instant::now() < deadline, "{name} was never written");
                std::thread::sleep(Duration::from_millis(5));
            }
        }
    }

    /// Shell that writes stdin to a file of the folder at one stroke.
    fn put(name: &str) -> String {
        format!("cat >\"$OUT/{name}.part\" && mv \"$OUT/{name}.part\" \"$OUT/{name}\"")
    }

    async fn open(entries: Vec<String>) -> Result<(), String> {
        Browser::Commands(entries).open(&url()).await
    }

    #[tokio::test]
    async fn the_script_gets_the_url_through_no_shell() {
        let scripts = Scripts::new();
        let entry = scripts.add(
            "browser one",
            &format!("printf '%s\\n' \"$#\" \"$@\" | {}", put("arguments")),
        );
        open(vec![format!("{entry} -a 'b c' --url=%s")])
            .await
            .unwrap();
        assert_eq!(
            scripts.read("arguments"),
            format!("3\n-a\nb c\n--url={OPENED}\n")
        );
    }

    #[tokio::test]
    async fn a_failing_entry_falls_to_the_next() {
        let scripts = Scripts::new();
        let failing = scripts.add("failing", "exit 3");
        let working = scripts.add("working", &format!("echo \"$1\" | {}", put("opened")));
        let missing = scripts.path("missing").display().to_string();
        open(vec![
            missing,
            "'open quote".into(),
            "w3m".into(),
            failing,
            working,
        ])
        .await
        .unwrap();
        assert_eq!(scripts.read("opened"), format!("{OPENED}\n"));
    }

    #[tokio::test]
    async fn when_all_fail_one_line_says_what_each_did() {
        let scripts = Scripts::new();
        let failing = scripts.add("failing", "exit 3");
        let missing = scripts.path("missing").display().to_string();
        let why = open(vec![missing, failing, "lynx".into()])
            .await
            .unwrap_err();
        assert!(why.contains("`missing` was not found"), "{why}");
        assert!(
            why.contains("`failing` failed at once") && why.contains('3'),
            "{why}"
        );
        assert!(why.contains("`lynx` is a text browser"), "{why}");
        assert!(!why.contains('\n') && !why.contains("state="), "{why}");
    }

    #[tokio::test]
    async fn a_browser_that_stays_is_launched_alone_in_its_group_and_without_a_terminal() {
        let scripts = Scripts::new();
        let facts = "readlink /proc/$$/fd/0 /proc/$$/fd/1 /proc/$$/fd/2 2>/dev/null";
        let stays = scripts.add(
            "stays",
            &format!("{{ echo $$; ps -o pgid= -p $$; {facts}; }} | {}\nwhile [ ! -e \"$OUT/end\" ]; do sleep 0.01; done\necho | {}", put("facts"), put("ended")),
        );
        let never = scripts.add("never", &format!("echo | {}", put("second")));
        let start = Instant::now();
        open(vec![stays, never]).await.unwrap();
        assert!(start.elapsed() < Duration::from_secs(5));
        let facts = scripts.read("facts");
        let mut lines = facts.lines().map(str::trim);
        let pid = lines.next().unwrap();
        assert_eq!(lines.next(), Some(pid), "its own process group");
        let streams: Vec<_> = lines.collect();
        if cfg!(target_os = "linux") {
            assert_eq!(streams, ["/dev/null"; 3]);
        }
        assert!(!scripts.path("second").exists(), "one browser is enough");
        assert!(!scripts.path("ended").exists(), "it was not waited for");
        fs::write(scripts.path("end"), "").unwrap();
        scripts.read("ended");
        assert_reaped(pid);
    }

    /// No process of that id is left as a zombie of ours.
    fn assert_reaped(pid: &str) {
        let stat = PathBuf::from(format!("/proc/{pid}/stat"));
        let deadline = Instant::now() + Duration::from_secs(10);
        while stat.exists() {
            assert!(
                Instant::now() < deadline,
                "a zombie stays: {:?}",
                fs::read_to_string(&stat)
            );
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    #[tokio::test]
    async fn the_systems_launchers_follow_one_another() {
        let scripts = Scripts::new();
        let failing = scripts.path("failing");
        let working = scripts.path("working");
        scripts.add("failing", "exit 4");
        scripts.add("working", &format!("echo \"$1\" | {}", put("opened")));
        let missing = || Command::new(scripts.path("missing"));
        let with_url = |path: &PathBuf| {
            let mut command = Command::new(path);
            command.arg(OPENED);
            command
        };
        let why = open_by_system(vec![missing(), missing()])
            .await
            .unwrap_err();
        assert_eq!(why, "none of `missing`, `missing` is installed");
        let why = open_by_system(vec![with_url(&failing), missing()])
            .await
            .unwrap_err();
        assert!(
            why.contains("`failing` failed at once") && !why.contains("missing"),
            "{why}"
        );
        let outcome = open_by_system(vec![missing(), with_url(&failing), with_url(&working)]).await;
        assert_eq!(outcome.is_ok(), RETRY_LAUNCHERS);
        if RETRY_LAUNCHERS {
            assert_eq!(scripts.read("opened"), format!("{OPENED}\n"));
        }
    }

    /// URLs that a server may name, and what a program gets of them.
    const HOSTILE: [(&str, &str); 9] = [
        ("https://-flag.example/-x?-y", "https://-flag.example/-x?-y"),
        (
            "https://a.example/?a&calc&b=%26calc",
            "https://a.example/?a&calc&b=%26calc",
        ),
        (
            "https://a.example/$(id)?$(id)=`id`",
            "https://a.example/%24%28id%29?%24%28id%29=%60id%60",
        ),
        (
            "https://a.example/?a='b'\"c\"",
            "https://a.example/?a=%27b%27%22c%22",
        ),
        ("https://a.example/?a\nb\r\nc\td", "https://a.example/?abcd"),
        (
            "https://a.example/?a;b|c<d>e^f!g",
            "https://a.example/?a%3Bb%7Cc%3Cd%3Ee%5Ef%21g",
        ),
        ("https://a.example/a\\b?c\\d", "https://a.example/a/b?c%5Cd"),
        (
            "https://a.example/{x,y}?*&%PATH%&%s",
            "https://a.example/%7Bx,y%7D?%2A&%PATH%&%s",
        ),
        (
            "https://a.example/? --x /select",
            "https://a.example/?%20--x%20/select",
        ),
    ];

    /// The launchers, looked for among the scripts.
    fn among(scripts: &Scripts, launchers: Vec<Command>) -> Vec<Command> {
        let with_path = |mut launcher: Command| {
            let folder = scripts.0.path().display();
            launcher.env("PATH", format!("{folder}:/usr/bin:/bin"));
            launcher
        };
        launchers.into_iter().map(with_path).collect()
    }

    #[tokio::test]
    async fn a_hostile_url_is_one_encoded_argument_to_every_launcher() {
        for (hostile, encoded) in HOSTILE {
            let url = Url::parse(hostile).unwrap();
            let scripts = Scripts::new();
            let record = format!("printf '%s\\n' \"$#\" \"$@\" | {}", put("seen"));
            let command = scripts.add("command", &record);
            scripts.add("rundll32.exe", &record);
            scripts.add("xdg-open", &record);
            scripts.add("powershell.exe", "exit 1");

            Browser::Commands(vec![command]).open(&url).await.unwrap();
            assert_eq!(scripts.take("seen"), format!("1\n{encoded}\n"));

            let launchers = among(&scripts, windows(&url));
            open_by_system(launchers).await.unwrap();
            let seen = scripts.take("seen");
            assert_eq!(seen, format!("2\nurl.dll,FileProtocolHandler\n{encoded}\n"));

            if RETRY_LAUNCHERS {
                let launchers = among(&scripts, system(&url));
                open_by_system(launchers).await.unwrap();
                assert_eq!(scripts.take("seen"), format!("1\n{encoded}\n"));
            }
        }
    }

    /// The environment cannot be set within a test process, so the test starts itself once more.
    #[tokio::test]
    async fn the_browser_sees_no_secret_of_ours() {
        const MARK: &str = "a-mark-that-must-not-travel";
        if std::env::var_os("KEYFOB_PASSPHRASE").is_none() {
            let status = Command::new(std::env::current_exe().unwrap())
                .args([
                    "--exact",
                    "login::browser::tests::scripts::the_browser_sees_no_secret_of_ours",
                ])
                .env("KEYFOB_PASSPHRASE", MARK)
                .env("KEYFOB_PASSPHRASE_FILE", MARK)
                .env("KEYFOB_GITHUB_CLIENT_SECRET", MARK)
                .env("KEYFOB_GITHUB_CLIENT_ID", "an id")
                .stdout(Stdio::null())
                .status();
            assert!(status.unwrap().success());
            return;
        }
        let scripts = Scripts::new();
        let entry = scripts.add("browser", &format!("env | {}", put("environment")));
        open(vec![entry]).await.unwrap();
        let environment = scripts.read("environment");
        assert!(
            environment.contains("KEYFOB_GITHUB_CLIENT_ID=an id"),
            "{environment}"
        );
        assert!(!environment.contains(MARK), "{environment}");
    }
}
