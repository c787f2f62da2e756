//! The shape and the text of `provider show`: the definition, where each key comes from, and how to
//! register a client.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};

use serde::Serialize;
use toml_edit::{DocumentMut, TableLike, Value};
use url::Url;

use super::{Need, giving, needed};
use crate::provider::{Provider, Source, Sources, dotted};
use keyfob_base::escape::{escape, is_unsafe};

/// A provider's effective definition and how to register a client there.
#[derive(Debug, Serialize)]
pub(crate) struct Shown<'a> {
    name: &'a str,
    title: &'a str,
    needs: Vec<Need>,
    redirect_uris: Vec<String>,
    registration: Registration<'a>,
    definition: &'a Provider,
    sources: BTreeMap<&'a str, Origin<'a>>,
}

#[derive(Debug, Serialize)]
struct Registration<'a> {
    page: Option<&'a Url>,
    values: Vec<String>,
}

/// Where a key comes from.
#[derive(Debug, Serialize)]
struct Origin<'a> {
    from: &'static str,
    file: Option<&'a Path>,
    line: Option<usize>,
}

impl<'a> From<&'a Source> for Origin<'a> {
    fn from(source: &'a Source) -> Self {
        match source {
            Source::BuiltIn => Self {
                from: "built_in",
                file: None,
                line: None,
            },
            Source::File(path, line) => Self {
                from: "file",
                file: Some(path),
                line: Some(*line),
            },
        }
    }
}

impl<'a> Shown<'a> {
    /// Takes the effective definition, where its keys come from, and what it lacks for a login.
    pub(crate) fn new(provider: &'a Provider, sources: &'a Sources, needs: Vec<Need>) -> Self {
        let origins = sources.iter();
        Self {
            name: &provider.name,
            title: &provider.title,
            needs,
            redirect_uris: provider.redirect_uris(),
            registration: Registration {
                page: provider.registration.page.as_ref(),
                values: provider.registration_values(&provider.scopes),
            },
            definition: provider,
            sources: origins
                .map(|(key, source)| (key.as_str(), source.into()))
                .collect(),
        }
    }

    /// Writes the definition as TOML that can be kept as a file, its comments saying what to register
    /// and which file has each key.
    pub(crate) fn text(&self) -> String {
        let mut comments = vec![format!("{} ({})", self.title, self.name), self.state()];
        comments.extend(self.to_register());
        comments.extend(self.presets());
        comments.push(String::new());
        comments.extend(self.legend());
        let mut text = String::new();
        for comment in &comments {
            text += format!("# {}", escape(comment)).trim_end();
            text.push('\n');
        }
        text.push('\n');
        for line in self.definition().lines() {
            text += &escape(line);
            text.push('\n');
        }
        text
    }

    fn state(&self) -> String {
        if self.needs.is_empty() {
            format!("ready: `keyfob login {}`", self.name)
        } else {
            format!("needs {} before a login", needed(&self.needs))
        }
    }

    fn to_register(&self) -> Vec<String> {
        let mut lines = Vec::new();
        let values = &self.registration.values;
        if self.registration.page.is_some() || !values.is_empty() {
            lines.push(String::new());
            lines.push(match self.registration.page {
                Some(page) => format!("register a client at {page}"),
                None => "the client".into(),
            });
            lines.extend(indented(values));
        }
        let told = |uri: &String| values.iter().any(|value| value.contains(uri));
        if !self.redirect_uris.iter().all(told) {
            lines.push(String::new());
            lines.push("redirect URI".into());
            lines.extend(indented(&self.redirect_uris));
        }
        if let Some(next) = giving(self.name, &self.needs) {
            lines.push(String::new());
            lines.push(format!("then `{next}`"));
        }
        lines
    }

    fn presets(&self) -> Vec<String> {
        let presets = &self.definition.presets;
        if presets.is_empty() {
            return Vec::new();
        }
        let heading = format!(
            "scopes for a purpose: `keyfob login {} --for NAME`",
            self.name
        );
        let each = presets
            .iter()
            .map(|(name, scopes)| format!("  {name}: {}", scopes.join(" ")));
        [String::new(), heading].into_iter().chain(each).collect()
    }

    /// Says which file the notes mean.
    fn legend(&self) -> Vec<String> {
        let mut files: Vec<&Path> = self.sources.values().filter_map(|one| one.file).collect();
        files.dedup();
        let files = files
            .iter()
            .map(|file| format!("your file: {}", file.display()));
        let default = "a key without a note behind it has its default".into();
        let missing = !self.definition.missing.is_empty();
        let example =
            missing.then(|| "what is an example here must be yours before this is a file".into());
        files.chain([default]).chain(example).collect()
    }

    fn definition(&self) -> String {
        let plain = toml::to_string(self.definition).expect("its keys and values are TOML's");
        let mut document: DocumentMut = plain.parse().expect("it was just written");
        self.annotate("", document.as_table_mut());
        document.to_string()
    }

    fn annotate(&self, prefix: &str, table: &mut dyn TableLike) {
        for (key, item) in table.iter_mut() {
            let path = dotted(prefix, key.get());
            if let Some(value) = item.as_value_mut() {
                respell(value);
                if let Some(note) = self.note(&path) {
                    value.decor_mut().set_suffix(format!(" # {note}"));
                }
            } else if let Some(table) = item.as_table_like_mut() {
                self.annotate(&path, table);
            }
        }
    }

    fn note(&self, key: &str) -> Option<String> {
        if self.definition.missing.iter().any(|missing| missing == key) {
            return Some("an example; only you can say".into());
        }
        let origin = self.sources.get(key)?;
        Some(match (origin.file, origin.line) {
            (Some(file), Some(line)) => {
                let name = file.file_name().map_or(file.into(), PathBuf::from);
                format!("{}:{line}", name.display())
            }
            _ => "built in".into(),
        })
    }
}

/// Writes characters that act on a terminal as TOML's own escapes, so that the text is harmless to look
/// at and keeps its meaning.
fn respell(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(respell),
        Value::String(text) if text.value().contains(is_unsafe) => {
            let mut spelt = String::from('"');
            for c in text.value().chars() {
                match c {
                    '"' | '\\' => spelt.extend(['\\', c]),
                    c if is_unsafe(c) => {
                        let _ = write!(spelt, "\\U{:08x}", u32::from(c)); // a String takes everything
                    }
                    c => spelt.push(c),
                }
            }
            spelt.push('"');
            let decor = value.decor().clone();
            *value = spelt.parse().expect("a string as TOML writes one");
            *value.decor_mut() = decor;
        }
        _ => {}
    }
}

fn indented(lines: &[String]) -> impl Iterator<Item = String> {
    lines.iter().map(|line| format!("  {line}"))
}
