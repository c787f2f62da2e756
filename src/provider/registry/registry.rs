//! Finds provider definitions: the built-in rows, and the user's files that overlay them key by key.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use url::Url;

use super::variables;
use crate::error::{Code, Error, Result};
use crate::names::{is_provider_name, nearest, token_variable};
use crate::paths::Paths;
use crate::provider::acceptance::Acceptance;
use crate::provider::origins::RowServers;
use crate::provider::overlay::{self, Overlay};
use crate::provider::template::{self, Template};
use crate::provider::{LifetimeRule, Provider, SANDBOX, builtin, check};
use crate::toml_text::read_text;
use crate::variables::is_variable;
use keyfob_base::escape::escape_short;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Source {
    /// The row compiled in: that of the name, or the one that the file is `like`.
    BuiltIn,
    /// The user's file, and the line in it.
    File(PathBuf, usize),
}

/// The source of each key that a file or row sets, by its dotted path such as `redirect.host`.
pub(crate) type Sources = BTreeMap<String, Source>;

#[derive(Debug, Clone)]
pub(crate) struct Registry {
    pub(in crate::provider) paths: Paths,
    embedded: Option<Embedded>,
}

pub(super) struct Loaded {
    pub(super) provider: Provider,
    row: toml::Table,
    overlay: Option<Overlay>,
}

impl Registry {
    /// Looks into the user's folder only when asked.
    pub(crate) fn new(paths: Paths) -> Self {
        Self {
            paths,
            embedded: None,
        }
    }

    /// The same, knowing where the embedded provider serves right now.
    #[must_use]
    #[cfg(feature = "sandbox")]
    pub(crate) fn with_embedded(self, embedded: Embedded) -> Self {
        Self {
            embedded: Some(embedded),
            ..self
        }
    }

    /// Sorted. Reads no file; a folder that cannot be read adds none.
    pub(crate) fn names(&self) -> Vec<String> {
        add_rows(self.own_names()).into_iter().collect()
    }

    pub(super) fn own_names(&self) -> BTreeSet<String> {
        let files = fs::read_dir(self.paths.providers())
            .into_iter()
            .flatten()
            .flatten();
        let named = files.filter_map(|entry| {
            let file = entry.file_name().into_string().ok()?;
            let name = file.strip_suffix(".toml")?;
            is_provider_name(name).then(|| name.to_string())
        });
        named.collect()
    }

    /// The effective definition; `config_invalid` where it lacks what only the user can say.
    pub(crate) fn get(&self, name: &str) -> Result<Provider> {
        let provider = self.describe(name)?;
        if provider.missing.is_empty() {
            Ok(provider)
        } else {
            Err(template::refuse_incomplete(&provider))
        }
    }

    /// The same to look at: `missing` names what only the user can say, an example in its place.
    pub(crate) fn describe(&self, name: &str) -> Result<Provider> {
        let mut provider = self.load(name)?.provider;
        if let (true, Some(embedded)) = (provider.embedded, &self.embedded) {
            embedded.complete(&mut provider);
        }
        Ok(provider)
    }

    pub(crate) fn sources(&self, name: &str) -> Result<Sources> {
        let Loaded { row, overlay, .. } = self.load(name)?;
        let keys = overlay::leaves("", &row);
        let mut sources: Sources = keys.into_iter().map(|key| (key, Source::BuiltIn)).collect();
        if let Some(Overlay { path, lines, .. }) = overlay {
            let own = lines.into_iter();
            sources.extend(own.map(|(key, line)| (key, Source::File(path.clone(), line))));
        }
        Ok(sources)
    }

    fn load(&self, name: &str) -> Result<Loaded> {
        if !is_provider_name(name) {
            return Err(self.unknown(name));
        }
        let path = self.file(name);
        let row = builtin::row(name);
        let text = read_text(&path)?;
        if name == SANDBOX && text.is_some() {
            return Err(overlay::sandbox_is_fixed(&path));
        }
        if row.is_none() && text.is_none() {
            return Err(self.unknown(name));
        }
        let overlay = text
            .map(|text| Overlay::parse(&path, name, &text))
            .transpose()?;
        let accepted = Acceptance::read(&self.paths, name);
        compose(name, row.unwrap_or_default(), overlay, &accepted)
    }

    /// The user's file for `name`, which fits the grammar of names.
    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.paths.providers().join(format!("{name}.toml"))
    }

    pub(super) fn unknown(&self, name: &str) -> Error {
        let shown = escape_short(name, 64);
        let error = Error::new(
            Code::UnknownProvider,
            format!("no provider is called `{shown}`"),
        );
        if let Some(nearest) = nearest(&shown, self.names().iter().map(String::as_str)) {
            return error.hint(format!(
                "did you mean `keyfob … {nearest}`? `keyfob provider list` shows all"
            ));
        }
        let (name, grammar) = if is_provider_name(name) {
            (name, "")
        } else {
            let grammar = ", its name in lower-case letters, digits and `-`, 32 at most";
            ("NAME", grammar)
        };
        error.hint(format!(
            "`keyfob provider list` shows all; `keyfob provider add {name}` adds one, at {}{grammar}",
            self.file(name).display()
        ))
    }

    /// That of the built-in row where the user's file is wrong; one that says nothing where there is neither.
    pub(crate) fn lifetime(&self, name: &str) -> LifetimeRule {
        let of_row = || compose(name, builtin::row(name)?, None, &Acceptance::default()).ok();
        match self.describe(name) {
            Ok(provider) => provider.lifetime,
            Err(_) => of_row().map_or_else(LifetimeRule::default, |row| row.provider.lifetime),
        }
    }

    /// `None` for a name that is no provider's. A wrong file that may name one is `config_invalid`.
    pub(crate) fn token_variable_set(
        &self,
        provider: &str,
        is_set: &dyn Fn(&str) -> bool,
    ) -> Result<Option<SetVariable>> {
        if !is_provider_name(provider) {
            return Ok(None);
        }
        self.variable_of(provider, true, is_set)
    }

    /// The same for every provider, by name; those that have none set are left out.
    pub(crate) fn token_variables_set(
        &self,
        is_set: &dyn Fn(&str) -> bool,
    ) -> Vec<Result<SetVariable>> {
        let own = self.own_names();
        let names = add_rows(own.clone()).into_iter();
        let found = names.map(|name| self.variable_of(&name, own.contains(&name), is_set));
        found.filter_map(Result::transpose).collect()
    }

    /// `has_file`: whether the user may have a file of that name.
    fn variable_of(
        &self,
        provider: &str,
        has_file: bool,
        is_set: &dyn Fn(&str) -> bool,
    ) -> Result<Option<SetVariable>> {
        let row = builtin::text(provider);
        let usual = is_set(&token_variable(provider));
        let in_row = row.is_some_and(|text| may_name(text, is_set));
        let own = match has_file.then(|| read_text(&self.file(provider))) {
            // A file that cannot be read is in the way only of a variable that could be its own.
            Some(Err(_)) if !usual && !in_row => None,
            own => own.transpose()?.flatten(),
        };
        let is_known = row.is_some() || own.is_some();
        let in_own = || own.is_some_and(|text| may_name(&text, is_set));
        if !is_known || !(usual || in_row || in_own()) {
            return Ok(None);
        }
        let mut named = own_variables(&self.load(provider)?).into_iter();
        Ok(named.find(|name| is_set(name)).map(|name| SetVariable {
            provider: provider.to_owned(),
            name,
        }))
    }
}

fn add_rows(own: BTreeSet<String>) -> BTreeSet<String> {
    builtin::names().map(String::from).chain(own).collect()
}

/// The definition that is in effect where a file lies over a row, or is one of its own.
pub(super) fn compose(
    name: &str,
    row: toml::Table,
    overlay: Option<Overlay>,
    accepted: &Acceptance,
) -> Result<Loaded> {
    let mut template = Template::open(row, overlay.as_ref());
    let mut provider = assemble(name, &template, overlay.as_ref());
    if let Some(overlay) = &overlay
        && let Some(row) = builtin::row(name)
    {
        let places = overlay.places();
        let template_there = Template::open(row, Some(&places));
        let there = assemble(name, &template_there, Some(&places));
        if provider.leaves(&RowServers::of(&there)) {
            template.leave_tokens_behind();
            provider = assemble(name, &template, Some(overlay));
            provider.moved = true;
        }
    }
    provider.accepted_origins = accepted.origins.iter().cloned().collect();
    check::check(&provider).map_err(|fault| match &overlay {
        Some(overlay) => overlay.refuse(&fault),
        None => Error::new(
            Code::InternalError,
            format!(
                "the built-in `{name}` is wrong: `{}`: {}",
                fault.key, fault.what
            ),
        )
        .hint("report this as a fault of keyfob"),
    })?;
    if let Some(overlay) = &overlay {
        variables::check(name, overlay, &|variable| {
            accepted.variables.contains(variable)
        })?;
    }
    Ok(Loaded {
        provider,
        row: template.row,
        overlay,
    })
}

/// A built-in row as it is by itself; at this host where it leaves that to the person.
pub(in crate::provider) fn compose_row(name: &str, host: Option<&str>) -> Option<Provider> {
    let mut row = builtin::row(name)?;
    if let Some(host) = host {
        row.entry("host").or_insert_with(|| host.into());
    }
    Some(assemble(name, &Template::open(row, None), None))
}

fn assemble(name: &str, template: &Template, overlay: Option<&Overlay>) -> Provider {
    let mut table = template.row.clone();
    if let Some(overlay) = overlay {
        overlay::merge(&mut table, overlay.table.clone());
    }
    let missing = template.fill(&mut table);
    let mut provider: Provider = table
        .try_into()
        .expect("both tables have the types, and merging keeps them");
    provider.name = name.into();
    provider.missing = missing;
    if provider.title.is_empty() {
        provider.title = name.into();
    }
    provider
}

/// A variable that is set, and whose token it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SetVariable {
    pub provider: String,
    pub name: String,
}

/// The variables that hold a token for this very server; none where a file moves a row away from its own, until
/// it names them again. One that is inherited from another row says nothing about the host of this definition, so
/// it is none of them; nor is the usual one where another
/// row has it, as that of a provider called `gh` or `hf`.
fn own_variables(loaded: &Loaded) -> Vec<String> {
    let provider = &loaded.provider;
    let names_them = |overlay: &Overlay| overlay.lines.contains_key("environment.variables");
    let named = loaded.overlay.as_ref().is_some_and(names_them);
    if provider.moved && !named {
        return Vec::new();
    }
    let inherited = provider.like.is_some() && !named;
    let mut own = if inherited {
        vec![token_variable(&provider.name)]
    } else {
        provider.token_variables()
    };
    if inherited || provider.environment.variables.is_empty() {
        own.retain(|usual| !is_of_another_row(&provider.name, usual));
    }
    own
}

pub(super) fn is_of_another_row(provider: &str, variable: &str) -> bool {
    let mut others = builtin::names().filter(|name| *name != provider);
    others.any(|name| {
        builtin::text(name).is_some_and(|text| may_name(text, &|word| word == variable))
    })
}

/// Whether a definition's text may name a variable that is set. It is never missed: names stand in quotes
/// behind the key, and an escape, which could hide either, counts as one.
pub(super) fn may_name(text: &str, is_set: &dyn Fn(&str) -> bool) -> bool {
    if text.contains('\\') {
        return true;
    }
    text.find("environment").is_some_and(|key| {
        let mut quoted = text[key..].split(['"', '\'']);
        quoted.any(|word| is_variable(word) && is_set(word))
    })
}

#[derive(Debug, Clone)]
pub(crate) struct Embedded {
    base: Url,
    pin: String,
}

impl Embedded {
    /// `base` is an origin such as `http://127.0.0.1:4711`; `id` names the state behind it.
    #[cfg(feature = "sandbox")]
    pub(crate) fn at(base: &str, id: &str) -> Self {
        Self {
            base: Url::parse(base).expect("a server knows its own address"),
            pin: format!("embedded:{id}"),
        }
    }

    pub(super) fn complete(&self, provider: &mut Provider) {
        let endpoint = |path| self.base.join(path).ok();
        provider.authorization_endpoint = endpoint("/authorize");
        provider.token_endpoint = endpoint("/token");
        provider.userinfo_endpoint = endpoint("/userinfo");
        provider.revocation_endpoint = endpoint("/revoke");
        provider.device_authorization_endpoint = endpoint("/device_authorization");
        provider.pinned_as = Some(self.pin.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::paths::Paths;

    #[test]
    fn what_is_read_of_a_definition_is_what_the_whole_says() {
        let home = tempfile::tempdir().unwrap();
        let paths = Paths::under(home.path());
        for (name, text) in [
            ("github", "client_id = 'mine'\nhost = 'git.example.com'\n"),
            ("gitlab", "lifetime.refresh_token = '9d'\n"),
            ("spotify", "[lifetime]\nrefresh_token_idle = '9d'\n"),
            ("zoom", "\"life\\u0074ime\" = { refresh_token = '9d' }\n"),
            ("music", "like = 'spotify'\n"),
            (
                "wrong",
                "like = 'spotify'\nlifetime.refresh_token = 'soon'\n",
            ),
        ] {
            let file = paths.providers().join(format!("{name}.toml"));
            keyfob_base::files::replace(&file, text.as_bytes()).unwrap();
        }
        let registry = Registry::new(paths);
        let mut rules = 0;
        for name in registry.names() {
            let whole = registry.describe(&name).map(|provider| provider.lifetime);
            assert_eq!(
                registry.lifetime(&name),
                whole.unwrap_or_default(),
                "{name}"
            );
            rules += usize::from(registry.lifetime(&name) != LifetimeRule::default());
        }
        assert_eq!(rules, 18, "those of the rows, of `gitlab` and of `music`");
        for gone in ["missing", "../github", ""] {
            assert_eq!(registry.lifetime(gone), LifetimeRule::default());
        }
    }
}
