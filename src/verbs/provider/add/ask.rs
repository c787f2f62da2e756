//! The questions of `provider add`, each for what a flag would have said.

use super::complete_scheme;
use super::draft::Draft;
use crate::error::{Code, Error, Result};
use crate::provider::Change;
use crate::term::Terminal;
use crate::verbs::app::App;

pub(super) fn name(app: &App, given: Option<&str>) -> Result<String> {
    if let Some(name) = given {
        app.registry.is_free(name)?;
        return Ok(name.to_owned());
    }
    loop {
        let question = "name for the provider (lower-case letters, digits, `-`):";
        let name = app
            .term
            .ask(question, "give it: `keyfob provider add NAME --issuer URL`")?;
        if name.is_empty() {
            return Err(refuse_empty(
                "a name",
                "give it: `keyfob provider add NAME`",
            ));
        }
        match app.registry.is_free(&name) {
            Ok(()) => return Ok(name),
            Err(error) => warn_again(app.term.as_ref(), &error),
        }
    }
}

/// Where the server is: its issuer, else its endpoints.
pub(super) fn place(term: &dyn Terminal, draft: &mut Draft) -> Result<()> {
    let name = draft.name.clone();
    let flags = format!(
        "give `keyfob provider add {name} --issuer URL`, or `--like PROVIDER`, or `--authorization-endpoint URL --token-endpoint URL`"
    );
    let partly = ["authorization_endpoint", "token_endpoint"]
        .iter()
        .any(|key| draft.definition.sets(key));
    if !term.can_ask() {
        let what = if partly {
            "one endpoint is"
        } else {
            "neither an issuer nor endpoints are"
        };
        let message = format!("{what} given for `{name}`");
        return Err(Error::new(Code::Usage, message).hint(flags));
    }
    draft.asked = true;
    if !partly {
        let question = format!(
            "issuer URL of {name}, such as https://id.example.com (Enter where it has none):"
        );
        if let Some(issuer) = ask_key(term, draft, "issuer", &question, &flags)? {
            draft.definition.push(issuer);
            return Ok(());
        }
    }
    endpoints(term, draft)
}

/// The two endpoints that every login needs, those that are not known yet.
pub(super) fn endpoints(term: &dyn Terminal, draft: &mut Draft) -> Result<()> {
    for (key, question) in [
        (
            "authorization_endpoint",
            "authorization endpoint, where the browser goes:",
        ),
        (
            "token_endpoint",
            "token endpoint, where codes become tokens:",
        ),
    ] {
        if !draft.definition.sets(key) {
            endpoint(term, draft, key, question)?;
        }
    }
    Ok(())
}

/// One endpoint that a login cannot do without.
pub(super) fn endpoint(
    term: &dyn Terminal,
    draft: &mut Draft,
    name: &str,
    question: &str,
) -> Result<()> {
    let flag = format!("give it with `--{} URL`", name.replace('_', "-"));
    let change = ask_key(term, draft, name, question, &flag)?;
    let change = change.ok_or_else(|| refuse_empty(&format!("`{name}`"), &flag))?;
    draft.asked = true;
    draft.definition.push(change);
    Ok(())
}

/// The keys that a built-in definition leaves to the user, where somebody can say them now.
pub(super) fn template_keys(term: &dyn Terminal, draft: &mut Draft) -> Result<()> {
    let drafted = draft.registry.draft(&draft.name, &draft.definition);
    let missing = drafted.map_or(Vec::new(), |provider| provider.missing);
    for name in missing.iter().filter(|_| term.can_ask()) {
        let question = format!("{name} of {} (Enter to say it later):", draft.name);
        let flag = format!("{name}=VALUE");
        if let Some(change) = ask_key(term, draft, name, &question, &flag)? {
            draft.definition.push(change);
        }
    }
    Ok(())
}

/// What a login would be glad of: the client id and the scopes.
pub(super) fn client_and_scopes(term: &dyn Terminal, draft: &mut Draft) -> Result<()> {
    if !draft.definition.sets("client_id") {
        let question = "client id, as it was registered there (Enter where there is none yet):";
        if let Some(id) = ask_key(term, draft, "client_id", question, "--client-id ID")? {
            draft.definition.push(id);
        }
    }
    let usual = draft.definition.value("scopes").and_then(|value| {
        let items = value.as_array()?.iter();
        let scopes: Vec<&str> = items.filter_map(|scope| scope.as_str()).collect();
        Some(scopes.join(" "))
    });
    let enter = match &usual {
        Some(usual) => format!("Enter for {usual}"),
        None => "Enter for none".into(),
    };
    let question = format!("scopes to ask for, with blanks between them ({enter}):");
    let answer = term.ask(&question, "--scope SCOPE")?;
    let scopes: Vec<String> = answer.split_whitespace().map(str::to_owned).collect();
    if !scopes.is_empty() {
        draft.definition.push(Change::set_list("scopes", &scopes));
    }
    Ok(())
}

/// Asks for a key's value until it is one; `None` where nothing is answered.
fn ask_key(
    term: &dyn Terminal,
    draft: &Draft,
    key: &str,
    question: &str,
    flag: &str,
) -> Result<Option<Change>> {
    loop {
        let answer = term.ask(question, flag)?;
        if answer.is_empty() {
            return Ok(None);
        }
        let answer = if key == "issuer" {
            complete_scheme(&answer)
        } else {
            answer
        };
        let fit = Change::typed(key, &answer).and_then(|change| match draft.fault(&change) {
            Some(error) => Err(error),
            None => Ok(change),
        });
        match fit {
            Ok(change) => return Ok(Some(change)),
            Err(error) => warn_again(term, &error),
        }
    }
}

fn warn_again(term: &dyn Terminal, error: &Error) {
    term.warn(&format!("{}; once more", error.message));
}

fn refuse_empty(what: &str, flag: &str) -> Error {
    Error::new(Code::Usage, format!("{what} must be given"))
        .hint(format!("nothing was written; {flag}"))
}
