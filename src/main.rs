//! keyfob: parse, run, report, exit code.

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;
use keyfob::cli::{Cli, Command};
use keyfob::commands;

fn main() -> ExitCode {
    keyfob::complete::complete_env();
    let answer = match Cli::parse().command {
        Command::Completions(args) => commands::completions::run(&args),
        Command::Man(args) => match &args.dir {
            Some(dir) => commands::man::write_all(dir).map(|_| String::new()),
            None => commands::man::page(&args),
        },
        _ => return ExitCode::FAILURE,
    };
    match answer {
        Ok(text) => {
            let _ = std::io::stdout().write_all(text.as_bytes());
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(error.code.exit())
        }
    }
}
