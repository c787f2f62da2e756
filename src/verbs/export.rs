//! `export`: assignments for a shell, dotenv, JSON or a CI system. All of them are made before the first
//! is printed.

mod assignments;
mod github;
mod gitlab;
mod reader;

use std::io::IsTerminal;

use super::app::App;
use super::tokens::{self, Owner};
use super::{print, print_json};
use crate::answer::export::json::Tokens;
use crate::answer::export::{Assignment, Form, dotenv, elvish, fish, nu, posix, windows};
use crate::cli::{self, Format};
use crate::error::{Code, Error, Result};

/// Where the tokens go.
enum Way {
    /// To stdout, in lines of a form.
    Lines(Form),
    /// To stdout, as one object.
    Json,
    /// To a file that GitHub's runner reads.
    Github(github::File),
    /// To a report of a job of GitLab.
    Report(gitlab::Report),
}

/// Prints assignments of valid tokens, or writes them where a CI system looks for them.
pub fn run(app: &App, args: &cli::Export) -> Result<()> {
    let format = format(args, app.manner.json)?;
    fit(args, format)?;
    let way = way(args, format)?;
    let name = args.name.as_deref();
    let variables = |owners: &[Owner]| assignments::variables(app, owners, name);
    let (supplies, variables) = tokens::supply(
        app,
        &args.accounts,
        args.min_ttl,
        &args.without_account,
        variables,
    )?;
    let assignments = assignments::of(variables, &supplies)?;
    match way {
        Way::Lines(form) => print(&lines(form, format, &assignments)?)?,
        Way::Json => print_json(&Tokens(&assignments))?,
        Way::Github(file) => file.set(&assignments)?,
        Way::Report(report) => return report.write(app, &assignments),
    }
    if std::io::stdout().is_terminal() {
        app.term.warn(&reader::on_screen(args, format));
    }
    Ok(())
}

/// What was asked for; on a terminal the person's shell, through a pipe `sh`.
fn format(args: &cli::Export, json: bool) -> Result<Format> {
    match (args.format, json) {
        (None | Some(Format::Json), true) => Ok(Format::Json),
        (Some(_), true) => Err(Error::new(
            Code::Usage,
            "`--json` is `--format json`, and another format was asked for",
        )
        .hint("leave one of them out")),
        (Some(format), false) => Ok(format),
        (None, false) if std::io::stdout().is_terminal() => Ok(reader::here()),
        (None, false) => Ok(Format::Sh),
    }
}

/// Whether the flags go together, before anything is looked up.
fn fit(args: &cli::Export, format: Format) -> Result<()> {
    let belongs = |flag: &str, to: &str| {
        Error::new(Code::Usage, format!("`{flag}` goes with `--format {to}`"))
            .hint(format!("add `--format {to}`, or leave `{flag}` out"))
    };
    if args.output && format != Format::Github {
        return Err(belongs("--output", "github"));
    }
    if args.report.is_some() && format != Format::Gitlab {
        return Err(belongs("--report", "gitlab"));
    }
    let name = args.name.as_deref();
    if args.output {
        tokens::check_name(name) // no variable is set
    } else {
        tokens::check_variable("--name", name)
    }
}

/// Opens what will be written, so that no token is got in vain.
fn way(args: &cli::Export, format: Format) -> Result<Way> {
    Ok(match (format, &args.report) {
        (Format::Gitlab, Some(file)) => Way::Report(gitlab::Report::at(file)?),
        (Format::Sh | Format::Bash | Format::Zsh | Format::Gitlab, _) => Way::Lines(posix::export),
        (Format::Fish, _) => Way::Lines(fish::set),
        (Format::PowerShell, _) => Way::Lines(windows::powershell),
        (Format::Cmd, _) => Way::Lines(windows::cmd),
        (Format::Nu, _) => Way::Lines(nu::assign),
        (Format::Elvish, _) => Way::Lines(elvish::set_env),
        (Format::Dotenv, _) => Way::Lines(dotenv::line),
        (Format::Json, _) => Way::Json,
        (Format::Github, _) => Way::Github(github::File::open(args.output)?),
    })
}

/// Every assignment, a line each.
fn lines(form: Form, format: Format, assignments: &[Assignment]) -> Result<String> {
    let lines: Result<Vec<String>> = assignments
        .iter()
        .map(|one| {
            form(&one.variable, one.token.expose())
                .ok_or_else(|| refused(one, &format!("`--format {}`", reader::name(format))))
        })
        .collect();
    Ok(lines?.join("\n"))
}

/// A token that a reader would not give back as it is.
fn refused(assignment: &Assignment, reader: &str) -> Error {
    Error::new(
        Code::Usage,
        format!(
            "the token for {} has characters that {reader} cannot carry safely",
            assignment.variable
        ),
    )
    .hint("use `--format json`, or hand it over with `keyfob exec`")
}
