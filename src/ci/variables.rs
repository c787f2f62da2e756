//! Identity tokens that somebody put into the environment: by keyfob's own names, or by those of the
//! provider's definition.

use super::environment::Environment;
use crate::provider::Provider;
use keyfob_base::secret::Secret;

/// What any provider's identity token may stand in.
const ANY: &str = "KEYFOB_ID_TOKEN";

/// The variable for this provider alone, such as `KEYFOB_HUGGINGFACE_ID_TOKEN`.
pub fn own(provider: &Provider) -> String {
    provider.variable("ID_TOKEN")
}

/// The variable to recommend: one that other programs know, where there is one.
pub fn best(provider: &Provider) -> String {
    let known = provider.exchange.variables.first().cloned();
    known.unwrap_or_else(|| own(provider))
}

/// The first that is set: the provider's own, those of its definition, any provider's. With its name.
pub fn find(environment: Environment, provider: &Provider) -> Option<(String, Secret)> {
    let known = provider.exchange.variables.iter().cloned();
    let mut names = std::iter::once(own(provider))
        .chain(known)
        .chain([ANY.to_owned()]);
    names.find_map(|name| {
        let token = environment.secret(&name)?;
        Some((name, token))
    })
}
