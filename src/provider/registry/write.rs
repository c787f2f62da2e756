//! What changes the user's files: one process at a time, each text checked as a whole definition before
//! it takes the place of anything.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use url::Url;

use super::registry::{Registry, compose};
use super::variables;
use crate::error::{Code, Error, Result};
use crate::names::is_provider_name;
use crate::provider::acceptance::Acceptance;
use crate::provider::change::{refuse_definition, strip_place};
use crate::provider::origins::host_of;
use crate::provider::overlay::Overlay;
use crate::provider::{
    Change, ClientAuth, Definition, Endpoint, Provider, SANDBOX, builtin, check, edit,
};
use crate::toml_text::read_text;
use keyfob_base::escape::escape_short;
use keyfob_base::files;

#[derive(Debug)]
pub(crate) struct Edited {
    pub file: PathBuf,
    pub provider: Provider,
    /// Keys that were to be removed and were not there.
    pub absent: Vec<String>,
}

#[derive(Debug)]
pub(crate) struct Removed {
    pub file: Option<PathBuf>,
    /// A built-in row has the same name, and is in effect again.
    pub built_in: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Adopted {
    Written,
    Unchanged,
    /// The user's file says something else, and stays.
    Kept,
}

impl Registry {
    pub(crate) fn own_text(&self, name: &str) -> Result<Option<String>> {
        if is_provider_name(name) {
            read_text(&self.file(name))
        } else {
            Ok(None)
        }
    }

    /// Takes a definition from elsewhere as the user's file for `name`, where there is none; checked as a whole.
    pub(crate) fn adopt(&self, name: &str, text: &str) -> Result<Adopted> {
        self.changeable(name)?;
        let _lock = edit::lock(&self.paths.locks(), edit::PATIENCE)?;
        let file = self.file(name);
        if fs::symlink_metadata(&file).is_ok() {
            return Ok(match read_text(&file) {
                Ok(Some(own)) if own == text => Adopted::Unchanged,
                _ => Adopted::Kept,
            });
        }
        self.compose_adopted(name, text)?;
        self.forget_acceptance(name)?;
        write(&file, text)?;
        Ok(Adopted::Written)
    }

    /// A definition from elsewhere as it would be in effect, with nothing that somebody accepted elsewhere.
    pub(crate) fn compose_adopted(&self, name: &str, text: &str) -> Result<Provider> {
        self.changeable(name)?;
        let overlay = Overlay::parse(&self.file(name), name, text)?;
        let row = builtin::row(name).unwrap_or_default();
        // Its variables are refused when they are used, and can be accepted only once it is here.
        let accepted = Acceptance::of(variables::unlike(name, &overlay));
        compose(name, row, Some(overlay), &accepted).map(|loaded| loaded.provider)
    }

    /// The definition by which servers are judged, though its variables were not accepted.
    pub(crate) fn judging(&self, name: &str) -> Result<Provider> {
        let Some(text) = self.own_text(name)? else {
            return self.describe(name);
        };
        let mut provider = self.compose_adopted(name, &text)?;
        let accepted = Acceptance::read(&self.paths, name);
        provider.accepted_origins = accepted.origins.into_iter().collect();
        Ok(provider)
    }

    /// Changes keys of the user's file for `name` in one write, its comments, order and formatting kept, and makes
    /// that file for a built-in row. What
    /// would not be a valid definition is `usage`; a file that was wrong before is `config_invalid`, unless
    /// the changes mend it.
    pub(crate) fn edit(&self, name: &str, changes: &[Change]) -> Result<Edited> {
        let _lock = edit::lock(&self.paths.locks(), edit::PATIENCE)?;
        let (text, new, edited) = self.compose_edit(name, changes)?;
        if text.as_deref() != Some(new.as_str()) && (text.is_some() || holds_keys(&new)) {
            write(&edited.file, &new)?;
        }
        let typed = changes.iter().filter(|change| change.value().is_some());
        let keys: Vec<String> = typed.map(Change::key).collect();
        let named = name_variables(&keys).then(|| Overlay::parse(&edited.file, name, &new));
        let named = named.transpose()?;
        let named = named.map_or_else(Vec::new, |overlay| variables::unlike(name, &overlay));
        self.extend_acceptance(name, &typed_hosts(&edited.provider, &keys), &named)?;
        Ok(edited)
    }

    /// The definition as [`Registry::edit`] would leave it; nothing is written.
    pub(crate) fn preview(&self, name: &str, changes: &[Change]) -> Result<Provider> {
        self.compose_edit(name, changes)
            .map(|(_, _, edited)| edited.provider)
    }

    /// Writes a client id and how the client authenticates, where that is given. Returns the file.
    pub(crate) fn set_client(
        &self,
        name: &str,
        client_id: &str,
        auth: Option<ClientAuth>,
    ) -> Result<PathBuf> {
        check::client_id(client_id).map_err(|what| {
            Error::new(Code::Usage, format!("the client id {what}"))
                .hint("copy it from the page where the client was registered")
        })?;
        let mut changes = vec![Change::set("client_id", client_id)];
        changes.extend(auth.map(|auth| Change::set("client_auth", auth.as_str())));
        Ok(self.edit(name, &changes)?.file)
    }

    /// Writes a definition under a name that is free. Returns it as it is in effect, and the file.
    pub(crate) fn add(&self, name: &str, definition: &Definition) -> Result<Edited> {
        let _lock = edit::lock(&self.paths.locks(), edit::PATIENCE)?;
        let (file, text, provider) = self.compose_draft(name, definition)?;
        self.forget_acceptance(name)?;
        write(&file, &text)?;
        let keys = definition.keys();
        let overlay = Overlay::parse(&file, name, &text)?;
        let named = variables::unlike(name, &overlay);
        self.extend_acceptance(name, &typed_hosts(&provider, &keys), &named)?;
        Ok(Edited {
            file,
            provider,
            absent: Vec::new(),
        })
    }

    /// The definition as [`Registry::add`] would write it, or why it would not; nothing is written.
    pub(crate) fn draft(&self, name: &str, definition: &Definition) -> Result<Provider> {
        self.compose_draft(name, definition)
            .map(|(.., provider)| provider)
    }

    /// Whether [`Registry::add`] would take the name: it fits the grammar, and nothing has it.
    pub(crate) fn is_free(&self, name: &str) -> Result<()> {
        if !is_provider_name(name) {
            let what = format!("`{}` is no name for a provider", escape_short(name, 40));
            return Err(
                Error::new(Code::Usage, what).hint(
                    "use lower-case letters, digits and `-`, 32 at most, beginning with a letter or digit",
                ),
            );
        }
        let change = format!("change it with `keyfob provider set {name} KEY=VALUE`");
        let (what, hint) = if name == SANDBOX {
            let next = "give this one another name".into();
            ("is the practice provider", next)
        } else if Self::is_built_in(name) {
            let next = format!("{change}, or give this one another name");
            ("is a built-in provider", next)
        } else if fs::symlink_metadata(self.file(name)).is_ok() {
            let next = format!("{change}, or see it with `keyfob provider show {name}`");
            ("exists already", next)
        } else {
            return Ok(());
        };
        Err(Error::new(Code::Usage, format!("`{name}` {what}")).hint(hint))
    }

    /// Gives a definition another name. The path of its redirect URI stays the one that was registered.
    /// Accounts do not move with it. Returns the file.
    pub(crate) fn rename(&self, from: &str, to: &str) -> Result<PathBuf> {
        self.changeable(from)?;
        let _lock = edit::lock(&self.paths.locks(), edit::PATIENCE)?;
        let (text, _, edited) = self.compose_edit(from, &[])?;
        let Some(text) = text.filter(|_| !Self::is_built_in(from)) else {
            return Err(refuse_built_in(from));
        };
        self.is_free(to)?;
        let old = edited.provider;
        let mut changes = Vec::new();
        if old.redirect.path.is_none() && old.client_id.is_some() {
            changes.push(Change::set("redirect.path", old.redirect_path()));
        }
        let text = edit::apply(&text, &changes)?;
        let file = self.file(to);
        let overlay = Overlay::parse(&file, to, &text)?;
        let accepted = Acceptance::of(variables::unlike(to, &overlay));
        compose(to, toml::Table::new(), Some(overlay), &accepted)?;
        self.move_acceptance(from, to)?;
        write(&file, &text)?;
        unlink(&self.file(from))?;
        Ok(file)
    }

    /// Removes the user's file for `name`, after `before` has gone well; both under the lock that edits
    /// take. Of a built-in row only what lies over it goes.
    pub(crate) fn remove(
        &self,
        name: &str,
        before: impl FnOnce() -> Result<()>,
    ) -> Result<Removed> {
        self.changeable(name)?;
        let _lock = edit::lock(&self.paths.locks(), edit::PATIENCE)?;
        self.is_known(name)?;
        let file = self.own_file(name);
        before()?;
        if let Some(file) = &file {
            unlink(file)?;
        }
        self.forget_acceptance(name)?;
        Ok(Removed {
            file,
            built_in: Self::is_built_in(name),
        })
    }

    /// Whether [`Registry::remove`] could remove the user's file for `name`, where there is one.
    pub(crate) fn is_removable(&self, name: &str) -> Result<()> {
        self.own_file(name).map_or(Ok(()), |file| {
            files::is_removable(&file).map_err(|error| refuse_removal(&file, &error))
        })
    }

    pub(crate) fn own_file(&self, name: &str) -> Option<PathBuf> {
        let file = is_provider_name(name).then(|| self.file(name))?;
        fs::symlink_metadata(&file).is_ok().then_some(file)
    }

    /// Whether there is a definition of that name, right or wrong; the error is `unknown_provider`.
    pub(crate) fn is_known(&self, name: &str) -> Result<()> {
        if Registry::is_built_in(name) || self.own_file(name).is_some() {
            return Ok(());
        }
        Err(self.unknown(name))
    }

    pub(crate) fn is_built_in(name: &str) -> bool {
        builtin::names().any(|row| row == name)
    }

    /// The names that no definition has, or may have, are refused.
    fn changeable(&self, name: &str) -> Result<()> {
        if name == SANDBOX {
            return Err(Error::new(
                Code::Usage,
                format!("the definition of `{SANDBOX}` cannot be changed"),
            )
            .hint("practise with it as it is, or add a provider of your own with `keyfob provider add NAME`"));
        }
        if is_provider_name(name) {
            Ok(())
        } else {
            Err(self.unknown(name))
        }
    }

    fn compose_edit(
        &self,
        name: &str,
        changes: &[Change],
    ) -> Result<(Option<String>, String, Edited)> {
        self.changeable(name)?;
        let path = self.file(name);
        let row = builtin::row(name);
        let text = read_text(&path)?;
        if row.is_none() && text.is_none() {
            return Err(self.unknown(name));
        }
        let row = row.unwrap_or_default();
        let before = Acceptance::read(&self.paths, name);
        let keys: Vec<String> = changes.iter().map(Change::key).collect();
        let valid = |text: &str| {
            let overlay = Overlay::parse(&path, name, text)?;
            let mut accepted = before.clone();
            if name_variables(&keys) {
                accepted.variables.extend(variables::unlike(name, &overlay));
            }
            compose(name, row.clone(), Some(overlay), &accepted).map(|loaded| loaded.provider)
        };
        let before = text
            .as_deref()
            .map_or(Ok(()), |text| valid(text).map(|_| ()));
        let heading = overlay_heading(name);
        let old = text.as_deref().unwrap_or(&heading);
        let absent = find_absent(old, changes)?;
        let new = match (edit::apply(old, changes), &before) {
            (Err(error), Err(earlier)) if error.code == Code::ConfigInvalid => {
                return Err(earlier.clone()); // it names file and line
            }
            (outcome, _) => outcome?,
        };
        let provider = valid(&new).map_err(|error| match before {
            Ok(()) => refuse_definition(&strip_place(&path, &error)),
            Err(earlier) => earlier,
        })?;
        // A link stays a link.
        let file = fs::canonicalize(&path).unwrap_or(path);
        let edited = Edited {
            file,
            provider,
            absent,
        };
        Ok((text, new, edited))
    }

    fn compose_draft(
        &self,
        name: &str,
        definition: &Definition,
    ) -> Result<(PathBuf, String, Provider)> {
        self.is_free(name)?;
        let file = self.file(name);
        let text = definition.text(name)?;
        let loaded = Overlay::parse(&file, name, &text).and_then(|overlay| {
            let accepted = Acceptance::of(variables::unlike(name, &overlay));
            compose(name, toml::Table::new(), Some(overlay), &accepted)
        });
        match loaded {
            Ok(loaded) => Ok((file, text, loaded.provider)),
            Err(error) => Err(Error::new(Code::Usage, strip_place(&file, &error))
                .hint("nothing was written; `keyfob provider add --help` lists what can be given")),
        }
    }
}

fn name_variables(keys: &[String]) -> bool {
    keys.iter()
        .any(|key| variables::KEYS.contains(&key.as_str()))
}

/// The servers that were named by hand, so that nobody has to accept them once more: those of them that nothing
/// else vouches for.
fn typed_hosts(provider: &Provider, keys: &[String]) -> Vec<String> {
    let parse = |text: &str| Url::parse(text).ok();
    let named = keys.iter().filter_map(|key| match key.as_str() {
        "host" => parse(&format!("https://{}", provider.host.as_deref()?)),
        "issuer" => parse(provider.issuer.as_deref()?),
        "given.userinfo_endpoint" => provider.given.userinfo_endpoint.clone(),
        key => {
            let mut all = Endpoint::ALL.into_iter();
            let endpoint = all.find(|endpoint| endpoint.key() == key)?;
            provider.endpoint(endpoint).cloned()
        }
    });
    named
        .filter(|url| !provider.trusts(url))
        .map(|url| host_of(&url))
        .collect()
}

/// The removals that find nothing. One of a key that nobody knows is refused.
fn find_absent(text: &str, changes: &[Change]) -> Result<Vec<String>> {
    let removals = changes.iter().filter(|change| change.value().is_none());
    let missing = removals.filter(|change| !edit::holds(text, change));
    missing
        .map(|change| {
            let known = change.is_known().then(|| change.key());
            known.ok_or_else(|| change.unknown())
        })
        .collect()
}

fn overlay_heading(name: &str) -> String {
    format!(
        "# What is set here goes before the built-in definition of {name}, key by key.\n\
         # A client secret never belongs here: `keyfob provider set {name} --client-secret` keeps one.\n"
    )
}

fn holds_keys(text: &str) -> bool {
    text.parse::<toml::Table>()
        .is_ok_and(|table| !table.is_empty())
}

fn refuse_built_in(name: &str) -> Error {
    Error::new(
        Code::Usage,
        format!("`{name}` is a built-in provider, and keeps its name"),
    )
    .hint("`keyfob provider list` shows all")
}

fn write(file: &Path, text: &str) -> Result<()> {
    files::replace(file, text.as_bytes())
        .map_err(|error| Error::io(format!("cannot write {}", file.display()), &error))
}

fn unlink(file: &Path) -> Result<()> {
    match files::remove(file) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(refuse_removal(file, &error)),
        _ => Ok(()),
    }
}

fn refuse_removal(file: &Path, error: &std::io::Error) -> Error {
    Error::io(format!("cannot remove {}", file.display()), error)
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;
    use crate::paths::Paths;

    const ISSUER: &str = "https://id.example.com";

    fn home() -> (TempDir, Registry) {
        let home = tempfile::tempdir().unwrap();
        let registry = Registry::new(Paths::under(home.path()));
        (home, registry)
    }

    fn definition(client_id: Option<&str>) -> Definition {
        Definition::of_issuer(ISSUER, "Example", &["openid".to_owned()], client_id)
    }

    #[test]
    fn a_definition_is_added_once_and_is_in_effect() {
        let (_home, registry) = home();
        let added = registry.add("example", &definition(Some("ours"))).unwrap();
        assert_eq!(added.provider, registry.get("example").unwrap());
        assert_eq!(added.provider.client_id.as_deref(), Some("ours"));
        assert_eq!(registry.with_issuer(ISSUER).as_deref(), Some("example"));
        assert_eq!(registry.suggest(ISSUER, []), "example-id");
        for name in ["example", "github", SANDBOX, "Example", ""] {
            let error = registry.add(name, &definition(None)).unwrap_err();
            assert_eq!(error.code, Code::Usage, "{name}");
        }
        let wrong = Definition::of_issuer("http://hunter2.example", "x", &[], None);
        let error = registry.add("other", &wrong).unwrap_err();
        assert!(error.message.starts_with("`issuer`: "), "{error}");
        assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
        assert!(registry.own_file("other").is_none());
    }

    #[test]
    fn a_renamed_definition_keeps_its_keys_and_its_registered_redirect() {
        let (_home, registry) = home();
        registry.add("one", &definition(Some("ours"))).unwrap();
        let uris = registry.get("one").unwrap().redirect_uris();
        let file = registry.rename("one", "two").unwrap();
        assert!(file.ends_with("two.toml"));
        let two = registry.get("two").unwrap();
        assert_eq!(two.redirect_uris(), uris);
        assert_eq!(
            (two.title.as_str(), two.issuer.as_deref()),
            ("Example", Some(ISSUER))
        );
        assert_eq!(registry.get("one").unwrap_err().code, Code::UnknownProvider);

        registry.add("free", &definition(None)).unwrap();
        registry.rename("free", "three").unwrap();
        let three = registry.get("three").unwrap();
        assert_eq!(
            three.redirect_path(),
            "/callback/three",
            "nothing was registered"
        );

        for (from, to) in [
            ("two", "three"),
            ("two", "github"),
            ("two", "T"),
            ("github", "mine"),
            ("nobody", "mine"),
        ] {
            assert!(registry.rename(from, to).is_err(), "{from} to {to}");
        }
        assert!(registry.get("two").is_ok() && registry.get("three").is_ok());
    }

    #[test]
    fn what_fails_before_a_removal_prevents_it() {
        let (_home, registry) = home();
        registry.add("example", &definition(None)).unwrap();
        let busy = || Err(Error::new(Code::Locked, "busy"));
        assert_eq!(
            registry.remove("example", busy).unwrap_err().code,
            Code::Locked
        );
        assert!(registry.get("example").is_ok());
        let removed = registry.remove("example", || Ok(())).unwrap();
        assert!(removed.file.is_some() && !removed.built_in);
        let again = registry.remove("example", || panic!("nothing is there"));
        assert_eq!(again.unwrap_err().code, Code::UnknownProvider);
        let row = registry.remove("github", || Ok(())).unwrap();
        assert!(row.file.is_none() && row.built_in);
    }

    #[test]
    fn a_preview_and_a_draft_write_nothing() {
        let (home, registry) = home();
        let changes = [Change::parse("client_id=ours").unwrap()];
        let github = registry.preview("github", &changes).unwrap();
        assert_eq!(github.client_id.as_deref(), Some("ours"));
        registry.draft("example", &definition(None)).unwrap();
        assert!(!home.path().join("config").exists());
    }

    #[test]
    fn a_client_and_how_it_authenticates_are_one_write() {
        let (_home, registry) = home();
        registry
            .set_client("huggingface", "ours", Some(ClientAuth::ClientSecretBasic))
            .unwrap();
        let provider = registry.get("huggingface").unwrap();
        assert_eq!(provider.client_id.as_deref(), Some("ours"));
        assert_eq!(provider.client_auth, ClientAuth::ClientSecretBasic);
    }

    #[test]
    fn a_definition_from_elsewhere_takes_the_place_of_none() {
        let (_home, registry) = home();
        let text = "title = \"Example\"\nissuer = \"https://id.example.com\"\n";
        assert_eq!(registry.adopt("example", text).unwrap(), Adopted::Written);
        assert_eq!(registry.own_text("example").unwrap().as_deref(), Some(text));
        assert_eq!(registry.adopt("example", text).unwrap(), Adopted::Unchanged);
        let other = text.replace("Example", "Another");
        assert_eq!(registry.adopt("example", &other).unwrap(), Adopted::Kept);
        assert_eq!(registry.own_text("example").unwrap().as_deref(), Some(text));
        let over = "client_id = \"theirs\"\n";
        assert_eq!(registry.adopt("github", over).unwrap(), Adopted::Written);
        for (name, text) in [
            ("gitlab", "token_endpoint = \"http://id.example.com/\"\n"),
            ("new", "client_secret = \"x\"\n"),
            (SANDBOX, over),
            ("../x", over),
        ] {
            assert!(registry.adopt(name, text).is_err(), "{name}");
            assert!(registry.own_file(name).is_none(), "{name}");
        }
    }
}
