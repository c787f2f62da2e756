//! The program: complete a word if a shell asks, else run a command and give its exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    keyfob::complete::answer();
    keyfob::commands::main(std::env::args_os())
}
