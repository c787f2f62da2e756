//! The command line, declared, and which verb answers it. Help, man pages and completions come from the declarations.

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use super::app::App;
use super::backup::Backup;
use super::check::Check;
use super::completions::Completions;
use super::doctor::Doctor;
use super::exec::Exec;
use super::export::Export;
use super::help::Help;
use super::list::List;
use super::log::Log;
use super::login::Login;
use super::logout::Logout;
use super::man::Man;
use super::move_secrets::Move;
use super::provider::Provider;
use super::refresh::Refresh;
use super::rename::Rename;
use super::restore::Restore;
#[cfg(feature = "sandbox")]
use super::sandbox::{self, Sandbox};
use super::token::Token;
use super::use_account::Use;
use super::which::Which;
use super::whoami::Whoami;
use super::{
    backup, check, completions, doctor, exec, export, help, list, log, login, logout, man,
    move_secrets, provider, refresh, rename, restore, token, usage, use_account, which, whoami,
};
use crate::config::says_yes;
use crate::error::Result;
use crate::term::{Console, Manner};

/// Sign in to any OAuth 2 provider, keep the tokens in the keyring, hand out valid ones.
#[derive(Debug, Parser)]
#[command(
    name = "keyfob",
    version,
    arg_required_else_help = true,
    disable_help_subcommand = true,
    after_help = "\
Examples:
  keyfob login huggingface              sign in with the browser
  keyfob list                           who is signed in, and for how long
  keyfob exec huggingface -- hf upload acme/model .    with HF_TOKEN
  keyfob token github --header | curl -H @- https://api.github.com/user
  keyfob login sandbox --store file     practise without any provider

An account is written PROVIDER/NAME; PROVIDER alone means its default account. \
There are short pages on accounts, scripting, stores and providers: `keyfob help accounts`."
)]
pub struct Cli {
    /// How the conversation is held.
    #[command(flatten)]
    pub global: Global,
    /// The verb.
    #[command(subcommand)]
    pub command: Command,
}

/// Options of every verb.
#[derive(Debug, Clone, Copy, Args)]
pub struct Global {
    /// Answer in JSON; a failure is one JSON object on stderr
    #[arg(long, global = true, help_heading = "Global options")]
    pub json: bool,
    /// Say nothing but errors
    #[arg(short, long, global = true, help_heading = "Global options")]
    pub quiet: bool,
    /// Show each protocol step, secrets redacted
    #[arg(short, long, global = true, help_heading = "Global options")]
    pub verbose: bool,
    /// Ask nothing and open nothing that was not configured; also when CI is set
    #[arg(long, global = true, help_heading = "Global options")]
    pub no_input: bool,
}

/// The verbs.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Sign in and keep the tokens
    Login(Login),
    /// List accounts: scopes, expiry, default
    List(List),
    /// Ask the provider whose token this is
    Whoami(Whoami),
    /// Get a new access token now
    Refresh(Refresh),
    /// Revoke at the provider, then forget
    Logout(Logout),
    /// Print a valid access token
    Token(Token),
    /// Print assignments for a shell, dotenv, JSON or a CI system
    Export(Export),
    /// Run a command with tokens in its environment
    Exec(Exec),
    /// Say offline whether tokens are valid, as an exit code
    Check(Check),
    /// Make an account its provider's default, or this folder's choice
    Use(Use),
    /// Give an account another name
    Rename(Rename),
    /// Move secrets to another store
    Move(Move),
    /// Write accounts to one encrypted file
    Backup(Backup),
    /// Take accounts from such a file
    Restore(Restore),
    /// Say which account would be used, and why
    Which(Which),
    /// Show who signed in, and what was handed out to whom
    Log(Log),
    /// Say what is wrong with this set-up, and what mends it
    Doctor(Doctor),
    /// List, show, add, change, test and remove provider definitions
    #[command(subcommand)]
    Provider(Provider),
    /// Run the local practice provider
    #[cfg(feature = "sandbox")]
    #[command(subcommand)]
    Sandbox(Sandbox),
    /// Print what a shell needs to complete keyfob's words
    Completions(Completions),
    /// Explain a verb, or what no verb is about
    Help(Help),
    /// Print the man pages, or write them all
    Man(Man),
}

impl Cli {
    fn manner(&self) -> Manner {
        let ci = std::env::var_os("CI").is_some_and(|value| says_yes(&value));
        Manner {
            quiet: self.global.quiet,
            verbose: self.global.verbose,
            json: self.global.json,
            no_input: self.global.no_input || ci,
        }
    }
}

pub fn main(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let args: Vec<OsString> = args.into_iter().collect();
    let cli = match Cli::try_parse_from(&args) {
        Ok(cli) => cli,
        Err(error) => return usage::report_unparsed(error, &args),
    };
    let manner = cli.manner();
    match run(&cli.command, manner) {
        Ok(status) => status,
        Err(error) => {
            Console::new(manner).fail(&error);
            ExitCode::from(error.code.exit())
        }
    }
}

/// Runs the verb. Those that know accounts begin with an `App`, which has the verb's word for the audit log.
fn run(command: &Command, manner: Manner) -> Result<ExitCode> {
    let app = |verb| App::new(manner, false, verb);
    let storing = |verb, passphrase| App::new(manner, passphrase, verb);
    match command {
        Command::Login(args) => login::run(&storing("login", args.passphrase)?, args),
        Command::List(args) => list::run(&app("list")?, args),
        Command::Whoami(args) => whoami::run(&app("whoami")?, args),
        Command::Refresh(args) => refresh::run(&app("refresh")?, args),
        Command::Logout(args) => logout::run(&app("logout")?, args),
        Command::Token(args) => token::run(&app("token")?, args),
        Command::Export(args) => export::run(&app("export")?, args),
        Command::Exec(args) => exec::run(&app("exec")?, args),
        Command::Check(args) => check::run(&app("check")?, args),
        Command::Use(args) => use_account::run(&app("use")?, args),
        Command::Rename(args) => rename::run(&app("rename")?, args),
        Command::Move(args) => move_secrets::run(&storing("move", args.passphrase)?, args),
        Command::Backup(args) => backup::run(&app("backup")?, args),
        Command::Restore(args) => restore::run(&storing("restore", args.passphrase)?, args),
        Command::Which(args) => which::run(&app("which")?, args),
        Command::Log(args) => log::run(&app("log")?, args),
        Command::Doctor(args) => return doctor::run(args, manner), // a failed check is told on stdout
        Command::Provider(args) => provider::run(&app("provider")?, args),
        #[cfg(feature = "sandbox")]
        Command::Sandbox(args) => sandbox::run(args, &Console::new(manner)),
        Command::Completions(args) => completions::run(args, manner),
        Command::Help(args) => help::run(args),
        Command::Man(args) => man::run(args),
    }?;
    Ok(ExitCode::SUCCESS)
}
