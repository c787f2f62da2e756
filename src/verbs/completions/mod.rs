//! `completions`: what a shell needs to ask this binary for keyfob's words.

mod ask;
pub(crate) mod install;
mod place;
mod write;

use std::env;
use std::ffi::OsStr;
use std::path::{Component, Path};

use clap::{Args, ValueEnum};
use clap_complete::env::{Bash, Elvish, EnvCompleter, Fish, Powershell, Zsh};

use super::arguments::detect_shell;
use super::{print, print_json};
use crate::complete::{ASKED, VARIABLE};
use crate::doctor::{self, Completion, Pending};
use crate::error::{Error, Result};
use crate::process::find_in_path;
use crate::term::{Console, Manner, Terminal};
use crate::words::Text;
use install::{FileChange, Installed};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  keyfob completions bash --install     where bash looks for it
  keyfob completions zsh --uninstall
  source <(keyfob completions bash)     for this shell alone

Without SHELL, --install and --uninstall mean the shell that they are typed in. A start file is never written: where \
the shell has no folder for completions, --install prints the line to add and says where.")]
pub struct Completions {
    /// The shell
    #[arg(required_unless_present_any = ["install", "uninstall"])]
    pub shell: Option<Shell>,
    /// Put it where the shell looks for it
    #[arg(long, conflicts_with = "uninstall")]
    pub install: bool,
    /// Take back what --install did
    #[arg(long)]
    pub uninstall: bool,
}

/// The shells that complete keyfob's words at run time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Shell {
    /// GNU Bash
    Bash,
    /// Elvish
    Elvish,
    /// fish
    Fish,
    /// Nushell
    #[value(alias = "nu")]
    Nushell,
    /// PowerShell
    #[value(name = "powershell")]
    PowerShell,
    /// Zsh
    Zsh,
}

const NAME: &str = "keyfob";

// What the engine's scripts lack: the shell's own completion of a command behind `exec … --`, in bash words that
// hold a `:` or a `=`, and in bash and zsh that no blank follows a key that goes on. PowerShell completes file
// names where nothing is answered.
const OURS_BASH: &str = include_str!("keyfob.bash");
const OURS_ELVISH: &str = include_str!("keyfob.elv");
const OURS_FISH: &str = include_str!("keyfob.fish");
const OURS_ZSH: &str = include_str!("keyfob.zsh");

/// Prints the script for a shell, or puts what asks for it where that shell looks.
pub(crate) fn run(args: &Completions, manner: Manner) -> Result<()> {
    let shell = args
        .shell
        .or_else(|| detect_shell(shell_by_program))
        .ok_or_else(|| {
            Error::usage("keyfob does not know in which shell this was typed")
                .hint("name the shell: `keyfob completions bash --install`")
        })?;
    if args.install || args.uninstall {
        return change_files(shell, args.uninstall, manner);
    }
    print(&Text::new(&script(shell)?))
}

/// Gives the registration script for a shell. It calls `keyfob` as found on PATH where this process was
/// called so, and otherwise this very binary.
pub fn script(shell: Shell) -> Result<String> {
    let called = env::args_os().next().unwrap_or_default();
    match script_of(shell) {
        Ok(engine) => registration(shell, engine, &completer(&called)?),
        Err(file) => Ok(file.to_owned()),
    }
}

fn change_files(shell: Shell, uninstall: bool, manner: Manner) -> Result<()> {
    let term = Console::new(manner);
    if ask::is_asked() {
        term.say(&format!(
            "{ASKED} is set: keyfob has started this shell to ask it, and nothing is changed"
        ));
        let files = Vec::new();
        let shell = name(shell);
        return answer(&Installed { shell, files }, manner);
    }
    let done = if uninstall {
        install::uninstall(shell)?
    } else {
        install::install(shell)?
    };
    for file in &done.files {
        term.say(&file.describe());
    }
    let shell = &done.shell;
    let all = |result: FileChange| done.files.iter().all(|file| file.result == result);
    if uninstall && all(FileChange::Kept) {
        term.say(&format!("nothing of keyfob's was installed for {shell}"));
    } else if !uninstall && !all(FileChange::Unchanged) && !all(FileChange::Wanted) {
        term.say(&format!("a new {shell} completes keyfob's words"));
    }
    let program = format!("keyfob{}", env::consts::EXE_SUFFIX);
    if !uninstall && find_in_path(program).is_none() {
        term.warn("`keyfob` is not on PATH, where the completion will look for it");
    }
    answer(&done, manner)
}

/// Under `--json` everything; else the line to add, so that it can be appended as it is.
fn answer(done: &Installed, manner: Manner) -> Result<()> {
    if manner.json {
        return print_json(done);
    }
    let wanted = |file: &&install::ChangedFile| file.result == FileChange::Wanted;
    let mut lines = done.files.iter().filter(wanted);
    match lines.find_map(|file| file.line.as_deref()) {
        Some(line) => print(&Text::new(line)),
        None => Ok(()),
    }
}

/// Whether the shell that this was typed in completes keyfob's words, begun to be asked; `None` where no shell is
/// known, nobody types, or that shell itself is being asked.
pub(crate) fn of_this_shell(term: &dyn Terminal) -> Option<Pending> {
    let shell = detect_shell(shell_by_program).filter(|_| term.can_ask() && !ask::is_asked())?;
    let look =
        move || install::state(shell).unwrap_or_else(|error| Completion::Unknown(error.message));
    Some(doctor::ask_completion(name(shell), look))
}

fn shell_by_program(program: &str) -> Option<Shell> {
    match program {
        "pwsh" => Some(Shell::PowerShell),
        _ => Shell::from_str(program, false).ok(),
    }
}

fn name(shell: Shell) -> String {
    let value = shell.to_possible_value().expect("no shell is hidden");
    value.get_name().to_owned()
}

fn completer(called: &OsStr) -> Result<String> {
    if is_bare_name(Path::new(called)) {
        return Ok(NAME.into());
    }
    let binary =
        env::current_exe().map_err(|error| Error::io("cannot find this binary", &error))?;
    binary.into_os_string().into_string().map_err(|path| {
        Error::usage(format!(
            "{} is not UTF-8 and cannot stand in a script",
            path.display()
        ))
        .hint("put keyfob on PATH and run `keyfob completions` again")
    })
}

fn is_bare_name(called: &Path) -> bool {
    let mut components = called.components();
    matches!(components.next(), Some(Component::Normal(_)))
        && components.next().is_none()
        && called.file_stem() == Some(OsStr::new(NAME))
}

/// The engine's part for a shell; Nushell reads no script that is made while it runs, and gets a file as it is.
fn script_of(shell: Shell) -> std::result::Result<&'static dyn EnvCompleter, &'static str> {
    Ok(match shell {
        Shell::Bash => &Bash,
        Shell::Elvish => &Elvish,
        Shell::Fish => &Fish,
        Shell::Nushell => return Err(place::NUSHELL),
        Shell::PowerShell => &Powershell,
        Shell::Zsh => &Zsh,
    })
}

fn registration(shell: Shell, engine: &dyn EnvCompleter, completer: &str) -> Result<String> {
    let mut script = Vec::new();
    engine
        .write_registration(VARIABLE, NAME, NAME, completer, &mut script)
        .map_err(|error| Error::io("cannot write the script", &error))?;
    let script = String::from_utf8(script).expect("the engine writes UTF-8 for UTF-8");
    Ok(match shell {
        Shell::Bash => {
            let entry = "-F _clap_complete_keyfob ";
            OURS_BASH.to_owned()
                + &replace_known(&quote_once(&script, completer), entry, "-F _keyfob ")
        }
        Shell::Zsh => {
            let body = "function _clap_dynamic_completer_keyfob() {\n";
            let asked = format!("{body}    _keyfob_command && return\n    local -a open=()\n");
            let script = replace_known(&script, body, &asked);
            let value = "other+=(\"$completion\")";
            let sorted = format!("[[ $value == *[=.] ]] && open+=(\"$completion\") || {value}");
            let script = replace_known(&script, value, &sorted);
            let described = "[[ -n $other ]] && ";
            let both =
                format!("[[ -n $open ]] && _describe -V 'values' open -S ''\n        {described}");
            replace_known(&script, described, &both) + OURS_ZSH
        }
        Shell::Fish => {
            let asked = "\"(__keyfob_command; or ";
            OURS_FISH.to_owned() + &replace_known(&script, "\"(", asked)
        }
        Shell::Elvish => script + OURS_ELVISH,
        Shell::PowerShell | Shell::Nushell => script,
    })
}

/// The engine's script with another text in a place that it is known to have.
fn replace_known(script: &str, place: &str, text: &str) -> String {
    debug_assert!(script.contains(place), "{script}");
    script.replacen(place, text, 1)
}

/// The engine puts the already quoted completer into double quotes, so that bash would look for a
/// program with quotes in its name.
fn quote_once(script: &str, completer: &str) -> String {
    match shlex::try_quote(completer) {
        Ok(quoted) if quoted != completer => script.replace(&format!("\"{quoted}\""), &quoted),
        _ => script.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a shell gets that finds keyfob on PATH.
    fn script_on_path(shell: Shell) -> String {
        match script_of(shell) {
            Ok(engine) => registration(shell, engine, "keyfob").unwrap(),
            Err(file) => file.into(),
        }
    }

    #[test]
    fn a_bare_name_is_left_to_path_and_anything_else_is_this_binary() {
        assert_eq!(completer(OsStr::new("keyfob")).unwrap(), "keyfob");
        for called in [
            "./keyfob",
            "/usr/bin/keyfob",
            "other",
            "target/debug/keyfob",
            "",
        ] {
            let absolute = completer(OsStr::new(called)).unwrap();
            assert!(Path::new(&absolute).is_absolute(), "{called}: {absolute}");
        }
    }

    #[test]
    fn every_script_asks_by_the_variable() {
        for &shell in Shell::value_variants() {
            let script = script_on_path(shell);
            assert!(script.contains(VARIABLE), "{script}");
            assert!(script.contains("keyfob"), "{script}");
        }
    }

    #[test]
    fn what_the_scripts_lack_is_asked_first() {
        for (shell, asked) in [
            (Shell::Bash, "-F _keyfob keyfob\n"),
            (Shell::Elvish, "engine $@words"),
            (Shell::Fish, "\"(__keyfob_command; or KEYFOB_COMPLETE="),
            (Shell::Zsh, "_keyfob() {\n    _keyfob_command && return\n"),
        ] {
            let script = script_on_path(shell);
            assert!(script.contains(asked), "{script}");
        }
    }

    #[test]
    fn a_path_with_a_blank_is_quoted_once_in_bash() {
        let script = registration(Shell::Bash, &Bash, "/opt/a b/keyfob").unwrap();
        assert!(script.contains(" '/opt/a b/keyfob' -- "), "{script}");
    }
}
