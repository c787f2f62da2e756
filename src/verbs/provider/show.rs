//! `provider show`: one definition as it is in effect, where each key comes from, and how to register a
//! client. Sends nothing.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};

use clap::Args;
use clap_complete::engine::ArgValueCompleter;
use serde::Serialize;
use toml_edit::{DocumentMut, TableLike, Value};
use url::Url;

use super::needs::{Need, command_for, find_needs, name_needs};
use crate::complete;
use crate::error::Result;
use crate::provider::{Provider, Source, Sources, dotted};
use crate::verbs::app::App;
use crate::verbs::print_answer;
use keyfob_base::escape::{escape, is_unsafe};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  keyfob provider show github           where to register, and what
  keyfob provider show gitea --json

The text is a whole definition that can be kept as a file.")]
pub struct ProviderShow {
    /// The provider
    #[arg(value_name = "PROVIDER", add = ArgValueCompleter::new(complete::providers))]
    pub provider: String,
}

pub(crate) fn run(app: &App, args: &ProviderShow) -> Result<()> {
    let provider = app.registry.describe(&args.provider)?;
    let sources = app.registry.sources(&args.provider)?;
    let accounts = app.vault.accounts_of(&provider.name).accounts;
    let answer = ShowAnswer::new(&provider, &sources, find_needs(app, &provider, &accounts));
    print_answer(app, &answer, || answer.text())
}

#[derive(Debug, Serialize)]
struct ShowAnswer<'a> {
    name: &'a str,
    title: &'a str,
    needs: Vec<Need>,
    redirect_uris: Vec<String>,
    registration: HowToRegister<'a>,
    definition: &'a Provider,
    sources: BTreeMap<&'a str, KeyOrigin<'a>>,
}

#[derive(Debug, Serialize)]
struct HowToRegister<'a> {
    page: Option<&'a Url>,
    values: Vec<String>,
}

#[derive(Debug, Serialize)]
struct KeyOrigin<'a> {
    from: &'static str,
    file: Option<&'a Path>,
    line: Option<usize>,
}

impl<'a> From<&'a Source> for KeyOrigin<'a> {
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

impl<'a> ShowAnswer<'a> {
    fn new(provider: &'a Provider, sources: &'a Sources, needs: Vec<Need>) -> Self {
        Self {
            name: &provider.name,
            title: &provider.title,
            needs,
            redirect_uris: provider.redirect_uris(),
            registration: HowToRegister {
                page: provider.registration.page.as_ref(),
                values: provider.registration_values(&provider.scopes),
            },
            definition: provider,
            sources: sources
                .iter()
                .map(|(key, source)| (key.as_str(), source.into()))
                .collect(),
        }
    }

    /// TOML that can be kept as a file, its comments saying what to register.
    fn text(&self) -> String {
        let mut comments = vec![format!("{} ({})", self.title, self.name), self.state()];
        comments.extend(self.elsewhere());
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
            format!("needs {} before a login", name_needs(&self.needs))
        }
    }

    /// What a file moves away from the servers of its provider.
    fn elsewhere(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for (host, keys) in self.definition.departures() {
            lines.push(format!(
                "{host} gets nothing yet (`{}`): `keyfob provider set {} --accept-origin {host}` trusts it",
                keys.join("`, `"),
                self.name
            ));
        }
        if self.definition.moved {
            lines.push(
                "not at the built-in server: its variables and client are not inherited".into(),
            );
        }
        lines
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
            lines.extend(indent(values));
        }
        let is_among_them = |uri: &String| values.iter().any(|value| value.contains(uri));
        if !self.redirect_uris.iter().all(is_among_them) {
            lines.push(String::new());
            lines.push("redirect URI".into());
            lines.extend(indent(&self.redirect_uris));
        }
        if let Some(next) = command_for(self.name, &self.needs) {
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

/// Writes characters that act on a terminal as TOML's own escapes, which keeps their meaning.
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

fn indent(lines: &[String]) -> impl Iterator<Item = String> {
    lines.iter().map(|line| format!("  {line}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::RegistrationRule;

    fn example() -> Provider {
        Provider {
            name: "example".into(),
            title: "Example".into(),
            issuer: Some("https://id.example.com".into()),
            scopes: vec!["openid".into(), "profile".into()],
            registration: RegistrationRule {
                dynamic: false,
                page: Some("https://id.example.com/apps/new".parse().unwrap()),
                values: vec![
                    "redirect URI: {redirect_uri}".into(),
                    "scopes: {scopes}".into(),
                ],
            },
            ..Provider::default()
        }
    }

    fn sources() -> Sources {
        let file = |line| {
            Source::File(
                "/home/ada/.config/keyfob/providers/example.toml".into(),
                line,
            )
        };
        BTreeMap::from([
            ("issuer".to_owned(), Source::BuiltIn),
            ("scopes".to_owned(), file(4)),
        ])
    }

    fn shown<'a>(provider: &'a Provider, sources: &'a Sources) -> ShowAnswer<'a> {
        ShowAnswer::new(provider, sources, vec![Need::ClientId, Need::ClientSecret])
    }

    #[test]
    fn the_shape_of_show_is_the_documented_one_with_the_whole_definition() {
        let (provider, sources) = (example(), sources());
        let mut shape = serde_json::to_value(shown(&provider, &sources)).unwrap();
        let documented: serde_json::Value =
            serde_json::from_str(include_str!("../shapes/provider-show.json")).unwrap();
        let whole = shape["definition"].take();
        let mut expected = documented.clone();
        let some = expected["definition"].take();
        assert_eq!(shape, expected);
        for (key, value) in some.as_object().unwrap() {
            assert_eq!(&whole[key], value, "{key}");
        }
        assert_eq!(whole["redirect"]["host"], "127.0.0.1");
    }

    #[test]
    fn the_text_of_show_is_a_file_with_the_same_meaning() {
        let (mut provider, sources) = (example(), sources());
        let presets = [(
            "read".to_owned(),
            vec!["openid".to_owned(), "read".to_owned()],
        )];
        provider.presets = presets.into();
        let text = shown(&provider, &sources).text();
        assert!(
            text.starts_with(
                "\
# Example (example)
# needs a client id and a client secret before a login
#
# register a client at https://id.example.com/apps/new
#   redirect URI: http://127.0.0.1/callback/example
#   scopes: openid profile
#
# then `keyfob provider set example client_id=ID --client-secret`
#
# scopes for a purpose: `keyfob login example --for NAME`
#   read: openid read
#
# your file: /home/ada/.config/keyfob/providers/example.toml
# a key without a note behind it has its default

title = \"Example\"
issuer = \"https://id.example.com\" # built in
"
            ),
            "{text}"
        );
        assert!(
            text.contains("\nscopes = [\"openid\", \"profile\"] # example.toml:4\n"),
            "{text}"
        );
        let mut read: Provider = toml::from_str(&text).unwrap();
        read.name.clone_from(&provider.name);
        assert_eq!(read, provider);
    }

    #[test]
    fn what_is_only_an_example_is_said_to_be_one() {
        let (mut provider, sources) = (example(), sources());
        provider.missing = vec!["audience".into()];
        provider.audience = Some("https://api.example".into());
        let needs = vec![Need::Key("audience".into())];
        let text = ShowAnswer::new(&provider, &sources, needs).text();
        for line in [
            "# needs `audience` before a login",
            "# then `keyfob provider set example audience=VALUE`",
            "# what is an example here must be yours before this is a file",
            "audience = \"https://api.example\" # an example; only you can say",
        ] {
            assert!(
                text.lines().any(|shown| shown == line),
                "no {line:?} in {text}"
            );
        }
    }

    #[test]
    fn hostile_words_of_a_file_stay_comments_and_keep_their_meaning() {
        let (mut provider, sources) = (example(), sources());
        provider.title = "x\nclient_id = \"mine\"\n\u{1b}[2J\u{202e}".into();
        provider.scopes = vec!["a\u{202e}\"\\b".into()];
        provider.registration.values = vec!["a\nclient_id = \"mine\"".into()];
        let text = shown(&provider, &sources).text();
        assert!(!text.contains(['\u{1b}', '\u{202e}']));
        let read: Provider = toml::from_str(&text).unwrap();
        assert_eq!(read.client_id, None, "{text}");
        assert_eq!((read.title, read.scopes), (provider.title, provider.scopes));
    }
}
