//! How long sign-ins last, for a list of many accounts: of a definition no more is parsed than says it.

use super::Registry;
use crate::names::is_provider_name;
use crate::provider::{LifetimeRule, builtin};
use crate::toml_text::read_text;

impl Registry {
    /// The rule of a provider's definition; one that says nothing where the definition is wrong or gone.
    pub fn lifetime(&self, name: &str) -> LifetimeRule {
        if !is_provider_name(name) {
            return LifetimeRule::default();
        }
        match (builtin::text(name), read_text(&self.file(name))) {
            (Some(row), Ok(None)) => of_row(row),
            (Some(row), Ok(Some(own))) if !may_say(&own) => of_row(row),
            _ => self
                .describe(name)
                .map_or_else(|_| LifetimeRule::default(), |row| row.lifetime),
        }
    }
}

/// Whether a user's file may have a rule of its own, or another row's. An escape can hide either key.
fn may_say(own: &str) -> bool {
    ["lifetime", "like", "\\"]
        .iter()
        .any(|sign| own.contains(sign))
}

/// The table as it stands in a row.
fn of_row(text: &str) -> LifetimeRule {
    let Some((_, table)) = text.split_once("\n[lifetime]\n") else {
        return LifetimeRule::default();
    };
    let end = table.find("\n[").unwrap_or(table.len());
    toml::from_str(&table[..end]).expect("a test parses every built-in row")
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
