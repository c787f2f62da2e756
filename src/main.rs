//! The program: complete a word if a shell asks, else run a command and give its exit code.

use std::process::ExitCode;

use clap::CommandFactory;

fn main() -> ExitCode {
    keyfob_base::memory::conceal();
    keyfob::complete::answer(keyfob::verbs::Cli::command);
    keyfob::verbs::main(std::env::args_os())
}
