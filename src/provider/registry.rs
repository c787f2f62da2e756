//! Finds provider definitions: the built-in rows, and the user's files that overlay them key by key.

mod lifetime;
mod variables;
mod write;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use super::overlay::{self, Overlay};
use super::template::{self, Template};
use super::{Embedded, Provider, SANDBOX, builtin, check};
use crate::error::{Code, Error, Result};
use crate::names::is_provider_name;
use crate::names::nearest;
use crate::paths::Paths;
use crate::toml_text::read_text;
use keyfob_base::escape::escape_short;

pub use variables::SetVariable;
pub use write::{Adopted, Edited, Removed};

/// Where a key of a definition came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// The row compiled in: that of the name, or the one that the file is `like`.
    BuiltIn,
    /// The user's file, and the line in it.
    File(PathBuf, usize),
}

/// The source of each key that a file or row sets, by its dotted path such as `redirect.host`.
pub type Sources = BTreeMap<String, Source>;

/// All known providers, read when asked for.
#[derive(Debug, Clone)]
pub struct Registry {
    paths: Paths,
    embedded: Option<Embedded>,
}

/// A definition, and what it was made of.
struct Loaded {
    provider: Provider,
    row: toml::Table,
    overlay: Option<Overlay>,
}

impl Registry {
    /// Looks into the user's folder only when asked.
    pub fn new(paths: Paths) -> Self {
        Self {
            paths,
            embedded: None,
        }
    }

    /// The same, knowing where the embedded provider serves right now.
    #[must_use]
    pub fn with_embedded(self, embedded: Embedded) -> Self {
        Self {
            embedded: Some(embedded),
            ..self
        }
    }

    /// The names of all providers, sorted: built-in rows and the user's files. Reads no file; a
    /// folder that cannot be read adds none.
    pub fn names(&self) -> Vec<String> {
        with_rows(self.own_names()).into_iter().collect()
    }

    /// The names of the user's files.
    fn own_names(&self) -> BTreeSet<String> {
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

    /// The effective definition. An unknown name is `unknown_provider` with the nearest one; a wrong
    /// file is `config_invalid` with file, line and key, and so is a definition that lacks what only
    /// the user can say.
    pub fn get(&self, name: &str) -> Result<Provider> {
        let provider = self.describe(name)?;
        if provider.missing.is_empty() {
            Ok(provider)
        } else {
            Err(template::incomplete(&provider))
        }
    }

    /// The same to look at: where only the user can say something, `missing` names the key and an
    /// example stands in its place.
    pub fn describe(&self, name: &str) -> Result<Provider> {
        let mut provider = self.load(name)?.provider;
        if let (true, Some(embedded)) = (provider.embedded, &self.embedded) {
            embedded.complete(&mut provider);
        }
        Ok(provider)
    }

    /// Where each key of the effective definition came from.
    pub fn sources(&self, name: &str) -> Result<Sources> {
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
        compose(name, row.unwrap_or_default(), overlay)
    }

    /// The user's file for `name`, which fits the grammar of names.
    fn file(&self, name: &str) -> PathBuf {
        self.paths.providers().join(format!("{name}.toml"))
    }

    fn unknown(&self, name: &str) -> Error {
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
        let file = if is_provider_name(name) { name } else { "NAME" };
        let mut hint = format!(
            "`keyfob provider list` shows all; `keyfob provider add {file}` adds one, at {}",
            self.file(file).display()
        );
        if !is_provider_name(name) {
            hint.push_str(", its name in lower-case letters, digits and `-`, 32 at most");
        }
        error.hint(hint)
    }
}

/// These names and those of all rows.
fn with_rows(own: BTreeSet<String>) -> BTreeSet<String> {
    builtin::names().map(String::from).chain(own).collect()
}

/// Lays the user's file over the row and checks the whole.
fn compose(name: &str, row: toml::Table, overlay: Option<Overlay>) -> Result<Loaded> {
    let template = Template::open(row, overlay.as_ref());
    let mut table = template.row.clone();
    if let Some(overlay) = &overlay {
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
    Ok(Loaded {
        provider,
        row: template.row,
        overlay,
    })
}

#[cfg(test)]
mod tests;
