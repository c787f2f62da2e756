//! The verbs, a file each: arguments in, one answer out. Only this folder writes to stdout.

mod app;
pub(crate) mod backup;
mod check;
pub mod completions;
pub(crate) mod doctor;
#[cfg_attr(not(feature = "sandbox"), path = "without_sandbox.rs")]
mod embedded;
pub(crate) mod exec;
pub(crate) mod export;
mod fleet;
mod help;
mod list;
mod log;
mod login;
mod logout;
pub mod man;
mod move_accounts;
mod network;
mod provider;
mod refresh;
mod rename;
pub(crate) mod restore;
#[cfg(feature = "sandbox")]
mod sandbox;
mod shell;
mod supply;
mod token;
mod usage;
mod use_account;
mod which;
mod whoami;

use std::ffi::OsString;
use std::io::{IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;
use std::ptr;

use clap::Parser;

use crate::account::SubjectFrom;
use crate::answer;
use crate::cli::{Cli, Command};
use crate::config::says_yes;
use crate::error::{Code, Error, Result, worst};
use crate::term::{Console, Manner};
use app::App;

/// Parses, runs, reports; gives the process's exit code.
pub fn main(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let args: Vec<OsString> = args.into_iter().collect();
    let cli = match Cli::try_parse_from(&args) {
        Ok(cli) => cli,
        Err(error) => return usage::unparsed(error, &args),
    };
    let manner = manner(&cli);
    match run(&cli, manner) {
        Ok(status) => status,
        Err(error) => {
            Console::new(manner).fail(&error);
            ExitCode::from(error.code.exit())
        }
    }
}

fn run(cli: &Cli, manner: Manner) -> Result<ExitCode> {
    match &cli.command {
        Command::Completions(args) => completions::run(args, manner)?,
        Command::Man(args) => print(&man::run(args)?)?,
        Command::Help(args) => help::run(args)?,
        #[cfg(feature = "sandbox")]
        Command::Sandbox(args) => sandbox::run(args, &Console::new(manner))?,
        Command::Doctor(args) => return doctor::run(args, manner), // a failed check is told on stdout
        _ => with_accounts(cli, manner)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn with_accounts(cli: &Cli, manner: Manner) -> Result<()> {
    let passphrase = match &cli.command {
        Command::Login(args) => args.passphrase,
        Command::Move(args) => args.passphrase,
        Command::Restore(args) => args.passphrase,
        _ => false,
    };
    let app = App::new(manner, passphrase, verb(&cli.command))?;
    match &cli.command {
        Command::Login(args) => login::run(&app, args),
        Command::List(args) => list::run(&app, args),
        Command::Whoami(args) => whoami::run(&app, args),
        Command::Refresh(args) => refresh::run(&app, args),
        Command::Logout(args) => logout::run(&app, args),
        Command::Token(args) => token::run(&app, args),
        Command::Export(args) => export::run(&app, args),
        Command::Exec(args) => exec::run(&app, args),
        Command::Check(args) => check::run(&app, args),
        Command::Use(args) => use_account::run(&app, args),
        Command::Rename(args) => rename::run(&app, args),
        Command::Move(args) => move_accounts::run(&app, args),
        Command::Backup(args) => backup::run(&app, args),
        Command::Restore(args) => restore::run(&app, args),
        Command::Which(args) => which::run(&app, args),
        Command::Log(args) => log::run(&app, args),
        Command::Provider(args) => provider::run(&app, args),
        _ => unreachable!("handled above, without an account in sight"),
    }
}

/// What the audit log calls the command.
fn verb(command: &Command) -> &'static str {
    match command {
        Command::Login(_) => "login",
        Command::List(_) => "list",
        Command::Whoami(_) => "whoami",
        Command::Refresh(_) => "refresh",
        Command::Logout(_) => "logout",
        Command::Token(_) => "token",
        Command::Export(_) => "export",
        Command::Exec(_) => "exec",
        Command::Check(_) => "check",
        Command::Use(_) => "use",
        Command::Rename(_) => "rename",
        Command::Move(_) => "move",
        Command::Backup(_) => "backup",
        Command::Restore(_) => "restore",
        Command::Which(_) => "which",
        Command::Log(_) => "log",
        Command::Doctor(_) => "doctor",
        Command::Provider(_) => "provider",
        _ => "keyfob",
    }
}

fn manner(cli: &Cli) -> Manner {
    let ci = std::env::var_os("CI").is_some_and(|value| says_yes(&value));
    Manner {
        quiet: cli.global.quiet,
        verbose: cli.global.verbose,
        json: cli.global.json,
        no_input: cli.global.no_input || ci,
    }
}

/// Prints help or version.
fn shown(help: &clap::Error) -> Result<()> {
    written(help.print().and_then(|()| std::io::stdout().flush()))
}

/// `--scope` may be repeated, and each may hold several.
fn scopes(given: &[String]) -> Vec<String> {
    let mut scopes: Vec<String> = Vec::new();
    for scope in given.iter().flat_map(|given| given.split_whitespace()) {
        if !scopes.iter().any(|known| known == scope) {
            scopes.push(scope.into());
        }
    }
    scopes
}

/// `--subject-token-file`, as it is found from any folder and can be written down.
fn subject_file(file: &Path) -> Result<SubjectFrom> {
    let absolute = std::path::absolute(file).ok();
    let absolute = absolute.filter(|path| path.to_str().is_some());
    absolute.map(SubjectFrom::File).ok_or_else(|| {
        Error::new(
            Code::Usage,
            "`--subject-token-file` is no path that can be kept",
        )
        .hint("name a file whose path is Unicode")
    })
}

/// Writes the answer to stdout, with a newline.
fn print(text: &str) -> Result<()> {
    let mut stdout = std::io::stdout().lock();
    let newline = if text.ends_with('\n') || text.is_empty() {
        ""
    } else {
        "\n"
    };
    let outcome = stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.write_all(newline.as_bytes()))
        .and_then(|()| stdout.flush());
    written(outcome)
}

/// What became of an answer. A reader that has gone is no failure.
fn written(outcome: std::io::Result<()>) -> Result<()> {
    match outcome {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(Error::new(
            Code::InternalError,
            format!("cannot write the answer: {error}"),
        )
        .hint("check where stdout goes")),
        _ => Ok(()),
    }
}

/// Writes an answer as one line of JSON.
fn print_json(answer: &impl serde::Serialize) -> Result<()> {
    print(&answer::json(answer))
}

/// The width of a table on stdout, and whether it is coloured.
fn columns() -> (usize, bool) {
    let terminal = std::io::stdout().is_terminal();
    let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let width = console::Term::stdout().size().1;
    (if terminal { width.into() } else { 80 }, terminal && !plain)
}

/// Says every failure but the worst, and returns that one for the exit code.
fn report(app: &App, failures: &[Error]) -> Result<()> {
    let Some(worst) = worst(failures) else {
        return Ok(());
    };
    if !app.manner.json {
        let others = failures.iter().filter(|error| !ptr::eq(*error, worst));
        others.for_each(|error| caution(app, error));
    }
    Err(worst.clone())
}

/// Says a failure that does not end the command, with its next step.
fn caution(app: &App, error: &Error) {
    let hint = error.hint.iter().flat_map(|hint| hint.lines());
    let lines: Vec<String> = std::iter::once(error.to_string())
        .chain(hint.map(str::to_owned))
        .collect();
    app.term.warn(&lines.join("; "));
}
