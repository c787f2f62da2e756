//! Arguments that do not parse: help and version, which are answers, and wrong usage.

use std::ffi::OsString;
use std::io::Write;
use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::help;
use super::output::print_help;
use crate::error::{Code, Error};
use crate::term::{Console, Manner};

/// Help and version are answers; the rest is wrong usage, said in JSON where that was asked for.
pub(crate) fn report_unparsed(mut error: clap::Error, args: &[OsString]) -> ExitCode {
    let has = |flag: &str| args.iter().any(|arg| arg == flag);
    let json = has("--json");
    if !error.use_stderr() {
        return match print_help(&error) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                Console::new(Manner::default()).fail(&error);
                ExitCode::from(error.code.exit())
            }
        };
    }
    if args.len() < 2 {
        let _ = write!(std::io::stderr(), "{}", help::first_steps()); // nobody may be listening
        return ExitCode::from(Code::Usage.exit());
    }
    match error.kind() {
        ErrorKind::TooManyValues => {
            let flag = error.get(ContextKind::InvalidArg);
            return refuse_value(flag.map(ToString::to_string), json);
        }
        ErrorKind::UnknownArgument if has(WITH_TOKEN) => {
            return refuse_value(Some(WITH_TOKEN.to_owned()), json);
        }
        ErrorKind::MissingRequiredArgument | ErrorKind::UnknownArgument
            if is_exec(args) && !has("--") =>
        {
            let usage = Error::new(Code::Usage, "`exec` finds no `--`, which goes before its command")
                .hint("write it between accounts and command: `keyfob exec huggingface -- hf download acme/model`");
            return report_misuse(&usage, json);
        }
        _ => {}
    }
    if !json {
        if error.kind() == ErrorKind::ArgumentConflict {
            error.remove(ContextKind::Usage); // it shows both
        }
        let _ = error.print(); // a closed stderr: nobody is listening
        return ExitCode::from(Code::Usage.exit());
    }
    let text = error.to_string();
    let message = text.lines().next().unwrap_or_default();
    let suggestion = [
        ContextKind::SuggestedSubcommand,
        ContextKind::SuggestedArg,
        ContextKind::SuggestedValue,
    ]
    .iter()
    .find_map(|kind| error.get(*kind))
    .map(|found| match found {
        ContextValue::Strings(all) => all.last().cloned().unwrap_or_default(), // the nearest
        one => one.to_string(),
    });
    let hint = match (suggestion, error.kind()) {
        (Some(nearest), _) => format!("did you mean `{nearest}`?"),
        (None, ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand) => {
            "`keyfob --help` lists the verbs".into()
        }
        (None, _) => "`--help` lists what the verb takes".into(),
    };
    let usage = Error::new(Code::Usage, message.trim_start_matches("error: ")).hint(hint);
    let _ = writeln!(std::io::stderr(), "{}", usage.json());
    ExitCode::from(Code::Usage.exit())
}

/// The flag beside which a word that fits nowhere may be a token.
const WITH_TOKEN: &str = "--with-token";

/// A value after a flag that takes none. It is not repeated: after `--client-secret` it is a secret.
fn refuse_value(flag: Option<String>, json: bool) -> ExitCode {
    let flag = flag.map_or_else(|| "that flag".into(), |flag| format!("`{flag}`"));
    let usage = Error::new(Code::Usage, format!("{flag} takes no value"))
        .hint("give the flag alone; a secret is asked for, or read from standard input");
    report_misuse(&usage, json)
}

fn report_misuse(usage: &Error, json: bool) -> ExitCode {
    let manner = Manner {
        json,
        ..Manner::default()
    };
    Console::new(manner).fail(usage);
    ExitCode::from(usage.code.exit())
}

/// Whether the verb is `exec`: the first word that is no flag; no flag before the verb takes a value.
fn is_exec(args: &[OsString]) -> bool {
    let mut words = args.iter().skip(1);
    let verb = words.find(|word| !word.as_encoded_bytes().starts_with(b"-"));
    verb.is_some_and(|verb| verb == "exec")
}
