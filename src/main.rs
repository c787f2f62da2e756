//! The program: complete a word if a shell asks, else run a command and give its exit code.

use std::process::ExitCode;

use clap::CommandFactory;
use clap_complete::CompleteEnv;
use keyfob::cli::Cli;
use keyfob::complete;

fn main() -> ExitCode {
    CompleteEnv::with_factory(Cli::command)
        .var(complete::VARIABLE)
        .complete();
    keyfob::commands::main(std::env::args_os())
}
