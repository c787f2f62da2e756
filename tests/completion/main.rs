//! Completion in real shells on a pseudo-terminal: a person types, presses TAB and looks at the screen.
#![cfg(unix)]

mod install;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use keyfob_testkit::needs::has;
use keyfob_testkit::shell::{PROMPT, Session};

/// The files for packagers.
const FILES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/completions");

/// Where distributions put bash-completion.
const BASH_COMPLETION: &str = "/usr/share/bash-completion/bash_completion";

/// A home with accounts, and `keyfob` on its PATH.
struct Home(tempfile::TempDir);

impl Home {
    fn new() -> Self {
        let home = Self(tempfile::tempdir().unwrap());
        fs::create_dir_all(home.path().join("bin")).unwrap();
        let keyfob = keyfob_testkit::program::keyfob();
        std::os::unix::fs::symlink(keyfob, home.path().join("bin/keyfob")).unwrap();
        std::os::unix::fs::symlink("/bin/true", home.path().join("bin/only-program")).unwrap();
        home.add("huggingface", "julien", "2099-01-01T00:00:00Z");
        home.add("github", "ada", "2099-01-01T00:00:00Z");
        home.add("github", "grace", "2001-01-01T00:00:00Z");
        let defaults = r#"{"version": 1, "defaults": {"github": "ada"}}"#;
        fs::write(home.path().join("data/defaults.json"), defaults).unwrap();
        fs::write(home.path().join("only-file"), "").unwrap();
        home
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    /// 1,000 accounts at one provider, and a broken entry among them.
    fn with_thousand() -> Self {
        let home = Self::new();
        for number in 0..1000 {
            home.add(
                "gitlab",
                &format!("p.{number:03}-x"),
                "2099-01-01T00:00:00Z",
            );
        }
        let broken = home.path().join("data/accounts/gitlab/p.500-x.json");
        fs::write(broken, "{\"version\": 1, \"id\":").unwrap();
        home
    }

    /// Writes an index entry by hand, of somebody without a refresh token.
    fn add(&self, provider: &str, name: &str, expires_at: &str) {
        let entry = serde_json::json!({
            "version": 1,
            "id": "0f",
            "identity": {"issuer": "https://id.example.com", "subject": "1", "kind": "person"},
            "username": name.to_uppercase(),
            "store": "file",
            "client": {"id": "c", "auth": "none", "redirect_uri": null},
            "endpoints": {
                "token": "https://id.example.com/token",
                "userinfo": null,
                "revocation": null,
                "pins": ["https://id.example.com"],
            },
            "token_type": "Bearer",
            "scopes": ["openid", "zebra:herd"],
            "refreshable": false,
            "generation": 1,
            "received_at": "2001-01-01T00:00:00Z",
            "expires_at": expires_at,
            "created_at": "2001-01-01T00:00:00Z",
            "updated_at": "2001-01-01T00:00:00Z",
        });
        let folder = self.path().join("data/accounts").join(provider);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(format!("{name}.json")), entry.to_string()).unwrap();
    }
}

/// A bash at its prompt, after a command.
fn bash(home: &Home, command: &str) -> Session {
    let shell = Session::start(home.path(), "bash", &["--norc", "--noprofile", "-i"]);
    shell.set_up(&format!("PS1='{PROMPT}'; {command}"))
}

/// A zsh at its prompt, after a command.
fn zsh(home: &Home, command: &str) -> Session {
    let shell = Session::start(home.path(), "zsh", &["-f", "-i"]);
    shell.set_up(&format!("PS1='{PROMPT}'; {command}"))
}

/// A fish at its prompt, after a command.
fn fish(home: &Home, command: &str) -> Session {
    let shell = Session::start(home.path(), "fish", &["--no-config", "-i"]);
    let prompt = format!("function fish_prompt; echo -n '{PROMPT}'; end");
    // a suggestion would show the word before TAB is pressed
    let quiet = "set -g fish_autosuggestion_enabled 0";
    shell.set_up(&format!("{prompt}; {quiet}; {command}"))
}

/// An elvish at its prompt, after a command.
fn elvish(home: &Home, command: &str) -> Session {
    let shell = Session::start(home.path(), "elvish", &["-norc"]);
    let prompt = format!("set edit:prompt = {{ print '{PROMPT}' }}; set edit:rprompt = {{ }}");
    shell.set_up(&format!("{prompt}; {command}"))
}

/// Completes each first text to the second.
fn completes_to(shell: &mut Session, lines: &[(&str, &str)]) {
    for (typed, shown) in lines {
        shell.complete(typed);
        shell.wait_for(shown);
        shell.clear_line();
    }
}

/// The same for every shell: a verb, an account, and the index only where an account is meant.
fn completes(shell: &mut Session) {
    let lines = [
        ("keyfob tok", "keyfob token"),
        ("keyfob logout hug", "keyfob logout huggingface/julien"),
        ("keyfob move hug", "keyfob move huggingface/julien"),
        ("keyfob move --store fi", "keyfob move --store file"),
        ("keyfob login x --flow pas", "keyfob login x --flow paste"),
        (
            "keyfob login github --for work",
            "keyfob login github --for workflow",
        ),
        ("keyfob whoami github/g", "keyfob whoami github/grace"),
        ("keyfob login hug", "keyfob login huggingface"),
        ("keyfob login github/g", "keyfob login github/grace"),
        (
            "keyfob login huggingface --scope contribute-",
            "keyfob login huggingface --scope contribute-repos",
        ),
        (
            "keyfob login github/ada --scope zebra:h",
            "keyfob login github/ada --scope zebra:herd",
        ),
        (
            "keyfob login huggingface --as hug --for inf",
            "keyfob login huggingface --as hug --for inference",
        ),
        (
            "keyfob logout github/ada github/",
            "keyfob logout github/ada github/grace",
        ),
        (
            "keyfob login huggingface --as jul",
            "keyfob login huggingface --as julien",
        ),
        (
            "keyfob login --as work gitl",
            "keyfob login --as work gitlab",
        ),
        ("keyfob token -- hug", "keyfob token -- huggingface/julien"),
        (
            "keyfob export --format elv",
            "keyfob export --format elvish",
        ),
        ("keyfob use hug", "keyfob use huggingface/julien"),
        ("keyfob rename github/a", "keyfob rename github/ada"),
        ("keyfob which hug", "keyfob which huggingface/julien"),
        ("keyfob list hug", "keyfob list huggingface"),
        ("keyfob log github/a", "keyfob log github/ada"),
        ("keyfob provider show zo", "keyfob provider show zoom"),
        ("keyfob man provider tes", "keyfob man provider test"),
        ("keyfob help scrip", "keyfob help scripting"),
        (
            "keyfob exec huggingface -- only-p",
            "keyfob exec huggingface -- only-program",
        ),
        (
            "keyfob exec huggingface -- ls only-f",
            "keyfob exec huggingface -- ls only-file",
        ),
    ];
    completes_to(shell, &lines);
}

/// Completes a provider's key, which a value follows at once.
fn completes_key(shell: &mut Session) {
    for (typed, key) in [("ti", "title="), ("pres", "presets.")] {
        shell.complete(&format!("keyfob provider set github {typed}"));
        shell.wait_for(&format!("keyfob provider set github {key}"));
        shell.press("x");
        shell.wait_for(&format!("keyfob provider set github {key}x"));
        shell.clear_line();
    }
}

/// Leaves each line as it is: what is typed behind it follows it.
fn completes_nothing(shell: &mut Session) {
    let lines = [
        "keyfob login huggingface --as h",
        "keyfob login huggingface/julien --as j",
        "keyfob logout zoo",
        "keyfob login huggingface --scope read:u",
        "keyfob exec huggingface -- ls github/a",
    ];
    for typed in lines {
        shell.complete(typed);
        shell.press("!");
        shell.wait_for(&format!("{typed}!"));
        shell.clear_line();
    }
}

/// The same for every shell among 1,000 accounts, of which one cannot be read.
fn completes_among_a_thousand(shell: &mut Session) {
    let lines = [
        ("keyfob token gitlab/p.501", "keyfob token gitlab/p.501-x"),
        (
            "keyfob logout gitlab/p.999-",
            "keyfob logout gitlab/p.999-x",
        ),
        ("keyfob whoami hug", "keyfob whoami huggingface/julien"),
    ];
    completes_to(shell, &lines);
}

#[test]
fn bash_with_the_script_sourced() {
    if !has("bash") {
        return;
    }
    let home = Home::new();
    let mut shell = bash(&home, "eval \"$(keyfob completions bash)\"");
    completes(&mut shell);
    completes_key(&mut shell);
    completes_nothing(&mut shell);
    shell.complete("keyfob token git");
    shell.wait_for("keyfob token github");
    shell.press("\t\t");
    shell.wait_for("github/ada");
}

/// Words that a server, a definition or an archive may bring, each beginning with `zz`.
const HOSTILE: [&str; 14] = [
    "zz;touch${IFS}PWNED",
    "zz$(touch${IFS}PWNED)",
    "zz`touch${IFS}PWNED`",
    "zz|touch${IFS}PWNED",
    "zz&touch${IFS}PWNED",
    "zz>PWNED",
    "zz<only-file",
    "zz'x",
    "zz\"x",
    "zz\\x",
    "zz*",
    "zz{a,b}",
    "zz!!",
    "zz#x",
];

/// A home where one such word is granted to an account, is a preset, and is a file's name.
fn hostile_home(word: &str) -> Home {
    let home = Home::new();
    let entry = home.path().join("data/accounts/github/ada.json");
    let text = fs::read_to_string(&entry).unwrap();
    let mut entry_of_ada: serde_json::Value = serde_json::from_str(&text).unwrap();
    entry_of_ada["scopes"] = serde_json::json!([word]);
    fs::write(&entry, entry_of_ada.to_string()).unwrap();
    let folder = home.path().join("config/providers");
    fs::create_dir_all(&folder).unwrap();
    let quoted = serde_json::json!(word).to_string();
    let definition =
        format!("issuer = \"https://id.example.com\"\n[presets]\n{quoted} = [\"read\"]\n");
    fs::write(folder.join("acme.toml"), definition).unwrap();
    fs::write(home.path().join(word), "").unwrap();
    home
}

const HOSTILE_LINES: [&str; 3] = [
    "keyfob login github/ada --scope zz",
    "keyfob login acme --for zz",
    "keyfob token github --exchange --subject-token-file zz",
];

/// Presses TAB behind each line, and Enter: the word may be there or not, and is one word.
fn inserts_nothing_that_runs(start: impl Fn(&Home) -> Session) {
    for word in HOSTILE {
        let home = hostile_home(word);
        // A stand-in says what it was given, for Enter is pressed; completions still ask keyfob.
        let stand_in = format!(
            "#!/bin/sh\n[ -n \"$KEYFOB_COMPLETE\" ] || [ \"$1\" = completions ] && exec {} \"$@\"\nfor last; do :; done\nprintf 'last=%s=end\\n' \"$last\"\n",
            keyfob_testkit::program::keyfob()
        );
        let program = home.path().join("bin/keyfob");
        fs::remove_file(&program).unwrap();
        fs::write(&program, stand_in).unwrap();
        let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        fs::set_permissions(&program, executable).unwrap();
        for line in HOSTILE_LINES {
            let mut shell = start(&home);
            shell.complete(line);
            shell.press("\r\r"); // elvish takes the first for its list of candidates
            shell.wait_for("=end");
            let shown = shell.contents();
            let whole = shown.contains(&format!("last={word}=end"));
            assert!(
                whole || shown.contains("last=zz=end"),
                "{word} {line}: {shown}"
            );
            assert!(
                !home.path().join("PWNED").exists(),
                "{word} {line}: {shown}"
            );
        }
    }
}

#[test]
fn bash_inserts_nothing_that_runs() {
    if has("bash") {
        inserts_nothing_that_runs(|home| bash(home, "eval \"$(keyfob completions bash)\""));
    }
}

#[test]
fn zsh_inserts_nothing_that_runs() {
    if has("zsh") {
        let load = format!("fpath=({FILES} $fpath); autoload -Uz compinit; compinit -u -D");
        inserts_nothing_that_runs(|home| zsh(home, &load));
    }
}

#[test]
fn fish_inserts_nothing_that_runs() {
    if has("fish") {
        inserts_nothing_that_runs(|home| fish(home, &format!("set -p fish_complete_path {FILES}")));
    }
}

#[test]
fn elvish_inserts_nothing_that_runs() {
    if has("elvish") {
        inserts_nothing_that_runs(|home| {
            elvish(home, &format!("eval (slurp < {FILES}/keyfob.elv)"))
        });
    }
}

/// The shells that insert what they are given; the last is not there in most places.
#[test]
fn shells_that_do_not_quote_are_offered_plain_words_alone() {
    for word in HOSTILE {
        let home = hostile_home(word);
        for line in HOSTILE_LINES {
            let words: Vec<&str> = line.split(' ').skip(1).collect();
            for shell in ["bash", "powershell", "nushell"] {
                assert_eq!(answer(&home, shell, &words), "", "{shell}: {line}: {word}");
            }
        }
    }
    let home = hostile_home("zz:plain");
    for shell in ["bash", "powershell", "nushell", "fish", "zsh", "elvish"] {
        let words = ["login", "github/ada", "--scope", "zz"];
        assert!(answer(&home, shell, &words).starts_with("zz"), "{shell}");
    }
}

#[test]
fn login_offers_providers_and_accounts() {
    if !has("bash") {
        return;
    }
    let home = Home::new();
    let folder = home.path().join("config/providers");
    fs::create_dir_all(&folder).unwrap();
    fs::write(
        folder.join("acme.toml"),
        "issuer = \"https://id.example.com\"\n",
    )
    .unwrap();
    let mut shell = bash(&home, "eval \"$(keyfob completions bash)\"");
    let lines = [
        ("keyfob login acm", "keyfob login acme"),
        ("keyfob login github/g", "keyfob login github/grace"),
        ("keyfob provider show acm", "keyfob provider show acme"),
        ("keyfob list git", "keyfob list github"),
    ];
    completes_to(&mut shell, &lines);
}

#[test]
fn bash_loading_the_file_on_the_first_tab() {
    if !has("bash") || !has(BASH_COMPLETION) {
        return;
    }
    let home = Home::new();
    let folder = home.path().join("bash-completion/completions");
    fs::create_dir_all(&folder).unwrap();
    fs::copy(format!("{FILES}/keyfob.bash"), folder.join("keyfob.bash")).unwrap();
    let load = format!("BASH_COMPLETION_USER_DIR=$HOME/bash-completion; . {BASH_COMPLETION}");
    let mut shell = bash(&home, &load);
    completes(&mut shell);
}

#[test]
fn bash_asking_a_binary_in_a_folder_with_a_blank() {
    if !has("bash") {
        return;
    }
    let home = Home::new();
    let folder = home.path().join("a folder");
    fs::create_dir(&folder).unwrap();
    fs::copy(keyfob_testkit::program::keyfob(), folder.join("keyfob")).unwrap();
    fs::remove_file(home.path().join("bin/keyfob")).unwrap();
    let load = "eval \"$(\"$HOME/a folder/keyfob\" completions bash)\"";
    let mut shell = bash(&home, load);
    completes(&mut shell);
}

#[test]
fn zsh_loading_the_file_on_the_first_tab() {
    if !has("zsh") {
        return;
    }
    let home = Home::new();
    let load = format!("fpath=({FILES} $fpath); autoload -Uz compinit; compinit -u -D");
    let mut shell = zsh(&home, &load);
    completes(&mut shell);
    completes_key(&mut shell);
    completes_nothing(&mut shell);
    shell.complete("keyfob token github");
    shell.wait_for("GRACE, login needed");
    shell.wait_for("default, openid zebra:herd");
}

#[test]
fn zsh_with_the_script_sourced() {
    if !has("zsh") {
        return;
    }
    let home = Home::new();
    let load = "autoload -Uz compinit; compinit -u -D; eval \"$(keyfob completions zsh)\"";
    let mut shell = zsh(&home, load);
    completes(&mut shell);
}

#[test]
fn fish_loading_the_file_on_the_first_tab() {
    if !has("fish") {
        return;
    }
    let home = Home::new();
    let mut shell = fish(&home, &format!("set -p fish_complete_path {FILES}"));
    completes(&mut shell);
    completes_key(&mut shell);
    completes_nothing(&mut shell);
    shell.complete("keyfob token github/");
    shell.wait_for("GRACE, login needed");
    shell.wait_for("default, openid zebra:herd");
}

#[test]
fn elvish_with_the_file_evaluated() {
    if !has("elvish") {
        return;
    }
    let home = Home::new();
    let started = || elvish(&home, &format!("eval (slurp < {FILES}/keyfob.elv)"));
    let mut shell = started();
    completes(&mut shell);
    shell.complete("keyfob provider set github ti");
    shell.wait_for("keyfob provider set github 'title='"); // it quotes an equals sign
    for nothing in ["login huggingface --as h", "logout zoo"] {
        let mut shell = started();
        shell.complete(&format!("keyfob {nothing}"));
        shell.wait_for("no candidates");
    }
}

#[test]
fn bash_among_a_thousand_accounts() {
    if has("bash") {
        let home = Home::with_thousand();
        let mut shell = bash(&home, "eval \"$(keyfob completions bash)\"");
        completes_among_a_thousand(&mut shell);
    }
}

#[test]
fn zsh_among_a_thousand_accounts() {
    if has("zsh") {
        let home = Home::with_thousand();
        let load = format!("fpath=({FILES} $fpath); autoload -Uz compinit; compinit -u -D");
        let mut shell = zsh(&home, &load);
        completes_among_a_thousand(&mut shell);
        shell.complete("keyfob token gitlab/p.50");
        shell.wait_for("P.501-X, expires in");
    }
}

#[test]
fn fish_among_a_thousand_accounts() {
    if has("fish") {
        let home = Home::with_thousand();
        let mut shell = fish(&home, &format!("set -p fish_complete_path {FILES}"));
        completes_among_a_thousand(&mut shell);
        shell.complete("keyfob token gitlab/p.50");
        shell.wait_for("P.501-X, expires in");
    }
}

#[test]
fn elvish_among_a_thousand_accounts() {
    if has("elvish") {
        let home = Home::with_thousand();
        let mut shell = elvish(&home, &format!("eval (slurp < {FILES}/keyfob.elv)"));
        completes_among_a_thousand(&mut shell);
    }
}

#[test]
fn bash_completes_words_with_colons_and_equals_signs() {
    if has("bash") {
        let home = Home::new();
        let mut shell = bash(&home, "eval \"$(keyfob completions bash)\"");
        let lines = [
            (
                "keyfob login github/ada --scope=zebra:",
                "keyfob login github/ada --scope=zebra:herd",
            ),
            (
                "keyfob login --scope=openid github --flow=dev",
                "keyfob login --scope=openid github --flow=device",
            ),
            (
                "keyfob login github --scope read:user --for workf",
                "keyfob login github --scope read:user --for workflow",
            ),
        ];
        completes_to(&mut shell, &lines);
    }
}

/// What the engine is told for a shell, without the shell.
fn answer(home: &Home, shell: &str, words: &[&str]) -> String {
    let output = Command::new(keyfob_testkit::program::keyfob())
        .env_clear()
        .env("KEYFOB_HOME", home.path())
        .env("KEYFOB_COMPLETE", shell)
        .env("_CLAP_COMPLETE_INDEX", words.len().to_string())
        .args(["--", "keyfob"])
        .args(words)
        .output()
        .unwrap();
    assert!(output.stderr.is_empty(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn a_command_behind_exec_is_not_answered_with_accounts() {
    let home = Home::new();
    let exec = |words: &[&str]| answer(&home, "powershell", &[&["exec"], words].concat());
    assert!(exec(&["github/"]).starts_with("github/ada\tADA, expires in "));
    assert_eq!(exec(&["github", "--", "git"]), "");
    assert_eq!(exec(&["--", "git"]), "");
    let github = "github\t2 accounts\n";
    assert_eq!(exec(&["--ephemeral", "github"]), github);
    assert_eq!(
        answer(&home, "fish", &["token", "--exchange", "github"]),
        github
    );
}

#[test]
fn an_account_is_offered_once_on_a_line() {
    let home = Home::new();
    let logout = |words: &[&str]| answer(&home, "elvish", &[&["logout"], words].concat());
    assert_eq!(logout(&["git"]), "github\ngithub/ada\ngithub/grace");
    assert_eq!(logout(&["github", "git"]), "github/grace");
    assert_eq!(logout(&["github/ada", "git"]), "github/grace");
    assert_eq!(logout(&["github/ada", "github/grace", "git"]), "");
}

#[test]
fn damage_is_passed_over_in_silence_and_nothing_is_written() {
    let home = Home::new();
    fs::write(home.path().join("data/accounts/github/ada.json"), "{").unwrap();
    fs::write(home.path().join("data/defaults.json"), "{").unwrap();
    fs::create_dir_all(home.path().join("config/providers")).unwrap();
    fs::write(home.path().join("config/providers/gitlab.toml"), "=").unwrap();
    fs::write(home.path().join("config/config.toml"), "=").unwrap();
    let entries = || {
        let folders = [
            "",
            "config",
            "data",
            "data/accounts",
            "data/accounts/github",
        ];
        folders.map(|folder| fs::read_dir(home.path().join(folder)).unwrap().count())
    };
    let before = entries();
    let accounts = answer(&home, "fish", &["token", "github/"]);
    assert!(accounts.starts_with("github/grace\t"), "{accounts}");
    assert_eq!(
        answer(&home, "fish", &["login", "gitlab", "--scope", "r"]),
        ""
    );
    assert_eq!(answer(&home, "fish", &["login", "gitl"]), "gitlab\n");
    assert_eq!(entries(), before);
}
