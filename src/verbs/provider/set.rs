//! `provider set`: changes keys of a user's file in one write, and keeps a client secret.

use std::path::PathBuf;

use clap::Args;
use clap_complete::engine::ArgValueCompleter;
use serde::Serialize;

use super::secret;
use crate::complete;
use crate::error::{Error, Result};
use crate::provider::{Change, Edited};
use crate::store::Kind;
use crate::verbs::app::App;
use crate::verbs::arguments::host;
use crate::verbs::print_if_json;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  keyfob provider set github client_id=Iv1.abc --client-secret
  keyfob provider set acme scopes=openid,profile redirect.host=localhost
  keyfob provider set acme authorization.parameters.prompt=consent
  keyfob provider set acme scopes=      the default again
  pass acme/secret | keyfob provider set acme --client-secret

A secret is never an argument: `--client-secret` asks for it, or reads a line of standard input.")]
pub struct ProviderSet {
    /// The provider
    #[arg(value_name = "PROVIDER", add = ArgValueCompleter::new(complete::providers))]
    pub provider: String,
    /// A key and its value, written by the key's own type; `KEY=` alone removes it from your file
    #[arg(value_name = "KEY=VALUE", add = ArgValueCompleter::new(complete::keys))]
    pub changes: Vec<String>,
    /// Ask for the client secret and keep it in a store
    #[arg(long)]
    pub client_secret: bool,
    /// Send what is secret to this server too, which is not the provider's by its issuer; may be repeated
    #[arg(long, value_name = "HOST", value_parser = host, add = ArgValueCompleter::new(complete::strangers))]
    pub accept_origin: Vec<String>,
    /// Keep the client secret here
    #[arg(long, value_name = "STORE", requires = "client_secret")]
    pub store: Option<Kind>,
}

/// Changes what is said, all of it or nothing. With `--client-secret` the secret is asked for first,
/// so that a question that is not answered changes nothing.
pub(crate) fn run(app: &App, args: &ProviderSet) -> Result<()> {
    let name = &args.provider;
    let parsed = args.changes.iter().map(|one| Change::parse(one));
    let changes: Vec<Change> = parsed
        .collect::<Result<_>>()
        .map_err(|error| name_provider(error, name))?;
    check_distinct(&changes)?;
    if changes.is_empty() && !args.client_secret && args.accept_origin.is_empty() {
        return Err(Error::usage("nothing was given to change").hint(format!(
            "write `keyfob provider set {name} KEY=VALUE`; `keyfob provider show {name}` shows every key"
        )));
    }
    let secret = args
        .client_secret
        .then(|| secret::prepare(app, name, &changes, args.store))
        .transpose()?;
    let edited = (!changes.is_empty()).then(|| app.registry.edit(name, &changes));
    let edited = edited
        .transpose()
        .map_err(|error| name_provider(error, name))?;
    if !args.accept_origin.is_empty() {
        app.registry.is_known(name)?;
        app.registry.accept(name, &args.accept_origin, &[])?;
    }
    let mut answer = shape(name, &changes, edited);
    report_changes(app, &answer);
    for host in &args.accept_origin {
        app.term
            .say(&format!("{name}: {host} may have what is secret there"));
    }
    answer.client_secret = secret.map(|secret| secret.keep(app)).transpose()?;
    print_if_json(app, &answer)
}

fn name_provider(error: Error, name: &str) -> Error {
    Error {
        hint: error.hint.map(|hint| hint.replace("PROVIDER", name)),
        ..error
    }
}

fn check_distinct(changes: &[Change]) -> Result<()> {
    for (at, change) in changes.iter().enumerate() {
        let key = change.key();
        if changes[..at].iter().any(|earlier| earlier.key() == key) {
            return Err(Error::usage(format!("`{key}` is given twice"))
                .hint("give each key once; a list is `KEY=a,b`"));
        }
    }
    Ok(())
}

#[derive(Debug, Serialize)]
struct SetAnswer {
    provider: String,
    /// The user's file; `null` where no key was given.
    file: Option<PathBuf>,
    set: Vec<String>,
    removed: Vec<String>,
    /// Keys that were to be removed and were not in the file.
    absent: Vec<String>,
    /// Where the client secret is kept now; `null` where none was given.
    client_secret: Option<Kind>,
}

fn shape(name: &str, changes: &[Change], edited: Option<Edited>) -> SetAnswer {
    let (file, absent) = edited.map_or((None, Vec::new()), |edited| {
        (Some(edited.file), edited.absent)
    });
    let keys = |set: bool| {
        let wanted = changes
            .iter()
            .filter(move |one| one.value().is_some() == set);
        wanted.map(Change::key)
    };
    SetAnswer {
        provider: name.into(),
        file,
        set: keys(true).collect(),
        removed: keys(false).filter(|key| !absent.contains(key)).collect(),
        absent,
        client_secret: None,
    }
}

fn report_changes(app: &App, answer: &SetAnswer) {
    let Some(file) = &answer.file else { return };
    let file = file.display();
    for (keys, what) in [
        (&answer.set, format!("set in {file}")),
        (
            &answer.removed,
            format!("removed from {file}, and back to the default"),
        ),
        (
            &answer.absent,
            format!("not in {file}, and has its default"),
        ),
    ] {
        for key in keys {
            app.term
                .say(&format!("{}: `{key}` {what}", answer.provider));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::fixture::assert_shape;

    #[test]
    fn the_shape_of_set_is_the_documented_one() {
        let set = SetAnswer {
            provider: "github".into(),
            file: Some("/home/ada/.config/keyfob/providers/github.toml".into()),
            set: vec!["client_id".into(), "scopes".into()],
            removed: vec!["redirect.host".into()],
            absent: vec!["title".into()],
            client_secret: Some(Kind::Keyring),
        };
        assert_shape(&set, include_str!("../shapes/provider-set.json"));
    }
}
