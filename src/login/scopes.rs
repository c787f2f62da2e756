//! What a login asks for: the usual scopes, those of a purpose, or those that were named.

use super::{Flow, Plan};
use crate::error::{Code, Error, Result};
use crate::names::nearest;
use crate::provider::Provider;

/// Scopes that mean nothing where no person signs in (OpenID Connect Core §3, §5.4, §11).
const ABOUT_A_PERSON: [&str; 6] = [
    "openid",
    "profile",
    "email",
    "address",
    "phone",
    "offline_access",
];

/// What was asked for on the command line.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// `--scope`.
    pub scopes: Vec<String>,
    /// `--for`.
    pub presets: Vec<String>,
}

/// The scopes to ask for, each once: what was named, else the provider's usual ones, which are a person's
/// and go with no exchange; and in either case what the account has already, for fewer would take something
/// away (step-up).
pub fn settle(plan: &Plan) -> Result<Vec<String>> {
    let Wanted { scopes, presets } = &plan.wanted;
    let mut chosen: Vec<&String> = Vec::new();
    for name in presets {
        chosen.extend(preset(&plan.provider, name)?);
    }
    chosen.extend(scopes);
    if chosen.is_empty() {
        let usual = plan.provider.scopes.iter();
        chosen.extend(usual.filter(|scope| match plan.flow {
            Flow::TokenExchange => false,
            Flow::ClientCredentials => !ABOUT_A_PERSON.contains(&scope.as_str()),
            _ => true,
        }));
    }
    chosen.extend(plan.expected.iter().flat_map(|account| &account.scopes));
    let mut once: Vec<String> = Vec::new();
    for scope in chosen {
        if !once.contains(scope) {
            once.push(scope.clone());
        }
    }
    Ok(once)
}

fn preset<'a>(provider: &'a Provider, name: &str) -> Result<&'a Vec<String>> {
    provider.presets.get(name).ok_or_else(|| {
        let known: Vec<&str> = provider.presets.keys().map(String::as_str).collect();
        let hint = match (nearest(name, known.iter().copied()), known.as_slice()) {
            (_, []) => format!("{} has none; name scopes with `--scope`", provider.title),
            (Some(near), _) => format!("did you mean `--for {near}`?"),
            (None, known) => format!("{} has {}", provider.title, known.join(", ")),
        };
        let what = format!("no preset of {} is called `{name}`", provider.title);
        Error::new(Code::Usage, what).hint(hint)
    })
}

#[cfg(test)]
mod tests;
