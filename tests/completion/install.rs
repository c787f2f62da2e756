//! `completions --install`, then a new shell with the start files that it reads by itself.

use std::fs;
use std::process::{Command, Output};

use super::*;

/// Runs keyfob as typed in that home.
fn keyfob(home: &Home, args: &[&str]) -> Output {
    let path = std::env::var("PATH").unwrap();
    Command::new("keyfob")
        .args(args)
        .env_clear()
        .env("HOME", home.path())
        .env("PATH", format!("{}/bin:{path}", home.path().display()))
        .env("KEYFOB_PASSPHRASE", "not for a start file")
        .output()
        .unwrap()
}

/// Installs twice: the first run says all of `said`, the second that it is there, and changes nothing.
fn install(home: &Home, shell: &str, said: &[&str]) {
    let first = keyfob(home, &["completions", shell, "--install"]);
    let told = String::from_utf8(first.stderr).unwrap();
    assert!(first.status.success(), "{told}");
    assert!(said.iter().all(|words| told.contains(words)), "{told}");
    assert!(told.contains(&format!("a new {shell} completes")), "{told}");
    let files = || snapshot(home.path());
    let before = files();
    let second = keyfob(home, &["completions", shell, "--install"]);
    let told = String::from_utf8(second.stderr).unwrap();
    assert!(
        told.contains("already") && told.lines().count() == 1,
        "{told}"
    );
    assert_eq!(files(), before);
}

/// Every file that a shell might read, with its text; the cache that zsh itself renews is none.
fn snapshot(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if !path.ends_with(".zcompdump") {
                files.push((path.clone(), fs::read(path).unwrap()));
            }
        }
    }
    files.sort();
    files
}

/// Adds the line that `--install` prints to the start file that it names, as a person does.
fn install_by_hand(home: &Home, shell: &str, start_file: &str) {
    let first = keyfob(home, &["completions", shell, "--install"]);
    let told = String::from_utf8(first.stderr).unwrap();
    assert!(first.status.success(), "{told}");
    let file = home.path().join(start_file);
    let words = format!("add this line to {}:", file.display());
    assert!(told.contains(&words), "{told}");
    let before = fs::read_to_string(&file).unwrap_or_default();
    let line = String::from_utf8(first.stdout).unwrap();
    write(home, start_file, &format!("{before}\n{line}"));
    let second = keyfob(home, &["completions", shell, "--install"]);
    let told = String::from_utf8(second.stderr).unwrap();
    assert!(told.contains("does it already"), "{told}");
}

/// Names the line to remove, and leaves the start file as it is.
fn uninstall_by_hand(home: &Home, shell: &str, start_file: &str) {
    let file = home.path().join(start_file);
    let before = fs::read(&file).unwrap();
    let output = keyfob(home, &["completions", shell, "--uninstall"]);
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains("remove this line from it: "), "{told}");
    assert_eq!(fs::read(&file).unwrap(), before);
}

/// Takes it back, and demands the start file as it was.
fn uninstall(home: &Home, shell: &str, start_file: &str, before: &str) {
    let output = keyfob(home, &["completions", shell, "--uninstall"]);
    assert!(output.status.success(), "{output:?}");
    let after = fs::read_to_string(home.path().join(start_file)).unwrap_or_default();
    assert_eq!(after, before);
    let again = keyfob(home, &["completions", shell, "--uninstall"]);
    let told = String::from_utf8(again.stderr).unwrap();
    assert!(told.contains("nothing of keyfob's"), "{told}");
}

/// A shell as a person starts it, at a prompt that the tests know.
fn started(home: &Home, shell: &str) -> Session {
    let prompt = match shell {
        "fish" => format!(
            "function fish_prompt; echo -n '{PROMPT}'; end; set -g fish_autosuggestion_enabled 0"
        ),
        "elvish" => format!("set edit:prompt = {{ print '{PROMPT}' }}; set edit:rprompt = {{ }}"),
        _ => format!("PS1='{PROMPT}'"),
    };
    Session::start(home.path(), shell, &[]).set_up(&prompt)
}

/// What every shell then does.
fn completes_accounts(home: &Home, shell: &str) {
    let lines = [
        ("keyfob token hug", "keyfob token huggingface/julien"),
        ("keyfob logout github/g", "keyfob logout github/grace"),
    ];
    completes_to(&mut started(home, shell), &lines);
}

fn write(home: &Home, file: &str, contents: &str) {
    let file = home.path().join(file);
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(file, contents).unwrap();
}

#[test]
fn bash_that_loads_no_completions_gets_a_line() {
    if has("bash_that_loads_no_completions_gets_a_line", "bash") {
        let home = Home::new();
        let before = "shopt -s histappend\n";
        write(&home, ".bashrc", before);
        install_by_hand(&home, "bash", ".bashrc");
        completes_accounts(&home, "bash");
        uninstall_by_hand(&home, "bash", ".bashrc");
    }
}

#[test]
fn bash_that_loads_completions_gets_a_file() {
    let test = "bash_that_loads_completions_gets_a_file";
    if has(test, "bash") && has(test, BASH_COMPLETION) && has(test, "setsid") {
        let home = Home::new();
        let before = format!("echo welcome; . {BASH_COMPLETION}\n");
        write(&home, ".bashrc", &before);
        install(
            &home,
            "bash",
            &["/.local/share/bash-completion/completions/keyfob\n"],
        );
        completes_accounts(&home, "bash");
        uninstall(&home, "bash", ".bashrc", &before);

        let elsewhere = format!("BASH_COMPLETION_USER_DIR=~/mine\n{before}");
        write(&home, ".bashrc", &elsewhere);
        install(&home, "bash", &["/mine/completions/keyfob\n"]);
        completes_accounts(&home, "bash");
    }
}

#[test]
fn zsh_without_a_start_file_gets_one() {
    if has("zsh_without_a_start_file_gets_one", "zsh") {
        let home = Home::new();
        install_by_hand(&home, "zsh", ".zshrc");
        completes_accounts(&home, "zsh");
        uninstall_by_hand(&home, "zsh", ".zshrc");
    }
}

#[test]
fn zsh_with_compinit_and_no_folder_gets_a_line() {
    if has("zsh_with_compinit_and_no_folder_gets_a_line", "zsh") {
        let home = Home::new();
        let before = "autoload -Uz compinit; compinit";
        write(&home, "elsewhere/.zshrc", before);
        write(&home, ".zshenv", "ZDOTDIR=~/elsewhere\n");
        install_by_hand(&home, "zsh", "elsewhere/.zshrc");
        completes_accounts(&home, "zsh");
        uninstall_by_hand(&home, "zsh", "elsewhere/.zshrc");
    }
}

#[test]
fn zsh_with_a_folder_gets_a_file_and_forgets_its_cache() {
    let test = "zsh_with_a_folder_gets_a_file_and_forgets_its_cache";
    if has(test, "zsh") && has(test, "setsid") {
        let home = Home::new();
        write(
            &home,
            ".zshrc",
            "fpath=(~/.zsh/plugins/functions ~/.zfunc $fpath); autoload -Uz compinit; compinit -C\n",
        );
        write(&home, ".zsh/plugins/functions/theirs", "");
        drop(started(&home, "zsh")); // which leaves a cache, and `-C` believes it
        assert!(home.path().join(".zcompdump").exists());
        install(&home, "zsh", &["/.zfunc/_keyfob\n", "/.zcompdump, which"]);
        completes_accounts(&home, "zsh");
        let rc = fs::read_to_string(home.path().join(".zshrc")).unwrap();
        uninstall(&home, "zsh", ".zshrc", &rc);
        assert!(!home.path().join(".zfunc/_keyfob").exists());
    }
}

#[test]
fn zsh_that_completes_by_a_plugin_gets_nothing_more() {
    let test = "zsh_that_completes_by_a_plugin_gets_nothing_more";
    if has(test, "zsh") && has(test, "setsid") {
        let home = Home::new();
        let before =
            "fpath=(~/.zsh/plugins/keyfob ~/.zfunc $fpath); autoload -Uz compinit; compinit\n";
        write(&home, ".zshrc", before);
        let packaged = concat!(env!("CARGO_MANIFEST_DIR"), "/completions/_keyfob");
        let plugin = fs::read_to_string(packaged).unwrap();
        write(&home, ".zsh/plugins/keyfob/_keyfob", &plugin);
        let output = keyfob(&home, &["completions", "zsh", "--install"]);
        let told = String::from_utf8(output.stderr).unwrap();
        assert!(
            told.ends_with("/.zsh/plugins/keyfob/_keyfob is there already\n"),
            "{told}"
        );
        assert!(!home.path().join(".zfunc").exists());
        completes_accounts(&home, "zsh");
        uninstall(&home, "zsh", ".zshrc", before);
        assert!(home.path().join(".zsh/plugins/keyfob/_keyfob").exists());
    }
}

#[test]
fn zsh_that_looks_into_its_folder_too_late_gets_a_line() {
    if has("zsh_that_looks_into_its_folder_too_late_gets_a_line", "zsh") {
        let home = Home::new();
        write(
            &home,
            ".zshrc",
            "autoload -Uz compinit; compinit; fpath=(~/.zfunc $fpath)\n",
        );
        install_by_hand(&home, "zsh", ".zshrc");
        assert!(!home.path().join(".zfunc/_keyfob").exists());
        completes_accounts(&home, "zsh");
    }
}

#[test]
fn fish_gets_a_file() {
    if has("fish_gets_a_file", "fish") {
        let home = Home::new();
        install(&home, "fish", &["/.config/fish/completions/keyfob.fish\n"]);
        completes_accounts(&home, "fish");
        uninstall(&home, "fish", "config.fish", "");
    }
}

#[test]
fn elvish_gets_a_line() {
    if has("elvish_gets_a_line", "elvish") {
        let home = Home::new();
        let before = "use str\n";
        write(&home, ".config/elvish/rc.elv", before);
        install_by_hand(&home, "elvish", ".config/elvish/rc.elv");
        completes_accounts(&home, "elvish");
        uninstall_by_hand(&home, "elvish", ".config/elvish/rc.elv");
    }
}

/// The Nushell that `tests/run` installs.
const NUSHELL: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/tests/readers/node_modules/@nushell/linux-x64/bin/nu"
);

#[test]
fn nushell_gets_a_file_and_asks_at_run_time() {
    if has("nushell_gets_a_file_and_asks_at_run_time", NUSHELL) {
        let home = Home::new();
        std::os::unix::fs::symlink(NUSHELL, home.path().join("bin/nu")).unwrap();
        write(
            &home,
            ".config/nushell/config.nu",
            "$env.config.show_banner = false\n",
        );
        write(&home, ".config/nushell/env.nu", "");
        install(&home, "nushell", &["/.config/nushell/autoload/keyfob.nu\n"]);
        let prompt = format!(
            "$env.PROMPT_COMMAND = {{|| '{PROMPT}' }}; $env.PROMPT_COMMAND_RIGHT = ''; \
             $env.PROMPT_INDICATOR = ''; $env.config.completions.algorithm = 'prefix'"
        );
        let mut shell = Session::start(home.path(), "nu", &[]).set_up(&prompt);
        let lines = [
            ("keyfob tok", "keyfob token"),
            ("keyfob token hug", "keyfob token huggingface/julien"),
            (
                "keyfob login github --for work",
                "keyfob login github --for workflow",
            ),
            ("keyfob login hug", "keyfob login huggingface"),
            (
                "keyfob exec huggingface -- ls only-f",
                "keyfob exec huggingface -- ls only-file",
            ),
        ];
        completes_to(&mut shell, &lines);
        shell.complete("keyfob token github/");
        shell.wait_for("GRACE, login needed");
        shell.clear_line();
        shell.press("keyfob exec github/ada -- true --flag=x; print $env.LAST_EXIT_CODE\r");
        shell.wait_for("hint: ");
        uninstall(&home, "nushell", ".config/nushell/autoload/keyfob.nu", "");
    }
}

#[test]
fn a_start_file_that_installs_is_started_once() {
    if has("a_start_file_that_installs_is_started_once", "bash") {
        let home = Home::new();
        let installs = "echo one >> ~/starts\n\
            [ $(wc -l < ~/starts) -gt 4 ] || keyfob completions bash --install 2>> ~/told\n";
        write(&home, ".bashrc", installs);
        let output = keyfob(&home, &["completions", "bash", "--install"]);
        assert!(output.status.success(), "{output:?}");
        let read = |file: &str| fs::read_to_string(home.path().join(file)).unwrap();
        assert_eq!(read("starts"), "one\n");
        let told = read("told");
        assert!(told.contains("nothing is changed"), "{told}");
    }
}

#[test]
fn a_start_file_that_hangs_or_speaks_is_no_obstacle() {
    if has("a_start_file_that_hangs_or_speaks_is_no_obstacle", "bash") {
        let home = Home::new();
        let nosy = "env > ~/seen; sleep 60 & sleep 60\n";
        write(&home, ".bashrc", nosy);
        let output = keyfob(&home, &["completions", "bash", "--install"]);
        assert!(output.status.success(), "{output:?}");
        let after = fs::read_to_string(home.path().join(".bashrc")).unwrap();
        assert_eq!(after, nosy);
        assert!(
            output
                .stdout
                .starts_with(b"eval \"$(keyfob completions bash")
        );
        let seen = fs::read_to_string(home.path().join("seen")).unwrap_or_default();
        assert!(!seen.contains("not for a start file"), "{seen}");
    }
}
