//! What the provider that stands in the line already has: scopes, presets and flows.

use std::collections::BTreeMap;
use std::ffi::OsStr;

use clap::ValueEnum;
use clap_complete::CompletionCandidate;

use super::line::Line;
use super::{continuing, line, not_given, offer};
use crate::login::Flow;
use crate::names::{is_name, is_provider_name};
use crate::paths::Paths;
use crate::provider::{Endpoint, Provider, Registry};
use crate::vault;
use keyfob_base::escape::escape_short;

/// The most characters of a preset's scopes, or a scope's presets, in a description.
const LIMIT: usize = 60;

/// Scopes of the provider that stands in the line already, and those that the account there has; each with
/// what it is part of.
pub(crate) fn scopes(current: &OsStr) -> Vec<CompletionCandidate> {
    let line = line();
    let offered = Target::of(line).map(|target| target.scopes());
    continuing(
        current,
        not_given(line, "scope", offered.unwrap_or_default()),
    )
}

pub(crate) fn presets(current: &OsStr) -> Vec<CompletionCandidate> {
    let line = line();
    let offered = Target::of(line).map(|target| target.presets());
    continuing(current, not_given(line, "for", offered.unwrap_or_default()))
}

pub(crate) fn flows(current: &OsStr) -> Vec<CompletionCandidate> {
    let target = Target::of(line());
    let provider = target.map(|target| target.provider);
    continuing(current, flows_of(provider.as_ref()))
}

/// Servers that the definition names and nothing vouches for; those of the metadata are not known here.
pub(crate) fn strangers(current: &OsStr) -> Vec<CompletionCandidate> {
    let line = line();
    let target = Target::of(line);
    let strangers = target.map(|target| target.provider.strangers(&Endpoint::ALL));
    let offered = strangers.unwrap_or_default().into_iter();
    let offered = offered.filter(|one| is_shown_as_it_is(&one.host));
    let offered = offered
        .map(|one| offer(one.host.clone(), escape_short(&one.describe(), LIMIT)))
        .collect();
    continuing(current, not_given(line, "accept-origin", offered))
}

struct Target {
    provider: Provider,
    granted: Vec<String>,
}

impl Target {
    fn of(line: &Line) -> Option<Self> {
        let paths = Paths::discover().ok()?;
        Self::find(paths, line.target()?)
    }

    /// An incomplete definition has scopes too; a wrong one has nothing.
    fn find(paths: Paths, target: &str) -> Option<Self> {
        let (provider, name) = target.split_once('/').unwrap_or((target, ""));
        let account = (is_provider_name(provider) && is_name(name))
            .then(|| vault::read(&paths, provider, name).ok().flatten())
            .flatten();
        let granted = account.map(|account| account.scopes).unwrap_or_default();
        let provider = Registry::new(paths).describe(provider).ok()?;
        Some(Self { provider, granted })
    }

    fn scopes(&self) -> Vec<CompletionCandidate> {
        let mut parts: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        let presets = self.provider.presets.iter();
        let sources = [("granted", &self.granted), ("usual", &self.provider.scopes)].into_iter();
        for (part, scopes) in sources.chain(presets.map(|(name, scopes)| (name.as_str(), scopes))) {
            for scope in scopes.iter().filter(|scope| is_shown_as_it_is(scope)) {
                parts.entry(scope).or_default().push(part);
            }
        }
        let parts = parts.into_iter();
        parts
            .map(|(scope, of)| offer(scope.into(), escape_short(&of.join(", "), LIMIT)))
            .collect()
    }

    fn presets(&self) -> Vec<CompletionCandidate> {
        let presets = self.provider.presets.iter();
        presets
            .filter(|(name, _)| is_shown_as_it_is(name))
            .map(|(name, scopes)| offer(name.clone(), escape_short(&scopes.join(" "), LIMIT)))
            .collect()
    }
}

/// Whether a word can be typed into a line and drawn on a terminal: a server's or a file's may hold a line
/// break, which would be a further candidate, or a blank.
fn is_shown_as_it_is(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_graphic())
}

fn flows_of(provider: Option<&Provider>) -> Vec<CompletionCandidate> {
    let flows = Flow::value_variants().iter();
    flows
        .filter(|flow| provider.is_none_or(|provider| may_have(provider, **flow)))
        .filter_map(ValueEnum::to_possible_value)
        .map(|value| {
            let help = value.get_help().map(ToString::to_string);
            offer(value.get_name().into(), help.unwrap_or_default())
        })
        .collect()
}

/// Whether a provider has a flow, or may turn out to have it where a login reads more than the definition.
fn may_have(provider: &Provider, flow: Flow) -> bool {
    let told_at_login = provider.embedded || (provider.discovery && provider.issuer.is_some());
    match flow {
        Flow::Browser => !provider.redirect.no_loopback,
        Flow::Device => provider.device_authorization_endpoint.is_some() || told_at_login,
        Flow::Auto | Flow::Paste | Flow::ClientCredentials | Flow::TokenExchange => true,
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::shown;
    use super::*;

    fn target(target: &str) -> Option<Target> {
        Target::find(Paths::under(Path::new("/nowhere")), target)
    }

    fn names(candidates: &[CompletionCandidate]) -> Vec<String> {
        let candidates = shown(candidates).into_iter();
        candidates.map(|(name, _)| name).collect()
    }

    #[test]
    fn presets_are_those_of_the_provider_in_the_line() {
        let git = ("git".to_owned(), "read:user user:email repo".to_owned());
        let of_github = shown(&target("github/ada").unwrap().presets());
        assert!(of_github.contains(&git), "{of_github:?}");
        let others = shown(&target("huggingface").unwrap().presets());
        assert!(!others.contains(&git));
        for none in ["githubs", "", "/", "https://id.example.com"] {
            assert!(target(none).is_none(), "{none}");
        }
    }

    #[test]
    fn a_scope_says_what_it_is_part_of() {
        let mut target = target("huggingface").unwrap();
        target.granted = vec!["jobs".into(), "of-old".into(), "two\nlines".into()];
        let offered = shown(&target.scopes());
        let help = |scope: &str| {
            let found = offered.iter().find(|(offered, _)| offered == scope);
            found.map(|(_, help)| help.as_str())
        };
        assert_eq!(help("jobs"), Some("granted, jobs"));
        assert_eq!(help("read-repos"), Some("read"));
        assert_eq!(help("of-old"), Some("granted"));
        assert!(help("openid").unwrap().starts_with("usual, contribute, "));
        assert_eq!(offered.len(), 9, "{offered:?}");
    }

    #[test]
    fn flows_are_those_that_the_provider_may_have() {
        let all = names(&flows_of(None));
        assert_eq!(all.len(), Flow::value_variants().len());
        let mut provider = Provider::default();
        assert!(!names(&flows_of(Some(&provider))).contains(&"device".into()));
        provider.issuer = Some("https://id.example.com".into());
        assert_eq!(names(&flows_of(Some(&provider))), all);
        provider.redirect.no_loopback = true;
        assert!(!names(&flows_of(Some(&provider))).contains(&"browser".into()));
        provider.discovery = false;
        provider.device_authorization_endpoint = Some("https://id.example.com/d".parse().unwrap());
        assert!(names(&flows_of(Some(&provider))).contains(&"device".into()));
    }
}
