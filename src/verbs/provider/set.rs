//! `provider set`: changes keys of a user's file in one write, and keeps a client secret.

use super::arguments;
use super::secret;
use crate::error::{Code, Error, Result};
use crate::provider::{Change, Edited};
use crate::verbs::app::App;
use crate::verbs::print_json;
use crate::verbs::provider::answer::Set;

/// Changes what is said, all of it or nothing. With `--client-secret` the secret is asked for first,
/// so that a question that is not answered changes nothing.
pub(crate) fn run(app: &App, args: &arguments::ProviderSet) -> Result<()> {
    let name = &args.provider;
    let parsed = args.changes.iter().map(|one| Change::parse(one));
    let changes: Vec<Change> = parsed
        .collect::<Result<_>>()
        .map_err(|error| for_provider(error, name))?;
    once_each(&changes)?;
    if changes.is_empty() && !args.client_secret {
        return Err(Error::new(Code::Usage, "nothing was given to change").hint(format!(
            "write `keyfob provider set {name} KEY=VALUE`; `keyfob provider show {name}` shows every key"
        )));
    }
    let secret = args
        .client_secret
        .then(|| secret::prepare(app, name, &changes, args.store))
        .transpose()?;
    let edited = match changes.as_slice() {
        [] => None,
        changes => Some(
            app.registry
                .edit(name, changes)
                .map_err(|error| for_provider(error, name))?,
        ),
    };
    let answer = answer(name, &changes, edited);
    say(app, &answer);
    let store = secret.map(|secret| secret.keep(app)).transpose()?;
    if app.manner.json {
        return print_json(&Set {
            client_secret: store,
            ..answer
        });
    }
    Ok(())
}

/// An error whose hint names the provider that is meant.
fn for_provider(error: Error, name: &str) -> Error {
    Error {
        hint: error.hint.map(|hint| hint.replace("PROVIDER", name)),
        ..error
    }
}

fn once_each(changes: &[Change]) -> Result<()> {
    for (at, change) in changes.iter().enumerate() {
        let key = change.key();
        if changes[..at].iter().any(|earlier| earlier.key() == key) {
            return Err(Error::new(Code::Usage, format!("`{key}` is given twice"))
                .hint("give each key once; a list is `KEY=a,b`"));
        }
    }
    Ok(())
}

fn answer(name: &str, changes: &[Change], edited: Option<Edited>) -> Set {
    let (file, absent) = edited.map_or((None, Vec::new()), |edited| {
        (Some(edited.file), edited.absent)
    });
    let keys = |set: bool| {
        let wanted = changes
            .iter()
            .filter(move |one| one.value().is_some() == set);
        wanted.map(Change::key)
    };
    Set {
        provider: name.into(),
        file,
        set: keys(true).collect(),
        removed: keys(false).filter(|key| !absent.contains(key)).collect(),
        absent,
        client_secret: None,
    }
}

fn say(app: &App, answer: &Set) {
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
