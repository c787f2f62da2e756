//! `--exchange`: tokens for an identity token of the place where this runs, with nothing stored.

use std::time::Duration;

use super::Supply;
use crate::account::SubjectFrom;
use crate::audit::Action;
use crate::choose::Target;
use crate::cli;
use crate::error::{Code, Error, Result};
use crate::login::{Flow, Retry, Wanted, Wish, check_resources, exchange};
use crate::token_set::TokenSet;
use crate::verbs::app::App;
use crate::verbs::{embedded, network, report, scopes, subject_file};

/// Tokens exchanged for this once, one a provider. What they are asked for is checked before anything is
/// sent to any.
pub fn exchanged(
    app: &App,
    names: Vec<&str>,
    least: Option<Duration>,
    anew: &cli::Anew,
) -> Result<Vec<Supply>> {
    for name in &names {
        let provider = app.registry.get(name)?;
        let flow = Flow::TokenExchange;
        check_resources(&provider, flow, &anew.resource, &provider.resource)?;
    }
    let subject_from = match &anew.subject_token_file {
        Some(file) => subject_file(file)?,
        None => SubjectFrom::Ci,
    };
    let (registry, _sandbox) = embedded::start(app, names.iter().copied(), None)?;
    network::context(app, registry, async |context| {
        let (mut supplies, mut failures) = (Vec::new(), Vec::new());
        for name in names {
            let wish = Wish {
                provider: context.registry.get(name)?,
                subject_from: subject_from.clone(),
                wanted: Wanted {
                    scopes: scopes(&anew.scope),
                    presets: Vec::new(),
                },
                resource: anew.resource.clone(),
                audience: anew.audience.clone(),
                flow: Flow::TokenExchange,
                retry: Retry {
                    command: again(name, anew, &subject_from),
                    says_flow: true,
                    ..Retry::default()
                },
                ..Wish::default()
            };
            let tokens = exchange(&context, wish).await;
            let tokens = tokens.and_then(|tokens| long_enough(tokens, least));
            app.audit
                .note(Action::Exchange, name, tokens.as_ref().err());
            match tokens {
                Ok(tokens) => supplies.push(Supply::exchanged(name, tokens)),
                Err(error) => failures.push(error.account(name)),
            }
        }
        report(app, &failures)?;
        Ok(supplies)
    })
}

/// The command that asks for the same.
fn again(provider: &str, anew: &cli::Anew, subject_from: &SubjectFrom) -> String {
    let mut words: Vec<String> = ["keyfob", "token", provider].map(str::to_owned).into();
    let mut option = |name: &str, value: &str| words.extend([name.into(), value.to_owned()]);
    for scope in scopes(&anew.scope) {
        option("--scope", &scope);
    }
    for resource in &anew.resource {
        option("--resource", resource);
    }
    if let Some(audience) = &anew.audience {
        option("--audience", audience);
    }
    if let SubjectFrom::File(file) = subject_from {
        option("--subject-token-file", &file.to_string_lossy());
    }
    words.push("--exchange".into());
    shlex::try_join(words.iter().map(String::as_str)).unwrap_or_else(|_| words.join(" "))
}

/// The providers that were named, each once; nothing is stored, so nothing else can be.
pub fn providers(typed: &[String]) -> Result<Vec<&str>> {
    let usage = |what: &str, hint: &str| Err(Error::new(Code::Usage, what).hint(hint));
    let mut names = Vec::new();
    for typed in typed {
        let target = Target::parse(typed)?;
        if target.name.is_some() {
            return usage(
                &format!("`--exchange` stores nothing, and so is for no account such as `{typed}`"),
                &format!("name the provider alone, `{}`", target.provider),
            );
        }
        if !names.contains(&target.provider) {
            names.push(target.provider);
        }
    }
    if names.is_empty() {
        return usage(
            "`--exchange` stores nothing, and so has to be told at which provider",
            "name the provider, such as `huggingface`",
        );
    }
    Ok(names)
}

/// What was just issued ends before it may.
fn long_enough(tokens: TokenSet, least: Option<Duration>) -> Result<TokenSet> {
    match (least, tokens.lifetime()) {
        (Some(least), Some(lifetime)) if lifetime < least.as_secs() => Err(Error::new(
            Code::TokenExchangeFailed,
            format!(
                "its tokens are issued for {lifetime} s, so none lives for {} s",
                least.as_secs()
            ),
        )
        .hint(format!("ask for `--min-ttl {lifetime}s` or less"))),
        _ => Ok(tokens),
    }
}
