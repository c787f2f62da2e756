//! `export`: assignments for a shell, dotenv, JSON or a CI system. All of them are made before the first
//! is printed.

mod assignments;
mod formats;
pub(super) mod github;
mod gitlab;
mod reader;

use std::io::IsTerminal;
use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgGroup, Args, ValueEnum};
use clap_complete::engine::ArgValueCompleter;

use super::app::App;
use super::tokens::{self, Owner};
use super::{mask, print, print_json};
use crate::complete;
use crate::error::{Error, Result};
use crate::verbs::arguments::duration;
use crate::verbs::tokens::OneTimeToken;
use crate::words::{Text, VariableName};
use formats::{Assignment, AssignmentForm, Tokens, form};

#[derive(Debug, Args)]
#[command(group = ArgGroup::new("without_account").args(["exchange"]), after_help = "\
Examples:
  eval \"$(keyfob export huggingface github/work)\"
  keyfob export huggingface --format fish | source
  keyfob export gitlab --name CI_TOKEN --format dotenv > .env
  keyfob export huggingface --format github    in a step of GitHub Actions

Through a pipe the format is `sh`; on a terminal it is that of your shell.")]
pub struct Export {
    /// PROVIDER/NAME, or PROVIDER for the one used here
    #[arg(value_name = "ACCOUNT", add = ArgValueCompleter::new(complete::accounts))]
    pub accounts: Vec<String>,
    /// What reads the assignments
    #[arg(long, value_name = "FORMAT")]
    pub format: Option<Format>,
    /// Assign to this variable instead of the provider's usual one
    #[arg(long, value_name = "VAR")]
    pub name: Option<String>,
    /// With `--format github`: set a step's output instead of variables of the steps that follow
    #[arg(long)]
    pub output: bool,
    /// With `--format gitlab`: write a dotenv report, an artifact of the job, and print nothing
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,
    /// Demand tokens that live at least this long
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub min_ttl: Option<Duration>,
    /// In a step of GitHub Actions: have the runner mask the tokens in its log, by a line on stderr
    #[arg(long)]
    pub mask: bool,
    #[command(flatten)]
    pub without_account: OneTimeToken,
}

/// What reads assignments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Any POSIX shell
    Sh,
    /// GNU Bash
    Bash,
    /// Zsh
    Zsh,
    /// fish
    Fish,
    /// PowerShell
    #[value(name = "powershell")]
    PowerShell,
    /// The Windows command prompt
    Cmd,
    /// Nushell
    Nu,
    /// Elvish
    Elvish,
    /// A `.env` file
    Dotenv,
    /// One JSON object: variable to token
    Json,
    /// A step of GitHub Actions
    Github,
    /// A job of GitLab CI
    Gitlab,
}

enum Way {
    Lines(AssignmentForm),
    Json,
    Github(github::File),
    Report(gitlab::Report),
}

pub(crate) fn run(app: &App, args: &Export) -> Result<()> {
    let format = format(args, app.manner.json)?;
    let name = check_flags(args, format)?;
    if args.mask {
        mask::demand_runner()?;
    }
    let way = way(args, format)?;
    let variables = |owners: &[Owner]| assignments::variables(app, owners, name.as_ref());
    let (supplies, variables) = tokens::supply(
        app,
        &args.accounts,
        args.min_ttl,
        &args.without_account,
        variables,
    )?;
    let assignments = assignments::pair(variables, &supplies)?;
    if args.mask {
        let masked = mask::mask_on_stderr(assignments.iter().map(|one| &one.token));
        masked.map_err(|error| mask::explain_failure(&error))?;
    }
    match way {
        Way::Lines(form) => print(&Text::new(&lines(form, format, &assignments)?))?,
        Way::Json => print_json(&Tokens(&assignments))?,
        Way::Github(file) => file.set(&assignments)?,
        Way::Report(report) => return report.write(app, &assignments),
    }
    if std::io::stdout().is_terminal() {
        app.term.warn(&reader::on_screen(args, format));
    }
    Ok(())
}

fn format(args: &Export, json: bool) -> Result<Format> {
    match (args.format, json) {
        (None | Some(Format::Json), true) => Ok(Format::Json),
        (Some(_), true) => Err(Error::usage(
            "`--json` is `--format json`, and another format was asked for",
        )
        .hint("leave one of them out")),
        (Some(format), false) => Ok(format),
        (None, false) if std::io::stdout().is_terminal() => Ok(reader::here()),
        (None, false) => Ok(Format::Sh),
    }
}

/// Whether the flags go together, before anything is looked up; the variable that one of them names.
fn check_flags(args: &Export, format: Format) -> Result<Option<VariableName>> {
    let belongs = |flag: &str, to: &str| {
        Error::usage(format!("`{flag}` goes with `--format {to}`"))
            .hint(format!("add `--format {to}`, or leave `{flag}` out"))
    };
    if args.output && format != Format::Github {
        return Err(belongs("--output", "github"));
    }
    if args.report.is_some() && format != Format::Gitlab {
        return Err(belongs("--report", "gitlab"));
    }
    let parse = |name: &str| {
        let parsed = if args.output {
            VariableName::of_output(name)
        } else {
            VariableName::new(name)
        };
        parsed.map_err(|unfit| tokens::refuse_name("--name", name, unfit))
    };
    args.name.as_deref().map(parse).transpose()
}

/// Opens what will be written, so that no token is got in vain.
fn way(args: &Export, format: Format) -> Result<Way> {
    Ok(match (format, &args.report) {
        (Format::Gitlab, Some(file)) => Way::Report(gitlab::Report::at(file)?),
        (Format::Json, _) => Way::Json,
        (Format::Github, _) => Way::Github(github::File::open(args.output)?),
        (format, _) => Way::Lines(form(format).expect("the others are written in lines")),
    })
}

fn lines(form: AssignmentForm, format: Format, assignments: &[Assignment]) -> Result<String> {
    let lines: Result<Vec<String>> = assignments
        .iter()
        .map(|one| {
            form(&one.variable, &one.token)
                .ok_or_else(|| refuse(one, &format!("`--format {}`", reader::name(format))))
        })
        .collect();
    Ok(lines?.join("\n"))
}

fn refuse(assignment: &Assignment, reader: &str) -> Error {
    Error::usage(format!(
        "the token for {} has characters that {reader} cannot carry safely",
        assignment.variable
    ))
    .hint("use `--format json`, or hand it over with `keyfob exec`")
}
